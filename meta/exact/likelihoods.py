"""Log likelihoods of (mu, tau): each study's own effect integrated out, for normal estimates and for exact counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import ndtr

from meta.data import ArmCounts, EffectSizes
from meta.likelihoods import information, log_level, log_marginal
from meta.measures import Floats
from meta.priors import Prior

LOG_2PI: Final = math.log(2 * math.pi)
FARTHEST: Final = 60.0
SEEN: Final = 45.0
FLAT: Final = 1e-9
NODES, NODE_WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
NODE_WEIGHTS = NODE_WEIGHTS / NODE_WEIGHTS.sum()


def log_normal_studies(data: EffectSizes, mu: Floats, tau: Floats) -> Floats:
    """Sum over studies of log N(y; mu, v + tau²), shape (m, t)."""
    w = 1 / (data.variance[:, None] + tau[None, :] ** 2)
    centre = float(np.median(data.estimate))
    y = (data.estimate - centre)[:, None]
    a, b, c = w.sum(axis=0), (w * y).sum(axis=0), (w * y**2).sum(axis=0)
    x = (mu - centre)[:, None]
    constant = 0.5 * np.log(w).sum(axis=0) - 0.5 * len(data.studies) * LOG_2PI
    return np.asarray(constant - 0.5 * (a * x**2 - 2 * b * x + c), float)


@dataclass(frozen=True, slots=True, eq=False)
class CountLikelihoods:
    """Each study's log likelihood on one grid of effects: `theta` (n,), `values` (k, n), with a spline of them.

    Beyond the grid a likelihood is flat (zero cells) or negligible; `sharpest` is the least standard error of a study.
    """

    theta: Floats
    values: Floats
    spline: CubicSpline
    sharpest: float


def lay_likelihoods(data: ArmCounts, baseline: Prior) -> CountLikelihoods:
    """Evaluate each study over its own range at its own width, and bring all to one grid."""
    count = len(data.studies)
    widths = [_width(data, i) for i in range(count)]
    own = [_lay_study(data, i, widths[i], baseline) for i in range(count)]
    low, high = min(float(x[0]) for x, _ in own), max(float(x[-1]) for x, _ in own)
    step = max(min(widths) / 2.5, (high - low) / 12_000)
    theta = np.linspace(low, high, math.ceil((high - low) / step) | 1)
    values = np.array([_extend(x, value, theta) for x, value in own])
    return CountLikelihoods(theta, values, CubicSpline(theta, values, axis=1), min(widths))


def _lay_study(data: ArmCounts, study: int, width: float, baseline: Prior) -> tuple[Floats, Floats]:
    """Places a fourth of a width apart (at most a fourth of a unit), over the range where the study says something."""
    centre = _guess(data, study)
    reach = 6 * width
    while True:
        theta = np.linspace(centre - reach, centre + reach, 129)
        low, high, open_ended = _find_range(theta, _log_study(data, study, theta, baseline))
        if not open_ended or reach > FARTHEST:
            break
        reach *= 2
    own = np.linspace(low, high, max(65, math.ceil((high - low) / min(0.25, width / 4))))
    return own, _log_study(data, study, own, baseline)


def _guess(data: ArmCounts, study: int) -> float:
    """The crude effect with half an event added to each arm."""
    e = data.events[study] + 0.5
    n = data.exposure[study] + (1.0 if data.likelihood == "binomial" else 0.0)
    level = np.log(e / (n - e)) if data.likelihood == "binomial" else np.log(e / n)
    return float(level[-1] - (level[0] if len(level) > 1 else 0.0))


def _extend(x: Floats, values: Floats, theta: Floats) -> Floats:
    """A study's spline on the common grid; beyond its own range a straight line of its last slope (a bound: these
    functions are concave), which is flat where the study has nothing more to say.
    """
    spline = CubicSpline(x, values)
    inside = spline(np.clip(theta, x[0], x[-1]))
    slopes = [max(0.0, float(spline(x[0], 1))), min(0.0, float(spline(x[-1], 1)))]
    return np.asarray(
        inside + slopes[0] * np.minimum(theta - x[0], 0.0) + slopes[1] * np.maximum(theta - x[-1], 0.0), float
    )


def _log_study(data: ArmCounts, study: int, theta: Floats, baseline: Prior) -> Floats:
    if data.events.shape[1] == 1:
        return log_level(data, study, theta)
    return log_marginal(data, study, theta, baseline)


def _width(data: ArmCounts, study: int) -> float:
    """About the standard error of a study's effect; zero cells count half an event, so that it stays finite."""
    parts = [
        1 / max(information(float(e), float(n), data.likelihood), 0.5)
        for e, n in zip(data.events[study], data.exposure[study], strict=True)
    ]
    return math.sqrt(sum(parts))


def _find_range(theta: Floats, values: Floats) -> tuple[float, float, bool]:
    """Where a likelihood is neither negligible nor flat, and whether it may say more beyond the ends of theta."""
    seen = values > values.max() - SEEN
    open_ended = False
    for end, before in ((0, 1), (-1, -2)):
        if seen[end]:
            open_ended |= abs(values[end] - values[before]) > FLAT
            seen &= np.abs(values - values[end]) > FLAT
    where = seen.nonzero()[0]
    if len(where) == 0:
        return float(theta[0]), float(theta[-1]), open_ended
    return float(theta[max(0, where[0] - 1)]), float(theta[min(len(theta) - 1, where[-1] + 1)]), open_ended


def log_count_studies(studies: CountLikelihoods, mu: Floats, tau: Floats) -> Floats:
    """Log of each study's likelihood averaged over N(mu, tau²), shape (k, m, t)."""
    return moments_of_studies(studies, mu, tau, powers=0)[0]


def moments_of_studies(studies: CountLikelihoods, mu: Floats, tau: Floats, powers: int) -> tuple[Floats, ...]:
    """Log average likelihood (k, m, t) and, for `powers` 2, mean and variance of each effect given mu and tau.

    Where N(mu, tau²) is narrower than the grid: a few Gauss-Hermite nodes on the splines; else a sum over the grid.
    """
    step = float(studies.theta[1] - studies.theta[0])
    shape = (studies.values.shape[0], len(mu), len(tau))
    out = [np.empty(shape) for _ in range(1 if powers == 0 else 3)]
    top = studies.values.max(axis=1, keepdims=True)
    scaled = np.exp(studies.values - top)
    for j, spread in enumerate(tau):
        if spread < 1.5 * step:
            found: tuple[Floats, ...] = _narrow(studies, mu, float(spread), top)
        else:
            found = _wide(studies.theta, scaled, mu, float(spread), powers)
        total = found[0]
        with np.errstate(divide="ignore", invalid="ignore"):
            out[0][:, :, j] = np.log(total) + top
            if powers:
                middle = found[1] / total
                out[1][:, :, j] = mu[None, :] + middle
                out[2][:, :, j] = np.maximum(found[2] / total - middle**2, 0.0)
    return tuple(out)


def _narrow(studies: CountLikelihoods, mu: Floats, spread: float, top: Floats) -> tuple[Floats, Floats, Floats]:
    shift = spread * NODES
    places = np.clip(mu[:, None] + shift[None, :], studies.theta[0], studies.theta[-1])
    values = np.exp(studies.spline(places.ravel()).reshape(len(top), *places.shape) - top[:, :, None]) * NODE_WEIGHTS
    return values.sum(axis=2), (values * shift).sum(axis=2), (values * shift**2).sum(axis=2)


def _wide(theta: Floats, scaled: Floats, mu: Floats, spread: float, powers: int) -> tuple[Floats, ...]:
    """Sums over the grid of 1 and, for `powers` 2, of (theta - mu) and its square; beyond its ends all is flat."""
    step = float(theta[1] - theta[0])
    away = theta[:, None] - mu[None, :]
    kernel = np.exp(-0.5 * (away / spread) ** 2) * (step / (spread * math.sqrt(2 * math.pi)))
    kernel[[0, -1]] *= 0.5
    out = [scaled @ kernel] if powers == 0 else [scaled @ kernel, scaled @ (kernel * away), scaled @ (kernel * away**2)]
    for end, sign in ((0, -1.0), (-1, 1.0)):
        z = sign * (theta[end] - mu) / spread
        mass, bell = ndtr(-z), np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
        for power, beyond in enumerate((mass, sign * spread * bell, spread**2 * (mass + z * bell))[: len(out)]):
            out[power] = out[power] + scaled[:, end][:, None] * beyond
    return tuple(out)
