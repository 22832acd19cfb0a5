"""The tables of the package itself, and its sets: which rows may stand in one pool, and what the pool does not say."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

from meta.problems import refuse
from meta.tables.checks import check_row
from meta.tables.model import EvidenceRow, EvidenceTable
from meta.tables.overlap import check_overlap
from meta.tables.read import read_text
from meta.tables.text import decode, hash_bytes

TOPICS: Final = (
    "xrntx-trials",
    "oral-ntx-trials",
    "retention",
    "mortality",
    "pharmacology",
    "background",
    "alcohol",
    "additions",
    "xbot-weekly-tests",
    "start-weekly-tests",
)


@dataclass(frozen=True, slots=True)
class EvidenceSet:
    """A set of rows for one pool. `parameters`: names of the codebook that it informs; `draws`: the one
    whose value in a new setting it is, empty for sets that are targets; the rest in words.
    """

    name: str
    title: str
    measure: str
    model: str
    parameters: tuple[str, ...]
    draws: str
    says: str
    does_not_say: str


def package_tables() -> tuple[str, ...]:
    """Topics of the package's tables, for `read_package_evidence`."""
    return TOPICS


@cache
def read_package_evidence(topic: str) -> EvidenceTable:
    """A table of the package. Rows printed without uncertainty, or never found again, are excluded with that reason.

    Raises EvidenceError for an unknown topic.
    """
    if topic not in TOPICS:
        raise refuse("topic", f"no table {topic!r}", f"one of {', '.join(TOPICS)}", TOPICS, topic)
    data = _read(f"{topic}.csv")
    return read_text(decode(topic, data), f"{topic}.csv", hash_bytes(data))


def _read(name: str) -> bytes:
    return (files("meta") / "evidence").joinpath(name).read_bytes()


def _read_dicts(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_read(name).decode("utf-8"))))


@cache
def list_sets() -> tuple[EvidenceSet, ...]:
    """The sets of the package, in the order of their table."""
    return tuple(_make_set(cells) for cells in _read_dicts("sets/notes.csv"))


def _make_set(cells: Mapping[str, str]) -> EvidenceSet:
    names = cells["parameters"].split(";")
    return EvidenceSet(
        name=cells["name"],
        title=cells["title"],
        measure=cells["measure"],
        model=cells["model"],
        parameters=tuple(name.strip() for name in names if name.strip()),
        draws=cells["draws"],
        says=cells["says"],
        does_not_say=cells["does_not_say"],
    )


@cache
def _index_rows() -> Mapping[str, EvidenceRow]:
    return {row.row: row for topic in TOPICS for row in read_package_evidence(topic).rows}


def read_set(name: str) -> EvidenceTable:
    """The rows of a set, excluded ones with their reason. Raises EvidenceError for an unknown name or an overlap."""
    about = {each.name: each for each in list_sets()}
    if name not in about:
        raise refuse("set", f"no set {name!r}", f"one of {', '.join(about)}", about, name)
    listed = [cells for cells in _read_dicts("sets/rows.csv") if cells["set"] == name]
    rows = tuple(_make_row(number, cells, about[name].measure) for number, cells in enumerate(listed, 2))
    check_overlap(rows)
    stamp = hash_bytes("\n".join(map(repr, rows)).encode())
    return EvidenceTable(rows, f"set {name}", stamp, ("set", "row"))


def _make_row(line: int, cells: Mapping[str, str], measure: str) -> EvidenceRow:
    """One row of a set: a row of the evidence, or the sum of two, among the events of the row `given`."""
    parts = [_index_rows()[name] for name in cells["row"].split(" + ")]
    first = parts[0]
    made = replace(
        first,
        line=line,
        row=cells["row"],
        study=cells["study"] or first.study,
        treatment=cells["treatment"],
        comparator=cells["comparator"],
        scale=measure if first.kind == "estimate" else "",
        note="; ".join(text for text in (cells["note"], first.note) if text),
        excluded=cells["exclude"],
        period="",
    )
    if len(parts) > 1:
        made = replace(made, events=_add(parts, "events"), person_years=_add(parts, "person_years"))
    if cells["given"]:
        made = replace(made, n=_index_rows()[cells["given"]].events)
    if cells["n"]:
        made = replace(made, kind="binary", events=float(cells["events"]), n=float(cells["n"]), estimate=None, scale="")
    faults = check_row("sets/rows.csv", made)
    return replace(made, excluded=faults[0].message) if faults and not made.excluded else made


def _add(parts: list[EvidenceRow], name: str) -> float:
    return float(sum(getattr(row, name) for row in parts))
