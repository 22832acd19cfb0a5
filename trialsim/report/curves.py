"""Layout of survival figures: step curves, pointwise bands, numbers at risk under the same time axis."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trialsim.report.axes import (
    Scale,
    Tick,
    band_path,
    nice_ticks,
    place,
    step_path,
    text_width,
    thin,
    thin_steps,
    wrap_text,
)
from trialsim.report.survival import arms_of, axis_floor, describe_curve, time_unit, whole_people
from trialsim.report.text import format_count, format_fixed, is_number

SMALL = 12.0
ROW = 19.0


@dataclass(frozen=True)
class Line:
    """One arm's curve and band as path data; the band is empty where the interval is missing."""

    path: str
    band: str
    series: int


@dataclass(frozen=True)
class RiskRow:
    """One arm's numbers at risk: label lines with their places, and numbers at their times."""

    label: tuple[Tick, ...]
    numbers: tuple[Tick, ...]
    y: float
    series: int


@dataclass(frozen=True)
class CurveFigure:
    """Everything the template needs to draw one figure at one width."""

    ident: str
    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    risk: tuple[RiskRow, ...]
    risk_title_y: float
    x_label: str
    y_label: str
    title: str
    description: str


def curve_figure(
    curve: Mapping[str, Any], labels: Mapping[str, str], ident: str, width: float, gutter: bool
) -> CurveFigure:
    """Lay out one figure ``width`` wide; with ``gutter`` arm labels stand left of the numbers at risk, else above."""
    order = list(labels)
    arms = arms_of(curve, order)
    names = [labels.get(name, name) for name in [*order, *(n for n in curve["arms"] if n not in order)]]
    left = min(260.0, max(62.0, *(text_width(names[k], SMALL) + 60 for k, _ in arms))) if gutter else 46.0
    right, top, bottom = width - 18.0, 32.0, 32.0 + (320.0 if gutter else 250.0)
    unit, weeks = time_unit(curve)
    latest = max(max(arm["time"]) for _, arm in arms)
    x_scale = Scale(0.0, latest, left, right)
    y_scale = Scale(axis_floor(curve), 1.0, bottom, top)
    x_ticks = _time_ticks(arms, x_scale, weeks, int((right - left) / 56))
    risk_title_y = bottom + 62.0
    risk = _risk_rows(arms, names, x_scale, x_ticks, risk_title_y + 6, left if gutter else 0.0)
    return CurveFigure(
        ident=ident,
        width=width,
        height=(risk[-1].y + 10 if risk else bottom + 48),
        left=left,
        right=right,
        top=top,
        bottom=bottom,
        x_ticks=x_ticks,
        y_ticks=_level_ticks(y_scale),
        lines=tuple(_line(arm, k, x_scale, y_scale) for k, arm in arms),
        risk=risk,
        risk_title_y=risk_title_y,
        x_label=f"{unit} since time zero",
        y_label=str(curve.get("ylabel") or "Probability"),
        title=str(curve.get("label") or curve.get("name") or "Survival"),
        description=describe_curve(curve, labels),
    )


def _time_ticks(arms: list[tuple[int, Mapping[str, Any]]], scale: Scale, weeks: float, room: int) -> tuple[Tick, ...]:
    """Ticks at the times where numbers at risk are given, so that both align; else at round numbers."""
    times = sorted({float(at) for _, arm in arms for at in arm.get("at_risk_time") or () if at <= scale.high + 1e-9})
    if len(times) < 2:
        times = [at * weeks for at in nice_ticks(0.0, scale.high / weeks, 6) if at * weeks <= scale.high + 1e-9]
    shown = times[:: thin(len(times), room)]
    return tuple(Tick(place(scale, at), format_fixed(at / weeks, 1).removesuffix(".0")) for at in shown)


def _level_ticks(scale: Scale) -> tuple[Tick, ...]:
    levels = nice_ticks(scale.low, 1.0, 5)
    step = levels[1] - levels[0]
    decimals = 0 if round(step * 100, 9).is_integer() else 1 if round(step * 1000, 9).is_integer() else 2
    return tuple(
        Tick(place(scale, at), f"{format_fixed(100 * at, decimals)}%") for at in levels if scale.low <= at <= 1.0
    )


def _line(arm: Mapping[str, Any], series: int, x_scale: Scale, y_scale: Scale) -> Line:
    points = [(t, s) for t, s in zip(arm["time"], arm["survival"], strict=False) if is_number(s)]
    if points and points[0][0] > 0:
        points.insert(0, (0.0, 1.0))
    placed = thin_steps([(place(x_scale, t), place(y_scale, s)) for t, s in points])
    path = step_path([x for x, _ in placed], [y for _, y in placed]) if placed else ""
    return Line(path, _band(arm, x_scale, y_scale), series)


def _band(arm: Mapping[str, Any], x_scale: Scale, y_scale: Scale) -> str:
    ends = zip(arm["time"], arm.get("low") or (), arm.get("high") or (), strict=False)
    known = [(t, low, high) for t, low, high in ends if is_number(low) and is_number(high)]
    if len(known) < 2:
        return ""
    placed = thin_steps([(place(x_scale, t), place(y_scale, low), place(y_scale, high)) for t, low, high in known])
    return band_path([x for x, _, _ in placed], [low for _, low, _ in placed], [high for _, _, high in placed])


def _risk_rows(
    arms: list[tuple[int, Mapping[str, Any]]],
    names: list[str],
    scale: Scale,
    ticks: tuple[Tick, ...],
    y: float,
    gutter: float,
) -> tuple[RiskRow, ...]:
    """Rows of numbers at the ticks; labels beside them in a ``gutter`` that wide, or on lines of their own for 0."""
    rows: list[RiskRow] = []
    wanted = {tick.at for tick in ticks}
    for series, arm in arms:
        pairs = zip(arm.get("at_risk_time") or (), arm.get("at_risk") or (), strict=False)
        numbers = tuple(Tick(place(scale, at), format_count(whole_people(n))) for at, n in pairs)
        numbers = tuple(tick for tick in numbers if tick.at in wanted)
        if not numbers:
            continue
        lines = wrap_text(names[series], (gutter - 26 if gutter else scale.end) - 34, SMALL)
        label = tuple(Tick(y + ROW + 14.0 * k, line) for k, line in enumerate(lines))
        last = label[-1].at
        row_y = (y + last + ROW) / 2 if gutter else last + 16.0
        rows.append(RiskRow(label, numbers, row_y, series))
        y = (last if gutter else row_y) + 4.0
    return tuple(rows)
