"""A printed estimate and its uncertainty on the analysis scale: what the printed interval allows, and what not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from meta.tables.columns import Change, find_scale

SKEWED: Final = 0.3
"""Distance of an estimate from the middle of its interval, in half widths, beyond which it is said. An interval that is
symmetric on the natural scale, such as 2 (0.8 to 3.2), is at 0.32 on the log scale; wider ones are further off."""
UNLIKE: Final = 1.25
"""A printed standard error may differ by this factor from that of the printed interval (rounding, t quantiles)."""

type Numbers = Mapping[str, float | None]
type Finding = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Printed:
    """An estimate on the scale of `measure`, None where there is none. `gap`: why it cannot stand in a pool, empty
    where it can. `faults`: (column, message, expected). `said`: what was done that must be read, in words for many
    rows.
    """

    measure: str
    estimate: float | None = None
    se: float | None = None
    gap: str = ""
    faults: tuple[Finding, ...] = ()
    said: tuple[str, ...] = ()


def read_estimate(cells: Mapping[str, str], numbers: Numbers) -> Printed:
    """The estimate of a row and its standard error.

    An estimate in natural units (a ratio, a proportion, a rate) goes to the analysis scale. Its standard error is the
    width of the printed interval there over twice the normal quantile of its level; a standard error printed beside a
    natural ratio is refused unless there is an interval as well, since nobody says on which scale it is.
    """
    scale = find_scale(cells.get("scale", ""))
    points = [numbers[name] for name in ("estimate", "ci_low", "ci_high")]
    level = _read_level(cells.get("ci_level", ""))
    faults = [] if level is None else _check_interval(points)
    off = [x for x in points if x is not None and scale.change and _has_no_place(x, scale.measure)]
    if off and (numbers["se"] is not None or None not in points):
        what = "a proportion from 0 to 1" if scale.measure == "logit_proportion" else "a positive number"
        faults.append(("estimate", f"{off[0]:g} is no {cells['scale']}", f"{what}, or another scale"))
    if level is not None and not 0 < level < 1:
        faults.append(("ci_level", f"{cells['ci_level'][:40]!r} is no level", "a percentage such as 95"))
    if numbers["se"] is not None and scale.change and None in points:
        message = f"a standard error beside a {cells['scale']} in natural units: its scale is not said"
        faults.append(("se", message, f"an interval, or both on the scale {scale.measure}"))
    if faults:
        return Printed(scale.measure, faults=tuple(faults))
    return _measure(cells, numbers, scale.measure, scale.change, level)


def _check_interval(points: list[float | None]) -> list[Finding]:
    estimate, low, high = points
    if low is None or high is None:
        return []
    if low > high:
        return [("ci_low", f"{low:g} is above the upper limit {high:g}", "the lower limit")]
    if estimate is not None and not low <= estimate <= high:
        return [("estimate", f"{estimate:g} is outside its interval, {low:g} to {high:g}", "an estimate inside it")]
    return []


def _has_no_place(x: float, measure: str) -> bool:
    """Numbers that no such scale has; its closed ends (a ratio of 0, a proportion of 1) have been printed by others."""
    return x < 0 or (measure == "logit_proportion" and x > 1)


def _measure(
    cells: Mapping[str, str], numbers: Numbers, measure: str, change: Change | None, level: float | None
) -> Printed:
    estimate, low, high = (_change(numbers[name], change) for name in ("estimate", "ci_low", "ci_high"))
    if estimate is None:
        printed = numbers["estimate"]
        return Printed(measure, gap="" if printed is None else f"{printed:g} has no place on the scale {measure}")
    if level is None and (numbers["se"] is None or change):
        kind = cells["ci_level"]
        return Printed(measure, estimate, gap=f"printed with {kind!r} as its interval: no standard error follows")
    spread = None if low is None or high is None or level is None else _find_se(low, high, level)
    if numbers["se"] is not None and not change:
        return Printed(measure, estimate, numbers["se"], said=_doubt(numbers["se"], spread))
    if spread is None:
        return Printed(measure, estimate, gap="printed without a standard error or an interval")
    assert low is not None
    assert high is not None
    return Printed(measure, estimate, spread, said=_describe(cells, change, estimate, low, high))


def _find_se(low: float, high: float, level: float) -> float:
    return (high - low) / (2 * NormalDist().inv_cdf(0.5 + level / 2))


def _doubt(se: float, spread: float | None) -> tuple[str, ...]:
    if not spread or se <= 0 or 1 / UNLIKE <= se / spread <= UNLIKE:
        return ()
    return ("the printed standard error and the printed interval do not agree; the standard error is used",)


def _describe(
    cells: Mapping[str, str], change: Change | None, estimate: float, low: float, high: float
) -> tuple[str, ...]:
    """How the standard error was made, and whether the interval looks as if it belonged to another scale."""
    what = f"printed as {cells['scale']}, used on the analysis scale; " if change else ""
    said = [f"{what}standard error from the width of the printed interval"]
    if abs(estimate - (low + high) / 2) > SKEWED * (high - low) / 2:
        said.append("the printed interval is not symmetric about its estimate on the analysis scale")
    return tuple(said)


def _change(value: float | None, change: Change | None) -> float | None:
    """A printed number on the analysis scale; None for what has no place there (a ratio of zero)."""
    if value is None or change is None:
        return value
    try:
        return change(value)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def _read_level(text: str) -> float | None:
    """The level of a printed interval as a proportion; 0.95 where nothing is said, None for a range or another word."""
    match = re.match(r"\s*(\d+(?:\.\d+)?|\.\d+)", text)
    if not match:
        return None if text.strip() else 0.95
    value = float(match.group(1))
    return value / 100 if value > 1 else value
