"""Log hazards and log hazard ratios from mixed kinds of data to calibrate: every kind, some studies with two pieces."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from meta.bayes.mixed import CONTRAST, LEVEL, RATIO, Piece
from meta.calibration.design import SAMPLING, Design, draw_prior, thin
from meta.calibration.pairwise import MU, RATE, TAU
from meta.measures import Floats
from meta.pooling import PoolSpec

SPECS: Final = {
    "level": PoolSpec(LEVEL, "poisson", "bayes", mu_prior=RATE, tau_prior=TAU, draws=1000),
    "contrast": PoolSpec(CONTRAST, "normal", "bayes", mu_prior=MU, tau_prior=TAU, baseline_prior=RATE, draws=1000),
}
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


# Of a contrast: the kinds of the pieces of both arms, empty where the study printed a ratio alone.
PAIRED: Final = ("rate", "count", "retained", "interval", "hazard", "rate", "", "")


def _draw(spec: PoolSpec, random: np.random.Generator) -> tuple[dict[str, float], list[Piece]]:
    truth = {"mu": draw_prior(spec.mu_prior, random)}
    tau = 0.0
    if spec.effects == "random":
        tau = truth["tau"] = draw_prior(spec.tau_prior, random)
    effects = truth["mu"] + tau * random.standard_normal(len(KINDS))
    if spec.measure == CONTRAST:
        return truth, [piece for i in range(len(PAIRED)) for piece in _draw_pair(spec, i, float(effects[i]), random)]
    pieces = [
        _draw_piece(f"study {i}", kind, float(np.exp(effect)), random)
        for i, (kinds, effect) in enumerate(zip(KINDS, effects, strict=True))
        for kind in kinds
    ]
    return truth, pieces


def _draw_pair(spec: PoolSpec, study: int, effect: float, random: np.random.Generator) -> list[Piece]:
    """Both arms of a study, or its printed ratio."""
    name, kind = f"study {study}", PAIRED[study]
    if not kind:
        return [Piece(name, RATIO, float(random.normal(effect, 0.3)), 0.3)]
    baseline = draw_prior(spec.baseline_prior, random)
    hazards = (float(np.exp(baseline)), float(np.exp(baseline + effect)))
    return [replace(_draw_piece(name, kind, hazard, random), arm=arm) for arm, hazard in enumerate(hazards)]


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


def _make(kind: str, effects: str) -> Design:
    spec = replace(SPECS[kind], effects=effects)
    return Design(
        f"bayes-mixed-{kind}-{effects}", ("bayes/mixed", *SAMPLING), partial(_draw, spec), partial(_fit, spec)
    )


MIXED: Final = tuple(_make(kind, effects) for kind in SPECS for effects in ("random", "common"))
