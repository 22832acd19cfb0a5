"""The funnel plot: estimates against their standard errors, with contours of significance about no effect."""

from __future__ import annotations

import math
from statistics import NormalDist

from meta.data import EffectSizes
from meta.measures import find_measure, label_shown
from meta.pictures.axes import make_axis, place, round_steps
from meta.pictures.svg import ACCENT, PALE, SECOND, element, line, picture, text
from meta.result import PooledResult

WIDTH, HEIGHT, LEFT, TOP = 620.0, 440.0, 70.0, 24.0


def draw_funnel(data: EffectSizes, result: PooledResult) -> str:
    """Studies about the pooled estimate as SVG; grey lines hold 95% of studies that differ by sampling alone."""
    measure = find_measure(data.measure)
    errors = [math.sqrt(v) for v in data.variance]
    most, z = 1.08 * max(errors), NormalDist().inv_cdf(0.975)
    edges = [result.estimate - z * most, result.estimate + z * most, *map(float, data.estimate)]
    axis = make_axis(edges, measure, LEFT, WIDTH - 20)
    bottom = HEIGHT - 60
    height = bottom - TOP
    parts = [line(LEFT, bottom, WIDTH - 20, bottom), line(LEFT, TOP, LEFT, bottom)]
    for at, label in axis.ticks:
        x = place(axis, at)
        parts += [line(x, bottom, x, bottom + 5), text(x, bottom + 19, label, text_anchor="middle", font_size=12)]
    for error in round_steps(0, most, 5):
        y = TOP + height * error / most
        parts += [line(LEFT - 5, y, LEFT, y), text(LEFT - 9, y + 4, f"{error:g}", text_anchor="end", font_size=12)]
    middle = place(axis, result.estimate)
    parts.append(line(middle, TOP, middle, bottom, stroke=SECOND))
    for side in (-1, 1):
        parts.append(line(middle, TOP, place(axis, result.estimate + side * z * most), bottom, stroke=PALE))
        if measure.null is not None:
            start, end = place(axis, measure.null), place(axis, measure.null + side * z * most)
            parts.append(line(start, TOP, end, bottom, stroke=PALE, stroke_dasharray="4 4"))
    for study, estimate, error in zip(data.studies, data.estimate, errors, strict=True):
        dot = element("title", study)
        y = TOP + height * error / most
        parts.append(element("circle", dot, cx=place(axis, float(estimate)), cy=y, r=4.5, fill=ACCENT, opacity=0.85))
    parts.append(text((LEFT + WIDTH - 20) / 2, HEIGHT - 14, label_shown(measure), text_anchor="middle"))
    parts.append(text(0, 14, f"Standard error ({measure.label})", font_size=12))
    words = f"{len(data.studies)} studies; solid grey: 95% limits about the pool; dashed: limits about no effect."
    return picture(WIDTH, HEIGHT, f"Funnel plot: {label_shown(measure)}", words, parts)
