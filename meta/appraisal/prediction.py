"""Does the model predict its own studies? Each study against the predictive distribution made from all others."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.special import logsumexp

from meta.appraisal.leaving import take_studies
from meta.data import EffectSizes
from meta.exact import pool_exact
from meta.exact.posterior import Cells
from meta.measures import Floats
from meta.pooling import PoolSpec
from meta.problems import refuse


@dataclass(frozen=True, slots=True, eq=False)
class PredictiveCheck:
    """`pit`: (k,), probability below each study's estimate given the others, uniform under the model; `log_score`:
    (k,), its log predictive density; `elpd`: their sum, larger is better, with its standard error.
    """

    studies: tuple[str, ...]
    pit: Floats
    log_score: Floats
    elpd: float
    elpd_se: float


def check_prediction(data: EffectSizes, spec: PoolSpec) -> PredictiveCheck:
    """Exact leave-one-out prediction: a refit without each study (Gelman 2013, section 7.2); needs three studies."""
    k = len(data.studies)
    if k < 3:
        raise refuse("study", f"prediction from the others needs three studies, not {k}", "three or more")
    pit, score = np.empty(k), np.empty(k)
    for i in range(k):
        rest = take_studies(data, np.arange(k) != i)
        cells = pool_exact(rest, spec).draws
        assert isinstance(cells, Cells)
        spread = np.sqrt(cells.width**2 + cells.tau**2 + data.variance[i])
        z = (data.estimate[i] - cells.centre) / spread
        pit[i] = float((cells.weight * stats.norm.cdf(z)).sum())
        score[i] = float(logsumexp(np.log(cells.weight) + stats.norm.logpdf(z) - np.log(spread)))
    return PredictiveCheck(data.studies, pit, score, float(score.sum()), float(score.std(ddof=1) * math.sqrt(k)))


def replicate_posterior(data: EffectSizes, spec: PoolSpec, count: int, seed: int) -> dict[str, float]:
    """Posterior predictive p values: how often replicated studies are as extreme as those seen.

    ``largest``, ``smallest``: of the estimates; ``q``: Cochran's Q. Near 0 or 1 the model does not produce such data.
    Monte Carlo error is at most 0.5 / sqrt(count).
    """
    cells = pool_exact(data, spec).draws
    assert isinstance(cells, Cells)
    random = np.random.default_rng(seed)
    chosen = random.choice(len(cells.weight), count, p=cells.weight)
    mu = cells.centre[chosen] + cells.width[chosen] * random.standard_normal(count)
    spread = np.sqrt(cells.tau[chosen, None] ** 2 + data.variance)
    y = mu[:, None] + spread * random.standard_normal((count, len(data.studies)))
    return _compare(y, data)


def replicate_prior(data: EffectSizes, spec: PoolSpec, count: int, seed: int) -> dict[str, float]:
    """Prior predictive p values of the same quantities: near 0 or 1 the priors did not expect such data.

    Raises EvidenceError for a flat prior, which predicts nothing.
    """
    from meta.priors import quantile

    random = np.random.default_rng(seed)
    mu = quantile(spec.mu_prior, random.random(count))
    tau = quantile(spec.tau_prior, random.random(count)) if spec.effects == "random" else np.zeros(count)
    spread = np.sqrt(tau[:, None] ** 2 + data.variance)
    return _compare(mu[:, None] + spread * random.standard_normal((count, len(data.studies))), data)


def _compare(y: Floats, data: EffectSizes) -> dict[str, float]:
    def q(values: Floats) -> Floats:
        w = 1 / data.variance
        mean = (values * w).sum(axis=-1, keepdims=True) / w.sum()
        return np.asarray((w * (values - mean) ** 2).sum(axis=-1), float)

    seen = data.estimate
    return {
        "largest": float((y.max(axis=1) >= seen.max()).mean()),
        "smallest": float((y.min(axis=1) <= seen.min()).mean()),
        "q": float((q(y) >= q(seen[None, :])[0]).mean()),
    }
