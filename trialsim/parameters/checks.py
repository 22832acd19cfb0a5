"""What must be true of one entry of a parameter table."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from trialsim.parameters.entry import DISTRIBUTIONS, OBTAINED, UNITS, Entry
from trialsim.parameters.evidence import list_evidence_ids, read_evidence_rows
from trialsim.parameters.spread import find_beta_shapes
from trialsim.problems import Problem, nearest_name

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_OPEN_DOMAINS = {"log-normal": (0.0, math.inf), "logit-normal": (0.0, 1.0), "beta": (0.0, 1.0)}


def check_entry(entry: Entry, file: str, line: int | None) -> list[Problem]:
    """Every mistake in one entry, none where it is sound."""
    found = (*_check_words(entry), *_check_numbers(entry), *_check_sources(entry))
    return [Problem(file, line, entry.name, *rest) for rest in found]


type _Found = Iterator[tuple[str, str, str]]


def _check_words(entry: Entry) -> _Found:
    if not _NAME.fullmatch(entry.name):
        yield f"{entry.name[:60]!r} is no name of a parameter", "lower-case words joined by underscores", ""
    yield from _check_choice("unit", entry.unit, UNITS)
    yield from _check_choice("distribution", entry.distribution, DISTRIBUTIONS)
    yield from _check_choice(
        "obtained", entry.obtained, {key: text for key, text in OBTAINED.items() if key != "scenario"}
    )
    if not entry.meaning:
        yield "meaning is empty", "a sentence", ""


def _check_choice(column: str, word: str, choices: Mapping[str, str]) -> _Found:
    if word not in choices:
        yield f"{column} {word[:60]!r} is not known", f"one of {', '.join(choices)}", nearest_name(word, choices)


def _check_numbers(entry: Entry) -> _Found:
    if not all(map(math.isfinite, (entry.value, entry.low, entry.high))):
        yield "value, low and high must be finite", "numbers", ""
    elif not entry.low <= entry.value <= entry.high:
        yield (
            f"low {entry.low:g}, value {entry.value:g}, high {entry.high:g} are not in order",
            "low <= value <= high",
            "",
        )
    elif not (entry.range_low <= entry.low and entry.high <= entry.range_high):
        expected = f"low and high from {entry.range_low:g} to {entry.range_high:g}"
        yield "the value or its limits lie outside the range", expected, ""
    else:
        yield from check_spread(entry)


def check_spread(entry: Entry) -> _Found:
    """What keeps the limits of an entry from being those of its distribution: message, expectation, nearest name."""
    floor, ceiling = _OPEN_DOMAINS.get(entry.distribution, (-math.inf, math.inf))
    if not floor < entry.low <= entry.high < ceiling:
        yield f"a {entry.distribution} parameter lies strictly between {floor:g} and {ceiling:g}", "such limits", ""
    elif entry.distribution != "fixed" and not entry.low < entry.value < entry.high:
        yield f"a {entry.distribution} parameter needs room on both sides", "low < value < high, or fixed", ""
    elif entry.distribution == "beta" and min(find_beta_shapes(entry.value, entry.low, entry.high)) <= 0.0:
        yield "no beta distribution has limits as wide as these", "narrower limits", ""
    elif entry.distribution == "fixed" and not entry.low == entry.value == entry.high:
        yield "a fixed parameter has no limits of its own", "low and high empty, or equal to the value", ""


def _check_sources(entry: Entry) -> _Found:
    known = list_evidence_ids()
    strange = [row for row in entry.source_rows if row not in known]
    for row in strange:
        yield f"no row of the evidence tables has the id {row[:80]!r}", "ids of evidence rows", nearest_name(row, known)
    if entry.obtained == "fitted" and not entry.fitted_to:
        yield "fitted_to is empty", "the published numbers that it was fitted to", ""
    if entry.obtained in ("evidence", "pooled", "fitted") and not strange:
        yield from _check_seen(entry)


def _check_seen(entry: Entry) -> _Found:
    rows = read_evidence_rows(entry.source_rows).values()
    if not rows:
        yield f"obtained is {entry.obtained!r} but source_rows is empty", "at least one evidence row", ""
    elif all(row.verified == "memory" for row in rows):
        yield "every source row is quoted from memory", "a verified row, or obtained 'assumption'", ""
