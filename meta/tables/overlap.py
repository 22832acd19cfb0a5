"""Double counting: two studies of one population may not stand in one pool."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from meta.problems import EvidenceError, Fault
from meta.tables.model import EvidenceRow

YEAR: Final = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)")
SHORT: Final = re.compile(r"(?<!\d)(?P<century>1[89]|20)(?P<start>\d\d)[-/\N{EN DASH}](?P<end>\d\d)(?!\d)")
"""2002-17 for 2002-2017."""


def check_overlap(rows: Sequence[EvidenceRow]) -> None:
    """Refuse two studies of one population in one pool: EvidenceError names them, their group and what to do.

    A population is an overlap group in a period. Periods with years (2001, 2001-2010) meet where they share a year,
    others where they are the same words; a study without a period meets every other of its group. Several arms or
    states of one study are one study. Rows that are excluded do not count.
    """
    groups: dict[str, list[EvidenceRow]] = defaultdict(list)
    for row in rows:
        if not row.excluded:
            for group in filter(None, (part.strip() for part in row.overlap_group.split(","))):
                groups[group.casefold()].append(row)
    meeting = [pair for group in groups.values() if (pair := _find_meeting(group))]
    if meeting:
        raise EvidenceError([_describe(*pair) for pair in meeting])


def _find_meeting(rows: Sequence[EvidenceRow]) -> tuple[EvidenceRow, EvidenceRow] | None:
    """The first two rows of different studies whose periods meet."""
    first = rows[0]
    other = next((row for row in rows if row.study != first.study), None)
    if other is None:
        return None
    undated = next((row for row in rows if not row.period.strip()), None)
    if undated is not None:
        return (first, other) if undated.study == first.study else (first, undated)
    seen: dict[str | int, EvidenceRow] = {}
    for row in rows:
        for part in _split_period(row.period):
            if seen.setdefault(part, row).study != row.study:
                return seen[part], row
    return None


def _split_period(period: str) -> Iterable[str | int]:
    """The years of a period, or its words where it has none."""
    whole = SHORT.sub(r"\g<century>\g<start>-\g<century>\g<end>", period)
    years = [int(year) for year in YEAR.findall(whole)]
    return range(min(years), max(years) + 1) if years else (" ".join(period.casefold().split()),)


def _describe(a: EvidenceRow, b: EvidenceRow) -> Fault:
    shared = {part.strip().casefold() for part in a.overlap_group.split(",")}
    group = next(part.strip() for part in b.overlap_group.split(",") if part.strip().casefold() in shared)
    periods = " and ".join(dict.fromkeys(row.period.strip() or "no period given" for row in (a, b)))
    message = f"{a.study!r} and {b.study!r} are one population (overlap group {group}; {periods})"
    wanted = "one study of it in a pool: choose rows with a subset, or exclude one study with its reason"
    return Fault("", b.line, "overlap_group", message, wanted)
