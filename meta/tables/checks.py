"""What makes a row, or rows of a table together, unusable: each with its reason, its line and its column."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from meta.problems import Fault
from meta.tables.model import EvidenceRow

LONGEST_LIFE: Final = 120.0
MOST_PEOPLE: Final = 1e10
SMALLEST: Final = 1e-12
LARGEST: Final = 1e12
"""Bounds of what is still arithmetic: beyond them squares and their sums lose all digits."""

ROUNDED: Final = 0.03
"""Share by which sums of printed numbers may be off: three numbers of two digits each, 1% of them."""
OUT_OF_STEP: Final = 0.2
"""Standard errors by which the contrasts of one trial may fail to add up; both tolerances follow the data's scale."""


def check_row(file: str, row: EvidenceRow) -> list[Fault]:
    """The faults of one row; none for a row that is excluded."""
    if row.excluded:
        return []
    found = {
        "binary": _check_binary,
        "rate": _check_rate,
        "mean": _check_mean,
        "estimate": _check_estimate,
    }[row.kind](row)
    if row.follow_up_years is not None and row.follow_up_years <= 0:
        found.append(("follow_up_years", f"{row.follow_up_years:g} years of follow-up", "a positive number"))
    return [Fault(file, row.line, key, message, expected) for key, message, expected in found]


type Finding = tuple[str, str, str]


def _check_binary(row: EvidenceRow) -> list[Finding]:
    assert row.events is not None
    assert row.n is not None
    found = _check_count("events", row.events) + _check_count("n", row.n)
    if row.n <= 0:
        found.append(("n", f"{row.n:g} people", "at least 1"))
    if row.events > row.n:
        found.append(("events", f"{row.events:g} events among {row.n:g} people", "no more events than people"))
    return found


def _check_rate(row: EvidenceRow) -> list[Finding]:
    assert row.events is not None
    assert row.person_years is not None
    found = _check_count("events", row.events)
    if row.person_years <= 0:
        found.append(("person_years", f"{row.person_years:g} person-years", "a positive number"))
    elif not SMALLEST <= row.person_years <= LARGEST:
        message = f"{row.person_years:g} person-years"
        found.append(("person_years", message, f"between {SMALLEST:g} and {LARGEST:g}"))
    if row.n is not None and row.n <= 0:
        found.append(("n", f"{row.n:g} people", "at least 1, or nothing"))
    elif row.n is not None and row.person_years > row.n * LONGEST_LIFE:
        message = f"{row.person_years:g} person-years of {row.n:g} people is more than {LONGEST_LIFE:g} years each"
        found.append(("person_years", message, "person-years, not days or months"))
    return found


def _check_mean(row: EvidenceRow) -> list[Finding]:
    found: list[Finding] = []
    if row.n is None:
        found.append(("n", "missing beside a mean", "the number of people"))
    else:
        found += _check_count("n", row.n)
        if row.n < 2:
            found.append(("n", f"{row.n:g} people have no standard deviation", "at least 2"))
    if row.mean is not None and abs(row.mean) > LARGEST:
        found.append(("mean", f"{row.mean:g} is no mean on any scale", f"at most {LARGEST:g} in size"))
    if row.sd is not None and row.sd <= 0:
        found.append(("sd", f"standard deviation {row.sd:g}", "a positive number"))
    elif row.sd is not None and not SMALLEST <= row.sd <= LARGEST:
        found.append(("sd", f"standard deviation {row.sd:g}", f"between {SMALLEST:g} and {LARGEST:g}"))
    return found


def _check_estimate(row: EvidenceRow) -> list[Finding]:
    if row.estimate is not None and abs(row.estimate) > LARGEST:
        return [("estimate", f"{row.estimate:g} is no estimate on any scale", f"at most {LARGEST:g} in size")]
    if row.se is not None and not (row.se <= 0 or SMALLEST <= row.se <= LARGEST):
        return [("se", f"standard error {row.se:g}", f"between {SMALLEST:g} and {LARGEST:g}")]
    if row.se is not None and row.se <= 0:
        return [("se", f"standard error {row.se:g}", "a positive number (is the interval the right way round?)")]
    if row.comparator and row.comparator == row.treatment:
        return [("comparator", f"{row.treatment!r} against itself", "another treatment")]
    return []


def _check_count(name: str, value: float) -> list[Finding]:
    if value < 0:
        return [(name, f"{value:g} is negative", "a count")]
    if value > MOST_PEOPLE:
        return [(name, f"{value:g} is more than all people", "a count")]
    return [] if float(value).is_integer() else [(name, f"{value:g} is no whole number", "a count")]


def check_together(file: str, rows: Sequence[EvidenceRow]) -> list[Fault]:
    """Faults that only show between rows: ids and arms that stand twice, variances of a trial that cannot be."""
    kept = [row for row in rows if not row.excluded]
    return [*_check_ids(file, rows), *_check_arms(file, kept), *_check_variances(file, kept)]


def _check_ids(file: str, rows: Sequence[EvidenceRow]) -> list[Fault]:
    seen: dict[str, int] = {}
    faults = []
    for row in rows:
        if row.row in seen:
            message = f"{row.row!r} stands in line {seen[row.row]} already"
            faults.append(Fault(file, row.line, "row", message, "an id of its own"))
        seen.setdefault(row.row, row.line)
    return faults


def _check_arms(file: str, rows: Sequence[EvidenceRow]) -> list[Fault]:
    seen: dict[tuple[str, ...], int] = {}
    faults = []
    for row in rows:
        fixed = (row.study, row.treatment, row.comparator, row.topic, row.outcome, row.timepoint, row.period, row.kind)
        arm = (
            *fixed,
            row.scale if row.kind == "estimate" else "",
            *sorted(f"{k}={v}" for k, v in row.covariates.items()),
        )
        if arm in seen:
            what = f"{row.treatment or 'the arm'!r} of {row.study!r}"
            faults.append(
                Fault(file, row.line, "treatment", f"{what} stands in line {seen[arm]} already", "each arm once")
            )
        seen.setdefault(arm, row.line)
    return faults


def _check_variances(file: str, rows: Sequence[EvidenceRow]) -> list[Fault]:
    """In a multi-arm trial a pair's variance is the sum of its two arms': none may exceed the other two together."""
    trials: dict[tuple[str, ...], dict[frozenset[str], EvidenceRow]] = defaultdict(dict)
    for row in rows:
        if row.kind == "estimate" and row.comparator and row.se:
            outcome = (row.study, row.topic, row.outcome, row.timepoint, row.period, row.scale)
            trials[outcome][frozenset((row.treatment, row.comparator))] = row
    faults = []
    for pairs in trials.values():
        for triangle in _triangles(pairs):
            faults += _check_triangle(file, triangle)
    return faults


def _triangles(pairs: dict[frozenset[str], EvidenceRow]) -> Iterable[tuple[EvidenceRow, EvidenceRow, EvidenceRow]]:
    names = sorted({name for pair in pairs for name in pair})
    for i, a in enumerate(names):
        for j, b in enumerate(names[i + 1 :], i + 1):
            for c in names[j + 1 :]:
                sides = [pairs.get(frozenset(pair)) for pair in ((a, b), (b, c), (a, c))]
                if sides[0] and sides[1] and sides[2]:
                    yield sides[0], sides[1], sides[2]


def _check_triangle(file: str, sides: tuple[EvidenceRow, EvidenceRow, EvidenceRow]) -> list[Fault]:
    variances = [(row.se or 0.0) ** 2 for row in sides]
    widest = max(range(3), key=lambda i: variances[i])
    rest = sum(variances) - variances[widest]
    row = sides[widest]
    if variances[widest] > rest * (1 + ROUNDED):
        message = (
            f"variance {variances[widest]:.4g} exceeds that of the two other contrasts of {row.study!r}, {rest:.4g}"
        )
        return [Fault(file, row.line, "se", message, "variances that are sums of those of the arms")]
    ab, bc, ac = (_signed(row, *pair) for row, pair in zip(sides, _pairs_of(sides), strict=True))
    largest = max(abs(ab), abs(bc), abs(ac))
    if abs(ab + bc - ac) > ROUNDED * largest + OUT_OF_STEP * math.sqrt(min(variances)):
        message = f"the three contrasts of {row.study!r} do not add up: {ab:.3g} + {bc:.3g} is not {ac:.3g}"
        return [Fault(file, row.line, "estimate", message, "contrasts of one trial that add up")]
    return []


def _pairs_of(sides: tuple[EvidenceRow, EvidenceRow, EvidenceRow]) -> tuple[tuple[str, str], ...]:
    a, b, c = sorted({name for row in sides for name in (row.treatment, row.comparator)})
    return (a, b), (b, c), (a, c)


def _signed(row: EvidenceRow, treatment: str, comparator: str) -> float:
    sign = 1.0 if (row.treatment, row.comparator) == (treatment, comparator) else -1.0
    return sign * (row.estimate or 0.0)
