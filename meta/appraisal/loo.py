"""Leave-one-out prediction from a sample by Pareto-smoothed importance sampling (Vehtari 2017), through ArviZ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from meta.bayes.pool import Sampled, find_log_likelihood
from meta.measures import Floats
from meta.problems import refuse
from meta.result import PooledResult

LARGEST_K = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneOut:
    """`elpd` with its standard error, `k`: (studies,) Pareto shape of each; above 0.7 the study is too influential for
    importance sampling, and `warnings` says so: refit without it (`meta.appraisal.check_prediction`).
    """

    elpd: float
    elpd_se: float
    k: Floats
    warnings: tuple[str, ...]


def smooth_leave_one_out(result: PooledResult) -> LeaveOneOut:
    """PSIS-LOO over studies, the arms of a study together. Raises EvidenceError for results that were not sampled."""
    if not isinstance(result.draws, Sampled):
        raise refuse("method", "this result was not sampled", "a result of the method bayes")
    import xarray as xr
    from arviz_stats import loo

    sampled = result.draws
    total = find_log_likelihood(sampled)
    data = xr.Dataset({"study": (("chain", "draw", "which"), total)})
    whole = xr.DataTree.from_dict({"posterior": sampled.sample.tree["posterior"].to_dataset(), "log_likelihood": data})
    import warnings

    with warnings.catch_warnings():
        # ArviZ warns of large Pareto shapes; the same is said below, with the names of the studies.
        warnings.simplefilter("ignore")
        found = loo(whole, var_name="study", pointwise=True)
    k = np.asarray(found.pareto_k, float)
    bad = [study.study for study, shape in zip(result.studies, k, strict=True) if shape > LARGEST_K]
    said = (f"too influential for importance sampling (Pareto shape above 0.7): {', '.join(bad)}",) if bad else ()
    return LeaveOneOut(float(found.elpd), float(found.se), k, said)
