"""Pairwise and single-arm pools to calibrate: by integration and by sampling, with every part that a model can have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from meta.bayes.model import PLAIN, Parts
from meta.calibration.design import DRAWS, SAMPLING, Design, draw_prior, thin
from meta.data import ArmCounts, EffectSizes
from meta.measures import Floats
from meta.pooling import PoolSpec
from meta.priors import Prior

MU: Final = Prior("normal", (0.0, 1.0))
TAU: Final = Prior("half-normal", (0.5,))
BASELINE: Final = Prior("normal", (-1.0, 1.0))
RATE: Final = Prior("normal", (-3.0, 1.0))
STUDIES: Final = 8
EXACT: Final = ("exact/grid", "exact/likelihoods", "exact/pool", "exact/posterior", "likelihoods")
SAMPLED: Final = ("bayes/model", *SAMPLING)


type Data = EffectSizes | ArmCounts


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


_DATA: Final[Mapping[str, tuple[str, str, Callable[..., Data]]]] = {
    "normal": ("log_odds_ratio", "normal", _estimates),
    "binomial-level": ("logit_proportion", "binomial", _levels),
    "binomial-contrast": ("log_odds_ratio", "binomial", _pairs),
    "poisson-level": ("log_rate", "poisson", _rates),
    "poisson-contrast": ("log_rate_ratio", "poisson", _rate_pairs),
}
COVARIATE: Final = Parts(covariates=np.linspace(-1.0, 1.0, STUDIES)[:, None])
STUDENT: Final = Parts(student=4.0)
# Half of the studies are biased; three pairs of rows are arms of one trial.
BIASED: Final = Parts(biased=np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]))
TRIALS: Final = Parts(trial=np.array([0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 4.0]))


def _make(kind: str, method: str, effects: str, part: str = "", parts: Parts = PLAIN) -> Design:
    measure, model, make = _DATA[kind]
    spec = PoolSpec(
        measure,
        model,
        method,
        effects,
        mu_prior=RATE if kind == "poisson-level" else MU,
        tau_prior=TAU,
        baseline_prior=RATE if kind == "poisson-contrast" else BASELINE,
        draws=1000,
    )
    label = "-".join([method, kind, effects, *([part] if part else [])])
    sources = SAMPLED if method == "bayes" else EXACT
    fit = partial(_sample, spec, parts) if method == "bayes" else partial(_integrate, spec)
    return Design(label, sources, partial(_draw, spec, parts, make), fit)


def _draw(
    spec: PoolSpec, parts: Parts, make: Callable[..., Data], random: np.random.Generator
) -> tuple[dict[str, float], Data]:
    """Parameters from their priors (mu, tau unless effects are common, and those of the parts), and data from them."""
    truth = {"mu": draw_prior(spec.mu_prior, random)}
    tau = 0.0
    if spec.effects == "random":
        tau = truth["tau"] = draw_prior(spec.tau_prior, random)
    z = random.standard_t(parts.student, STUDIES) if parts.student else random.standard_normal(STUDIES)
    theta = truth["mu"] + tau * z
    if parts.covariates is not None:
        truth["slope"] = draw_prior(parts.slope_prior, random)
        theta = theta + truth["slope"] * parts.covariates[:, 0]
    if parts.biased is not None:
        truth["bias"], truth["tau_bias"] = (draw_prior(p, random) for p in (parts.bias_prior, parts.bias_spread_prior))
        theta = theta + parts.biased * (truth["bias"] + truth["tau_bias"] * random.standard_normal(STUDIES))
    if parts.trial is not None:
        truth["tau_trial"] = draw_prior(parts.trial_prior, random)
        shared = random.standard_normal(int(parts.trial.max()) + 1)
        theta = theta + truth["tau_trial"] * shared[parts.trial.astype(int)]
    return truth, make(random, theta)


def _integrate(spec: PoolSpec, data: Data, index: int) -> dict[str, Floats]:
    from meta.exact import draw_exact, pool_exact

    found = draw_exact(pool_exact(data, spec), DRAWS, index)
    return {"mu": found.mu} if spec.effects == "common" else {"mu": found.mu, "tau": found.tau}


def _sample(spec: PoolSpec, parts: Parts, data: Data, index: int) -> dict[str, Floats]:
    from meta.bayes import pool_bayes
    from meta.bayes.model import list_reported
    from meta.bayes.pool import Sampled

    sampled = pool_bayes(data, replace(spec, seed=index), parts).draws
    assert isinstance(sampled, Sampled)
    names = [name for name in list_reported(spec, parts) if name != "theta"]
    return {name: thin(sampled.sample.draws[name].reshape(-1)) for name in names}


PAIRWISE: Final = (
    *(_make(kind, "exact", effects) for kind in _DATA for effects in ("random", "common")),
    *(_make(kind, "bayes", effects) for kind in _DATA for effects in ("random", "common")),
    _make("normal", "bayes", "random", "covariate", COVARIATE),
    _make("normal", "bayes", "random", "student", STUDENT),
    _make("normal", "bayes", "random", "bias", BIASED),
    _make("normal", "bayes", "random", "trial", TRIALS),
)
