"""One simulated statistic as a polynomial of the coordinates on its link scale, fitted to simulated counts.

A generalised linear model (binomial with logit, Poisson with log and exposure; McCullagh and Nelder 1989) in Hermite's
polynomials of the coordinates, uncorrelated under their standard normal law: slopes and squares of all, and terms up to
the fourth order of those that matter most. Most terms are nought for any one statistic, and together they would bring
more chance than they explain: so every coefficient has a normal prior with a standard deviation of its own, flat on the
standard deviation, which is estimated with it (relevance determination: MacKay 1992; Tipping 2001). Terms without
evidence vanish.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]

# Coordinates, by the size of their slopes, that have products with each other, terms of the third order (their cubes
# among them), and of the fourth.
PAIRED: Final = 15
THIRDS: Final = 8
FOURTHS: Final = 5
ORDERS: Final = 4
# Standard deviations of the coefficients to begin with (links), by the order of their terms; that of the intercept.
FIRST_SPREADS: Final = (0.7, 0.2, 0.1, 0.05)
INTERCEPT_SPREAD: Final = 10.0
# Rounds of their estimation, and the least variance that any of them gets.
SPREAD_ROUNDS: Final = 8
LEAST_VARIANCE: Final = 1e-8
# A smaller coefficient is left out: it would move a share by a twentieth of a percentage point.
LEAST_COEFFICIENT: Final = 0.002
LINK_LIMIT: Final = 14.0
STEPS: Final = 25
LARGEST_STEP: Final = 2.0
SETTLED: Final = 1e-4
# Rows with less information tell their distance from the fit too coarsely, and those with more leverage decide it.
LEAST_INFORMATION: Final = 3.0
MOST_LEVERAGE: Final = 0.8
LEAST_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class Polynomial:
    """One statistic: intercept, coefficients and posterior variances [T] of terms [T, 3] (`multiply_terms`)."""

    intercept: float
    coefficients: Floats
    variances: Floats
    terms: Indices


@dataclass(frozen=True, slots=True)
class _Counts:
    """Rows of a fit: events, what they are counted over, weights, and whether they are a rate's."""

    events: Floats
    amount: Floats
    weights: Floats
    is_rate: bool


def multiply_terms(points: Floats, terms: Indices) -> Floats:
    """Return the terms' values [T, rows] at coordinates [rows, d].

    terms: [T, 3] places of what each multiplies in the list of 1 and Hermite's polynomials of the first order of every
    coordinate, of the second, the third and the fourth.
    """
    x = np.ascontiguousarray(points.T)
    square = x * x
    table = np.concatenate(
        [np.ones((1, len(points))), x, square - 1.0, x * (square - 3.0), square * (square - 6.0) + 3.0]
    )
    return np.asarray(table[terms[:, 0]] * table[terms[:, 1]] * table[terms[:, 2]])


def list_terms(d: int, strongest: Indices) -> Indices:
    """Return the terms [T, 3] of a fit (`multiply_terms`): the 2 d of slopes and squares first. strongest: coordinates
    in the order of what they matter.
    """

    def at(coordinate: int, order: int) -> int:
        return 1 + (order - 1) * d + coordinate

    paired, thirds, fourths = (sorted(map(int, strongest[:count])) for count in (PAIRED, THIRDS, FOURTHS))
    terms = [(at(i, order), 0, 0) for order in (1, 2) for i in range(d)]
    terms += [(at(i, 1), at(j, 1), 0) for i, j in combinations(paired, 2)]
    terms += [(at(i, 3), 0, 0) for i in thirds]
    terms += [(at(i, 2), at(j, 1), 0) for i, j in permutations(thirds, 2)]
    terms += [(at(i, 1), at(j, 1), at(k, 1)) for i, j, k in combinations(thirds, 3)]
    terms += [(at(i, 4), 0, 0) for i in fourths]
    terms += [(at(i, 3), at(j, 1), 0) for i, j in permutations(fourths, 2)]
    terms += [(at(i, 2), at(j, 2), 0) for i, j in combinations(fourths, 2)]
    return np.array(terms, np.intp)


def find_moments(link: Floats, amount: Floats, is_rate: bool) -> tuple[Floats, Floats]:
    """Return the expected events at links, and their information on the link."""
    if is_rate:
        mean = amount * np.exp(link)
        return mean, mean
    share = 1.0 / (1.0 + np.exp(-link))
    return amount * share, amount * share * (1.0 - share)


def fit_polynomial(points: Floats, result: Floats, weights: Floats, is_rate: bool) -> Polynomial:
    """Fit one statistic.

    points: [rows, d] coordinates; result: [rows, 2] events and what they are counted over; weights: [rows].
    """
    used = (result[:, 1] > 0.0) & (weights > 0.0)
    x, d = points[used], points.shape[1]
    counts = _Counts(result[used, 0], result[used, 1], weights[used], is_rate)
    plain = list_terms(d, np.zeros(0, np.intp))
    first, _ = _climb(_build(x, plain), counts, _begin(counts, 1 + len(plain)), _find_first(plain, d), 0.0)
    terms = list_terms(d, np.argsort(-np.abs(first[1 : d + 1])))
    beta = np.concatenate([first, np.zeros(len(terms) - len(plain))])
    beta, own = _estimate(_build(x, terms), counts, beta, _find_first(terms, d))
    kept = np.abs(beta[1:]) >= LEAST_COEFFICIENT
    return Polynomial(float(beta[0]), beta[1:][kept], own[1:][kept], terms[kept])


def _build(points: Floats, terms: Indices) -> Floats:
    return np.column_stack([np.ones(len(points)), multiply_terms(points, terms).T])


def _find_first(terms: Indices, d: int) -> Floats:
    """Return the prior variances of intercept and terms to begin with."""
    orders = np.where(terms > 0, (terms - 1) // d + 1, 0).sum(axis=1)
    return np.concatenate([[INTERCEPT_SPREAD**2], np.array(FIRST_SPREADS)[orders - 1] ** 2])


def _begin(counts: _Counts, size: int) -> Floats:
    beta = np.zeros(size)
    share = (counts.events.sum() + 0.5) / (counts.amount.sum() + (0.0 if counts.is_rate else 1.0))
    beta[0] = np.log(share) if counts.is_rate else np.log(share / (1.0 - share))
    return beta


def _estimate(design: Floats, counts: _Counts, beta: Floats, variances: Floats) -> tuple[Floats, Floats]:
    """Return coefficients and their posterior variances. Their prior variances are estimated with them: the
    expectation of a squared coefficient, halved by the flat prior on the standard deviation; the intercept keeps its
    own.
    """
    lack = 0.0
    for _ in range(SPREAD_ROUNDS):
        beta, hessian = _climb(design, counts, beta, variances, lack)
        covariance = np.linalg.inv(hessian)
        own = np.maximum((beta**2 + np.diag(covariance)) / 2.0, LEAST_VARIANCE)
        variances = np.concatenate([variances[:1], own[1:]])
        lack = _find_lack(design, counts, beta, covariance, lack)
    beta, hessian = _climb(design, counts, beta, variances, lack)
    return beta, np.diag(np.linalg.inv(hessian))


def _climb(design: Floats, counts: _Counts, beta: Floats, variances: Floats, lack: float) -> tuple[Floats, Floats]:
    """Return the posterior mode of the coefficients and the Hessian there. lack: variance of a row's link beyond
    counting.
    """
    penalty = 1.0 / variances
    for _ in range(STEPS):
        mean, weight, share = _weigh(design, counts, beta, lack)
        hessian = (design * weight[:, None]).T @ design
        hessian[np.diag_indices_from(hessian)] += penalty
        gradient = design.T @ (share * (counts.events - mean)) - penalty * beta
        gradient[0] += penalty[0] * beta[0]  # the intercept is not drawn to nought
        step = np.clip(np.linalg.solve(hessian, gradient), -LARGEST_STEP, LARGEST_STEP)
        beta = beta + step
        if np.abs(step).max() < SETTLED:
            break
    return beta, hessian


def _weigh(design: Floats, counts: _Counts, beta: Floats, lack: float) -> tuple[Floats, Floats, Floats]:
    """Return expected events, weights of the working links, and the share of its information that each row keeps."""
    link = np.clip(design @ beta, -LINK_LIMIT, LINK_LIMIT)
    mean, information = find_moments(link, counts.amount, counts.is_rate)
    share = counts.weights / (1.0 + lack * information)
    return mean, share * information, share


def _find_lack(design: Floats, counts: _Counts, beta: Floats, covariance: Floats, lack: float) -> float:
    """Return the variance of the rows' links beyond counting, by moments, each row predicted without itself (Cook and
    Weisberg 1982).
    """
    mean, weight, _ = _weigh(design, counts, beta, lack)
    link = np.clip(design @ beta, -LINK_LIMIT, LINK_LIMIT)
    information = find_moments(link, counts.amount, counts.is_rate)[1]
    leverage = weight * ((design @ covariance) * design).sum(axis=1)
    good = (information > LEAST_INFORMATION) & (leverage < MOST_LEVERAGE)
    if good.sum() < LEAST_ROWS:
        return 0.0
    away = ((counts.events - mean)[good] / information[good] / (1.0 - leverage[good])) ** 2
    return max(float((away - 1.0 / information[good]).mean()), 0.0)
