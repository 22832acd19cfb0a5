"""Simulation-based calibration (Talts 2018): which models, what data they are given, and which sources they rest on.

Parameters are drawn from the priors, data from the parameters, and the posterior from the data; the rank of the truth
among the posterior's draws is then uniform for every quantity, or the computation is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from meta.data import ArmCounts, EffectSizes
from meta.measures import Floats
from meta.pooling import PoolSpec
from meta.priors import Prior, quantile

MU: Final = Prior("normal", (0.0, 1.0))
TAU: Final = Prior("half-normal", (0.5,))
BASELINE: Final = Prior("normal", (-1.0, 1.0))
RATE: Final = Prior("normal", (-3.0, 1.0))
STUDIES: Final = 8
COVARIATE: Final = np.linspace(-1.0, 1.0, STUDIES)
EXACT: Final = ("exact/grid", "exact/likelihoods", "exact/pool", "exact/posterior", "likelihoods")
SAMPLED: Final = ("bayes/model", "bayes/priors")


@dataclass(frozen=True, slots=True)
class Design:
    """One model to calibrate: `spec` with proper priors, `make` from (random, mu, tau) to data, `sources` by module.

    `covariate`: the model has a slope, whose prior is that of `meta.bayes.model`. `student`: robust heterogeneity.
    """

    name: str
    spec: PoolSpec
    make: Callable[[np.random.Generator, Floats], EffectSizes | ArmCounts]
    sources: tuple[str, ...]
    covariate: bool = False
    student: float | None = None


def _names() -> tuple[str, ...]:
    return tuple(f"study {i}" for i in range(STUDIES))


def _estimates(random: np.random.Generator, theta: Floats) -> EffectSizes:
    error = random.uniform(0.1, 0.8, STUDIES)
    return EffectSizes("log_odds_ratio", _names(), random.normal(theta, error), error**2)


def _levels(random: np.random.Generator, theta: Floats) -> ArmCounts:
    n = random.integers(5, 80, STUDIES)
    events = random.binomial(n, 1 / (1 + np.exp(-theta)))
    return ArmCounts("logit_proportion", "binomial", _names(), events[:, None].astype(float), n[:, None].astype(float))


def _pairs(random: np.random.Generator, theta: Floats) -> ArmCounts:
    n = random.integers(10, 120, (STUDIES, 2))
    base = random.normal(BASELINE.parameters[0], BASELINE.parameters[1], STUDIES)
    p = 1 / (1 + np.exp(-np.column_stack([base, base + theta])))
    return ArmCounts("log_odds_ratio", "binomial", _names(), random.binomial(n, p).astype(float), n.astype(float))


def _rates(random: np.random.Generator, theta: Floats) -> ArmCounts:
    years = random.uniform(20, 400, STUDIES)
    return ArmCounts(
        "log_rate", "poisson", _names(), random.poisson(years * np.exp(theta))[:, None].astype(float), years[:, None]
    )


def _rate_pairs(random: np.random.Generator, theta: Floats) -> ArmCounts:
    years = random.uniform(20, 400, (STUDIES, 2))
    base = random.normal(RATE.parameters[0], RATE.parameters[1], STUDIES)
    rate = np.exp(np.column_stack([base, base + theta]))
    return ArmCounts("log_rate_ratio", "poisson", _names(), random.poisson(years * rate).astype(float), years)


_DATA: Final[Mapping[str, tuple[str, str, Callable[..., EffectSizes | ArmCounts]]]] = {
    "normal": ("log_odds_ratio", "normal", _estimates),
    "binomial-level": ("logit_proportion", "binomial", _levels),
    "binomial-contrast": ("log_odds_ratio", "binomial", _pairs),
    "poisson-level": ("log_rate", "poisson", _rates),
    "poisson-contrast": ("log_rate_ratio", "poisson", _rate_pairs),
}


def _make(kind: str, method: str, effects: str, *, covariate: bool = False, student: float | None = None) -> Design:
    measure, model, make = _DATA[kind]
    spec = PoolSpec(
        measure,
        model,
        method,
        effects,
        mu_prior=RATE if kind == "poisson-level" else MU,
        tau_prior=TAU,
        baseline_prior=RATE if kind == "poisson-contrast" else BASELINE,
        draws=500,
    )
    label = "-".join([method, kind, effects, *(["covariate"] if covariate else []), *(["student"] if student else [])])
    sources = SAMPLED if method == "bayes" else EXACT
    return Design(label, spec, make, sources, covariate, student)


DESIGNS: Final = {
    design.name: design
    for design in (
        *(_make(kind, "exact", effects) for kind in _DATA for effects in ("random", "common")),
        *(_make(kind, "bayes", "random") for kind in _DATA),
        _make("normal", "bayes", "common"),
        _make("normal", "bayes", "random", covariate=True),
        _make("normal", "bayes", "random", student=4.0),
    )
}


def draw_truth(design: Design, random: np.random.Generator) -> dict[str, Floats]:
    """Parameters from their priors: mu, tau (0 for common effects), slope where there is one, and theta (k,)."""
    from meta.bayes.model import SLOPE

    mu = float(quantile(design.spec.mu_prior, np.array(random.random())))
    common = design.spec.effects == "common"
    tau = 0.0 if common else float(quantile(design.spec.tau_prior, np.array(random.random())))
    z = random.standard_t(design.student, STUDIES) if design.student else random.standard_normal(STUDIES)
    truth = {"mu": np.array(mu), "tau": np.array(tau)}
    theta = mu + tau * z
    if design.covariate:
        truth["slope"] = np.array(float(quantile(SLOPE, np.array(random.random()))))
        theta = theta + float(truth["slope"]) * COVARIATE
    return {**truth, "theta": theta}
