"""Layout of death rates by time since start or stop: one small panel a policy, all on one scale."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trialsim.report.axes import Scale, Tick, nice_ticks, place, text_width, thin, wrap_text
from trialsim.report.tables import Cell, Group, Row, Table, number
from trialsim.report.text import MISSING, format_count, format_fixed, format_significant, format_span, is_number

# Half width of a 95% normal interval in standard errors.
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Bar:
    """One interval of time: all-cause bar, the overdose part of it, and the ends of the interval's whisker."""

    x: float
    width: float
    top: float
    overdose_top: float | None
    whisker: tuple[float, float] | None
    middle: float
    label: tuple[str, ...]
    cut: bool = False


@dataclass(frozen=True)
class Panel:
    """One policy's bars with its own left edge, base line and ticks."""

    title: tuple[Tick, ...]
    left: float
    right: float
    base: float
    bars: tuple[Bar, ...]
    y_ticks: tuple[Tick, ...]
    series: int


@dataclass(frozen=True)
class BarFigure:
    """Everything the template needs to draw the panels at one width."""

    ident: str
    width: float
    height: float
    panels: tuple[Panel, ...]
    title: str
    description: str


def shown_policies(table: Mapping[str, Any], labels: Mapping[str, str]) -> list[tuple[int, str, Sequence[Any]]]:
    """Policies that have any person-time in the table, in the report's order; the others have nothing to show."""
    found: list[tuple[int, str, Sequence[Any]]] = []
    for series, name in enumerate([*labels, *(n for n in table if n not in labels)]):
        rows = [row for row in table.get(name) or () if is_number(row.get("deaths_per_1000_py"))]
        if rows:
            found.append((series, labels.get(name, name), rows))
    return found


def interval_of(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """95% Monte Carlo interval of the all-cause rate: the run's own, else from its error; None where both miss."""
    low, high = row.get("low"), row.get("high")
    if is_number(low) and is_number(high):
        return low, high
    rate, error = row.get("deaths_per_1000_py"), row.get("mcse")
    if not is_number(rate) or not is_number(error):
        return None
    return max(0.0, rate - Z95 * error), rate + Z95 * error


def bar_figure(
    table: Mapping[str, Any], labels: Mapping[str, str], ident: str, title: str, width: float, columns: int
) -> BarFigure | None:
    """Lay out all policies in ``columns`` panels a row; None where no policy has any person-time."""
    policies = shown_policies(table, labels)
    if not policies:
        return None
    columns = min(columns, len(policies))
    levels = nice_ticks(0.0, _top(policies), 4)
    cell, panel_height = width / columns, 228.0
    panels = tuple(
        _panel(policy, (k % columns) * cell, cell, (k // columns) * panel_height, levels)
        for k, policy in enumerate(policies)
    )
    rows = -(-len(policies) // columns)
    return BarFigure(ident, width, rows * panel_height, panels, title, _describe(policies))


def _top(policies: Sequence[tuple[int, str, Sequence[Any]]]) -> float:
    """Top of the scale: room for every whisker, but at most for twice the highest bar, or the least of the whiskers."""
    rates = [row["deaths_per_1000_py"] for _, _, rows in policies for row in rows]
    ends = [ends[1] for _, _, rows in policies for row in rows if (ends := interval_of(row)) and ends[1] > 0]
    return min(max([*rates, *ends]), 2 * max(rates) or min(ends, default=1.0)) or 1.0


def _panel(
    policy: tuple[int, str, Sequence[Any]], x: float, width: float, y: float, levels: tuple[float, ...]
) -> Panel:
    series, label, rows = policy
    left, right, base = x + 44.0, x + width - 10.0, y + 180.0
    scale = Scale(0.0, levels[-1], base, y + 46.0)
    step = (right - left) / len(rows)
    every = thin(len(rows), int((right - left) / 34))
    bars = tuple(_bar(row, left + k * step, step, scale, k % every == 0) for k, row in enumerate(rows))
    title = tuple(Tick(y + 16.0 + 15.0 * k, line) for k, line in enumerate(wrap_text(label, width - 24, 13)[:2]))
    ticks = tuple(Tick(place(scale, at), format_significant(at, 4)) for at in levels)
    return Panel(title, left, right, base, bars, ticks, series)


def _bar(row: Mapping[str, Any], x: float, step: float, scale: Scale, labelled: bool) -> Bar:
    overdose, ends = row.get("overdose_deaths_per_1000_py"), interval_of(row)
    return Bar(
        x=round(x + step * 0.14, 1),
        width=round(step * 0.72, 1),
        top=place(scale, row["deaths_per_1000_py"]),
        overdose_top=place(scale, overdose) if is_number(overdose) else None,
        whisker=(place(scale, ends[0]), place(scale, ends[1])) if ends else None,
        middle=round(x + step / 2, 1),
        label=_bar_label(row, step) if labelled else (),
        cut=bool(ends and ends[1] > scale.high),
    )


def _bar_label(row: Mapping[str, Any], room: float) -> tuple[str, ...]:
    """The interval on one line, or broken after the dash where it is wider than its bar."""
    span = format_span(row.get("from_day") or 0.0, row.get("to_day"))
    if text_width(span, 11.0) <= room or "–" not in span:
        return (span,)
    first, last = span.split("–")
    return (f"{first}–", last)


def _describe(policies: list[tuple[int, str, Sequence[Any]]]) -> str:
    parts = []
    for _, label, rows in policies:
        peak = max(rows, key=lambda row: float(row["deaths_per_1000_py"]))
        span = format_span(peak.get("from_day") or 0.0, peak.get("to_day"))
        parts.append(f"{label}: highest {format_significant(peak['deaths_per_1000_py'])} at {span}")
    return f"Deaths per 1,000 person-years by interval of time. {'; '.join(parts)}."


def bar_table(table: Mapping[str, Any], labels: Mapping[str, str], title: str) -> Table:
    """The panels as numbers: deaths, person-years, rates with interval, Monte Carlo error."""
    columns = (
        "Time",
        "Deaths",
        "Overdose deaths",
        "Person-years",
        "Deaths per 1,000",
        "95% interval",
        "Overdose per 1,000",
    )
    shown = shown_policies(table, labels)
    # One decimal suits rates of tens; rates that all stay below ten need two.
    decimals = 1 if any(row["deaths_per_1000_py"] >= 10 for _, _, rows in shown for row in rows) else 2
    groups = tuple(Group(label, tuple(_table_row(row, decimals) for row in rows)) for _, label, rows in shown)
    return Table(f"{title}: the figure as numbers", columns, groups)


def _table_row(row: Mapping[str, Any], decimals: int) -> Row:
    rate, overdose = row["deaths_per_1000_py"], row.get("overdose_deaths_per_1000_py")
    ends = interval_of(row)
    cells = (
        format_count(row.get("deaths")),
        format_count(row.get("overdose_deaths")),
        format_significant(row.get("person_years"), 4),
        format_fixed(rate, decimals),
        " to ".join(format_fixed(end, decimals) for end in ends) if ends else MISSING,
        format_fixed(overdose, decimals) if is_number(overdose) else MISSING,
    )
    span = format_span(row.get("from_day") or 0.0, row.get("to_day"))
    return Row(Cell(span), tuple(number(text) for text in cells))
