"""Scales, ticks, paths and line breaking for the report's SVG figures; all lengths in SVG user units."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

# Width of an average letter of a sans-serif face over its size; wide enough that no line leaves its box.
LETTER = 0.6


@dataclass(frozen=True)
class Scale:
    """A straight map from data [low, high] to drawing [start, end]."""

    low: float
    high: float
    start: float
    end: float


@dataclass(frozen=True)
class Tick:
    """A place along an axis and its label."""

    at: float
    label: str


def place(scale: Scale, value: float) -> float:
    """Where ``value`` lies in the drawing, held inside the axis, rounded to a tenth of a unit."""
    share = (value - scale.low) / (scale.high - scale.low) if scale.high > scale.low else 0.0
    return round(scale.start + min(1.0, max(0.0, share)) * (scale.end - scale.start), 1)


def nice_step(span: float, count: int) -> float:
    """The smallest of 1, 2, 2.5 or 5 times a power of ten that cuts ``span`` (> 0) into at most ``count`` parts."""
    power = 10.0 ** math.floor(math.log10(span / count))
    return next(step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0) if step * power * count >= span * (1 - 1e-9))


def nice_ticks(low: float, high: float, count: int = 5) -> tuple[float, ...]:
    """Round numbers from at or below ``low`` to at or above ``high``; (low, low + 1) for an empty span."""
    if high <= low:
        return (low, low + 1.0)
    step = nice_step(high - low, count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(index * step, 12) for index in range(first, last + 1))


def thin(count: int, room: int) -> int:
    """Every how manieth of ``count`` labels may stand where there is room for ``room``; at least 1."""
    return max(1, math.ceil(count / max(1, room)))


def step_path(xs: Sequence[float], ys: Sequence[float]) -> str:
    """A right-continuous step line as SVG path data; points that change nothing are left out."""
    parts = [f"M{xs[0]:g} {ys[0]:g}"]
    for before, x, y in zip(ys, xs[1:], ys[1:], strict=False):
        if y != before:
            parts.append(f"H{x:g}V{y:g}")
    return "".join([*parts, f"H{xs[-1]:g}"])


def thin_steps[Point: tuple[float, ...]](points: Sequence[Point]) -> list[Point]:
    """The last point of every unit of x (a pixel or less), which is all that can be seen; the first is kept too."""
    if not points:
        return []
    kept = [point for point, after in pairwise(points) if math.floor(point[0]) != math.floor(after[0])]
    return [*([] if kept[:1] == [points[0]] or len(points) == 1 else [points[0]]), *kept, points[-1]]


def band_path(xs: Sequence[float], low: Sequence[float], high: Sequence[float]) -> str:
    """The area between two step lines over the same ``xs`` as one closed SVG path."""
    back = [f"L{xs[-1]:g} {low[-1]:g}"]
    for index in range(len(xs) - 1, 0, -1):
        if low[index] != low[index - 1]:
            back.append(f"H{xs[index]:g}V{low[index - 1]:g}")
    return f"{step_path(xs, high)}{''.join(back)}H{xs[0]:g}Z"


def text_width(text: str, size: float) -> float:
    """A generous estimate of the width of ``text`` set at ``size``: there is no font to measure."""
    return len(text) * size * LETTER


def wrap_text(text: str, width: float, size: float) -> tuple[str, ...]:
    """``text`` broken into lines that fit ``width``; words too long for a line are cut."""
    letters = max(4, int(width / (size * LETTER)))
    return tuple(textwrap.wrap(text, letters)) or ("",)
