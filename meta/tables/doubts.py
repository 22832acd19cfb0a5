"""What is right as far as anyone can see but must be read with a table: the words that go into its warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from meta.measures import MEASURES
from meta.problems import nearest_name
from meta.tables.columns import DIFFERENCES, RATIOS, find_scale
from meta.tables.model import EvidenceRow

FAR_APART: Final = 3.0
"""Person-years may differ from people times follow-up by this factor before it is said (dropout, staggered entry)."""
MOST_SAID: Final = 10
"""Sentences of one kind that a table carries; the rest are counted."""


def warn_rows(rows: Sequence[EvidenceRow]) -> list[str]:
    """Rows without a citation or with numbers that stand twice, far person-years, scales that look misspelt, and a
    table of which nothing can be pooled."""
    kept = [row for row in rows if not row.excluded]
    if not kept:
        return [f"none of {len(rows)} rows can be pooled; the first is kept out: {rows[0].excluded}"]
    bare = [row for row in kept if not row.citation]
    said = [f"{len(bare)} of {len(kept)} rows have no citation: {name_few(bare)}"] if bare else []
    for doubt in (_doubt_time, _doubt_repeats, _doubt_scales, _tell_changes):
        said += _cap(list(doubt(kept)))
    return said


def warn_chosen(warnings: Sequence[str], rows: Sequence[EvidenceRow], kept: Sequence[EvidenceRow]) -> tuple[str, ...]:
    """The warnings of a table of which some rows were kept: those about the columns stay, those about rows are made
    anew. A table whose warnings did not come from its rows keeps them as they are.
    """
    before = warn_rows(rows)
    if not set(before) <= set(warnings):
        return tuple(warnings)
    return (*(each for each in warnings if each not in before), *warn_rows(kept))


def name_few(rows: Sequence[EvidenceRow]) -> str:
    """The first three studies of rows, in words."""
    names = list(dict.fromkeys(row.study for row in rows))
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _cap(said: list[str]) -> list[str]:
    return said if len(said) <= MOST_SAID else [*said[:MOST_SAID], f"and {len(said) - MOST_SAID} more such rows"]


def _doubt_time(rows: Sequence[EvidenceRow]) -> Iterator[str]:
    for row in rows:
        if row.person_years and row.n and row.follow_up_years:
            expected = row.n * row.follow_up_years
            if not 1 / FAR_APART <= row.person_years / expected <= FAR_APART:
                yield f"{row.row}: {row.person_years:g} person-years, but people times follow-up is {expected:g}"


def _doubt_repeats(rows: Sequence[EvidenceRow]) -> Iterator[str]:
    """Arms that differ in unknown columns only may be honest (sites of one study); with equal numbers they may not."""
    seen: dict[tuple[object, ...], EvidenceRow] = {}
    for row in rows:
        arm = (row.study, row.treatment, row.comparator, row.topic, row.outcome, row.timepoint, row.period, row.kind)
        numbers = (row.events, row.n, row.person_years, row.mean, row.sd, row.estimate, row.se)
        first = seen.setdefault((*arm, *numbers), row)
        if first is not row:
            yield f"{row.row} has the arm and the numbers of {first.row} ({row.study}): is it one result twice?"


def _doubt_scales(rows: Sequence[EvidenceRow]) -> Iterator[str]:
    unknown = {row.scale for row in rows if row.kind == "estimate" and not find_scale(row.scale).known}
    for scale in sorted(unknown):
        near = nearest_name(scale, (*MEASURES, *RATIOS, *DIFFERENCES)) if len(scale) > 3 else ""
        yield f"scale {scale!r} is not known" + (f"; did you mean {near!r}?" if near else "; such rows are not pooled")


def _tell_changes(rows: Sequence[EvidenceRow]) -> Iterator[str]:
    """What reading did to rows, once for all rows that it was done to."""
    changed: dict[str, list[EvidenceRow]] = {}
    for row in rows:
        for words in row.said:
            changed.setdefault(words, []).append(row)
    for words, those in changed.items():
        yield f"{len(those)} {'row' if len(those) == 1 else 'rows'} ({name_few(those)}): {words}"
