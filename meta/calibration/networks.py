"""Networks to calibrate: four treatments, six trials of two arms and one of three; contrasts and counts."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from meta.calibration.design import Design, draw_prior, thin
from meta.calibration.pairwise import BASELINE, MU, RATE, TAU
from meta.measures import Floats
from meta.networks.data import NetworkData, NetworkStudy
from meta.pooling import PoolSpec

TREATMENTS: Final = ("A", "B", "C", "D")
ARMS: Final = ((0, 1), (0, 1), (0, 2), (0, 2), (1, 2), (1, 3), (0, 1, 2))
EXACT: Final = ("networks/fit", "networks/linear", "exact/grid")
SAMPLED: Final = ("networks/sampled", "bayes/priors")


def _make(model: str, effects: str) -> Design:
    measure = {"normal": "log_odds_ratio", "binomial": "log_odds_ratio", "poisson": "log_rate_ratio"}[model]
    method = "exact" if model == "normal" else "bayes"
    spec = PoolSpec(
        measure,
        model,
        method,
        effects,
        mu_prior=MU,
        tau_prior=TAU,
        baseline_prior=RATE if model == "poisson" else BASELINE,
        draws=500,
    )
    sources = EXACT if method == "exact" else SAMPLED
    return Design(f"{method}-network-{model}-{effects}", sources, partial(_draw, spec), partial(_fit, spec))


def _draw(spec: PoolSpec, random: np.random.Generator) -> tuple[dict[str, float], NetworkData]:
    """Effects against A, and trials whose contrasts share their baseline's chance."""
    effects = np.array([0.0, *(draw_prior(spec.mu_prior, random) for _ in TREATMENTS[1:])])
    tau = draw_prior(spec.tau_prior, random) if spec.effects == "random" else 0.0
    make = _draw_contrasts if spec.model == "normal" else partial(_draw_counts, spec)
    studies = [make(f"study {i}", arms, effects[list(arms)], tau, random) for i, arms in enumerate(ARMS)]
    truth = {f"d_{name}": float(effect) for name, effect in zip(TREATMENTS[1:], effects[1:], strict=True)}
    return truth, NetworkData(spec.measure, TREATMENTS, tuple(studies))


def _draw_contrasts(
    name: str, arms: tuple[int, ...], effects: Floats, tau: float, random: np.random.Generator
) -> NetworkStudy:
    error = random.uniform(0.1, 0.5, len(arms))
    means = random.normal(effects, np.sqrt(error**2 + tau**2 / 2))
    covariance = np.full((len(arms) - 1, len(arms) - 1), error[0] ** 2) + np.diag(error[1:] ** 2)
    return NetworkStudy(name, arms, contrast=means[1:] - means[0], covariance=covariance)


def _draw_counts(
    spec: PoolSpec, name: str, arms: tuple[int, ...], effects: Floats, tau: float, random: np.random.Generator
) -> NetworkStudy:
    level = draw_prior(spec.baseline_prior, random) + random.normal(effects, tau / np.sqrt(2))
    if spec.model == "poisson":
        years = random.uniform(20, 400, len(arms))
        return NetworkStudy(name, arms, random.poisson(years * np.exp(level)).astype(float), years)
    n = random.integers(10, 120, len(arms))
    return NetworkStudy(name, arms, random.binomial(n, 1 / (1 + np.exp(-level))).astype(float), n.astype(float))


def _fit(spec: PoolSpec, data: NetworkData, index: int) -> dict[str, Floats]:
    from meta.networks.fit import pool_network

    result = pool_network(data, replace(spec, seed=index))
    assert result.draws is not None
    return {f"d_{name}": thin(result.draws[:, i]) for i, name in enumerate(TREATMENTS[1:], start=1)}


NETWORKS: Final = tuple(
    _make(model, effects) for model in ("normal", "binomial", "poisson") for effects in ("random", "common")
)
