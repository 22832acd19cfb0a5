"""Tables of results: simulated beside published, and differences between arms or policies."""

from collections.abc import Mapping, Sequence
from typing import Any

from trialsim.report.axes import Scale, place
from trialsim.report.tables import Cell, Group, Row, Strip, Table, number
from trialsim.report.text import (
    MISSING,
    as_sentence,
    format_count,
    format_estimate,
    format_value,
    is_number,
    split_references,
)

DIFFERENCE_NOTE = "Each difference is the first minus the second; the last column says in words which is higher."
IN_OUT = ("_in_treatment", "_out_of_treatment")


def label_of(labels: Mapping[str, Any], name: str) -> str:
    """The readable name of an outcome, else its key in words."""
    known = labels.get(name)
    text = known.get("label") if isinstance(known, Mapping) else known
    return str(text or name.replace("_", " ").capitalize().replace("1000 py", "1,000 person-years"))


def definition_of(labels: Mapping[str, Any], name: str) -> str:
    """The outcome's definition, or nothing."""
    known = labels.get(name)
    return as_sentence(str(known.get("definition") or "")) if isinstance(known, Mapping) else ""


def outcomes_of(units: Mapping[str, Any], labels: Mapping[str, Any]) -> list[str]:
    """Every outcome that any arm or policy has, in the order of the labels, then of appearance."""
    seen = dict.fromkeys(name for cells in units.values() for name in cells)
    return [*(name for name in labels if name in seen), *(name for name in seen if name not in labels)]


def verdict_of(cell: Mapping[str, Any]) -> Cell:
    """Whether the published value lies inside the simulated range, in words; a miss says on which side."""
    published, low, high, inside = (cell.get(key) for key in ("published", "low", "high", "inside"))
    if not is_number(published):
        return Cell("No published number", tone="quiet")
    if inside is None:
        return Cell("Not judged", ("the simulated range is missing",), "quiet")
    if inside:
        return Cell("Inside", ("the published value is in the range",), "hit")
    if is_number(high) and published > high:
        return Cell("Miss", ("the published value is above the range",), "miss")
    if is_number(low) and published < low:
        return Cell("Miss", ("the published value is below the range",), "miss")
    return Cell("Miss", ("the published value is outside the range",), "miss")


def comparison_table(summary: Mapping[str, Any]) -> Table:
    """Every outcome of every arm beside its published value."""
    arms, labels = summary["arms"], summary.get("outcome_labels") or {}
    groups = []
    for outcome in outcomes_of(arms, labels):
        cells = [(name, arms[name][outcome]) for name in arms if outcome in arms[name]]
        scale = _strip_scale([cell for _, cell in cells])
        rows = tuple(_comparison_row(summary, name, cell, scale) for name, cell in cells)
        title = _titled(label_of(labels, outcome), unit_of(summary, outcome))
        groups.append(Group(title, rows, definition_of(labels, outcome)))
    columns = (
        "Arm",
        "Simulated mean",
        "95% range",
        "Monte Carlo error",
        "Published",
        "Picture",
        "Published value is",
        "Mean over parameters",
    )
    caption = "Simulated beside published, by outcome and arm"
    return Table(caption, columns, tuple(groups), _sources(arms))


def _titled(label: str, unit: str) -> str:
    """A label with its unit in brackets, where neither the label nor the numbers tell it."""
    told = unit in ("", "proportion", "count") or unit.lower() in label.lower()
    return label if told else f"{label} ({unit})"


def _undefined(cell: Mapping[str, Any]) -> str:
    """How many replicates had no value and were left out of the mean, such as medians that were never reached."""
    count = cell.get("undefined")
    return f"{format_count(count)} replicates without a value" if is_number(count) and count else ""


def study_of(source: str) -> str:
    """The study's name alone, where a source is ``study, reference``; the reference stands once below the table."""
    pieces = split_references(source)
    named = pieces[0].text.rstrip(" ,;:([") if pieces and not pieces[0].href else ""
    return named or source


def _sources(arms: Mapping[str, Any]) -> tuple[str, ...]:
    """Each source once, with the evidence rows (in square brackets at its end) that were taken from it."""
    rows: dict[str, list[str]] = {}
    for text in dict.fromkeys(
        str(cell.get("published_source") or "") for own in arms.values() for cell in own.values()
    ):
        source, _, row = text.rstrip("]").partition(" [")
        rows.setdefault(source, []).extend([row] if row else [])
    told = {
        source: f" (evidence row{'s' if len(names) > 1 else ''} {', '.join(names)})" for source, names in rows.items()
    }
    return tuple(f"Published: {source}{told[source] if names else ''}" for source, names in rows.items() if source)


def _comparison_row(summary: Mapping[str, Any], name: str, cell: Mapping[str, Any], scale: Scale | None) -> Row:
    estimate = format_estimate(cell)
    unit = str(cell.get("unit") or "")
    published = number(format_value(cell.get("published"), unit))
    if is_number(cell.get("published")):
        told = (str(cell.get("published_text") or ""), study_of(str(cell.get("published_source") or "")))
        published = number(published.text, *told)
    return Row(
        Cell((summary.get("arm_labels") or {}).get(name, name)),
        (
            number(estimate.mean, _undefined(cell)),
            number(estimate.range),
            number(estimate.error),
            published,
            Cell("", strip=_strip(cell, scale)),
            verdict_of(cell),
            _parameter_range(cell),
        ),
        series=list(summary["arms"]).index(name),
    )


def _parameter_range(cell: Mapping[str, Any]) -> Cell:
    """The range of the mean over draws of the parameters, where the run made any."""
    drawn = cell.get("parameter_range")
    if not isinstance(drawn, Mapping):
        return Cell("–", tone="quiet")
    difference = "comparator" in cell
    estimate = format_estimate({**cell, "low": drawn.get("low"), "high": drawn.get("high")}, difference=difference)
    return Cell(estimate.range, (f"{format_count(drawn.get('draws'))} draws{share_of(drawn)}",), "quiet")


def share_of(drawn: Mapping[str, Any]) -> str:
    """How much of the whole variance is the parameters', in words; nothing where it is unknown."""
    share = drawn.get("share_of_variance")
    return f"; {100.0 * share:.0f}% of the variance" if is_number(share) else ""


def _strip_scale(cells: Sequence[Mapping[str, Any]]) -> Scale | None:
    """One scale for an outcome: all its ranges and published values with a margin; None with nothing to show."""
    values = [cell[key] for cell in cells for key in ("low", "high", "published") if is_number(cell.get(key))]
    if not values:
        return None
    margin = 0.08 * (max(values) - min(values)) or 1.0
    return Scale(min(values) - margin, max(values) + margin, 4.0, 96.0)


def _strip(cell: Mapping[str, Any], scale: Scale | None) -> Strip | None:
    mean, low, high, published = (cell.get(key) for key in ("mean", "low", "high", "published"))
    if scale is None or not is_number(mean) or not is_number(low) or not is_number(high):
        return None
    estimate, unit = format_estimate(cell), str(cell.get("unit") or "")
    told = f"; published {format_value(published, unit)}" if is_number(published) else ""
    return Strip(
        place(scale, low),
        place(scale, high),
        place(scale, mean),
        place(scale, published) if is_number(published) else None,
        cell.get("inside"),
        f"simulated {estimate.mean}, range {estimate.range}{told}",
    )


def difference_table(summary: Mapping[str, Any], unit_key: str, caption: str) -> Table | None:
    """Differences grouped by outcome; ``unit_key`` is ``arm`` or ``policy``. None where there are none.

    Columns for averted and caused events appear where any pair was counted (each person lived under both), one for
    power where arms were randomised.
    """
    found = summary.get("differences") or []
    if not found:
        return None
    names = summary.get(f"{unit_key}_labels") or {}
    labels = summary.get("outcome_labels") or {}
    pairs = any(is_number(row.get("averted")) or is_number(row.get("caused")) for row in found)
    groups = []
    power = ("Power and its Monte Carlo error",) if any("power" in row for row in found) else ()
    for outcome in dict.fromkeys(row["outcome"] for row in found):
        rows = [row for row in found if row["outcome"] == outcome]
        unit = unit_of(summary, outcome)
        table_rows = tuple(_difference_row(row, unit_key, names, unit, pairs, bool(power)) for row in rows)
        title = _titled(label_of(labels, outcome), str(rows[0].get("unit") or unit))
        groups.append(Group(title, table_rows, definition_of(labels, outcome)))
    counted = ("Events averted", "Events caused") if pairs else ()
    drawn = ("Over parameters",) if any(row.get("parameter_range") for row in found) else ()
    columns = ("Comparison", "Difference", "95% range", "Monte Carlo error", *drawn, *counted, *power, "In words")
    notes = (in_treatment_note(summary),) if any(str(row["outcome"]).endswith(IN_OUT) for row in found) else ()
    return Table(caption, columns, tuple(groups), notes)


def unit_of(summary: Mapping[str, Any], outcome: str) -> str:
    """The unit of an outcome, from the first arm or policy that has it."""
    for cells in (summary.get("arms") or summary.get("policies") or {}).values():
        if outcome in cells:
            return str(cells[outcome].get("unit") or "")
    return ""


def _difference_row(
    row: Mapping[str, Any], key: str, names: Mapping[str, str], unit: str, pairs: bool, power: bool
) -> Row:
    first, second = (str(names.get(row[end], row[end])) for end in (key, "comparator"))
    estimate = format_estimate(row, unit=str(row.get("unit") or unit), difference=True)
    counted = (number(format_count(row.get("averted"))), number(format_count(row.get("caused")))) if pairs else ()
    drawn = (_parameter_range(row),) if row.get("parameter_range") else ()
    tested = (_power(row),) if power else ()
    cells = (number(estimate.mean), number(estimate.range), number(estimate.error), *drawn, *counted, *tested)
    return Row(Cell(first, (f"minus {second}",)), (*cells, Cell(direction_of(row, first, second))))


def _power(row: Mapping[str, Any]) -> Cell:
    """Share of simulated trials that find the difference, and its Monte Carlo error."""
    if "power" not in row:
        return number(MISSING)
    estimate = format_estimate({"mean": row["power"], "mcse": row["power_mcse"], "unit": "proportion"})
    return number(estimate.mean, estimate.error)


def direction_of(row: Mapping[str, Any], first: str, second: str) -> str:
    """Which side is higher, in words, so that no sign can be read backwards."""
    mean, low, high = (row.get(key) for key in ("mean", "low", "high"))
    if not is_number(mean):
        return "Not estimated"
    if mean == 0 and low in (0, None) and high in (0, None):
        return "No difference"
    if is_number(low) and is_number(high) and low <= 0 <= high:
        return "The range includes no difference"
    return f"Higher with {first if mean > 0 else second}"


def in_treatment_note(summary: Mapping[str, Any]) -> str:
    """The definition of 'in treatment', to stand beside every rate that uses it."""
    text = (summary.get("definitions") or {}).get("in_treatment")
    return f"In treatment: {text or 'the run gives no definition, so these rates cannot be interpreted'}"
