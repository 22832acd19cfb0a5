"""Mantel-Haenszel and Peto: common effects from the counts, without any correction.

Counts as (k, 2) arrays, column 0 the comparator. Both return the estimate on the analysis scale and its standard error.
"""

from __future__ import annotations

import math

import numpy as np

from meta.data import ArmCounts
from meta.problems import refuse


def pool_mantel_haenszel(data: ArmCounts) -> tuple[float, float]:
    """Log odds ratio (variance: Robins, Breslow and Greenland 1986), log risk ratio and log rate ratio (Greenland and
    Robins 1985) or risk difference (Sato, Greenland and Robins 1989). Raises EvidenceError where one arm has no events.
    """
    known = {
        "log_odds_ratio": _odds,
        "log_risk_ratio": _risks,
        "risk_difference": _difference,
        "log_rate_ratio": _rates,
    }
    if data.measure not in known:
        raise refuse("method", f"mantel-haenszel does not pool a {data.measure}", "one of " + ", ".join(known))
    if data.measure != "risk_difference" and (data.events.sum(axis=0) == 0).any():
        message = "an arm without any event over all studies: the ratio is not finite"
        raise refuse("events", message, "an exact likelihood with a proper mu prior")
    return known[data.measure](data)


def _odds(data: ArmCounts) -> tuple[float, float]:
    a, c = data.events[:, 1], data.events[:, 0]
    b, d = data.exposure[:, 1] - a, data.exposure[:, 0] - c
    n = a + b + c + d
    r, s, p, q = a * d / n, b * c / n, (a + d) / n, (b + c) / n
    rr, ss = float(r.sum()), float(s.sum())
    if rr == 0 or ss == 0:
        raise refuse("events", "the Mantel-Haenszel odds ratio is not finite", "an exact likelihood")
    variance = (p * r).sum() / (2 * rr**2) + (p * s + q * r).sum() / (2 * rr * ss) + (q * s).sum() / (2 * ss**2)
    return math.log(rr / ss), math.sqrt(float(variance))


def _risks(data: ArmCounts) -> tuple[float, float]:
    (a, n1), (c, n0) = (data.events[:, 1], data.exposure[:, 1]), (data.events[:, 0], data.exposure[:, 0])
    n = n1 + n0
    r, s = float((a * n0 / n).sum()), float((c * n1 / n).sum())
    p = float(((n1 * n0 * (a + c) - a * c * n) / n**2).sum())
    return math.log(r / s), math.sqrt(p / (r * s))


def _difference(data: ArmCounts) -> tuple[float, float]:
    (a, n1), (c, n0) = (data.events[:, 1], data.exposure[:, 1]), (data.events[:, 0], data.exposure[:, 0])
    n = n1 + n0
    weight = float((n1 * n0 / n).sum())
    value = float(((a * n0 - c * n1) / n).sum()) / weight
    p = (c * (n1 / n) ** 2 - a * (n0 / n) ** 2 + (n1 / n) * (n0 / n) * (n0 - n1) / 2).sum()
    q = (a * (n0 - c) / n + c * (n1 - a) / n).sum() / 2
    return value, math.sqrt(float(value * p + q)) / weight


def _rates(data: ArmCounts) -> tuple[float, float]:
    (a, t1), (c, t0) = (data.events[:, 1], data.exposure[:, 1]), (data.events[:, 0], data.exposure[:, 0])
    t = t1 + t0
    r, s = float((a * t0 / t).sum()), float((c * t1 / t).sum())
    return math.log(r / s), math.sqrt(float(((a + c) * t1 * t0 / t**2).sum()) / (r * s))


def pool_peto(data: ArmCounts) -> tuple[float, float]:
    """Log odds ratio from observed minus expected events (Yusuf 1985). Raises EvidenceError for other measures."""
    if data.measure != "log_odds_ratio":
        raise refuse("method", f"peto pools a log odds ratio, not a {data.measure}", "log_odds_ratio")
    a, (n0, n1) = data.events[:, 1], data.exposure.T
    events, n = data.events.sum(axis=1), data.exposure.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = np.where(n > 1, events * (n - events) * n1 * n0 / (n**2 * (n - 1)), 0.0)
    total = float(variance.sum())
    if total == 0:
        raise refuse("events", "no events, or events in everyone: nothing to compare", "studies with events")
    return float((a - events * n1 / n).sum()) / total, 1 / math.sqrt(total)
