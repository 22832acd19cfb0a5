"""What a scenario sets itself: parameters with a value and a reason in place of the table's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from trialsim.parameters.entry import Entry, ParameterTable
from trialsim.parameters.follow import follow_others
from trialsim.problems import InputError, Problem, nearest_name


class Override(Protocol):
    """A value in the canonical unit of the parameter, and the reason for it."""

    @property
    def value(self) -> float:
        """In the canonical unit of the parameter."""

    @property
    def source(self) -> str:
        """Why this value, in words."""


def override_parameters(
    table: ParameterTable,
    overrides: Mapping[str, Override],
    file: str = "",
    lines: Mapping[str, int] | None = None,
) -> ParameterTable:
    """The table with these parameters fixed at the values given, obtained `scenario`, with their reason as `source`.

    What follows an overridden parameter follows it here too, unless it is overridden itself.

    `file` and `lines` (by parameter name) say where a mistake stands. Raises InputError that names every unknown
    parameter, with the nearest known one, and every value outside its range.
    """
    entries, problems = dict(table.entries), []
    for name, override in overrides.items():
        where = (file or table.file, (lines or {}).get(name), name)
        if name not in entries:
            nearest = nearest_name(name, table.entries)
            problems.append(Problem(*where, "is no parameter", "a parameter of the codebook", nearest))
        elif not entries[name].range_low <= override.value <= entries[name].range_high:
            problems.append(_outside(where, entries[name], override.value))
        else:
            entries[name] = _fix_entry(entries[name], override)
    if problems:
        raise InputError(problems)
    return follow_others(ParameterTable(entries, table.file))


def _outside(where: tuple[str, int | None, str], entry: Entry, value: float) -> Problem:
    expected = f"{entry.range_low:g} to {entry.range_high:g} ({entry.unit})"
    return Problem(*where, f"{value:g} lies outside the range of this parameter", expected)


def _fix_entry(entry: Entry, override: Override) -> Entry:
    value = override.value
    return replace(
        entry,
        value=value,
        low=value,
        high=value,
        distribution="fixed",
        obtained="scenario",
        fitted_to="",
        same_as="",
        source_rows=(),
        source=override.source,
    )
