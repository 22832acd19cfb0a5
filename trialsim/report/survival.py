"""Survival curves as a summary holds them: levels at a time, where the axis starts, and the curve as numbers."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from trialsim.report.axes import nice_ticks
from trialsim.report.tables import Cell, Group, Row, Table, number
from trialsim.report.text import MISSING, WEEKS_PER_YEAR, format_count, format_fixed, is_number

# Beyond two years nobody counts in weeks.
LONGEST_IN_WEEKS = 104.5


def arms_of(curve: Mapping[str, Any], order: Sequence[str]) -> list[tuple[int, Mapping[str, Any]]]:
    """The arms of a curve that have points, each with its place in the report's order of arms (its colour)."""
    arms = curve.get("arms") or {}
    known = [*order, *(name for name in arms if name not in order)]
    return [(known.index(name), arms[name]) for name in known if name in arms and arms[name].get("time")]


def time_unit(curve: Mapping[str, Any]) -> tuple[str, float]:
    """Name of the time axis and how many weeks its unit has: weeks up to two years, then years."""
    latest = max((max(arm["time"]) for arm in (curve.get("arms") or {}).values() if arm.get("time")), default=0.0)
    return ("Weeks", 1.0) if latest <= LONGEST_IN_WEEKS else ("Years", WEEKS_PER_YEAR)


def survival_at(arm: Mapping[str, Any], time: float, key: str = "survival") -> float | None:
    """The step function ``key`` of an arm at ``time`` weeks; 1 before its first point; None where missing."""
    levels = arm.get(key) or ()
    at = min(bisect_right(arm["time"], time + 1e-9), len(levels)) - 1
    value = levels[at] if at >= 0 else 1.0
    return value if is_number(value) else None


def axis_floor(curve: Mapping[str, Any]) -> float:
    """Where the vertical axis starts: 0, unless every curve, and the end of every band, stays above one half.

    The early part of a band is cut rather than followed: before the second event it may reach almost to zero.
    """
    arms = [arm for arm in (curve.get("arms") or {}).values() if arm.get("time")]
    levels = [value for arm in arms for value in (*(arm.get("survival") or ()), *(arm.get("low") or ())[-1:])]
    lowest = min((value for value in levels if is_number(value)), default=0.0)
    return 0.0 if lowest <= 0.5 else max(0.0, min(0.99, nice_ticks(lowest, 1.0, 4)[0]))


def is_cut(curve: Mapping[str, Any]) -> bool:
    """True where some band reaches below the vertical axis."""
    floor = axis_floor(curve)
    lows = (low for arm in (curve.get("arms") or {}).values() for low in arm.get("low") or ())
    return any(low < floor - 1e-9 for low in lows if is_number(low))


def whole_people(value: object) -> object:
    """Numbers at risk may be means over replicates; whole persons are enough under a figure."""
    return round(value) if is_number(value) else value


def describe_curve(curve: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    """What a reader who cannot see the figure should know: where every curve ends."""
    unit, weeks = time_unit(curve)
    parts = []
    for name, arm in (curve.get("arms") or {}).items():
        if arm.get("time"):
            end = max(arm["time"])
            level = _level_text(arm, end, _decimals(curve))
            parts.append(f"{labels.get(name, name)}: {level} at {format_fixed(end / weeks, 1)} {unit.lower()}")
    return f"{curve.get('ylabel') or 'Probability'}. {'; '.join(parts)}."


def _decimals(curve: Mapping[str, Any]) -> int:
    """Two decimals of a per cent where all curves stay above nine in ten, else one."""
    return 2 if axis_floor(curve) >= 0.9 else 1


def _level_text(arm: Mapping[str, Any], time: float, decimals: int) -> str:
    level, low, high = (survival_at(arm, time, key) for key in ("survival", "low", "high"))
    if level is None:
        return MISSING
    text = f"{format_fixed(100 * level, decimals)}%"
    if low is None or high is None or not arm.get("low"):
        return text
    return f"{text} ({format_fixed(100 * low, decimals)} to {format_fixed(100 * high, decimals)})"


def curve_table(curve: Mapping[str, Any], labels: Mapping[str, str]) -> Table:
    """The figure as numbers: survival with interval, and number at risk, at the times of the numbers at risk."""
    unit, weeks = time_unit(curve)
    latest = max((max(arm["time"]) for arm in (curve.get("arms") or {}).values() if arm.get("time")), default=0.0)
    groups = []
    for name, arm in (curve.get("arms") or {}).items():
        if not arm.get("time"):
            continue
        rows = tuple(
            Row(
                Cell(format_fixed(at / weeks, 1).removesuffix(".0")),
                (number(_level_text(arm, at, _decimals(curve))), number(format_count(whole_people(n)))),
            )
            for at, n in zip(arm.get("at_risk_time") or (), arm.get("at_risk") or (), strict=False)
            if at <= latest + 1e-9
        )
        groups.append(Group(labels.get(name, name), rows))
    level = str(curve.get("ylabel") or "Probability")
    return Table(f"{curve.get('label') or ''}: the figure as numbers", (unit, level, "At risk"), tuple(groups))
