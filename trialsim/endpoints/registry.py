"""Every published outcome definition by name, in the column order of the public CTN-0094 outcome table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from trialsim.endpoints.abstinence import ABSTINENCE
from trialsim.endpoints.definition import Definition
from trialsim.endpoints.relapse import RELAPSE
from trialsim.problems import nearest_name

DEFINITIONS: Mapping[str, Definition] = MappingProxyType({each.name: each for each in (*RELAPSE, *ABSTINENCE)})


def select_definitions(names: Sequence[str] | None = None) -> tuple[Definition, ...]:
    """The definitions of these names, in the order given; all of them for None.

    Raises ValueError, with the nearest valid name, where there is no such definition.
    """
    if names is None:
        return tuple(DEFINITIONS.values())
    for name in names:
        if name not in DEFINITIONS:
            near = nearest_name(name, DEFINITIONS)
            raise ValueError(f"no outcome definition {name!r}" + (f"; did you mean {near!r}?" if near else ""))
    return tuple(DEFINITIONS[name] for name in names)


def score_columns(names: Sequence[str] | None = None) -> tuple[str, ...]:
    """Names of the score columns of these definitions, in order."""
    return tuple(column for definition in select_definitions(names) for column in definition.columns)
