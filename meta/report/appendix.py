"""What PRISMA and GRADE ask for, as far as an evidence table can answer it; what it cannot is said to be missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from meta.measures import find_measure
from meta.result import PooledResult
from meta.tables import EvidenceRow, EvidenceTable

FEWEST_FOR_FUNNEL = 10


def count_flow(table: EvidenceTable) -> dict[str, int | dict[str, int]]:
    """Rows and studies: `rows`, `studies`, `excluded` (reason to count of rows), `included_rows`, `included_studies`.

    A systematic search is not part of the table: records screened before it are not known here.
    """
    kept = [row for row in table.rows if not row.excluded]
    return {
        "rows": len(table.rows),
        "studies": len({row.study for row in table.rows}),
        "excluded": dict(Counter(row.excluded for row in table.rows if row.excluded)),
        "included_rows": len(kept),
        "included_studies": len({row.study for row in kept}),
    }


def tabulate_grade(table: EvidenceTable, result: PooledResult) -> list[tuple[str, str]]:
    """The ingredients of a GRADE table as pairs of domain and finding. The judgement is the reader's."""
    kept = [row for row in table.rows if not row.excluded]
    return [
        ("Studies", _say_designs(kept)),
        ("Risk of bias", _say_bias(kept)),
        ("Inconsistency", _say_inconsistency(result)),
        (
            "Indirectness",
            "; ".join(sorted({row.covariates.get("population", "") for row in kept} - {""})) or "not recorded",
        ),
        ("Imprecision", _say_imprecision(result)),
        ("Publication bias", _say_publication(result)),
    ]


def _say_designs(rows: Sequence[EvidenceRow]) -> str:
    designs: Mapping[str, str] = {row.study: row.design or "design not recorded" for row in rows}
    return ", ".join(f"{count} {design}" for design, count in sorted(Counter(designs.values()).items()))


def _say_bias(rows: Sequence[EvidenceRow]) -> str:
    judged = {row.study: row.risk_of_bias for row in rows if row.risk_of_bias}
    if not judged:
        return "not assessed"
    return ", ".join(f"{count} {level}" for level, count in sorted(Counter(judged.values()).items()))


def _say_inconsistency(result: PooledResult) -> str:
    share = "I² unknown" if result.i2 is None else f"I² {100 * result.i2:.0f}%"
    return f"tau {result.tau:.2f}, {share}; see the prediction interval"


def _say_imprecision(result: PooledResult) -> str:
    null = find_measure(result.measure).null
    width = f"interval from {result.ci_low:.2f} to {result.ci_high:.2f} on the analysis scale"
    if null is None:
        return width
    inside = result.ci_low <= null <= result.ci_high
    return f"{width}; no effect is {'inside' if inside else 'outside'}"


def _say_publication(result: PooledResult) -> str:
    count = len(result.studies)
    if count < FEWEST_FOR_FUNNEL:
        return f"{count} estimates: too few for a funnel plot or a test (fewer than {FEWEST_FOR_FUNNEL})"
    return "see the funnel plot and Egger's test"
