"""Scales, round ticks and labels of the pictures; lengths in SVG user units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from meta.measures import Measure

_ROUND_RATIOS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)
_ROUND_SHARES = (0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99)


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight map from [low, high] on the analysis scale to [start, end] in the drawing, with labelled ticks.

    `ticks`: pairs of a place on the analysis scale and its label in natural units.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[tuple[float, str], ...]


def place(axis: Axis, value: float) -> float:
    """Where a value lies in the drawing; values outside may lie outside."""
    return round(axis.start + (value - axis.low) / (axis.high - axis.low) * (axis.end - axis.start), 2)


def make_axis(values: list[float], measure: Measure, start: float, end: float) -> Axis:
    """An axis that holds all values, with round ticks in natural units. Needs at least one finite value."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(finite), max(finite)
    room = 0.05 * (high - low) or 0.5
    low, high = low - room, high + room
    return Axis(low, high, start, end, tuple(_thin(_ticks(low, high, measure), (low, high))))


def _ticks(low: float, high: float, measure: Measure) -> list[tuple[float, str]]:
    if measure.back(np.array(0.0)) == 1.0:
        k = measure.shown
        inside = [(math.log(x / k), f"{x:g}") for x in _spread(k * math.exp(low), k * math.exp(high))]
    elif measure.name == "logit_proportion":
        inside = [(math.log(p / (1 - p)), f"{100 * p:g}%") for p in _ROUND_SHARES]
    elif measure.natural == "proportion":
        inside = [(math.asin(math.sqrt(p)), f"{100 * p:g}%") for p in (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)]
    else:
        inside = [(x, f"{x:g}") for x in round_steps(low, high, 6)]
    return [(at, label) for at, label in inside if low <= at <= high]


def _spread(low: float, high: float) -> list[float]:
    """Round ratios, or finer steps where fewer than three of them fit."""
    scaled = [x * 10.0**power for power in range(-9, 10, 3) for x in (*_ROUND_RATIOS[:-1],)]
    inside = sorted({float(f"{x:.3g}") for x in scaled if low <= x <= high})
    return inside if len(inside) >= 3 else [x for x in round_steps(low, high, 6) if x > 0]


def round_steps(low: float, high: float, count: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten inside [low, high], about `count` of them."""
    power = 10.0 ** math.floor(math.log10((high - low) / count))
    step = next(power * k for k in (1.0, 2.0, 5.0, 10.0) if (high - low) / (power * k) <= count)
    return [round(i * step, 12) for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _thin(ticks: list[tuple[float, str]], span: tuple[float, float]) -> list[tuple[float, str]]:
    """Leave out ticks that would stand closer than a twelfth of the axis to the last one kept."""
    kept: list[tuple[float, str]] = []
    for tick in ticks:
        if not kept or tick[0] - kept[-1][0] >= (span[1] - span[0]) / 12:
            kept.append(tick)
    return kept


def format_natural(measure: Measure, value: float | None) -> str:
    """A value of the analysis scale in natural units, to three figures; proportions as percentages; – for None."""
    if value is None or not math.isfinite(value):
        return "–"
    natural = measure.shown * float(measure.back(np.array(value)))
    if measure.natural == "proportion":
        return f"{100 * natural:.1f}%"
    return f"{natural:.3g}" if abs(natural) < 1000 else f"{natural:,.0f}"
