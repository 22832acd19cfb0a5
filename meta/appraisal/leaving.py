"""The pool without each study, and what each study does to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from meta.data import ArmCounts, EffectSizes
from meta.frequentist import heterogeneity as het
from meta.frequentist.pool import ESTIMATORS
from meta.measures import Floats
from meta.pooling import PoolSpec, pool_data
from meta.problems import refuse
from meta.result import PooledResult


def take_studies(data: EffectSizes | ArmCounts, keep: Floats) -> EffectSizes | ArmCounts:
    """The studies for which `keep` (k, true or false) holds; warnings stay with the whole."""
    chosen = np.asarray(keep, bool)
    names = tuple(name for name, kept in zip(data.studies, chosen, strict=True) if kept)
    rows = tuple(row for row, kept in zip(data.rows, chosen, strict=False) if kept)
    if isinstance(data, ArmCounts):
        return replace(data, studies=names, rows=rows, events=data.events[chosen], exposure=data.exposure[chosen])
    sizes = None if data.sizes is None else data.sizes[chosen]
    return replace(
        data, studies=names, rows=rows, estimate=data.estimate[chosen], variance=data.variance[chosen], sizes=sizes
    )


def leave_one_out(data: EffectSizes | ArmCounts, spec: PoolSpec) -> tuple[tuple[str, PooledResult], ...]:
    """Pairs of a study and the pool without it, by the method of the spec. Needs two studies or more."""
    if len(data.studies) < 2:
        raise refuse("study", "one study cannot be left out of a pool of one", "two studies or more")
    out = []
    for i, name in enumerate(data.studies):
        keep = np.arange(len(data.studies)) != i
        out.append((name, pool_data(take_studies(data, keep), spec)))
    return tuple(out)


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """Deletion diagnostics, each of shape (k,) (Viechtbauer and Cheung 2010, Research Synthesis Methods 1:112).

    `residual`: studentised deleted residuals. `dffits`, `cook`: change of the pooled value in its own standard errors,
    and Cook's distance. `hat`: leverage, adding up to 1. `tau2`: heterogeneity without the study.
    """

    studies: tuple[str, ...]
    residual: Floats
    dffits: Floats
    cook: Floats
    hat: Floats
    tau2: Floats


def measure_influence(data: EffectSizes, method: str = "reml") -> Influence:
    """What each study does to a random-effects pool by `method` (dl, pm, reml, ml). Needs three studies or more."""
    y, v, k = data.estimate, data.variance, len(data.studies)
    if k < 3:
        raise refuse("study", f"influence needs three studies, and there are {k}", "three studies or more")
    estimate = ESTIMATORS[method]
    tau2 = estimate(y, v)
    mu, variance, w = het.pool_weighted(y, v, tau2)
    columns = []
    for i in range(k):
        keep = np.arange(k) != i
        without = estimate(y[keep], v[keep])
        centre, spread, _ = het.pool_weighted(y[keep], v[keep], without)
        residual = (y[i] - centre) / np.sqrt(v[i] + without + spread)
        # Leverage of the full fit, heterogeneity of the deleted one (their section 3.2).
        error = np.sqrt(w[i] / w.sum() * (v[i] + without))
        columns.append((residual, (mu - centre) / error, (mu - centre) ** 2 / variance, w[i] / w.sum(), without))
    residuals, dffits, cook, hat, left = (np.array(column) for column in zip(*columns, strict=True))
    return Influence(data.studies, residuals, dffits, cook, hat, left)
