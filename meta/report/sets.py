"""One set of the package pooled with everything that its report shows. Computes; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from meta.appraisal.leaving import take_studies
from meta.data import ArmCounts, EffectSizes
from meta.effects import find_trials
from meta.exact import prior_sensitivity
from meta.pooling import PoolSpec, make_data, pool_data
from meta.problems import EvidenceError
from meta.result import PooledResult
from meta.tables import EvidenceSet, EvidenceTable, list_sets, read_set


@dataclass(frozen=True, slots=True, eq=False)
class SetReport:
    """A set, its rows, the question, the answer, and the answer under other priors and without each study.

    `sensitivity`: pairs of prior text and result, the first under the prior of the report. `left_out`: pairs of the
    study left out and the result without it, where that result exists. `together`: the result with the arms of each
    study as one row, None where no study has several.
    """

    about: EvidenceSet
    table: EvidenceTable
    spec: PoolSpec
    data: EffectSizes | ArmCounts
    result: PooledResult
    sensitivity: tuple[tuple[str, PooledResult], ...]
    left_out: tuple[tuple[str, PooledResult], ...]
    together: PooledResult | None


def report_set(name: str) -> SetReport:
    """Pool a set of the package by numerical integration. Raises EvidenceError for an unknown name."""
    about = next(each for each in list_sets() if each.name == name)
    table = read_set(name)
    spec = PoolSpec(about.measure, model=about.model)
    data = make_data(table, spec)
    result = pool_data(data, spec)
    grid = tuple(prior_sensitivity(data, spec))
    return SetReport(about, table, spec, data, result, grid, _leave_out(data, spec), _pool_together(table, data, spec))


def _pool_together(table: EvidenceTable, data: EffectSizes | ArmCounts, spec: PoolSpec) -> PooledResult | None:
    """The pool of counts with one row a study: no rows of one trial are taken as independent."""
    trial = find_trials(table, data)
    first = np.unique(trial, return_index=True)[1]
    if isinstance(data, EffectSizes) or data.events.shape[1] != 1 or len(first) in (1, len(trial)):
        return None
    summed = [
        np.array([column[trial == trial[i]].sum(axis=0) for i in first]) for column in (data.events, data.exposure)
    ]
    rows = tuple(data.rows[i] for i in first) if data.rows else ()
    one = replace(data, studies=tuple(data.studies[i] for i in first), events=summed[0], exposure=summed[1], rows=rows)
    return pool_data(one, spec)


def _leave_out(data: EffectSizes | ArmCounts, spec: PoolSpec) -> tuple[tuple[str, PooledResult], ...]:
    """The pool without each study, where what remains can be pooled (one proportion at its end cannot)."""
    out = []
    for i, name in enumerate(data.studies):
        rest = take_studies(data, np.arange(len(data.studies)) != i)
        try:
            out.append((name, pool_data(rest, spec)))
        except EvidenceError:
            continue
    return tuple(out)


def report_all_sets() -> tuple[SetReport, ...]:
    """Every set of the package, in the order of its table."""
    return tuple(report_set(each.name) for each in list_sets())
