"""The forest plot: each study with interval and weight, what it becomes given the others, the pool, the prediction."""

from __future__ import annotations

from meta.measures import Measure, find_measure, label_shown
from meta.pictures.axes import Axis, format_natural, make_axis, place
from meta.pictures.svg import ACCENT, PALE, SECOND, element, line, picture, text
from meta.result import PooledResult, StudyResult

WIDTH, ROW, TOP = 900.0, 26.0, 58.0
LEFT, RIGHT = 270.0, 640.0
LONGEST = 36


def draw_forest(result: PooledResult) -> str:
    """The forest plot of a result as SVG, in natural units; intervals that leave the axis end in an arrow."""
    measure = find_measure(result.measure)
    axis = make_axis(_reach(result, measure), measure, LEFT, RIGHT)
    bottom = TOP + ROW * (len(result.studies) + 2) + 8
    parts = [*_frame(axis, measure, bottom), *_headings(result, measure)]
    for number, study in enumerate(result.studies):
        parts += _draw_study(study, axis, measure, TOP + ROW * (number + 0.5), result)
    parts += _draw_pool(result, axis, measure, bottom - 2 * ROW + 8)
    title = f"Forest plot: {label_shown(measure)}, {len(result.studies)} studies"
    return picture(WIDTH, bottom + 44, title, _describe(result, measure), parts)


def _reach(result: PooledResult, measure: Measure) -> list[float]:
    """What the axis must hold: the pool, the prediction and the studies, but a study's limits within reason."""
    core = [
        result.ci_low,
        result.ci_high,
        *(x for x in (result.prediction_low, result.prediction_high) if x is not None),
    ]
    core += [s.estimate for s in result.studies if s.estimate is not None]
    core += [] if measure.null is None else [measure.null]
    low, high = min(core), max(core)
    span = high - low or 1.0
    ends = [x for s in result.studies for x in (s.low, s.high) if x is not None]
    return core + [min(max(x, low - 0.6 * span), high + 0.6 * span) for x in ends]


def _frame(axis: Axis, measure: Measure, bottom: float) -> list[str]:
    parts = [line(axis.start, bottom, axis.end, bottom)]
    for at, label in axis.ticks:
        x = place(axis, at)
        parts += [line(x, bottom, x, bottom + 5), text(x, bottom + 19, label, text_anchor="middle", font_size=12)]
    if measure.null is not None and axis.low <= measure.null <= axis.high:
        x = place(axis, measure.null)
        parts.append(line(x, TOP - 6, x, bottom, stroke_dasharray="3 3", opacity=0.6))
    middle = (axis.start + axis.end) / 2
    return [*parts, text(middle, bottom + 38, label_shown(measure), text_anchor="middle", font_size=12)]


def _headings(result: PooledResult, measure: Measure) -> list[str]:
    y, percent = TOP - 16, f"{100 * result.level:g}%"
    heads = [text(0, y, "Study", font_weight="600")]
    if any(study.weight is not None for study in result.studies):
        heads.append(text(WIDTH, y, "Weight", text_anchor="end", font_weight="600"))
    heads.append(text(RIGHT + 16, y, f"Estimate ({percent} interval)", font_weight="600"))
    if result.treatment and result.comparator:
        heads.append(text(LEFT, y, f"{result.treatment} against {result.comparator}"[:52], font_weight="600"))
    return heads


def _draw_study(study: StudyResult, axis: Axis, measure: Measure, y: float, result: PooledResult) -> list[str]:
    parts = [text(0, y + 4.5, _shorten(study.study))]
    if study.low is not None and study.high is not None:
        parts += _draw_interval(axis, study.low, study.high, y)
    if study.estimate is not None:
        half = 3.0 + 16.0 * (study.weight or 0.0) ** 0.5 / 2
        x = place(axis, study.estimate)
        parts.append(element("rect", x=x - half, y=y - half, width=2 * half, height=2 * half, fill=ACCENT))
    if study.shrunk is not None:
        parts += _draw_shrunk(study, axis, y + 9)
    figures = (
        "cannot be estimated alone"
        if study.estimate is None
        else _interval(measure, study.estimate, study.low, study.high)
    )
    parts.append(text(RIGHT + 16, y + 4.5, figures))
    if study.weight is not None:
        parts.append(text(WIDTH, y + 4.5, f"{100 * study.weight:.1f}%", text_anchor="end"))
    return parts


def _draw_shrunk(study: StudyResult, axis: Axis, y: float) -> list[str]:
    parts = []
    if study.shrunk_low is not None and study.shrunk_high is not None:
        ends = (max(study.shrunk_low, axis.low), min(study.shrunk_high, axis.high))
        parts.append(line(place(axis, ends[0]), y, place(axis, ends[1]), y, stroke=PALE, stroke_width=1))
    if study.shrunk is not None:
        parts.append(element("circle", cx=place(axis, study.shrunk), cy=y, r=2.2, fill=PALE))
    return parts


def _draw_interval(axis: Axis, low: float, high: float, y: float) -> list[str]:
    """A line between the limits; an arrow head where a limit lies beyond the axis."""
    start, end = place(axis, max(low, axis.low)), place(axis, min(high, axis.high))
    parts = [line(start, y, end, y, stroke_width=1.4)]
    if low < axis.low:
        parts.append(
            element(
                "path", d=f"M{start + 6} {y - 4}L{start} {y}L{start + 6} {y + 4}", fill="none", stroke="currentColor"
            )
        )
    if high > axis.high:
        parts.append(
            element("path", d=f"M{end - 6} {y - 4}L{end} {y}L{end - 6} {y + 4}", fill="none", stroke="currentColor")
        )
    return parts


def _draw_pool(result: PooledResult, axis: Axis, measure: Measure, y: float) -> list[str]:
    # A posterior mean does not go through a curve: in natural units the median stands, as in every sentence.
    centre = result.estimate if result.median is None else result.median
    low, middle, high = (place(axis, x) for x in (result.ci_low, centre, result.ci_high))
    effects = "random" if result.effects == "random" else "common"
    parts = [
        line(0, y - 16, WIDTH, y - 16, opacity=0.4),
        text(0, y + 4.5, f"Pooled ({effects} effects, {result.method})", font_weight="600"),
        element("path", d=f"M{low} {y}L{middle} {y - 8}L{high} {y}L{middle} {y + 8}Z", fill=SECOND),
        text(RIGHT + 16, y + 4.5, _interval(measure, centre, result.ci_low, result.ci_high), font_weight="600"),
    ]
    if result.prediction_low is not None and result.prediction_high is not None:
        y += ROW
        ends = (max(result.prediction_low, axis.low), min(result.prediction_high, axis.high))
        words = f"{format_natural(measure, result.prediction_low)} to {format_natural(measure, result.prediction_high)}"
        parts += [
            text(0, y + 4.5, "Prediction for a new study"),
            line(place(axis, ends[0]), y, place(axis, ends[1]), y, stroke=SECOND, stroke_width=5, opacity=0.55),
            text(RIGHT + 16, y + 4.5, words),
        ]
    return parts


def _interval(measure: Measure, estimate: float, low: float | None, high: float | None) -> str:
    middle, start, end = (format_natural(measure, x) for x in (estimate, low, high))
    return f"{middle} ({start} to {end})"


def _shorten(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _describe(result: PooledResult, measure: Measure) -> str:
    pooled = _interval(measure, result.estimate, result.ci_low, result.ci_high)
    words = [f"Pooled {label_shown(measure)} {pooled}."]
    for study in result.studies:
        if study.estimate is not None:
            words.append(f"{study.study}: {_interval(measure, study.estimate, study.low, study.high)}.")
    return " ".join(words)
