"""Targets: published numbers that calibration fits or is held to, and the simulated statistic that answers each.

A target is a row of `meta/evidence/calibration/targets.csv`: its statistic, the population and scenario that produce
it, the evidence row that holds value and uncertainty, and its role. No evidence row stands in two targets.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from trialsim.parameters.evidence import EvidenceRow, find_evidence_file, read_evidence_rows
from trialsim.problems import InputError, Problem, nearest_name

FILE: Final = "meta/evidence/calibration/targets.csv"
COLUMNS: Final = (
    *("target", "study", "kind", "population", "arm", "statistic", "at", "over"),
    *("set", "row", "given", "events", "n", "role", "note"),
)
NEEDED: Final = ("target", "study", "population", "row")
ROLES: Final = ("fit", "held out")
KINDS: Final = (
    "induction",
    "continuation",
    "routine continuation",
    "tests",
    "use",
    "relapse",
    "death rate",
    "rate ratio",
    "after naltrexone",
    "overdoses",
)
# Statistics that are events per person-year; the others are shares of people or of tests.
RATES: Final = ("death rate", "overdose death rate")
COUNTS: Final = ("overdoses", "fatal overdoses")
SHARES: Final = (*("inducted", "injections", "retained", "letter", "stayers", "relapse", "completed negative", "used"),)
STATISTICS: Final = (*SHARES, *COUNTS, *RATES)
# The arm of a cohort that did not tell its medications apart: every policy's people together, as many starting each.
ANY_ARM: Final = "any"
NORMAL_95: Final = 1.959963984540054
# No study counts more people, tests or person-years.
MOST_COUNTED: Final = 1e9
OVERLAP: Final = re.compile(r"\[overlap group ([^\]]+)\]")


@dataclass(frozen=True, slots=True)
class Component:
    """A simulated statistic: scenario, arm, what is counted, and when (`at`, in the words of `statistics.py`).

    arm: a name that the scenario gives, or in a cohort ANY_ARM.
    """

    population: str
    arm: str
    statistic: str
    at: str

    @property
    def is_rate(self) -> bool:
        """Whether it counts events over time or people (link: logarithm) rather than a share (link: logit)."""
        return self.statistic in (*RATES, *COUNTS)


@dataclass(frozen=True, slots=True)
class Target:
    """One target with its data.

    law: `binomial` (events of n), `poisson` (events in n person-years or people), or `normal` (the logarithm `value`
    with standard error `error`). over: the component in the denominator of a rate ratio, or None; of the same arm,
    unless the table's words end in `of` and another. pool: the set of published numbers that it belongs to (A1,
    ...), or "". given: the evidence row whose events are the `n`, or "".
    """

    name: str
    study: str
    kind: str
    component: Component
    over: Component | None
    pool: str
    role: str
    law: str
    events: float
    n: float
    value: float
    error: float
    row: EvidenceRow
    note: str
    given: str = ""

    @property
    def group(self) -> tuple[str, str, str]:
        """Targets of one study and kind share part of a discrepancy; a study's rates of death one for each rate."""
        place = f"{self.component.statistic} {self.component.at}" if self.component.statistic in RATES else ""
        return self.study, self.kind, place

    @property
    def cell(self) -> tuple[str, str, str, str]:
        """The arm of a group: its targets share more of a discrepancy."""
        return *self.group, self.component.arm

    @property
    def overlap(self) -> str:
        """The group of studies that share people with this one, as the evidence row's note names it, or ""."""
        found = OVERLAP.search(self.row.note)
        return found.group(1) if found else ""


def read_targets(text: str | None = None, file: str = FILE) -> tuple[Target, ...]:
    """Return the targets of a table (CSV text; None: the package's own). file: its name in messages.

    Raises InputError that names every row of another length, every unknown column, word or evidence row, every evidence
    row used twice, every row that is known from memory only, and every target without usable numbers.
    """
    if text is None:
        text = find_evidence_file("calibration/targets.csv").read_text(encoding="utf-8")
    table = _read_cells(text, file)
    problems = [*_check_words(table, file), *_check_rows(table, file)]
    if problems:
        raise InputError(problems)
    wanted = {row for _, each in table for row in (each["row"], each["given"]) if row}
    rows = read_evidence_rows(sorted(wanted))
    targets = []
    for line, each in table:
        try:
            targets.append(_make_target(each, rows))
        except ValueError as error:
            problems.append(Problem(file, line, each["target"], str(error)))
    if problems:
        raise InputError(problems)
    return tuple(targets)


def _read_cells(text: str, file: str) -> list[tuple[int, dict[str, str]]]:
    """Return the line (of its end) and the cells of every row."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise InputError([Problem(file, reader.line_num, "", f"is no CSV: {error}")]) from error
    header = rows[0][1] if rows else []
    wrong = set(header) ^ set(COLUMNS)
    problems = [
        Problem(file, 1, column, "is missing or unknown", "", nearest_name(column, set(COLUMNS) - {column}))
        for column in sorted(wrong)
    ]
    problems += [Problem(file, 1, name, "stands there twice") for name in sorted(set(header)) if header.count(name) > 1]
    problems += [
        Problem(file, line, "", f"has {len(row)} cells", f"{len(header)}, as the first line")
        for line, row in rows[1:]
        if len(row) != len(header) and not problems
    ]
    if problems:
        raise InputError(problems)
    return [(line, dict(zip(header, row, strict=True))) for line, row in rows[1:]]


def list_components(targets: Iterable[Target]) -> tuple[Component, ...]:
    """Return every simulated statistic that the targets need, once each, sorted."""
    found = {part for target in targets for part in (target.component, target.over) if part is not None}
    return tuple(sorted(found, key=lambda part: (part.population, part.arm, part.statistic, part.at)))


def _check_words(table: list[tuple[int, dict[str, str]]], file: str) -> list[Problem]:
    problems = []
    for line, each in table:
        problems += [Problem(file, line, column, "is empty") for column in NEEDED if not each[column]]
        for column, known in (("role", ROLES), ("kind", KINDS), ("statistic", STATISTICS)):
            if each[column] not in known:
                nearest = nearest_name(each[column], known)
                problems.append(Problem(file, line, column, f"{each[column]!r} is not known", "", nearest))
    return problems


def _check_rows(table: list[tuple[int, dict[str, str]]], file: str) -> list[Problem]:
    problems = []
    for column in ("target", "row"):
        twice = [name for name, count in Counter(each[column] for _, each in table).items() if count > 1 and name]
        problems += [Problem(file, None, name, f"stands in two targets ({column})") for name in twice]
    return problems


def _make_target(cells: Mapping[str, str], rows: Mapping[str, EvidenceRow]) -> Target:
    row = rows[cells["row"]]
    if row.verified == "memory":
        raise ValueError(f"evidence row {row.row} is known from memory only: nothing may be fitted to it")
    component = Component(cells["population"], cells["arm"], cells["statistic"], cells["at"])
    words, _, other = cells["over"].partition(" of ")
    over = Component(cells["population"], other or cells["arm"], cells["statistic"], words) if words else None
    law, events, n, value, error = _read_data(cells, row, rows.get(cells["given"]))
    return Target(
        cells["target"],
        cells["study"],
        cells["kind"],
        component,
        over,
        cells["set"],
        cells["role"],
        law,
        events,
        n,
        value,
        error,
        row,
        cells["note"],
        cells["given"],
    )


def _read_data(
    cells: Mapping[str, str], row: EvidenceRow, given: EvidenceRow | None
) -> tuple[str, float, float, float, float]:
    """Return law, events, n, and for a printed ratio or rate with an interval the logarithm and its standard error."""
    nan = math.nan
    if cells["over"]:
        if not row.value or not row.low or not row.high:
            raise ValueError("a ratio needs a value and a 95% interval")
        error = (math.log(row.high) - math.log(row.low)) / (2.0 * NORMAL_95)
        return "normal", nan, nan, math.log(row.value), error
    events = float(cells["events"]) if cells["events"] else row.events
    if cells["statistic"] in SHARES:
        n = float(cells["n"]) if cells["n"] else (given.events if given is not None else row.n)
        law = "binomial"
    else:
        n = float(cells["n"]) if cells["n"] else (row.person_years if cells["statistic"] in RATES else row.n)
        law = "poisson"
    usable = events is not None and n is not None and 0.0 <= events <= MOST_COUNTED and 0.0 < n <= MOST_COUNTED
    if events is None or n is None or not usable or (law == "binomial" and events > n):
        raise ValueError(f"no usable counts: events {events}, of {n}")
    return law, events, n, nan, nan
