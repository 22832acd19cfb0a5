"""A surrogate of the simulated statistics: a quadratic on the link scale, fitted to direct simulations.

Each component has a generalised linear model (binomial with logit, Poisson with log and exposure; McCullagh and Nelder
1989) in the coordinates, their squares, and the products of the coordinates that matter most to it, shrunk by a normal
prior on the coefficients. It smooths the Monte Carlo noise of single simulations, which for rare deaths is large. Its
own error is what its own rows show, which is less than that of simulations that it has not seen; the final posterior is
checked against direct simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.targets import COUNTS, RATES, Component

type Floats = npt.NDArray[np.float64]

PAIRED: Final = 10
# Prior standard deviations of the coefficients (links, per unit of a coordinate): slopes, squares, products.
SPREADS: Final = (0.7, 0.2, 0.15)
LINK_LIMIT: Final = 14.0
ROUNDS: Final = 25


@dataclass(frozen=True, slots=True)
class Surrogate:
    """Coefficients of every component: intercept [C], slopes and squares [C, d], products [C, k] of pairs [C, k, 2].

    extra: [C] the variance on the link scale that the quadratic leaves unexplained beyond counting noise.
    """

    intercept: Floats
    slopes: Floats
    squares: Floats
    products: Floats
    pairs: npt.NDArray[np.intp]
    extra: Floats


def predict_links(surrogate: Surrogate, points: Floats) -> Floats:
    """Return the link (logit of a share, logarithm of a rate) of every component [rows, C] at coordinates [rows, d]."""
    links = surrogate.intercept + points @ surrogate.slopes.T + (points * points) @ surrogate.squares.T
    first, second = surrogate.pairs[..., 0], surrogate.pairs[..., 1]
    crossed = points[:, first] * points[:, second]
    return np.asarray(np.clip(links + (crossed * surrogate.products).sum(axis=-1), -LINK_LIMIT, LINK_LIMIT))


def fit_surrogate(components: Sequence[Component], points: Floats, results: Floats, centre: Floats) -> Surrogate:
    """Fit the surrogate.

    points: [rows, d] coordinates; results: [rows, C, 2] events and what they are counted over; centre: [d] the prior
    mean of the quadratic's origin is no matter of the fit, but steep starts are: rows far from `centre` weigh less.
    """
    distance = ((points - centre) ** 2).mean(axis=1)
    weights = 1.0 / (1.0 + np.maximum(distance - 1.0, 0.0))
    fitted = [_fit_component(part, points, results[:, i], weights) for i, part in enumerate(components)]
    return Surrogate(
        np.array([each[0] for each in fitted]),
        np.array([each[1] for each in fitted]),
        np.array([each[2] for each in fitted]),
        np.array([each[3] for each in fitted]),
        np.array([each[4] for each in fitted]),
        np.array([each[5] for each in fitted]),
    )


def _fit_component(
    component: Component, points: Floats, result: Floats, weights: Floats
) -> tuple[float, Floats, Floats, Floats, npt.NDArray[np.intp], float]:
    d = points.shape[1]
    is_rate = component.statistic in (*RATES, *COUNTS)
    main = np.column_stack([np.ones(len(points)), points, points * points])
    spreads = np.concatenate([[10.0], np.full(d, SPREADS[0]), np.full(d, SPREADS[1])])
    first, _ = _fit_glm(main, result, spreads, weights, is_rate)
    strongest = np.argsort(-np.abs(first[1 : d + 1]))[:PAIRED]
    pairs = np.array([(a, b) for k, a in enumerate(strongest) for b in strongest[k + 1 :]], dtype=np.intp)
    full = np.column_stack([main, points[:, pairs[:, 0]] * points[:, pairs[:, 1]]])
    wide = np.concatenate([spreads, np.full(len(pairs), SPREADS[2])])
    found, extra = _fit_glm(full, result, wide, weights, is_rate)
    return float(found[0]), found[1 : d + 1], found[d + 1 : 2 * d + 1], found[2 * d + 1 :], pairs, extra


def _fit_glm(design: Floats, result: Floats, spreads: Floats, weights: Floats, is_rate: bool) -> tuple[Floats, float]:
    """Return coefficients (posterior mode, by iterated weighted least squares) and the extra variance on the link."""
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
        hessian = (x * (w * information)[:, None]).T @ x + penalty
        step = np.linalg.solve(hessian, gradient)
        beta = beta + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-6:
            break
    link = np.clip(x @ beta, -LINK_LIMIT, LINK_LIMIT)
    mean, information = _find_moments(link, n, is_rate)
    good = information > 3.0
    if good.sum() < 20:
        return beta, 0.05
    noise = ((y - mean)[good] / information[good]) ** 2 - 1.0 / information[good]
    return beta, float(max(np.average(noise, weights=(w * information)[good]), 0.0))


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
