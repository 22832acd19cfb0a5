"""One simulated statistic as a polynomial of the coordinates on its link scale, fitted to simulated counts.

A generalised linear model (binomial with logit, Poisson with log and exposure; McCullagh and Nelder 1989) in the
coordinates, their squares, and for those that matter most their cubes and products. Most of these terms are nought for
any one statistic, and together they would bring more chance than they explain: so every coefficient has a normal prior
with a standard deviation of its own, flat on the standard deviation, which is estimated with it (relevance
determination: MacKay 1992; Tipping 2001). Terms without evidence vanish.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]

# Coordinates, by the size of their slopes, that have products with each other, and those that have a cube.
PAIRED: Final = 15
CUBED: Final = 6
# Standard deviations of the coefficients to begin with (links): of the intercept, slopes, squares, cubes and products.
FIRST_SPREADS: Final = (10.0, 0.7, 0.2, 0.1, 0.15)
# Rounds of their estimation, and the least variance that any of them gets.
SPREAD_ROUNDS: Final = 8
LEAST_VARIANCE: Final = 1e-8
# A smaller product is left out: it would move a share by a fortieth of a percentage point.
LEAST_PRODUCT: Final = 0.001
LINK_LIMIT: Final = 14.0
STEPS: Final = 25
LARGEST_STEP: Final = 2.0
SETTLED: Final = 1e-6
# Rows with less information tell their distance from the fit too coarsely, and those with more leverage decide it.
LEAST_INFORMATION: Final = 3.0
MOST_LEVERAGE: Final = 0.8
LEAST_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Coefficients of one statistic: intercept; slopes, squares and cubes [d] (0 where a coordinate has no cube);
    products [P] of the coordinates in pairs [P, 2].
    """

    intercept: float
    slopes: Floats
    squares: Floats
    cubes: Floats
    products: Floats
    pairs: Indices


@dataclass(frozen=True, slots=True)
class _Counts:
    """Rows of a fit: events, what they are counted over, weights, and whether they are a rate's."""

    events: Floats
    amount: Floats
    weights: Floats
    is_rate: bool


def find_cubes(points: Floats) -> Floats:
    """Return the cubes of standard normal coordinates without their linear part (Hermite's third polynomial)."""
    return np.asarray(points * (points * points - 3.0))  # a power would take ten times as long


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
    main = np.column_stack([np.ones(len(x)), x, x * x])
    of_intercept, of_slope, of_square, of_cube, of_product = FIRST_SPREADS
    spreads = np.concatenate([[of_intercept], np.full(d, of_slope), np.full(d, of_square)])
    first, _ = _climb(main, counts, _begin(counts, main.shape[1]), spreads**2, 0.0)
    strongest = np.argsort(-np.abs(first[1 : d + 1]))
    cubed = np.sort(strongest[:CUBED])
    pairs = np.array(list(combinations(np.sort(strongest[:PAIRED]), 2)), dtype=np.intp).reshape(-1, 2)
    design = np.column_stack([main, find_cubes(x[:, cubed]), x[:, pairs[:, 0]] * x[:, pairs[:, 1]]])
    wide = np.concatenate([spreads, np.full(len(cubed), of_cube), np.full(len(pairs), of_product)])
    begin = np.concatenate([first, np.zeros(len(wide) - len(first))])
    return _name_terms(_estimate(design, counts, begin, wide**2), d, cubed, pairs)


def _name_terms(beta: Floats, d: int, cubed: Indices, pairs: Indices) -> Polynomial:
    cubes = np.zeros(d)
    slopes, squares, of_cubes, products = np.split(beta[1:], np.cumsum([d, d, len(cubed)]))
    cubes[cubed] = of_cubes
    kept = np.abs(products) >= LEAST_PRODUCT
    return Polynomial(float(beta[0]), slopes, squares, cubes, products[kept], pairs[kept])


def _begin(counts: _Counts, size: int) -> Floats:
    beta = np.zeros(size)
    share = (counts.events.sum() + 0.5) / (counts.amount.sum() + (0.0 if counts.is_rate else 1.0))
    beta[0] = np.log(share) if counts.is_rate else np.log(share / (1.0 - share))
    return beta


def _estimate(design: Floats, counts: _Counts, beta: Floats, variances: Floats) -> Floats:
    """Return coefficients, their prior variances estimated with them: the expectation of a squared coefficient, halved
    by the flat prior on the standard deviation; the intercept keeps its own.
    """
    lack = 0.0
    for _ in range(SPREAD_ROUNDS):
        beta, hessian = _climb(design, counts, beta, variances, lack)
        covariance = np.linalg.inv(hessian)
        own = np.maximum((beta**2 + np.diag(covariance)) / 2.0, LEAST_VARIANCE)
        variances = np.concatenate([variances[:1], own[1:]])
        lack = _find_lack(design, counts, beta, covariance, lack)
    return _climb(design, counts, beta, variances, lack)[0]


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
