"""Where every input number came from: the parameters that a scenario's arms read, with value, limits and sources."""

from collections.abc import Iterable, Mapping
from typing import Any

from trialsim.clinical.records import OBSERVATION_NAMES, PARAMETER_NAMES
from trialsim.parameters.entry import Entry, ParameterTable
from trialsim.parameters.evidence import EvidenceRow, read_evidence_rows
from trialsim.parameters.follow import trace_entry
from trialsim.parameters.medications import MEDICATIONS, list_parameter_names


def select_names(medications: Iterable[str], like: Mapping[str, str], observed: bool) -> tuple[str, ...]:
    """Return the names of the parameters that these medications read, after the population's own."""
    names = [*PARAMETER_NAMES, *(OBSERVATION_NAMES if observed else ())]
    for medication in dict.fromkeys(like.get(name, name) for name in medications):
        names += list_parameter_names(MEDICATIONS[medication])
    return tuple(names)


def describe_entry(entry: Entry, rows: dict[str, EvidenceRow]) -> dict[str, Any]:
    """Return one parameter as plain data with its sources."""
    return {
        "name": entry.name,
        "value": entry.value,
        "unit": entry.unit,
        "low": entry.low,
        "high": entry.high,
        "obtained": entry.obtained,
        "fitted_to": entry.fitted_to,
        "same_as": entry.same_as,
        "meaning": entry.meaning,
        "source": entry.source,
        "unknown": entry.unknown,
        "source_rows": [
            {"row": row, "study": rows[row].study, "doi": rows[row].doi, "note": rows[row].note}
            for row in entry.source_rows
        ],
    }


def list_inputs(
    table: ParameterTable, medications: Iterable[str], like: Mapping[str, str], observed: bool = True
) -> list[dict[str, Any]]:
    """Return the inputs of a run, in the kernel's order; overridden parameters show the scenario's own reason.

    like: the built-in medication behind each of the scenario's own.
    """
    entries = [trace_entry(table, name) for name in select_names(medications, like, observed)]
    rows = read_evidence_rows(row for entry in entries for row in entry.source_rows)
    return [describe_entry(entry, rows) for entry in entries]
