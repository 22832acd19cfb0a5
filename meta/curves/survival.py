"""Survival from individual or weekly data: Kaplan-Meier, and parametric curves whose parameters can be pooled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from meta.curves.reconstruct import PseudoPatients
from meta.measures import Floats
from meta.problems import refuse


@dataclass(frozen=True, slots=True, eq=False)
class KaplanMeier:
    """`time` (m,) of events; `survival` after each; `low`, `high`: log-log limits; `at_risk`, `events` (m,)."""

    time: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    events: Floats


def estimate_survival(people: PseudoPatients, level: float = 0.95) -> KaplanMeier:
    """Kaplan-Meier with Greenwood's variance and limits on the log(-log) scale (Kalbfleisch and Prentice 2002)."""
    time = np.unique(people.time[people.event == 1])
    at_risk = np.array([(people.time >= t).sum() for t in time], float)
    events = np.array([((people.time == t) & (people.event == 1)).sum() for t in time], float)
    survival = np.cumprod(1 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        error = np.sqrt(variance) / np.abs(np.log(survival))
        z = float(stats.norm.ppf(0.5 + level / 2))
        low, high = survival ** np.exp(z * error), survival ** np.exp(-z * error)
    return KaplanMeier(time, survival, np.nan_to_num(low), np.nan_to_num(high), at_risk, events)


@dataclass(frozen=True, slots=True, eq=False)
class WeibullFit:
    """Survival exp(-(rate t)^shape): `log_rate` and `log_shape` with their covariance (2, 2), from maximum likelihood.

    `log_likelihood` at the maximum. An exponential curve has log_shape 0 with variance 0.
    """

    log_rate: float
    log_shape: float
    covariance: Floats
    log_likelihood: float


def fit_weibull(people: PseudoPatients) -> WeibullFit:
    """Fit times with censoring. Raises EvidenceError with fewer than three events, which fix no shape."""
    time, event = np.maximum(people.time, 1e-9), people.event
    if event.sum() < 3:
        raise refuse("event", f"{int(event.sum())} events fix no shape", "three events or more")

    def loss(x: Floats) -> float:
        log_h = np.exp(x[1]) * (x[0] + np.log(time))
        hazard = x[1] + log_h - np.log(time)
        return -float((event * hazard).sum() - np.exp(log_h).sum())

    return _maximise(loss, np.array([math.log(event.sum() / time.sum()), 0.0]))


def fit_weibull_weekly(
    at_risk: Sequence[float] | Floats, events: Sequence[float] | Floats, times: Sequence[float] | Floats
) -> WeibullFit:
    """Fit interval data: of `at_risk[i]` people at `times[i]`, `events[i]` had the event by `times[i + 1]`.

    `times` has one more value than the counts. Conditional binomials; people censored leave between intervals.
    """
    n, d, t = (np.asarray(x, float) for x in (at_risk, events, times))
    if len(t) != len(n) + 1 or len(n) != len(d) or (d > n).any() or (np.diff(t) <= 0).any():
        raise refuse(
            "at_risk", "counts and times do not fit", "events no more than at risk, times in order, one time more"
        )
    if d.sum() < 3:
        raise refuse("events", f"{int(d.sum())} events fix no shape", "three events or more")

    def loss(x: Floats) -> float:
        cumulative = np.where(t > 0, np.exp(np.exp(x[1]) * (x[0] + np.log(np.maximum(t, 1e-300)))), 0.0)
        step = np.diff(cumulative)
        p = -np.expm1(-step)
        return -float((d * np.log(np.maximum(p, 1e-300)) - (n - d) * step).sum())

    rate = d.sum() / float((n * np.diff(t)).sum())
    return _maximise(loss, np.array([math.log(rate), 0.0]))


def _maximise(loss: object, start: Floats) -> WeibullFit:
    assert callable(loss)
    found = optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 5000}
    )
    x, h = found.x, 1e-4
    hessian = np.empty((2, 2))
    for i in range(2):
        for j in range(2):
            e, f = np.eye(2)[i] * h, np.eye(2)[j] * h
            hessian[i, j] = (loss(x + e + f) - loss(x + e - f) - loss(x - e + f) + loss(x - e - f)) / (4 * h * h)
    return WeibullFit(float(x[0]), float(x[1]), np.linalg.inv(hessian), -float(found.fun))


def weekly_survival(retained: Sequence[float] | Floats, total: float) -> tuple[Floats, Floats]:
    """Weekly counts of people still there as survival data: at risk and events of each week.

    `retained[i]`: people still there at the end of week i + 1, none lost to view. Raises EvidenceError for growth.
    """
    counts = np.concatenate([[float(total)], np.asarray(retained, float)])
    if (np.diff(counts) > 0).any() or counts.min() < 0:
        raise refuse("retained", "counts that grow, or are negative", "people still there, week by week")
    return counts[:-1], -np.diff(counts)


def draw_weibull(fit: WeibullFit, count: int, seed: int) -> tuple[Floats, Floats]:
    """Joint draws of rate and shape from the large-sample normal of their logarithms, shapes (count,)."""
    random = np.random.default_rng(seed)
    log = random.multivariate_normal([fit.log_rate, fit.log_shape], fit.covariance, count, method="cholesky")
    return np.exp(log[:, 0]), np.exp(log[:, 1])
