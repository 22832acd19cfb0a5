"""One set of the package pooled with everything that its report shows. Computes; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from meta.exact import prior_sensitivity
from meta.pooling import PoolSpec, make_data, pool_data
from meta.result import PooledResult
from meta.tables import EvidenceSet, EvidenceTable, list_sets, read_set


@dataclass(frozen=True, slots=True, eq=False)
class SetReport:
    """A set, its rows, the question, the answer, and the answer under other priors and without each study.

    `sensitivity`: pairs of prior text and result, the first under the prior of the report. `left_out`: pairs of the
    study left out and the result without it; empty with fewer than three estimates.
    """

    about: EvidenceSet
    table: EvidenceTable
    spec: PoolSpec
    data: Any
    result: PooledResult
    sensitivity: tuple[tuple[str, PooledResult], ...]
    left_out: tuple[tuple[str, PooledResult], ...]


def report_set(name: str) -> SetReport:
    """Pool a set of the package by numerical integration. Raises EvidenceError for an unknown name."""
    about = next(each for each in list_sets() if each.name == name)
    table = read_set(name)
    spec = PoolSpec(about.measure, model=about.model)
    data = make_data(table, spec)
    result = pool_data(data, spec)
    from meta.appraisal import leave_one_out

    left_out = leave_one_out(data, spec) if len(result.studies) > 2 else ()
    return SetReport(about, table, spec, data, result, tuple(prior_sensitivity(data, spec)), tuple(left_out))


def report_all_sets() -> tuple[SetReport, ...]:
    """Every set of the package, in the order of its table."""
    return tuple(report_set(each.name) for each in list_sets())
