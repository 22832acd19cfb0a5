"""Pseudo individual data from a digitised Kaplan-Meier curve (Guyot 2012, BMC Medical Research Methodology 12:9).

The curve says how survival falls; the table of numbers at risk says how many were censored between its times. Without
the table censoring cannot be seen, all falls are events of more people than were there, and events are overstated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from meta.measures import Floats
from meta.problems import refuse

MOST_ROUNDS = 500
LONGEST_RISE = 0.02
"""A rise of a digitised curve by more than this is no slip of the hand."""


@dataclass(frozen=True, slots=True, eq=False)
class PseudoPatients:
    """`time` (n,) in the curve's unit and `event` (n,) 1 or 0 (censored), sorted by time; `warnings`: to be read."""

    time: Floats
    event: Floats
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class DigitisedCurve:
    """Points of a curve: `time` (m,) from 0 on, not falling; `survival` (m,) within 0 and 1, not rising, first 1.

    `risk_time`, `at_risk`: the table below the published figure, (j,), empty where there is none. `total`: people at
    the start. `events`: all events where the paper prints them, else None.
    """

    time: Floats
    survival: Floats
    total: int
    risk_time: Floats
    at_risk: Floats
    events: int | None = None
    warnings: tuple[str, ...] = ()


def make_curve(
    time: Sequence[float] | Floats,
    survival: Sequence[float] | Floats,
    total: int,
    *,
    risk_time: Sequence[float] | Floats = (),
    at_risk: Sequence[float] | Floats = (),
    events: int | None = None,
) -> DigitisedCurve:
    """Check a digitised curve and mend what digitising does to it (small rises), with a warning.

    Raises EvidenceError for times that fall, survival outside 0 to 1, rises that are no slip, and growing numbers.
    """
    t, s = np.asarray(time, float), np.asarray(survival, float)
    if len(t) != len(s) or len(t) < 2:
        raise refuse(
            "time", f"{len(t)} times and {len(s)} survival values", "two points or more, a value for each time"
        )
    if not (np.isfinite(t).all() and np.isfinite(s).all()) or (np.diff(t) < 0).any() or t[0] < 0:
        raise refuse("time", "times that fall, or are missing", "times from 0 on, in order")
    if s.min() < -1e-9 or s.max() > 1 + 1e-9:
        raise refuse(
            "survival", f"survival between {s.min():g} and {s.max():g}", "a proportion (percent divided by 100)"
        )
    if t[0] > 0 or s[0] < 1:
        t, s = np.concatenate([[0.0], t]), np.concatenate([[1.0], s])
    rise = float(np.max(np.diff(s), initial=0.0))
    if rise > LONGEST_RISE:
        raise refuse("survival", f"survival rises by {rise:.3f}", "a curve that falls; is it cumulative incidence?")
    said = [f"small rises (up to {rise:.4f}) were levelled: a slip in digitising"] if rise > 0 else []
    s = np.minimum.accumulate(np.clip(s, 0.0, 1.0))
    rt, n = np.asarray(risk_time, float), np.asarray(at_risk, float)
    if len(rt) != len(n) or (np.diff(rt) <= 0).any() or (np.diff(n) > 0).any() or (len(n) and n[0] != total):
        wanted = f"times in order and numbers that do not grow, from {total}"
        raise refuse("at_risk", "the table of numbers at risk does not fit", wanted)
    if len(rt) == 0:
        said.append("no table of numbers at risk: censoring is not seen, and events are overstated")
        rt, n = np.array([0.0]), np.array([float(total)])
    return DigitisedCurve(t, s, total, rt, n, events, tuple(said))


def reconstruct(curve: DigitisedCurve) -> PseudoPatients:
    """People whose Kaplan-Meier curve is the digitised one and whose numbers at risk are the printed ones."""
    t, s = curve.time, curve.survival
    m = len(t)
    first = [int(np.searchsorted(t, x - 1e-12)) for x in curve.risk_time]
    first = [min(i, m - 1) for i in first]
    ends = [*(i - 1 for i in first[1:]), m - 1]
    n, d, c = np.zeros(m + 1), np.zeros(m), np.zeros(m)
    n[0] = curve.total
    last = 0
    for j, (low, high) in enumerate(zip(first, ends, strict=True)):
        if high < low:
            continue
        known = j + 1 < len(first)
        target = float(curve.at_risk[j + 1]) if known else None
        before = 0 if j == 0 else low
        last = _fill(t, s, n, d, c, max(before, low), high, last, target, curve, d[:low].sum())
    return _expand(t, d, c, n, curve)


def _fill(
    t: Floats,
    s: Floats,
    n: Floats,
    d: Floats,
    c: Floats,
    low: int,
    high: int,
    last: int,
    target: float | None,
    curve: DigitisedCurve,
    earlier: float,
) -> int:
    """One interval of the table: choose its censoring so that the number at risk at its end is the printed one."""
    censored = 0
    start = float(n[low])
    if target is not None:
        censored = round(start * s[high + 1] / max(s[low], 1e-12) - target) if high + 1 < len(s) else 0
    elif curve.events is not None:
        censored = 0
    best, best_gap = last, np.inf
    keep: tuple[Floats, Floats, Floats] | None = None
    for _ in range(MOST_ROUNDS):
        censored = max(0, censored)
        end = _walk(t, s, n, d, c, low, high, last, censored)
        gap = _gap(n, d, high, target, curve, earlier, low)
        if abs(gap) < best_gap:
            best, best_gap = end, abs(gap)
            keep = (n[low : high + 2].copy(), d[low : high + 1].copy(), c[low : high + 1].copy())
        if gap == 0 or (gap < 0 and censored == 0):
            break
        if abs(gap) > best_gap:
            break
        censored += int(gap)
    assert keep is not None
    n[low : high + 2], d[low : high + 1], c[low : high + 1] = keep
    return best


def _gap(
    n: Floats, d: Floats, high: int, target: float | None, curve: DigitisedCurve, earlier: float, low: int
) -> float:
    """By how many more people should be censored: too many left at risk, or too many events in the last interval."""
    if target is not None:
        return float(n[high + 1] - target)
    if curve.events is None:
        return 0.0
    surplus = earlier + float(d[low : high + 1].sum()) - curve.events
    return float(np.ceil(surplus)) if surplus > 0 else 0.0


def _walk(t: Floats, s: Floats, n: Floats, d: Floats, c: Floats, low: int, high: int, last: int, censored: int) -> int:
    """Spread censoring evenly over an interval and place events where the curve falls; return the last fall's index."""
    span = float(t[high] - t[low])
    c[low : high + 1] = 0
    if censored and span > 0:
        places = t[low] + span * (np.arange(censored) + 0.5) / censored
        index = np.clip(np.searchsorted(t, places, side="right") - 1, low, high)
        c[low : high + 1] = np.bincount(index - low, minlength=high - low + 1)
    elif censored:
        c[high] = censored
    survived = _survival_at(s, d, n, last)
    for i in range(low, high + 1):
        d[i] = 0.0
        if i > 0 and survived > 0 and n[i] > 0:
            d[i] = max(0.0, min(n[i], round(n[i] * (1 - s[i] / survived))))
        if d[i] > 0:
            survived *= 1 - d[i] / n[i]
            last = i
        n[i + 1] = max(0.0, n[i] - d[i] - c[i])
    return last


def _survival_at(s: Floats, d: Floats, n: Floats, last: int) -> float:
    """The Kaplan-Meier estimate after the events placed so far."""
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(n[: last + 1] > 0, 1 - d[: last + 1] / np.maximum(n[: last + 1], 1.0), 1.0)
    return float(np.prod(steps)) if last else 1.0


def _expand(t: Floats, d: Floats, c: Floats, n: Floats, curve: DigitisedCurve) -> PseudoPatients:
    times, events = [], []
    for i, time in enumerate(t):
        times += [float(time)] * int(d[i])
        events += [1.0] * int(d[i])
        after = float(t[i + 1]) if i + 1 < len(t) else float(time)
        times += [(float(time) + after) / 2] * int(c[i])
        events += [0.0] * int(c[i])
    rest = curve.total - len(times)
    times += [float(t[-1])] * max(0, rest)
    events += [0.0] * max(0, rest)
    order = np.argsort(np.array(times), kind="stable")
    return PseudoPatients(np.array(times)[order], np.array(events)[order], curve.warnings)


def reconstruct_many(
    curve: DigitisedCurve, draws: int, seed: int, *, error: float = 0.005
) -> tuple[PseudoPatients, ...]:
    """Reconstructions of curves moved by the error of digitising: their spread carries that uncertainty on.

    `error`: standard deviation of each survival value (a proportion); independent at each point, then levelled.
    """
    random = np.random.default_rng(seed)
    out = []
    for _ in range(draws):
        moved = np.clip(curve.survival + error * random.standard_normal(len(curve.survival)), 0.0, 1.0)
        moved[0] = 1.0
        # Levelled from both sides, so that the noise does not pull the curve down.
        level = (np.minimum.accumulate(moved) + np.maximum.accumulate(moved[::-1])[::-1]) / 2
        one = DigitisedCurve(
            curve.time, level, curve.total, curve.risk_time, curve.at_risk, curve.events, curve.warnings
        )
        out.append(reconstruct(one))
    return tuple(out)
