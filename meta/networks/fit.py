"""Consistency models of a network: generalised least squares, integration over tau, or sampling of the counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from meta.exact.grid import Frame, integrate, mix_quantile, read_quantile
from meta.measures import Floats
from meta.networks.data import NetworkData, count_geometry
from meta.networks.linear import LinearNetwork, fit_linear, lay_network
from meta.networks.result import NetworkResult
from meta.pooling import PoolSpec, check_spec
from meta.priors import describe_prior, log_density
from meta.problems import refuse

METHODS: Final = ("inverse-variance", "dl", "reml", "exact", "bayes")
DRAWS: Final = 20_000


def pool_network(data: NetworkData, spec: PoolSpec) -> NetworkResult:
    """Fit the consistency model. `spec.mu_prior`: of every treatment against the reference (flat or normal).

    Methods: ``inverse-variance`` (common effects), ``dl``, ``reml``, ``exact`` (normal model, tau integrated) and
    ``bayes`` (counts by their exact likelihood, sampled). Raises EvidenceError for what does not fit together.
    """
    check_spec(spec)
    if spec.method not in METHODS:
        raise refuse("method", f"{spec.method!r} pools no network", " | ".join(METHODS), METHODS, spec.method)
    if spec.model != "normal" and spec.method != "bayes":
        raise refuse("method", f"{spec.method!r} has no {spec.model} likelihood for a network", "bayes")
    if spec.mu_prior.family not in ("flat", "normal"):
        raise refuse("mu-prior", f"a network takes no {spec.mu_prior.family} prior of effects", "flat or normal(m, s)")
    if spec.method == "bayes":
        from meta.networks.sampled import sample_network

        return sample_network(data, spec)
    net = lay_network(data)
    return _integrate(data, net, spec) if spec.method == "exact" else _fit(data, net, spec)


def expand(d: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """From effects against the reference, (T - 1,), to every pair: estimates and variances, row minus column."""
    full = np.concatenate([[0.0], d])
    wide = np.zeros((len(full), len(full)))
    wide[1:, 1:] = covariance
    diagonal = np.diag(wide)
    return full[:, None] - full[None, :], np.maximum(diagonal[:, None] + diagonal[None, :] - 2 * wide, 0.0)


def _fit(data: NetworkData, net: LinearNetwork, spec: PoolSpec) -> NetworkResult:
    tau2 = 0.0 if spec.method == "inverse-variance" else estimate_tau2(net, spec.method)
    d, covariance, _, _ = fit_linear(net, tau2)
    estimate, variance = expand(d, covariance)
    half = float(stats.norm.ppf(0.5 + spec.level / 2)) * np.sqrt(variance)
    df = len(net.y) - net.x.shape[1]
    predicted = None
    warnings = list(data.warnings)
    if spec.method != "inverse-variance" and df > 1:
        # Degrees of freedom: studies - basic parameters - 1, as in the pairwise t(k-2).
        predicted = float(stats.t.ppf(0.5 + spec.level / 2, df - 1)) * np.sqrt(variance + tau2)
    return finish_network(
        data,
        spec,
        estimate,
        np.sqrt(variance),
        (estimate - half, estimate + half),
        None if predicted is None else (estimate - predicted, estimate + predicted),
        (math.sqrt(tau2), None, None),
        q=split_q(data, net),
        warnings=tuple(warnings),
    )


def estimate_tau2(net: LinearNetwork, method: str) -> float:
    """Heterogeneity variance by the generalised moment method (Jackson 2012) or restricted maximum likelihood."""
    if method == "dl":
        w = np.linalg.inv(net.v)
        inner = np.linalg.inv(net.x.T @ w @ net.x)
        p = w - w @ net.x @ inner @ net.x.T @ w
        q = float(net.y @ p @ net.y)
        return max(0.0, (q - (len(net.y) - net.x.shape[1])) / float(np.trace(p @ net.h)))

    def loss(tau2: float) -> float:
        _, covariance, q, log_weight = fit_linear(net, tau2)
        return -0.5 * (log_weight + float(np.linalg.slogdet(covariance)[1]) - q)

    top = float(np.diag(net.v).max() + np.ptp(net.y) ** 2)
    grid = np.concatenate([[0.0], np.geomspace(1e-8 * float(np.diag(net.v).min()), 10 * top, 120)])
    best = int(np.argmin([loss(t) for t in grid]))
    if best == 0:
        return 0.0
    low, high = float(grid[best - 1]), float(grid[min(best + 1, len(grid) - 1)])
    found = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-11 * high})
    return float(found.x)


def split_q(data: NetworkData, net: LinearNetwork) -> dict[str, float]:
    """Q in all, within designs (studies with the same arms) and between them, with degrees of freedom, p values."""
    _, _, total, _ = fit_linear(net, 0.0)
    designs = sorted({study.arms for study in data.studies})
    starts = np.cumsum([0, *(len(arms) - 1 for arms in designs)])
    offset = {arms: int(start) for arms, start in zip(designs, starts, strict=False)}

    def own(study: int, treatment: int, _: int) -> Floats:
        row = np.zeros(int(starts[-1]))
        arms = data.studies[study].arms
        row[offset[arms] + arms[1:].index(treatment)] = 1.0
        return row

    free = lay_network(data, tuple(map(str, range(int(starts[-1])))), own)
    _, _, within, _ = fit_linear(free, 0.0)
    df, df_within = len(net.y) - net.x.shape[1], len(free.y) - free.x.shape[1]
    found: dict[str, float] = {}
    for name, q, freedom in (
        ("total", total, df),
        ("within", within, df_within),
        ("between", total - within, df - df_within),
    ):
        found |= {f"q_{name}": q, f"df_{name}": float(freedom)}
        found[f"p_{name}"] = float(stats.chi2.sf(q, freedom)) if freedom > 0 else 1.0
    return found


def _integrate(data: NetworkData, net: LinearNetwork, spec: PoolSpec) -> NetworkResult:
    """tau on a grid; given tau all effects are jointly normal."""
    precision = 1 / spec.mu_prior.parameters[1] ** 2 if spec.mu_prior.family == "normal" else 0.0
    centre = spec.mu_prior.parameters[0] if spec.mu_prior.family == "normal" else 0.0
    if centre != 0.0:
        raise refuse("mu-prior", "effects in a network have no common centre but 0", "normal(0, s)")

    def log_one(tau: float) -> float:
        d, covariance, q, log_weight = fit_linear(net, tau**2, precision)
        penalty = precision * float(d @ d)
        with np.errstate(divide="ignore"):
            prior = float(log_density(spec.tau_prior, np.array(tau)))
        return 0.5 * (log_weight + float(np.linalg.slogdet(covariance)[1]) - q - penalty) + prior

    def log_posterior(mu: Floats, tau: Floats) -> Floats:
        # A second, artificial axis: the grid of the pairwise case, with a standard normal that integrates to one.
        return np.asarray(-0.5 * mu[:, None] ** 2 + np.array([log_one(float(t)) for t in tau])[None, :], float)

    typical = math.sqrt(float(np.median(np.diag(net.v))))
    common = spec.effects == "common"
    prior = spec.tau_prior
    ends = (0.0, 0.0) if common else prior.parameters if prior.family == "uniform" else (0.0, math.inf)
    fine, coarse = integrate(log_posterior, Frame(0.0, 1.0, typical, (float(ends[0]), float(ends[1])), (41, 121)))
    weight, tau = fine.weight.sum(axis=0), fine.tau
    keep = weight > 1e-12
    weight, tau = weight[keep] / weight[keep].sum(), tau[keep]
    fits = [fit_linear(net, float(t) ** 2, precision) for t in tau]
    pairs = [expand(d, covariance) for d, covariance, _, _ in fits]
    middle = np.stack([m for m, _ in pairs], axis=-1)
    spread = np.sqrt(np.stack([v for _, v in pairs], axis=-1))
    estimate = (middle * weight).sum(axis=-1)
    variance = ((spread**2 + (middle - estimate[..., None]) ** 2) * weight).sum(axis=-1)
    tail = (1 - spec.level) / 2
    ci = tuple(_off_diagonal(mix_quantile(p, middle, spread, weight)) for p in (tail, 1 - tail))
    wide = np.hypot(spread, tau)
    predicted = tuple(_off_diagonal(mix_quantile(p, middle, wide, weight)) for p in (tail, 1 - tail))
    taus: tuple[float, float | None, float | None] = (0.0, None, None)
    if not common:
        low, median, high = map(float, read_quantile(fine.tau, fine.tau_density, np.array([tail, 0.5, 1 - tail])))
        taus = (median, low, high)
    coarse_mean = float((coarse.weight.sum(axis=0) * coarse.tau).sum())
    fine_mean = float((fine.weight.sum(axis=0) * fine.tau).sum())
    draws, chosen = _draw(fits, weight, spec.seed)
    return finish_network(
        data,
        spec,
        estimate,
        np.sqrt(variance),
        (ci[0], ci[1]),
        None if common else (predicted[0], predicted[1]),
        taus,
        q=split_q(data, net),
        warnings=data.warnings,
        diagnostics={"grid_halving_error": abs(fine_mean - coarse_mean)},
        draws=draws,
        tau_draws=tau[chosen],
        mean=estimate,
    )


def _off_diagonal(x: Floats) -> Floats:
    """A treatment against itself is exactly 0."""
    out = np.array(x)
    np.fill_diagonal(out, 0.0)
    return out


def _draw(fits: list[Any], weight: Floats, seed: int) -> tuple[Floats, NDArray[np.int64]]:
    """Draws of effects against the reference, (n, T), the reference 0, and the point of tau's grid of each, (n,)."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(weight), DRAWS, p=weight)
    out = np.zeros((DRAWS, len(fits[0][0]) + 1))
    for index in np.unique(chosen):
        where = chosen == index
        d, covariance = fits[index][0], fits[index][1]
        out[where, 1:] = random.multivariate_normal(d, covariance, int(where.sum()), method="cholesky")
    return out, chosen


def finish_network(
    data: NetworkData,
    spec: PoolSpec,
    estimate: Floats,
    se: Floats,
    ci: tuple[Floats, Floats],
    predicted: tuple[Floats, Floats] | None,
    tau: tuple[float, float | None, float | None],
    *,
    q: Mapping[str, float] | None = None,
    warnings: tuple[str, ...] = (),
    diagnostics: Mapping[str, float] | None = None,
    draws: Floats | None = None,
    tau_draws: Floats | None = None,
    mean: Floats | None = None,
) -> NetworkResult:
    """The result in its one shape, with the geometry of the network and the priors as text."""
    people, studies = count_geometry(data)
    priors: dict[str, str] = {}
    if spec.method in ("exact", "bayes"):
        priors = {"effects": describe_prior(spec.mu_prior)}
        if spec.effects == "random":
            priors["tau"] = describe_prior(spec.tau_prior)
        if spec.method == "bayes":
            priors["baseline"] = describe_prior(spec.baseline_prior)
    return NetworkResult(
        measure=data.measure,
        model=spec.model,
        method=spec.method,
        effects="common" if spec.method == "inverse-variance" else spec.effects,
        level=spec.level,
        treatments=data.treatments,
        estimate=estimate,
        se=se,
        low=ci[0],
        high=ci[1],
        prediction_low=None if predicted is None else predicted[0],
        prediction_high=None if predicted is None else predicted[1],
        tau=tau[0],
        tau_low=tau[1],
        tau_high=tau[2],
        people=people,
        studies=studies,
        q=q or {},
        priors=priors,
        diagnostics=diagnostics or {},
        warnings=warnings,
        draws=draws,
        tau_draws=tau_draws,
        mean=mean,
    )
