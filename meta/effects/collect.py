"""From the rows of a table to studies: which rows can stand in one pool, and who is left out with which words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from meta.data import INDEPENDENT, ArmCounts
from meta.effects.direction import find_direction
from meta.measures import Measure, find_measure
from meta.problems import EvidenceError, Fault, refuse
from meta.tables.model import EvidenceRow, EvidenceTable
from meta.tables.overlap import check_overlap


@dataclass(frozen=True, slots=True)
class Studies:
    """Rows by study: `arms` holds (comparator row, treatment row) pairs or (row,) for levels; `printed` estimate
    rows."""

    measure: Measure
    treatment: str
    comparator: str
    arms: tuple[tuple[str, tuple[EvidenceRow, ...]], ...]
    printed: tuple[tuple[str, EvidenceRow], ...]
    warnings: tuple[str, ...]


def collect_studies(table: EvidenceTable, measure: str, reference: str | None) -> Studies:
    """Sort the rows that are not excluded into studies. Raises EvidenceError for rows that do not belong together."""
    known = find_measure(measure)
    rows = [row for row in table.rows if not row.excluded]
    warnings = [*table.warnings, *_name_excluded(table)]
    if not rows:
        raise refuse("table", f"no row can be pooled ({count_reasons(table)})", "rows with numbers")
    _check_kinds(rows, known, table.path)
    check_overlap(rows)
    if known.arms == 1:
        return _collect_levels(rows, known, reference, warnings)
    return _collect_contrasts(rows, known, reference, warnings)


def count_reasons(table: EvidenceTable) -> str:
    """The three most frequent reasons why rows are excluded, with their counts."""
    reasons = Counter(row.excluded for row in table.rows)
    return "; ".join(f"{count} rows: {reason}" for reason, count in reasons.most_common(3))


def _name_excluded(table: EvidenceTable) -> list[str]:
    out = [row for row in table.rows if row.excluded]
    return [f"{row.study} ({row.row}) is kept out: {row.excluded}" for row in out]


def _check_kinds(rows: Sequence[EvidenceRow], measure: Measure, path: str) -> None:
    """Every row must have the numbers that the measure is made from, or be an estimate on its scale."""
    faults = []
    for row in rows:
        fits = row.kind == measure.data or (row.kind == "estimate" and row.scale in ("", measure.name))
        if not fits:
            what = f"an estimate on the scale {row.scale!r}" if row.kind == "estimate" else f"{row.kind} data"
            needs = {"binary": "events and n", "rate": "events and person_years", "mean": "mean, sd and n"}
            wanted = f"{needs.get(measure.data, 'estimate and se')} for {measure.name}, or an estimate on that scale"
            faults.append(Fault(path, row.line, "scale", f"{row.study!r} has {what}", wanted))
    if faults:
        raise EvidenceError(faults[:20])


def _collect_levels(
    rows: Sequence[EvidenceRow], measure: Measure, reference: str | None, warnings: list[str]
) -> Studies:
    if reference is not None:
        raise refuse("reference", f"a {measure.label} is a level and has no comparator", "a contrast, or no reference")
    counts = Counter(row.study for row in rows)
    several = [study for study, count in counts.items() if count > 1]
    if several:
        warnings.append(f"several rows of {', '.join(several)} {INDEPENDENT}")
    names = _name_rows(rows, counts)
    arms = tuple((name, (row,)) for name, row in zip(names, rows, strict=True) if row.kind != "estimate")
    printed = tuple((name, row) for name, row in zip(names, rows, strict=True) if row.kind == "estimate")
    return Studies(measure, "", "", arms, printed, tuple(warnings))


def _name_rows(rows: Sequence[EvidenceRow], counts: Counter[str]) -> list[str]:
    """The study, with its arm where it has several; numbered where that does not tell them apart."""
    names = [row.study if counts[row.study] == 1 else f"{row.study} ({row.treatment or row.row})" for row in rows]
    seen: Counter[str] = Counter()
    unique = []
    for name, row in zip(names, rows, strict=True):
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name} ({row.row})")
    return unique


def _collect_contrasts(
    rows: Sequence[EvidenceRow], measure: Measure, reference: str | None, warnings: list[str]
) -> Studies:
    treatment, comparator, said = find_direction(rows, reference)
    printed = tuple((row.study, row) for row in rows if row.kind == "estimate")
    arms: dict[str, dict[str, EvidenceRow]] = {}
    for row in rows:
        if row.kind != "estimate":
            _put_arm(arms.setdefault(row.study, {}), row)
    both = {study: pair for study, pair in arms.items() if len(pair) == 2}
    warnings += [*said, *(f"{study} is left out: it has one arm only" for study in arms if study not in both)]
    twice = Counter([*both, *(study for study, _ in printed)])
    repeated = [study for study, count in twice.items() if count > 1]
    if repeated:
        raise refuse("study", f"{repeated[0]!r} stands in the pool more than once", "each study once")
    pairs = tuple((study, (pair[comparator], pair[treatment])) for study, pair in both.items())
    return Studies(measure, treatment, comparator, pairs, printed, tuple(warnings))


def _put_arm(pair: dict[str, EvidenceRow], row: EvidenceRow) -> None:
    if row.treatment in pair:
        message = f"{row.study!r} has two rows of {row.treatment!r} in one pool"
        raise EvidenceError(
            [Fault("", row.line, "treatment", message, "one outcome at one time; choose with a subset")]
        )
    pair[row.treatment] = row


def collect_arms(table: EvidenceTable, measure: str, *, reference: str | None = None) -> ArmCounts:
    """Counts of the arms of each study, for an exact likelihood, Mantel-Haenszel or Peto; zeros and all.

    Raises EvidenceError for measures without counts, for estimate rows, which have none, and for rows that cannot stand
    in one pool.
    """
    known = find_measure(measure)
    if known.data not in ("binary", "rate"):
        raise refuse("measure", f"a {known.label} has no counts", "a measure of events, or the normal model")
    studies = collect_studies(table, measure, reference)
    if studies.printed:
        message = f"{studies.printed[0][0]!r} is printed as an estimate and has no counts for this method"
        raise refuse("model", message, "the normal model with inverse-variance, dl, pm, reml, ml, exact or bayes")
    if not studies.arms:
        raise refuse("study", "no study has both arms", "two arms a study")
    events = np.array([[float(row.events or 0) for row in pair] for _, pair in studies.arms])
    by = "n" if known.data == "binary" else "person_years"
    exposure = np.array([[float(getattr(row, by)) for row in pair] for _, pair in studies.arms])
    return ArmCounts(
        measure=measure,
        likelihood="binomial" if known.data == "binary" else "poisson",
        studies=tuple(name for name, _ in studies.arms),
        events=events,
        exposure=exposure,
        treatment=studies.treatment,
        comparator=studies.comparator,
        rows=tuple(" + ".join(row.row for row in pair) for _, pair in studies.arms),
        warnings=(*studies.warnings, *_warn_alone(len(studies.arms))),
    )


def _warn_alone(count: int) -> list[str]:
    return ["one study only: nothing about heterogeneity can be learned from it"] if count == 1 else []
