"""Parameters that are another parameter: nothing published tells the two apart, so they share its value and draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from trialsim.parameters.entry import Entry, ParameterTable
from trialsim.problems import Problem, nearest_name

SHARED: Final = ("value", "low", "high", "distribution")


def list_followers(table: ParameterTable) -> dict[str, str]:
    """Return the parameters that follow another one, each with the one that it follows."""
    return {name: entry.same_as for name, entry in table.entries.items() if entry.same_as}


def follow_others(table: ParameterTable) -> ParameterTable:
    """Return the table with value, limits and distribution of every follower as those of what it follows today."""
    entries = {name: _follow(entry, table.entries) for name, entry in table.entries.items()}
    return ParameterTable(entries, table.file)


def trace_entry(table: ParameterTable, name: str) -> Entry:
    """Return a parameter with the source rows of what it follows, so that its number leads to a paper in one step."""
    entry = table.entries[name]
    return replace(entry, source_rows=table.entries[entry.same_as].source_rows) if entry.same_as else entry


def _follow(entry: Entry, entries: Mapping[str, Entry]) -> Entry:
    if not entry.same_as:
        return entry
    other = entries[entry.same_as]
    return replace(entry, value=other.value, low=other.low, high=other.high, distribution=other.distribution)


def fill_follower(cells: Mapping[str, str], by_name: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return the cells of a row, a follower's shared ones from the row that it names."""
    other = by_name.get(cells["same_as"], {})
    return {**cells, **{column: other[column] for column in SHARED if other}}


def check_follower(
    cells: Mapping[str, str], by_name: Mapping[str, Mapping[str, str]], file: str, line: int
) -> list[Problem]:
    """Return what is wrong with a row's `same_as`: no such parameter, a follower itself, or own numbers beside it."""
    name, other = cells["name"], cells["same_as"]
    if (cells["obtained"] == "same") != bool(other):
        return [Problem(file, line, name, "obtained is 'same' exactly where same_as names a parameter")]
    if not other:
        return []
    if other not in by_name:
        return [Problem(file, line, name, f"same_as {other[:60]!r} is no parameter", "", nearest_name(other, by_name))]
    if by_name[other]["same_as"]:
        return [Problem(file, line, name, f"{other} follows another one itself", "a parameter with its own numbers")]
    own = [column for column in SHARED if cells[column]]
    if own:
        return [Problem(file, line, name, f"has its own {', '.join(own)}", f"empty cells: they are those of {other}")]
    return []
