"""Estimators of the heterogeneity variance tau², its interval, and the statistics that describe it.

All arguments: `y` estimates and `v` their variances, shape (k,), k at least 2. All iterations stop on tolerances
relative to the data's own scale, so that estimates in another unit give the same answer in that unit.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import optimize, stats

from meta.measures import Floats

PRECISION = 1e-12


def pool_weighted(y: Floats, v: Floats, tau2: float) -> tuple[float, float, Floats]:
    """Weighted mean, its variance and the weights 1/(v + tau²)."""
    w = 1 / (v + tau2)
    total = float(w.sum())
    return float((w * y).sum() / total), 1 / total, w


def find_q(y: Floats, v: Floats, tau2: float = 0.0) -> float:
    """Cochran's Q, generalised: weighted squares about the weighted mean at tau²."""
    mu, _, w = pool_weighted(y, v, tau2)
    return float((w * (y - mu) ** 2).sum())


def estimate_dl(y: Floats, v: Floats) -> float:
    """DerSimonian and Laird 1986, truncated at zero (untruncated it is negative for eight schools: −49.4)."""
    w = 1 / v
    c = float(w.sum() - (w**2).sum() / w.sum())
    return max(0.0, (find_q(y, v) - (len(y) - 1)) / c)


def estimate_pm(y: Floats, v: Floats) -> float:
    """Paule and Mandel 1982: tau² at which Q equals its degrees of freedom; 0 where it is below them already."""
    return solve_q(y, v, float(len(y) - 1))


def solve_q(y: Floats, v: Floats, target: float) -> float:
    """tau² at which the generalised Q, which falls with it, equals a target; 0 where Q at zero is below the target."""
    if find_q(y, v) <= target:
        return 0.0
    high = float(v.max() + np.ptp(y) ** 2)
    while find_q(y, v, high) > target:
        high *= 4
    return float(optimize.brentq(lambda t: find_q(y, v, t) - target, 0.0, high, xtol=PRECISION * high, rtol=PRECISION))


def estimate_reml(y: Floats, v: Floats) -> float:
    """Restricted maximum likelihood (Viechtbauer 2005)."""

    def score(tau2: float) -> float:
        mu, _, w = pool_weighted(y, v, tau2)
        return float((w**2 * (y - mu) ** 2).sum() - w.sum() + (w**2).sum() / w.sum())

    return _maximise(y, v, lambda t: likelihood(y, v, t, restricted=True), score)


def estimate_ml(y: Floats, v: Floats) -> float:
    """Maximum likelihood (Hardy and Thompson 1996)."""

    def score(tau2: float) -> float:
        mu, _, w = pool_weighted(y, v, tau2)
        return float((w**2 * (y - mu) ** 2).sum() - w.sum())

    return _maximise(y, v, lambda t: likelihood(y, v, t, restricted=False), score)


def likelihood(y: Floats, v: Floats, tau2: float, *, restricted: bool) -> float:
    """Log likelihood, or restricted log likelihood, profiled over the mean; without constants."""
    _, variance, w = pool_weighted(y, v, tau2)
    value = 0.5 * (float(np.log(w).sum()) - find_q(y, v, tau2))
    return value + 0.5 * math.log(variance) if restricted else value


def _maximise(y: Floats, v: Floats, value: Callable[[float], float], score: Callable[[float], float]) -> float:
    """The highest of all maxima: a scan over zero and many scales of the data, then a root of the score beside it."""
    top = float(v.max() + np.ptp(y) ** 2)
    grid = np.concatenate([[0.0], np.geomspace(1e-8 * float(v.min()), 10 * top, 240)])
    best = int(np.argmax([value(t) for t in grid]))
    low, high = float(grid[max(0, best - 1)]), float(grid[min(len(grid) - 1, best + 1)])
    if best == 0 and score(0.0) <= 0:
        return 0.0
    if score(low) > 0 > score(high):
        return float(optimize.brentq(score, low, high, xtol=PRECISION * high, rtol=PRECISION))
    return float(grid[best])


def find_error(y: Floats, v: Floats, tau2: float, *, restricted: bool) -> float:
    """Standard error of tau² from the expected information (Viechtbauer 2005)."""
    w = 1 / (v + tau2)
    if not restricted:
        return math.sqrt(2 / float((w**2).sum()))
    s1, s2, s3 = (float((w**p).sum()) for p in (1, 2, 3))
    return math.sqrt(2 / (s2 - 2 * s3 / s1 + (s2 / s1) ** 2))


def profile_interval(y: Floats, v: Floats, level: float) -> tuple[float, float]:
    """Q-profile interval of tau² (Viechtbauer 2007): where the generalised Q meets chi-squared quantiles."""
    df, tail = len(y) - 1, (1 - level) / 2
    return solve_q(y, v, float(stats.chi2.ppf(1 - tail, df))), solve_q(y, v, float(stats.chi2.ppf(tail, df)))


def typical_variance(v: Floats) -> float:
    """The within-study variance of Higgins and Thompson 2002."""
    w = 1 / v
    # The sum over pairs, which does not cancel where one study has nearly all the weight.
    return float((len(v) - 1) * w.sum() / (w * np.array([np.delete(w, i).sum() for i in range(len(w))])).sum())


I2_DEFINITION = "tau2 / (tau2 + typical variance), a share from 0 to 1 (Higgins and Thompson 2002)"
H2_DEFINITION = "1 + tau2 / typical variance (Higgins and Thompson 2002)"


def describe_spread(tau2: float, v: Floats) -> tuple[float, float]:
    """I² (share 0 to 1) and H² by the definitions above; with DL, I² equals (Q − df)/Q."""
    typical = typical_variance(v)
    return tau2 / (tau2 + typical), 1 + tau2 / typical
