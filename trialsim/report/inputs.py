"""Tables of what went in: parameters with their sources, the estimand, and the record of the run."""

import json
from collections.abc import Mapping
from typing import Any

from trialsim.report.design import SCENARIO_KEYS
from trialsim.report.tables import Cell, Group, Row, Table, number
from trialsim.report.text import DAYS_PER_YEAR, format_significant, is_number

# How a number was obtained, in the order in which a critical reader wants them.
OBTAINED = {
    "assumption": ("Assumptions", "Nobody measured these; they are this model's guesses."),
    "scenario": (
        "Set by the scenario",
        "Values of this scenario alone, with its own reasons; they do not vary between draws.",
    ),
    "calibrated": (
        "Calibrated",
        "Medians and limits of joint draws, given the targets of calibration (trialsim parameters show NAME).",
    ),
    "fitted": ("Fitted", "Chosen so that the model reproduces the published results named in the last column."),
    "same": ("As another parameter", "Nothing published tells these apart: they share its value and every draw."),
    "pooled": ("Pooled", "Pooled from the published studies named; the limits are those of a new setting."),
    "evidence": ("From evidence", "Taken from the published studies named."),
    "fixed": ("Fixed", "Definitions, constants of nature or design choices."),
}
ATTRIBUTES = {
    "population": "Population",
    "treatment": "Treatment",
    "variable": "Variable (endpoint)",
    "intercurrent_events": "Intercurrent events and how each is handled",
    "summary": "Population-level summary",
}
RUN_KEYS = {
    "name": "Name",
    "engine": "Engine",
    "mode": "Mode",
    "seed": "Seed",
    "replicates": "Replicates",
    "participants": "Participants",
}


def input_tables(inputs: list[Mapping[str, Any]]) -> list[tuple[str, str, Table]]:
    """One table a way of obtaining numbers, as (heading with count, explanation, table); unknown ways come last."""
    kinds = [
        *OBTAINED,
        *dict.fromkeys(str(row.get("obtained")) for row in inputs if row.get("obtained") not in OBTAINED),
    ]
    tables = []
    for kind in kinds:
        rows = sorted((row for row in inputs if str(row.get("obtained")) == kind), key=lambda row: str(row.get("name")))
        if rows:
            heading, note = OBTAINED.get(kind, (kind.capitalize(), "The parameter table names no known origin."))
            columns = ("Name", "Value", "95% limits", "Source", "Fitted to")
            table = Table(f"Inputs: {heading.lower()}", columns, (Group("", tuple(map(input_row, rows))),))
            tables.append((f"{heading} ({len(rows)})", note, table))
    return tables


def input_row(entry: Mapping[str, Any]) -> Row:
    """Name and meaning, value with unit, limits, sources, and what it was fitted to."""
    value, internal = format_input(entry.get("value"), str(entry.get("unit") or ""))
    low, high = (format_input(entry.get(key), str(entry.get("unit") or ""), value)[0] for key in ("low", "high"))
    limits = f"{low.split(' ')[0]} to {high}" if is_number(entry.get("low")) and is_number(entry.get("high")) else "–"
    sources = tuple(_source(source) for source in entry.get("source_rows") or ())
    sources += (str(entry["source"]),) if entry.get("source") else ()
    sources += (f"as {entry['same_as']}",) if entry.get("same_as") else ()
    assumed = entry.get("obtained") == "assumption"
    if not sources:
        sources = ("no published source",) if assumed else ("–",)
    unknown = f"Not known: {entry['unknown']}" if entry.get("unknown") else ""
    fitted = str(entry.get("fitted_to") or "") or "–"
    return Row(
        Cell(str(entry.get("name")), (str(entry.get("meaning") or ""), unknown)),
        (
            number(value, internal),
            number(limits),
            Cell("Assumption" if assumed else "", sources, "miss" if assumed else "lines"),
            Cell(fitted),
        ),
    )


def format_input(value: object, unit: str, like: str = "") -> tuple[str, str]:
    """A value in the unit that a reader expects, and the internal one where they differ.

    Daily rates below one in a hundred days read per 1,000 person-years; ``like`` keeps limits in their value's unit.
    """
    if not is_number(value):
        return "–", ""
    if unit == "proportion":
        return f"{format_significant(100 * value)}%", ""
    small = "person-years" in like if like else 0 < value < 0.01
    if unit == "per day" and small:
        internal = f"{format_significant(value)} per day"
        return f"{format_significant(value * 1000 * DAYS_PER_YEAR)} per 1,000 person-years", internal
    return f"{format_significant(value)} {'' if unit == 'count' else unit}".strip(), ""


def _source(source: Mapping[str, Any]) -> str:
    parts = [source.get("study"), _reference(source.get("doi")), source.get("note"), f"row {source.get('row')}"]
    return "; ".join(str(part) for part in parts if part and part != "row None")


def _reference(text: object) -> str:
    """A bare PubMed number gets its prefix, so that it becomes a link."""
    return f"PMID {text}" if str(text or "").isdigit() else str(text or "")


def estimand_table(estimand: Mapping[str, Any]) -> Table:
    """The five attributes of ICH E9(R1), each stated or said to be missing."""
    rows = [Row(Cell(label), (_attribute(estimand.get(key)),)) for key, label in ATTRIBUTES.items()]
    extra = [key for key in estimand if key not in ATTRIBUTES]
    rows += [Row(Cell(key.replace("_", " ").capitalize()), (_attribute(estimand[key]),)) for key in extra]
    return Table("The estimand in the five attributes of ICH E9(R1)", ("Attribute", "Here"), (Group("", tuple(rows)),))


def _attribute(value: object) -> Cell:
    if isinstance(value, Mapping) and value:
        events = tuple(f"{str(key).replace('_', ' ').capitalize()} – {text}" for key, text in value.items())
        return Cell("", events, "lines")
    return Cell(str(value)) if value not in (None, "", {}) else Cell("Not stated in the scenario", tone="miss")


def run_table(summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> Table:
    """How it was run: engine, seed, counts, versions and whatever else the manifest records, but not the scenario."""
    rows = []
    for key, label in RUN_KEYS.items():
        value = manifest.get(key, summary.get(key))
        if value is not None:
            rows.append(Row(Cell(label), (Cell(_plain(value)),)))
    rest = {key: value for key, value in manifest.items() if key not in RUN_KEYS and key not in SCENARIO_KEYS}
    for key, value in rest.items():
        label = str(key).replace("_", " ").capitalize()
        if isinstance(value, Mapping):
            rows += [Row(Cell(f"{label}: {inner}"), (Cell(_plain(v)),)) for inner, v in value.items()]
        else:
            rows.append(Row(Cell(label), (Cell(_plain(value)),)))
    return Table("Record of the run", ("Item", "Value"), (Group("", tuple(rows)),))


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
