"""One log hazard from mixed kinds of data to calibrate: every kind, and studies that bring two pieces."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from meta.bayes.mixed import Piece
from meta.calibration.design import Design, draw_prior, thin
from meta.calibration.pairwise import RATE, TAU
from meta.measures import Floats
from meta.pooling import PoolSpec

SPEC: Final = PoolSpec("log_rate", "poisson", "bayes", mu_prior=RATE, tau_prior=TAU, draws=500)
# The kinds of each study's pieces.
KINDS: Final = (
    ("rate",),
    ("rate",),
    ("count",),
    ("retained",),
    ("interval",),
    ("hazard",),
    ("rate", "hazard"),
    ("count",),
)


def _draw(spec: PoolSpec, random: np.random.Generator) -> tuple[dict[str, float], list[Piece]]:
    truth = {"mu": draw_prior(spec.mu_prior, random)}
    tau = 0.0
    if spec.effects == "random":
        tau = truth["tau"] = draw_prior(spec.tau_prior, random)
    hazards = np.exp(truth["mu"] + tau * random.standard_normal(len(KINDS)))
    pieces = [
        _draw_piece(f"study {i}", kind, float(hazard), random)
        for i, (kinds, hazard) in enumerate(zip(KINDS, hazards, strict=True))
        for kind in kinds
    ]
    return truth, pieces


def _draw_piece(study: str, kind: str, hazard: float, random: np.random.Generator) -> Piece:
    if kind == "rate":
        years = float(random.uniform(50, 400))
        return Piece(study, kind, float(random.poisson(hazard * years)), years)
    if kind == "hazard":
        return Piece(study, kind, float(random.normal(np.log(hazard), 0.3)), 0.3)
    start, end = (0.25, 1.5) if kind == "interval" else (0.0, float(random.uniform(0.5, 2.0)))
    n, left = int(random.integers(40, 300)), float(np.exp(-hazard * (end - start)))
    return Piece(study, kind, float(random.binomial(n, left if kind == "retained" else 1 - left)), float(n), start, end)


def _fit(spec: PoolSpec, pieces: list[Piece], index: int) -> dict[str, Floats]:
    from meta.bayes import pool_mixed
    from meta.bayes.pool import Sampled

    sampled = pool_mixed(pieces, replace(spec, seed=index)).draws
    assert isinstance(sampled, Sampled)
    names = ["mu", *(["tau"] if spec.effects == "random" else [])]
    return {name: thin(sampled.sample.draws[name].reshape(-1)) for name in names}


def _make(effects: str) -> Design:
    spec = replace(SPEC, effects=effects)
    return Design(f"bayes-mixed-{effects}", ("bayes/mixed", "bayes/priors"), partial(_draw, spec), partial(_fit, spec))


MIXED: Final = tuple(_make(effects) for effects in ("random", "common"))
