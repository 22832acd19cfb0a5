"""Networks to calibrate: four treatments, six trials of two arms and one of three; contrasts and counts, consistent
or not.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from meta.calibration.design import SAMPLING, Design, draw_prior, thin
from meta.calibration.pairwise import BASELINE, MU, RATE, TAU
from meta.measures import Floats
from meta.networks.data import NetworkData, NetworkStudy
from meta.pooling import PoolSpec

TREATMENTS: Final = ("A", "B", "C", "D")
ARMS: Final = ((0, 1), (0, 1), (0, 2), (0, 2), (1, 2), (1, 3), (0, 1, 2))
EXACT: Final = ("networks/fit", "networks/linear", "exact/grid")
SAMPLED: Final = ("networks/sampled", *SAMPLING)


def _make(model: str, effects: str) -> Design:
    method = "exact" if model == "normal" else "bayes"
    spec = _specify(model, method, effects)
    sources = EXACT if method == "exact" else SAMPLED
    return Design(f"{method}-network-{model}-{effects}", sources, partial(_draw, spec), partial(_fit, spec))


def _specify(model: str, method: str, effects: str) -> PoolSpec:
    measure = "log_rate_ratio" if model == "poisson" else "log_odds_ratio"
    baseline = RATE if model == "poisson" else BASELINE
    return PoolSpec(measure, model, method, effects, mu_prior=MU, tau_prior=TAU, baseline_prior=baseline, draws=1000)


def _draw(spec: PoolSpec, random: np.random.Generator) -> tuple[dict[str, float], NetworkData]:
    """Effects against A, and trials whose contrasts share their baseline's chance."""
    effects = np.array([0.0, *(draw_prior(spec.mu_prior, random) for _ in TREATMENTS[1:])])
    tau = draw_prior(spec.tau_prior, random) if spec.effects == "random" else 0.0
    truth = {f"d_{name}": float(effect) for name, effect in zip(TREATMENTS[1:], effects[1:], strict=True)}
    if spec.effects == "random":
        truth["tau"] = tau
    make = _draw_contrasts if spec.model == "normal" else partial(_draw_counts, spec)
    return truth, _lay([make(arms, effects[list(arms)], tau, random) for arms in ARMS], spec)


def _lay(studies: list[NetworkStudy], spec: PoolSpec) -> NetworkData:
    named = tuple(replace(study, name=f"study {i}") for i, study in enumerate(studies))
    return NetworkData(spec.measure, TREATMENTS, named)


def _draw_contrasts(arms: tuple[int, ...], effects: Floats, tau: float, random: np.random.Generator) -> NetworkStudy:
    error = random.uniform(0.1, 0.5, len(arms))
    means = random.normal(effects, np.sqrt(error**2 + tau**2 / 2))
    covariance = np.full((len(arms) - 1, len(arms) - 1), error[0] ** 2) + np.diag(error[1:] ** 2)
    return NetworkStudy("", arms, contrast=means[1:] - means[0], covariance=covariance)


def _draw_counts(
    spec: PoolSpec, arms: tuple[int, ...], effects: Floats, tau: float, random: np.random.Generator
) -> NetworkStudy:
    level = draw_prior(spec.baseline_prior, random) + random.normal(effects, tau / np.sqrt(2))
    if spec.model == "poisson":
        years = random.uniform(20, 400, len(arms))
        return NetworkStudy("", arms, random.poisson(years * np.exp(level)).astype(float), years)
    n = random.integers(10, 120, len(arms))
    return NetworkStudy("", arms, random.binomial(n, 1 / (1 + np.exp(-level))).astype(float), n.astype(float))


def _fit(spec: PoolSpec, data: NetworkData, index: int) -> dict[str, Floats]:
    from meta.networks.fit import pool_network

    result = pool_network(data, replace(spec, seed=index))
    assert result.draws is not None
    assert result.tau_draws is not None
    found = {f"d_{name}": thin(result.draws[:, i]) for i, name in enumerate(TREATMENTS[1:], start=1)}
    return found | ({"tau": thin(result.tau_draws)} if spec.effects == "random" else {})


def _lay_rows(kind: str) -> tuple[Floats, Floats | None]:
    """What arms depend on: an effect for each pair (``unrelated``), or B against A apart from the rest (``split``)."""
    from meta.networks.sampled import lay_consistent
    from meta.networks.sampled_inconsistency import lay_split, lay_unrelated

    empty = [NetworkStudy("", arms, np.zeros(len(arms)), np.ones(len(arms))) for arms in ARMS]
    skeleton = NetworkData("log_odds_ratio", TREATMENTS, tuple(empty))
    if kind == "unrelated":
        return lay_unrelated(skeleton)[1], None
    return lay_consistent(skeleton), lay_split(skeleton, 0, 1)


def _draw_inconsistent(kind: str, spec: PoolSpec, random: np.random.Generator) -> tuple[dict[str, float], NetworkData]:
    """Effects that need not agree, and counts from them."""
    rows, extra = _lay_rows(kind)
    effects = np.array([draw_prior(spec.mu_prior, random) for _ in range(rows.shape[1])])
    truth = {f"d_{i}": float(effect) for i, effect in enumerate(effects)}
    level = rows @ effects
    if extra is not None:
        truth["w"] = draw_prior(spec.mu_prior, random)
        level = level + extra * truth["w"]
    truth["tau"] = draw_prior(spec.tau_prior, random)
    arms = np.split(level, np.cumsum([len(study) for study in ARMS])[:-1])
    studies = [_draw_counts(spec, a, part, truth["tau"], random) for a, part in zip(ARMS, arms, strict=True)]
    return truth, _lay(studies, spec)


def _fit_inconsistent(kind: str, spec: PoolSpec, data: NetworkData, index: int) -> dict[str, Floats]:
    from meta.networks.sampled import sample_counts

    rows, extra = _lay_rows(kind)
    draws = sample_counts(data, replace(spec, seed=index), rows, extra=extra).draws
    columns = draws["d"].reshape(-1, rows.shape[1]).T
    found = {f"d_{i}": thin(column) for i, column in enumerate(columns)} | {"tau": thin(draws["tau"].ravel())}
    return found | ({"w": thin(draws["w"].ravel())} if extra is not None else {})


def _make_inconsistent(kind: str) -> Design:
    spec = _specify("binomial", "bayes", "random")
    sources = (*SAMPLED, "networks/sampled_inconsistency")
    return Design(
        f"bayes-network-binomial-{kind}",
        sources,
        partial(_draw_inconsistent, kind, spec),
        partial(_fit_inconsistent, kind, spec),
    )


NETWORKS: Final = (
    *(_make(model, effects) for model in ("normal", "binomial", "poisson") for effects in ("random", "common")),
    *(_make_inconsistent(kind) for kind in ("unrelated", "split")),
)
