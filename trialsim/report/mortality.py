"""Mortality of a cohort by policy: rates in and out of treatment, shares dead by horizon, life-years."""

from collections.abc import Iterator, Mapping
from typing import Any

from trialsim.report.compare import IN_OUT, in_treatment_note, label_of, outcomes_of
from trialsim.report.tables import Cell, Group, Row, Table, number
from trialsim.report.text import MISSING, format_estimate, is_number

FAMILIES = {
    "deaths": "Deaths of all causes",
    "overdose_deaths": "Deaths by overdose",
    "other_deaths": "Deaths of other causes",
    "nonfatal_overdoses": "Overdoses survived",
}
NO_BREAK = "\u00a0"
REST = "Life-years and other outcomes"


def policy_cells(summary: Mapping[str, Any]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Policies with flat outcomes: an outcome that holds one cell a horizon becomes one outcome a horizon."""
    return {name: dict(_flat_cells(cells)) for name, cells in summary["policies"].items()}


def _flat_cells(cells: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for outcome, cell in cells.items():
        if "mean" in cell:
            yield outcome, cell
        else:
            yield from ((f"{outcome}: {key}", inner) for key, inner in cell.items() if isinstance(inner, Mapping))


def mortality_tables(summary: Mapping[str, Any]) -> list[Table]:
    """One table a family of outcomes, one row a policy, one column an outcome: rates, then shares by horizon."""
    cells = policy_cells(summary)
    outcomes = outcomes_of(cells, summary.get("outcome_labels") or {})
    families: dict[str, list[str]] = {}
    for outcome in outcomes:
        families.setdefault(_family(outcome), []).append(outcome)
    for names in families.values():
        names.sort(key=lambda name: name.endswith("_by_horizon"))  # the end of follow-up is the last horizon
    order = [*(name for name in FAMILIES if name in families), *(name for name in families if name not in FAMILIES)]
    return [_policy_table(summary, cells, families[name], FAMILIES.get(name, REST)) for name in order]


def _family(outcome: str) -> str:
    """What an outcome counts, by its name up to ``_per_1000_py`` or ``_by_``; nothing for all others together."""
    name = next((outcome.partition(mark)[0] for mark in ("_per_1000_py", "_by_") if mark in outcome), "")
    return name if name in FAMILIES else ""


def _policy_table(
    summary: Mapping[str, Any], cells: Mapping[str, Mapping[str, Any]], outcomes: list[str], caption: str
) -> Table:
    """One row a policy, one column an outcome: mean, 95% interval and Monte Carlo error in each cell."""
    labels, names = summary.get("outcome_labels") or {}, summary.get("policy_labels") or {}
    rows = tuple(
        Row(Cell(names.get(name, name)), tuple(_policy_cell(own.get(outcome)) for outcome in outcomes), series=k)
        for k, (name, own) in enumerate(cells.items())
    )
    notes = (in_treatment_note(summary),) if any(name.endswith(IN_OUT) for name in outcomes) else ()
    return Table(caption, ("Policy", *(label_of(labels, name) for name in outcomes)), (Group("", rows),), notes)


def _policy_cell(cell: Mapping[str, Any] | None) -> Cell:
    if cell is None or not is_number(cell.get("mean")):
        return number(MISSING)
    estimate = format_estimate(cell)
    error = "" if estimate.error == MISSING else f"± {estimate.error}"
    return number(estimate.mean, estimate.range, error, _drawn_range(cell))


def _drawn_range(cell: Mapping[str, Any]) -> str:
    """The 95% range over draws of the parameters, where the run made any."""
    drawn = cell.get("parameter_range")
    if not isinstance(drawn, Mapping) or not is_number(drawn.get("low")):
        return ""
    found = format_estimate({**cell, "low": drawn["low"], "high": drawn["high"]}).range
    # The two limits stay together: a line breaks after the word, if it must.
    return f"parameters {found.replace(' ', NO_BREAK)}"
