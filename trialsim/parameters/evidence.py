"""Rows of the evidence tables by id, read with the standard library only."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from trialsim.problems import InputError, Problem, nearest_name

FILE = "meta/evidence"


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One published number and its citation; None where the table has an empty cell.

    `topic` is the subject (`mortality`, ...) and `design` the kind of study (`RCT`, `cohort`, `SR`: systematic review,
    ...); `measure` is the scale of `value` (`events/n`, `HR`, `rate per 1000py`, ...); `low` and `high` are the
    interval, whose kind `level` names (`95`, `95 CrI`, `IQR`, `range`). `verified` is `yes`, `article` or `memory`; the
    last was never seen in a text and nothing may be fitted to it.
    """

    row: str
    topic: str
    study: str
    design: str
    arm: str
    outcome: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    level: str
    events: float | None
    n: float | None
    person_years: float | None
    timepoint: str
    doi: str
    url: str
    verified: str
    note: str


def read_evidence_rows(ids: Iterable[str]) -> dict[str, EvidenceRow]:
    """The rows with these ids, in the order asked for; raises InputError that names every unknown id."""
    rows, wanted = _read_all_rows(), list(dict.fromkeys(ids))
    problems = [_unknown_row(row) for row in wanted if row not in rows]
    if problems:
        raise InputError(problems)
    return {row: rows[row] for row in wanted}


def list_evidence_ids() -> frozenset[str]:
    """The ids of every row in the evidence tables."""
    return frozenset(_read_all_rows())


def find_evidence_file(name: str) -> Traversable:
    """A file of the evidence folder of the installed package, which need not exist."""
    return files("meta") / "evidence" / name


def _unknown_row(row: str) -> Problem:
    nearest = nearest_name(row, list_evidence_ids())
    return Problem(FILE, None, row, "no row of the evidence tables has this id", "the id of a row", nearest)


@cache
def _read_all_rows() -> dict[str, EvidenceRow]:
    tables = (file for file in (files("meta") / "evidence").iterdir() if file.name.endswith(".csv"))
    return {row.row: row for file in sorted(tables, key=lambda file: file.name) for row in _read_table(file)}


def _read_table(file: Traversable) -> list[EvidenceRow]:
    with file.open(encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        # The folder also holds the parameters and the life table, which are no lists of published numbers.
        return [_read_row(cells) for cells in reader] if "row" in (reader.fieldnames or ()) else []


def _read_row(cells: dict[str, str]) -> EvidenceRow:
    return EvidenceRow(
        row=cells["row"],
        topic=cells["topic"],
        study=cells["study"],
        design=cells["design"],
        arm=cells["arm"],
        outcome=cells["outcome"],
        measure=cells["measure"],
        value=_number(cells["value"]),
        low=_number(cells["ci_low"]),
        high=_number(cells["ci_high"]),
        level=cells["ci_level"],
        events=_number(cells["events"]),
        n=_number(cells["n"]),
        person_years=_number(cells["person_years"]),
        timepoint=cells["timepoint"],
        doi=cells["doi_or_pmid"],
        url=cells["source_url"],
        verified=cells["verified"],
        note=cells["note"],
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
