"""Which treatment is the comparator: the one that was named, or the one that is evident."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from meta.problems import refuse
from meta.tables.model import EvidenceRow

CONTROLS: Final = [
    "c",
    "ctl",
    "ctrl",
    "con",
    "control",
    "controls",
    "control group",
    "placebo",
    "pbo",
    "plac",
    "none",
    "nothing",
    "no treatment",
    "untreated",
    "usual care",
    "usual",
    "usual treatment",
    "no or usual treatment",
    "standard",
    "standard care",
    "standard of care",
    "soc",
    "treatment as usual",
    "tau",
    "comparator",
    "reference",
    "ref",
    "sham",
    "no contact",
    "unvaccinated",
    "not vaccinated",
    "no medication",
    "counselling",
    "counselling only",
    "waiting list",
    "out of treatment",
    "baseline",
    "0",
]
NEGATED: Final = re.compile(r"^(not|non|no|without|un)[ _-]?")


def find_direction(rows: Sequence[EvidenceRow], reference: str | None) -> tuple[str, str, tuple[str, ...]]:
    """Treatment, comparator and warnings for rows of two treatments.

    The comparator is `reference` where it is given; else the one name that says it is a control; else that of the
    contrast rows; else the second name in the table, with a warning. Raises EvidenceError where there are not two.
    """
    names = list(dict.fromkeys(name for row in rows for name in (row.treatment, row.comparator) if name))
    if len(names) < 2 and reference is None and all(row.kind == "estimate" for row in rows):
        # Contrasts as printed, without the names of both sides: there is nothing to turn round.
        return (names[0] if names else ""), "", ()
    if len(names) != 2:
        shown = ", ".join(map(repr, names[:6])) or "none"
        wanted = "two; choose rows with a subset, or pool a network"
        raise refuse("treatment", f"a contrast needs two treatments, and the table has {len(names)}: {shown}", wanted)
    if reference is not None and reference not in names:
        raise refuse("reference", f"no treatment {reference!r}", " or ".join(map(repr, names)), names, reference)
    comparator, warnings = (reference, ()) if reference is not None else _guess(rows, names)
    treatment = next(name for name in names if name != comparator)
    return treatment, comparator, warnings


def _guess(rows: Sequence[EvidenceRow], names: list[str]) -> tuple[str, tuple[str, ...]]:
    evident = [name for name in names if _is_control(name, names)]
    if len(evident) == 1:
        return evident[0], ()
    printed = {row.comparator for row in rows if row.comparator}
    if len(printed) == 1:
        return printed.pop(), ()
    said = f"no reference was named: {names[1]!r}, the second in the table, is the comparator of {names[0]!r}"
    return names[1], (said,)


def _is_control(name: str, names: list[str]) -> bool:
    folded = name.strip().lower().replace("_", " ").replace("-", " ")
    others = [other.strip().lower() for other in names if other != name]
    return folded in CONTROLS or any(NEGATED.sub("", folded) == other and folded != other for other in others)
