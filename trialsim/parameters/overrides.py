"""What a scenario sets itself: parameters with a value and a reason in place of the table's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from trialsim.parameters.checks import check_spread
from trialsim.parameters.entry import Entry, ParameterTable
from trialsim.parameters.follow import follow_others
from trialsim.problems import InputError, Problem, nearest_name


class Override(Protocol):
    """A value and its 95% limits in the canonical unit of the parameter, and the reason for them."""

    @property
    def value(self) -> float:
        """In the canonical unit of the parameter."""

    @property
    def low(self) -> float:
        """Lower limit; the value where it is taken as known."""

    @property
    def high(self) -> float:
        """Upper limit."""

    @property
    def source(self) -> str:
        """Why this value, in words."""


def override_parameters(
    table: ParameterTable,
    overrides: Mapping[str, Override],
    file: str = "",
    lines: Mapping[str, int] | None = None,
) -> ParameterTable:
    """The table with these values, obtained `scenario`, with their reason as `source`: fixed where no limits are given,
    else drawn within them, each on its own, by the distribution of the table (normal where that is fixed).

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
        elif outside := _list_outside(entries[name], override):
            problems += [_outside(where, entries[name], value) for value in outside]
        else:
            entries[name] = set_entry(entries[name], override)
            problems += [Problem(*where, *found) for found in check_spread(entries[name])]
    if problems:
        raise InputError(problems)
    return follow_others(ParameterTable(entries, table.file))


def _outside(where: tuple[str, int | None, str], entry: Entry, value: float) -> Problem:
    expected = f"{entry.range_low:g} to {entry.range_high:g} ({entry.unit})"
    return Problem(*where, f"{value:g} lies outside the range of this parameter", expected)


def _list_outside(entry: Entry, override: Override) -> list[float]:
    values = dict.fromkeys((override.low, override.value, override.high))
    return [value for value in values if not entry.range_low <= value <= entry.range_high]


def set_entry(entry: Entry, override: Override) -> Entry:
    """The entry of a parameter that a scenario sets itself."""
    known = override.low == override.high
    drawn = "normal" if entry.distribution == "fixed" else entry.distribution
    return replace(
        entry,
        value=override.value,
        low=override.low,
        high=override.high,
        distribution="fixed" if known else drawn,
        obtained="scenario",
        fitted_to="",
        same_as="",
        source_rows=(),
        source=override.source,
    )
