"""Bayesian pools by numerical integration: no sampling, no compilation, and a measured numerical error."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from meta.data import ArmCounts, EffectSizes
from meta.exact.grid import Frame, GridPosterior, LogPosterior, integrate, mix_quantile
from meta.exact.likelihoods import (
    CountLikelihoods,
    lay_likelihoods,
    log_count_studies,
    log_normal_studies,
    moments_of_studies,
)
from meta.exact.posterior import Cells, Draws, Summary, draw_cells, summarise, take_cells
from meta.frequentist.heterogeneity import I2_DEFINITION, describe_spread, find_q
from meta.frequentist.pool import crude_sizes, finite_studies, list_studies
from meta.measures import Floats
from meta.pooling import PoolSpec
from meta.priors import describe_prior, log_density
from meta.problems import refuse
from meta.result import PooledResult, StudyResult

SIZES = {"normal": (241, 241), "counts": (161, 81)}
IMPROPER = ("flat",)


def pool_exact(data: EffectSizes | ArmCounts, spec: PoolSpec) -> PooledResult:
    """Integrate the posterior of the pooled effect and the heterogeneity on a grid.

    Normal model as Röver 2020 (Journal of Statistical Software 93(6)); counts by their exact likelihood with each
    comparator's level integrated out under `spec.baseline_prior`. Raises EvidenceError where the posterior is improper.
    """
    if isinstance(data, ArmCounts):
        return _pool_counts(data, spec)
    return _pool_normal(data, spec)


def draw_exact(result: PooledResult, count: int, seed: int) -> Draws:
    """Joint draws of mu, tau and a new setting's effect, analysis scale, from a result of `pool_exact`."""
    if not isinstance(result.draws, Cells):
        raise refuse("method", "this result was not integrated", "a result of the method exact")
    return draw_cells(result.draws, count, seed)


def _make_frame(data: EffectSizes, spec: PoolSpec, sizes: tuple[int, int]) -> Frame:
    """A first guess from the estimates; the window is found from the posterior itself."""
    y, v = data.estimate, data.variance
    typical = math.sqrt(float(np.median(v)))
    scale = max(math.sqrt(float(1 / (1 / v).sum())), float(np.ptp(y)) / math.sqrt(len(y)) / 4, 1e-3 * typical)
    if spec.effects == "common":
        return Frame(float(np.median(y)), scale, typical, (0.0, 0.0), sizes)
    prior = spec.tau_prior
    ends = prior.parameters if prior.family == "uniform" else (0.0, math.inf)
    reach = max(typical, float(np.std(y)))
    return Frame(float(np.median(y)), scale, reach, (float(ends[0]), float(ends[1])), sizes)


def _with_priors(log_likelihood: LogPosterior, spec: PoolSpec) -> LogPosterior:
    def log_posterior(mu: Floats, tau: Floats) -> Floats:
        priors = log_density(spec.mu_prior, mu)[:, None]
        if spec.effects == "random":
            with np.errstate(divide="ignore"):
                priors = priors + log_density(spec.tau_prior, tau)[None, :]
        return np.nan_to_num(log_likelihood(mu, tau) + priors, nan=-np.inf, neginf=-np.inf)

    return log_posterior


def _pool_normal(data: EffectSizes, spec: PoolSpec) -> PooledResult:
    log_posterior = _with_priors(lambda mu, tau: log_normal_studies(data, mu, tau), spec)
    fine, coarse = integrate(log_posterior, _make_frame(data, spec, SIZES["normal"]))
    make = _normal_cells if spec.mu_prior.family in ("flat", "normal") else _grid_cells
    cells = make(data, spec, fine)
    summary = summarise(cells, fine, spec.level)
    error = _find_error(summary, summarise(make(data, spec, coarse), coarse, spec.level))
    k = len(data.studies)
    weights = _expected_weights(data, cells)
    q = find_q(data.estimate, data.variance) if k > 1 else None
    result = _finish(data, spec, fine, cells, summary, list_studies(data, spec.level, weights))
    i2 = None
    if k > 1 and spec.effects == "random":
        i2 = describe_spread(summary.tau_median**2, data.variance)[0]
    return replace(
        result,
        i2=i2,
        q=q,
        q_df=None if q is None else k - 1,
        q_p=None if q is None else float(stats.chi2.sf(q, k - 1)),
        estimate=summary.mean,
        estimate_is="posterior mean",
        diagnostics={**result.diagnostics, "grid_halving_error": error},
    )


def _normal_cells(data: EffectSizes, spec: PoolSpec, grid: GridPosterior) -> Cells:
    """One cell a value of tau: given it mu and every study's effect are normal."""
    weight = grid.weight.sum(axis=0)
    keep = weight > 1e-13
    tau, weight = grid.tau[keep], weight[keep] / weight[keep].sum()
    w = 1 / (data.variance[:, None] + tau[None, :] ** 2)
    mean0, sd0 = spec.mu_prior.parameters if spec.mu_prior.family == "normal" else (0.0, math.inf)
    precision = w.sum(axis=0) + 1 / sd0**2
    centre = ((w * data.estimate[:, None]).sum(axis=0) + mean0 / sd0**2) / precision
    width = np.sqrt(1 / precision)
    return _finish_cells(data, grid, centre, width, tau, weight)


def _grid_cells(data: EffectSizes, spec: PoolSpec, grid: GridPosterior) -> Cells:
    """One cell a point of the grid, for priors of mu under which it is not normal."""
    rows, columns = take_cells(grid)
    weight = grid.weight[rows, columns]
    return _finish_cells(data, grid, grid.mu[rows], np.zeros(len(rows)), grid.tau[columns], weight / weight.sum())


def _finish_cells(
    data: EffectSizes, grid: GridPosterior, centre: Floats, width: Floats, tau: Floats, weight: Floats
) -> Cells:
    v = data.variance[:, None]
    share = tau[None, :] ** 2 / (tau[None, :] ** 2 + v)
    study = share * data.estimate[:, None] + (1 - share) * centre[None, :]
    spread = np.sqrt(share * v + ((1 - share) * width[None, :]) ** 2)
    return Cells(centre, width, tau, weight, grid.mu, grid.mu_density, grid.tau, grid.tau_density, study, spread)


def _expected_weights(data: EffectSizes, cells: Cells) -> np.ndarray:
    """Posterior expectation of each study's share in the mean given tau."""
    w = 1 / (data.variance[:, None] + cells.tau[None, :] ** 2)
    return np.asarray((w / w.sum(axis=0) * cells.weight).sum(axis=1), float)


def _pool_counts(data: ArmCounts, spec: PoolSpec) -> PooledResult:
    studies = lay_likelihoods(data, spec.baseline_prior)

    def log_likelihood(mu: Floats, tau: Floats) -> Floats:
        return np.asarray(log_count_studies(studies, mu, tau).sum(axis=0), float)

    frame = _make_frame(_crude(data), spec, SIZES["counts"])
    fine, coarse = integrate(_with_priors(log_likelihood, spec), frame)
    cells = _count_cells(studies, fine)
    summary = summarise(cells, fine, spec.level)
    error = _find_error(summary, summarise(_count_cells(studies, coarse, moments=False), coarse, spec.level))
    result = _finish(data, spec, fine, cells, summary, finite_studies(crude_sizes(data), spec.level))
    priors = dict(result.priors)
    if data.events.shape[1] == 2:
        priors["baseline"] = describe_prior(spec.baseline_prior)
    sizes = crude_sizes(data)
    good = np.isfinite(sizes.estimate)
    i2 = describe_spread(summary.tau_median**2, sizes.variance[good])[0] if good.sum() > 1 else None
    return replace(
        result,
        priors=priors,
        i2=i2 if spec.effects == "random" else None,
        estimate=summary.median,
        estimate_is="posterior median",
        diagnostics={**result.diagnostics, "grid_halving_error": error},
    )


def _crude(data: ArmCounts) -> EffectSizes:
    """Estimates with half an event added, only to know where to look."""
    from meta.effects.compute import FORMULAS

    binomial = data.likelihood == "binomial"
    e, n = data.events + 0.5, data.exposure + (1.0 if binomial else 0.0)
    parts = [part for side in reversed(range(e.shape[1])) for part in (e[:, side], n[:, side])]
    value, variance = FORMULAS[data.measure](*parts)
    return EffectSizes(data.measure, data.studies, value, variance)


def _count_cells(studies: CountLikelihoods, grid: GridPosterior, *, moments: bool = True) -> Cells:
    rows, columns = take_cells(grid)
    weight = grid.weight[rows, columns]
    empty = np.zeros((0, len(rows)))
    centre, width = empty, empty
    if moments:
        _, means, variances = moments_of_studies(studies, grid.mu, grid.tau, powers=2)
        centre, width = means[:, rows, columns], np.sqrt(variances[:, rows, columns])
    return Cells(
        centre=grid.mu[rows],
        width=np.zeros(len(rows)),
        tau=grid.tau[columns],
        weight=weight / weight.sum(),
        mu_x=grid.mu,
        mu_density=grid.mu_density,
        tau_x=grid.tau,
        tau_density=grid.tau_density,
        study_centre=centre,
        study_width=width,
    )


def _find_error(fine: Summary, coarse: Summary) -> float:
    """The largest change of a reported number when the grid is halved, in posterior standard deviations."""
    pairs = [
        (fine.mean, coarse.mean),
        (fine.sd, coarse.sd),
        (fine.median, coarse.median),
        (fine.tau_median, coarse.tau_median),
        *zip(fine.interval, coarse.interval, strict=True),
        *zip(fine.tau_interval, coarse.tau_interval, strict=True),
        *zip(fine.prediction, coarse.prediction, strict=True),
    ]
    return max(abs(a - b) for a, b in pairs) / fine.sd


def _finish(
    data: EffectSizes | ArmCounts,
    spec: PoolSpec,
    grid: GridPosterior,
    cells: Cells,
    summary: Summary,
    studies: tuple[StudyResult, ...],
) -> PooledResult:
    random = spec.effects == "random"
    warnings = list(data.warnings)
    if random and len(studies) == 1:
        warnings.append("with one study the heterogeneity is what its prior says")
    evidence: dict[str, Any] = {}
    if spec.mu_prior.family not in IMPROPER and (not random or spec.tau_prior.family not in IMPROPER):
        evidence["log_marginal_likelihood"] = grid.log_evidence
    return PooledResult(
        measure=data.measure,
        model=spec.model,
        method="exact",
        effects=spec.effects,
        level=spec.level,
        estimate=summary.mean,
        estimate_is="posterior mean",
        se=summary.sd,
        ci_low=summary.interval[0],
        ci_high=summary.interval[1],
        mean=summary.mean,
        median=summary.median,
        tau=summary.tau_median,
        tau2=summary.tau_median**2,
        tau_low=summary.tau_interval[0] if random else None,
        tau_high=summary.tau_interval[1] if random else None,
        prediction_low=summary.prediction[0] if random else None,
        prediction_high=summary.prediction[1] if random else None,
        studies=_shrink(studies, cells, spec) if random else studies,
        treatment=data.treatment,
        comparator=data.comparator,
        priors=_name_priors(spec),
        definitions={
            "i2": I2_DEFINITION + ", at the median of tau",
            "prediction": "posterior predictive, equal tails",
            "log_marginal_likelihood": "natural logarithm; for counts without the factors that hold no parameter",
        },
        diagnostics=evidence,
        warnings=tuple(warnings),
        draws=cells,
    )


def _name_priors(spec: PoolSpec) -> dict[str, str]:
    named = {"mu": describe_prior(spec.mu_prior)}
    if spec.effects == "random":
        named["tau"] = describe_prior(spec.tau_prior)
    return named


def _shrink(studies: tuple[StudyResult, ...], cells: Cells, spec: PoolSpec) -> tuple[StudyResult, ...]:
    """Each study given all: the mean, and limits of the mixture over cells of normals with the cell's own moments."""
    tail = (1 - spec.level) / 2
    order = np.argsort(cells.weight)[::-1][:3000]
    weight = cells.weight[order] / cells.weight[order].sum()
    centre, width = cells.study_centre[:, order], cells.study_width[:, order]
    middle = (cells.study_centre * cells.weight).sum(axis=1)
    low, high = (mix_quantile(p, centre, width, weight) for p in (tail, 1 - tail))
    return tuple(
        replace(study, shrunk=float(m), shrunk_low=float(a), shrunk_high=float(b))
        for study, m, a, b in zip(studies, middle, low, high, strict=True)
    )
