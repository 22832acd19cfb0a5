"""How many people a prior is worth, by the three usual definitions, side by side: they may differ, and that tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import optimize

from meta.borrowing.mixture import Mixture, log_density, log_terms, moments, quantile
from meta.measures import Floats

SMALLEST: Final = 1e-9
GRID: Final = 2001
"""Points among which the mode is looked for before it is refined."""
TAILS: Final = (1e-9, 1e-4, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-4, 1 - 1e-9)
"""Quantiles between which the prior is integrated."""


@dataclass(frozen=True, slots=True)
class SampleSize:
    """Effective sample sizes in people (beta), units of `unit_sd` (normal) or person-years (gamma).

    `moment`: of one conjugate law with the same mean and variance. `morita`: the size of a conjugate law with the same
    mean whose information at the prior's mode matches the prior's (Morita 2008, with a vague prior of no weight; at the
    mode as in Weber 2021, Journal of Statistical Software 100(19), since a mixture may have none at its mean). `elir`:
    expected local-information-ratio (Neuenschwander 2020), which is consistent: after m people it is expected to be m
    larger.
    """

    moment: float
    morita: float
    elir: float


def effective_sizes(m: Mixture, *, unit_sd: float | None = None) -> SampleSize:
    """All three. `unit_sd`: standard deviation of one observation, needed for normal mixtures."""
    if m.family == "normal" and unit_sd is None:
        from meta.problems import refuse

        raise refuse("unit_sd", "a normal prior has a size only against one observation", "the sd of one observation")
    return SampleSize(_moment(m, unit_sd), _morita(m, unit_sd), _elir(m, unit_sd))


def _moment(m: Mixture, unit_sd: float | None) -> float:
    mean, sd = moments(m)
    if m.family == "beta":
        return mean * (1 - mean) / sd**2 - 1
    if m.family == "gamma":
        return mean / sd**2
    return (float(unit_sd or 1) / sd) ** 2


def _unit_information(m: Mixture, x: Floats, unit_sd: float | None) -> Floats:
    """Fisher information of one observation at x."""
    if m.family == "beta":
        return 1 / (x * (1 - x))
    if m.family == "gamma":
        return 1 / x
    return np.full_like(np.asarray(x, float), 1 / float(unit_sd or 1) ** 2)


def local_information(m: Mixture, x: Floats) -> Floats:
    """Minus the second derivative of the log density at x, by its closed form over components."""
    x = np.asarray(x, float)[..., None]
    if m.family == "beta":
        g = (m.first - 1) / x - (m.second - 1) / (1 - x)
        h = -(m.first - 1) / x**2 - (m.second - 1) / (1 - x) ** 2
    elif m.family == "gamma":
        g, h = (m.first - 1) / x - m.second, -(m.first - 1) / x**2
    else:
        g, h = -(x - m.first) / m.second**2, -np.ones_like(x) / m.second**2
    with np.errstate(under="ignore"):
        share = np.exp(log_terms(m, x[..., 0]) - log_density(m, x[..., 0])[..., None])
    first = (share * g).sum(axis=-1)
    return np.asarray(first**2 - (share * (g**2 + h)).sum(axis=-1), float)


def _elir(m: Mixture, unit_sd: float | None) -> float:
    """Expectation under the prior of local information over unit information, by quadrature of the mixture."""

    ends = np.array([quantile(m, p) for p in TAILS])
    nodes, weights = np.polynomial.legendre.leggauss(60)
    half = np.diff(ends)[:, None] / 2
    x = ends[:-1, None] + half * (nodes + 1)
    ratio = local_information(m, x) / _unit_information(m, x, unit_sd)
    return float((half * weights * ratio * np.exp(log_density(m, x))).sum())


def _mode(m: Mixture) -> float:
    """The highest point of the density between its 0.1% and 99.9% quantiles."""
    grid = np.linspace(quantile(m, 0.001), quantile(m, 0.999), GRID)
    top = int(np.argmax(log_density(m, grid)))
    low, high = grid[max(top - 1, 0)], grid[min(top + 1, GRID - 1)]
    found = optimize.minimize_scalar(
        lambda x: -float(log_density(m, np.array(x))), bounds=(low, high), method="bounded", options={"xatol": 1e-12}
    )
    return float(found.x)


def _morita(m: Mixture, unit_sd: float | None) -> float:
    """Size of the conjugate law with the prior's mean whose information at the prior's mode is the prior's."""
    (mean, _), mode = moments(m), _mode(m)
    target = float(local_information(m, np.array(mode)))
    if m.family == "normal":
        return target * float(unit_sd or 1) ** 2

    def excess(size: float) -> float:
        if m.family == "beta":
            a, b = mean * size, (1 - mean) * size
            return (a - 1) / mode**2 + (b - 1) / (1 - mode) ** 2 - target
        return (mean * size - 1) / mode**2 - target

    if excess(SMALLEST) > 0:
        return 0.0
    high = 10.0
    while excess(high) < 0:
        high *= 4
    return float(optimize.brentq(excess, SMALLEST, high))
