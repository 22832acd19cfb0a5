"""Pools by sampling, in the same shape as every other method, with Monte Carlo errors beside the numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from meta.bayes.model import PLAIN, Parts, build_model, is_centred, list_reported
from meta.bayes.sampling import Sample, sample_model
from meta.data import INDEPENDENT, ArmCounts, EffectSizes
from meta.exact.posterior import Draws
from meta.frequentist.heterogeneity import I2_DEFINITION, describe_spread, find_q
from meta.frequentist.pool import crude_sizes, finite_studies, list_studies
from meta.measures import Floats
from meta.pooling import PoolSpec
from meta.priors import describe_prior
from meta.problems import refuse
from meta.result import PooledResult

NEAR: Final = (0.6, 0.8, 1.0, 1.25, 1.6)
"""The Monte Carlo error of a tail's quantile is the geometric mean over these multiples of its probability."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """A sample and the parts of its model; what `PooledResult.draws` holds for the method bayes."""

    sample: Sample
    parts: Parts


def pool_bayes(data: EffectSizes | ArmCounts, spec: PoolSpec, parts: Parts = PLAIN) -> PooledResult:
    """Sample the posterior by NUTS. Raises SamplingError where the gate is not passed.

    With covariates `mu` is the effect where all of them are 0; with bias terms it is the effect without bias; with
    trial effects a new setting differs by the spread between trials and within them.
    """
    first = spec.effects == "random" and is_centred(data)
    forms = [partial(build_model, data, spec, parts, centred=centred) for centred in (first, not first)]
    sample = sample_model(forms, list_reported(spec, parts), draws=spec.draws, seed=spec.seed)
    return summarise_draws(data, spec, Sampled(sample, parts))


def draw_bayes(result: PooledResult, count: int, seed: int) -> Draws:
    """Joint draws of mu, tau and a new setting's effect from a result of `pool_bayes`; the gate has been passed."""
    if not isinstance(result.draws, Sampled):
        raise refuse("method", "this result was not sampled", "a result of the method bayes")
    mu, tau, new = _new_setting(result.draws)
    random = np.random.default_rng(seed)
    chosen = random.integers(0, mu.size, count)
    return Draws(mu.ravel()[chosen], tau.ravel()[chosen], new.ravel()[chosen])


def find_log_likelihood(sampled: Sampled) -> Floats:
    """Log likelihood of every study, its arms together, under every draw (chains, draws, studies).

    Raises EvidenceError for a pool of mixed data, where a row is a piece of a study.
    """
    import pymc as pm

    if not all(row.name.startswith("y") for row in sampled.sample.model.observed_RVs):
        raise refuse("method", "the rows of this pool are pieces of studies", "a pool with one kind of data")
    found = pm.compute_log_likelihood(
        sampled.sample.tree, model=sampled.sample.model, extend_inferencedata=False, progressbar=False
    )
    return np.asarray(np.sum([np.asarray(arm.values, float) for arm in found.data_vars.values()], axis=0))


def _new_setting(sampled: Sampled) -> tuple[Floats, Floats, Floats]:
    """mu, tau and the effect of a new setting, one for every draw, shape (chains, draws); the same each time."""
    draws = sampled.sample.draws
    mu = draws["mu"]
    tau = draws.get("tau", np.zeros_like(mu))
    random = np.random.default_rng(20_260_101)
    df = sampled.parts.student
    z = random.standard_t(df, mu.shape) if df else random.standard_normal(mu.shape)
    new = mu + tau * z
    if "tau_trial" in draws:
        new = new + draws["tau_trial"] * random.standard_normal(mu.shape)
    return mu, tau, new


def summarise_draws(data: EffectSizes | ArmCounts, spec: PoolSpec, sampled: Sampled) -> PooledResult:
    """The result of a sample that has passed its gate. `data`: each study alone, for the pictures."""
    sample, parts = sampled.sample, sampled.parts
    mu, tau, new = _new_setting(sampled)
    tail = (1 - spec.level) / 2
    points = np.array([tail, 0.5, 1 - tail])
    low, median, high = map(float, np.quantile(mu, points))
    tau_low, tau_median, tau_high = map(float, np.quantile(tau, points))
    random = spec.effects == "random"
    normal = isinstance(data, EffectSizes)
    sizes = data if isinstance(data, EffectSizes) else crude_sizes(data)
    alone = list_studies(sizes, spec.level, None) if normal else finite_studies(sizes, spec.level)
    theta = sample.draws["theta"].reshape(-1, len(data.studies))
    shrunk = np.quantile(theta, [tail, 1 - tail], axis=0)
    studies = tuple(
        replace(s, shrunk=float(theta[:, i].mean()), shrunk_low=float(shrunk[0, i]), shrunk_high=float(shrunk[1, i]))
        for i, s in enumerate(alone)
    )
    good = np.isfinite(sizes.estimate)
    several = int(good.sum()) > 1
    q = find_q(data.estimate, data.variance) if isinstance(data, EffectSizes) and several else None
    predicted = np.quantile(new, [tail, 1 - tail]) if random else (None, None)
    return PooledResult(
        measure=data.measure,
        model=spec.model,
        method="bayes",
        effects=spec.effects,
        level=spec.level,
        estimate=float(mu.mean()) if normal else median,
        estimate_is="posterior mean" if normal else "posterior median",
        se=float(mu.std(ddof=1)),
        ci_low=low,
        ci_high=high,
        mean=float(mu.mean()),
        median=median,
        tau=tau_median,
        tau2=tau_median**2,
        tau_low=tau_low if random else None,
        tau_high=tau_high if random else None,
        i2=describe_spread(tau_median**2, sizes.variance[good])[0] if random and several else None,
        q=q,
        q_df=None if q is None else len(data.studies) - 1,
        q_p=None if q is None else _tail(q, len(data.studies) - 1),
        prediction_low=None if predicted[0] is None else float(predicted[0]),
        prediction_high=None if predicted[1] is None else float(predicted[1]),
        studies=studies if random or parts is not PLAIN else alone,
        treatment=data.treatment,
        comparator=data.comparator,
        priors=_name_priors(data, spec, parts),
        definitions={"i2": I2_DEFINITION + ", at the median of tau", "prediction": "posterior predictive, equal tails"},
        diagnostics=_list_diagnostics(sample, mu, tau, spec, normal),
        warnings=_keep_warnings(data, parts) + _warn(data, spec, sample),
        draws=sampled,
    )


def _tail(q: float, df: int) -> float:
    from scipy import stats

    return float(stats.chi2.sf(q, df))


def _keep_warnings(data: EffectSizes | ArmCounts, parts: Parts) -> tuple[str, ...]:
    """What must be read with the data; with an effect for each trial its rows are no longer taken as independent."""
    return tuple(text for text in data.warnings if parts.trial is None or not text.endswith(INDEPENDENT))


def _warn(data: EffectSizes | ArmCounts, spec: PoolSpec, sample: Sample) -> tuple[str, ...]:
    said = []
    if spec.effects == "random" and len(data.studies) == 1:
        said.append("with one study the heterogeneity is what its prior says")
    if sample.attempts > 1:
        said.append("a first run missed the gate; these numbers are of a later, more careful one")
    return tuple(said)


def _name_priors(data: EffectSizes | ArmCounts, spec: PoolSpec, parts: Parts) -> dict[str, str]:
    named = {"mu": describe_prior(spec.mu_prior)}
    if spec.effects == "random":
        named["tau"] = describe_prior(spec.tau_prior)
    if parts.student:
        named["heterogeneity"] = f"Student t with {parts.student:g} degrees of freedom"
    if isinstance(data, ArmCounts) and data.events.shape[1] == 2:
        named["baseline"] = describe_prior(spec.baseline_prior)
    if parts.covariates is not None:
        named["slope"] = describe_prior(parts.slope_prior)
    if parts.biased is not None:
        named["bias"] = describe_prior(parts.bias_prior)
        named["tau_bias"] = describe_prior(parts.bias_spread_prior)
    if parts.trial is not None:
        named["tau_trial"] = describe_prior(parts.trial_prior)
    return named


def _list_diagnostics(sample: Sample, mu: Floats, tau: Floats, spec: PoolSpec, normal: bool) -> dict[str, float]:
    """Convergence, and Monte Carlo standard errors of the estimate, the limits and tau."""

    tail = (1 - spec.level) / 2
    found = sample.diagnostics
    listed = {
        "r_hat": found.r_hat,
        "ess_bulk": found.ess_bulk,
        "ess_tail": found.ess_tail,
        "divergences": float(found.divergences),
        "attempts": float(sample.attempts),
        "mcse_estimate": find_mean_error(mu) if normal else find_quantile_error(mu, 0.5),
        "mcse_ci_low": find_quantile_error(mu, tail),
        "mcse_ci_high": find_quantile_error(mu, 1 - tail),
    }
    return {**listed, "mcse_tau": find_quantile_error(tau, 0.5)} if spec.effects == "random" else listed


def find_mean_error(x: Floats) -> float:
    """Monte Carlo standard error of the mean of draws (chains, draws)."""
    from arviz_stats.base import array_stats

    return float(array_stats.mcse(x, chain_axis=0, draw_axis=1, method="mean"))


def find_quantile_error(x: Floats, p: float) -> float:
    """Monte Carlo standard error of the p-quantile of draws (chains, draws), by order statistics (Vehtari 2021).

    In a tail the distance of two order statistics says it badly: neighbours in probability say it together.
    """
    from arviz_stats.base import array_stats

    factors = NEAR if p != 0.5 else (1.0,)
    near = [p * factor if p < 0.5 else 1 - (1 - p) * factor for factor in factors]
    found = [array_stats.mcse(x, chain_axis=0, draw_axis=1, method="quantile", prob=each) for each in near]
    return float(np.exp(np.mean(np.log(found))))
