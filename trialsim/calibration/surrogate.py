"""A surrogate of the simulated statistics: a quadratic on the link scale, fitted to direct simulations.

Each component has a generalised linear model (binomial with logit, Poisson with log and exposure; McCullagh and Nelder
1989) in the coordinates, their squares, and the products of the coordinates that matter most to it, shrunk by a normal
prior on the coefficients. It smooths the Monte Carlo noise of single simulations, which for rare deaths is large. Its
own error is that of predicting each simulation without it, from the leverages (Cook and Weisberg 1982), and grows away
from the middle of what was simulated, where a quadratic is at its best. The final posterior is checked against direct
simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.targets import COUNTS, RATES, Component

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]

PAIRED: Final = 10
# Prior standard deviations of the coefficients (links, per unit of a coordinate): slopes, squares, products.
SPREADS: Final = (0.7, 0.2, 0.15)
LINK_LIMIT: Final = 14.0
# A row that decides its own prediction does not tell how it would be predicted without it.
MOST_LEVERAGE: Final = 0.8
ROUNDS: Final = 25
# Level and growth: where their fit begins, the bounds of their logarithms, the least rows, and the level with fewer.
FIRST_ERROR: Final = (0.01, 0.005)
ERROR_BOUNDS: Final = ((-18.0, 1.0), (-18.0, 1.0))
LEAST_ROWS: Final = 20
UNKNOWN_ERROR: Final = 0.05
# Residuals beyond this many standard deviations count as so many where their correlation is taken.
MOST_RESIDUAL: Final = 4.0


@dataclass(frozen=True, slots=True)
class Surrogate:
    """Coefficients of every component: intercept [C], slopes and squares [C, d], products [C, P] of the coordinates in
    pairs [P, 2] (every pair that any component has; 0 where one has it not).

    error: [C, 3] level, growth, and middle link: level + growth (link - middle)^2 is the variance on the link scale of
    predicting a simulation that the fit has not seen, beyond counting noise: what the quadratic lacks, and the error of
    its coefficients. alike: [C, C] correlation of these errors between components (`_correlate`).
    """

    intercept: Floats
    slopes: Floats
    squares: Floats
    products: Floats
    pairs: Indices
    error: Floats
    alike: Floats


@dataclass(frozen=True, slots=True)
class _Fit:
    """One component's fit: coefficients (intercept, slopes, squares, products), error as in `Surrogate`, and
    the residuals [rows] of predicting each row without it, in standard deviations (0 where a row says nothing of them).
    """

    beta: Floats
    error: Floats
    unseen: Floats


def predict_links(surrogate: Surrogate, points: Floats) -> Floats:
    """Return the link (logit of a share, logarithm of a rate) of every component [rows, C] at coordinates [rows, d]."""
    links = surrogate.intercept + points @ surrogate.slopes.T + (points * points) @ surrogate.squares.T
    links += (points[:, surrogate.pairs[:, 0]] * points[:, surrogate.pairs[:, 1]]) @ surrogate.products.T
    return np.asarray(np.clip(links, -LINK_LIMIT, LINK_LIMIT))


def keep_components(surrogate: Surrogate, used: Indices) -> Surrogate:
    """Return the surrogate of some components, in the order of their numbers `used`, without the others' pairs."""
    paired = surrogate.products[used].any(axis=0)
    return Surrogate(
        surrogate.intercept[used],
        surrogate.slopes[used],
        surrogate.squares[used],
        surrogate.products[used][:, paired],
        surrogate.pairs[paired],
        surrogate.error[used],
        surrogate.alike[np.ix_(used, used)],
    )


def find_error(surrogate: Surrogate, links: Floats) -> Floats:
    """Return the variance [rows, C] of predicting a simulation that the fit has not seen, at predicted links."""
    return _find_variance(surrogate.error, links)


def _find_variance(error: Floats, links: Floats) -> Floats:
    level, growth, middle = error.T
    return np.asarray(level + growth * (links - middle) ** 2)


def _correlate(residuals: Floats) -> Floats:
    """Return the correlation [C, C] of standardised residuals [C, rows]; rows that say nothing of one are 0 and weaken
    it.

    It stands for that of the errors. Counting noise is in it: deaths in two stretches of time have noise of their own,
    which makes it smaller, statistics of the same people share theirs. Divided by the part that is error, the standard
    deviation of a ratio's error differed by a quarter at most (Merrall 2010), which is small beside a discrepancy's.
    """
    table = residuals / np.maximum(np.sqrt((residuals**2).mean(axis=1, keepdims=True)), 1e-12)
    alike = table @ table.T / table.shape[1]
    np.fill_diagonal(alike, 1.0)
    return np.asarray(np.clip(alike, -1.0, 1.0))


def fit_surrogate(components: Sequence[Component], points: Floats, results: Floats, centre: Floats) -> Surrogate:
    """Fit the surrogate.

    points: [rows, d] coordinates; results: [rows, C, 2] events and what they are counted over; centre: [d] rows far
    from it weigh less.
    """
    d = points.shape[1]
    distance = ((points - centre) ** 2).mean(axis=1)
    weights = 1.0 / (1.0 + np.maximum(distance - 1.0, 0.0))
    found = [_fit_component(part, points, results[:, i], weights) for i, part in enumerate(components)]
    fits = [fit for fit, _ in found]
    beta = np.array([fit.beta[: 2 * d + 1] for fit in fits])
    products, pairs = _join_products([fit.beta[2 * d + 1 :] for fit in fits], [pairs for _, pairs in found])
    return Surrogate(
        beta[:, 0],
        beta[:, 1 : d + 1],
        beta[:, d + 1 :],
        products,
        pairs,
        np.array([fit.error for fit in fits]),
        _correlate(np.array([fit.unseen for fit in fits])),
    )


def _join_products(products: Sequence[Floats], pairs: Sequence[Indices]) -> tuple[Floats, Indices]:
    """Return the products [C, P] of every component's pairs, and the pairs [P, 2] of all."""
    listed, place = np.unique(np.concatenate(pairs), axis=0, return_inverse=True)
    out = np.zeros((len(products), len(listed)))
    row = np.repeat(np.arange(len(products)), [len(each) for each in products])
    out[row, place.reshape(-1)] = np.concatenate(products)
    return out, listed


def _fit_component(component: Component, points: Floats, result: Floats, weights: Floats) -> tuple[_Fit, Indices]:
    """Return the fit, and the pairs [P, 2] of coordinates that it has products of."""
    d = points.shape[1]
    is_rate = component.statistic in (*RATES, *COUNTS)
    main = np.column_stack([np.ones(len(points)), points, points * points])
    spreads = np.concatenate([[10.0], np.full(d, SPREADS[0]), np.full(d, SPREADS[1])])
    first = _fit_glm(main, result, spreads, weights, is_rate)
    strongest = np.argsort(-np.abs(first.beta[1 : d + 1]))[:PAIRED]
    pairs = np.array(list(combinations(sorted(strongest), 2)), dtype=np.intp)
    full = np.column_stack([main, points[:, pairs[:, 0]] * points[:, pairs[:, 1]]])
    wide = np.concatenate([spreads, np.full(len(pairs), SPREADS[2])])
    return _fit_glm(full, result, wide, weights, is_rate), pairs


def _fit_glm(design: Floats, result: Floats, spreads: Floats, weights: Floats, is_rate: bool) -> _Fit:
    """Fit by iterated weighted least squares; coefficients are the posterior mode."""
    events, amount = result[:, 0], result[:, 1]
    used = (amount > 0.0) & (weights > 0.0)
    x, y, n, w = design[used], events[used], amount[used], weights[used]
    beta = np.zeros(design.shape[1])
    share = (y.sum() + 0.5) / (n.sum() + (0.0 if is_rate else 1.0))
    beta[0] = np.log(share) if is_rate else np.log(share / (1.0 - share))
    penalty = np.diag(1.0 / spreads**2)
    for _ in range(ROUNDS):
        link = np.clip(x @ beta, -LINK_LIMIT, LINK_LIMIT)
        mean, information = _find_moments(link, n, is_rate)
        gradient = x.T @ (w * (y - mean)) - penalty @ (beta - _anchor(beta))
        step = np.linalg.solve(_find_hessian(x, w * information, penalty), gradient)
        beta = beta + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-6:
            break
    link = np.clip(x @ beta, -LINK_LIMIT, LINK_LIMIT)
    mean, information = _find_moments(link, n, is_rate)
    spread = np.linalg.solve(_find_hessian(x, w * information, penalty), x.T)
    leverage = w * information * (x.T * spread).sum(axis=0)
    good = (information > 3.0) & (leverage < MOST_LEVERAGE)
    standardised = np.zeros(len(design))
    if good.sum() < LEAST_ROWS:
        return _Fit(beta, np.array([UNKNOWN_ERROR, 0.0, 0.0]), standardised)
    unseen, noise = (y - mean)[good] / information[good] / (1.0 - leverage[good]), 1.0 / information[good]
    error = _fit_error(link[good], unseen, noise)
    standardised[np.flatnonzero(used)[good]] = unseen / np.sqrt(_find_variance(error, link[good]) + noise)
    return _Fit(beta, error, np.clip(standardised, -MOST_RESIDUAL, MOST_RESIDUAL))


def _fit_error(links: Floats, unseen: Floats, noise: Floats) -> Floats:
    """Return level, growth and middle of the error [3]: by maximum likelihood of residuals [rows] whose variance is the
    error and their own counting noise.
    """
    from scipy.optimize import minimize

    middle = links.mean()
    away = (links - middle) ** 2

    def find_deviance(logs: Floats) -> float:
        variance = np.exp(logs[0]) + np.exp(logs[1]) * away + noise
        return float((np.log(variance) + unseen**2 / variance).sum())

    found = minimize(find_deviance, np.log(FIRST_ERROR), method="Nelder-Mead", bounds=ERROR_BOUNDS)
    return np.array([*np.exp(found.x), middle])


def _find_hessian(x: Floats, weights: Floats, penalty: Floats) -> Floats:
    return np.asarray((x * weights[:, None]).T @ x + penalty)


def _anchor(beta: Floats) -> Floats:
    """The intercept is not shrunk."""
    anchor = np.zeros_like(beta)
    anchor[0] = beta[0]
    return anchor


def _find_moments(link: Floats, amount: Floats, is_rate: bool) -> tuple[Floats, Floats]:
    if is_rate:
        mean = amount * np.exp(link)
        return mean, mean
    share = 1.0 / (1.0 + np.exp(-link))
    return amount * share, amount * share * (1.0 - share)
