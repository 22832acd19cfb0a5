"""One log hazard from mixed kinds of data: counts over a follow-up, person-time, printed hazards, points of a curve.

With a constant hazard h_i (per year) in study i, log h_i = mu + tau z_i:

    events in person-years T      Poisson(h T)
    events among n over L years   Binomial(n, 1 - exp(-h L)), the complementary log-log form
    retained r of n at t years    Binomial(n, exp(-h t)) of those still there
    curve: d of n between a and b Binomial(n, 1 - exp(-h (b - a)))
    printed log hazard y, se s    Normal(log h, s)

For a contrast, give each study's comparator as rows of their own: see `meta.bayes.model` for two-arm counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from meta.bayes.pool import Sampled, summarise_draws
from meta.bayes.priors import add_prior
from meta.bayes.sampling import sample_model
from meta.data import EffectSizes
from meta.measures import Floats
from meta.pooling import PoolSpec
from meta.problems import EvidenceError, Fault, refuse
from meta.result import PooledResult

KINDS: Final = ("rate", "count", "retained", "interval", "hazard")


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence about a study's hazard.

    `kind`: ``rate`` (x events in y person-years), ``count`` (x events of y people, over `to` years), ``retained`` (x of
    y still there at `to` years), ``interval`` (x events of y at risk from `start` to `to` years) or ``hazard`` (log
    hazard per year x with standard error y).
    """

    study: str
    kind: str
    x: float
    y: float
    start: float = 0.0
    to: float = 1.0


def _check(piece: Piece, line: int) -> list[Fault]:
    counts = piece.kind in ("count", "retained", "interval")
    wrong = [
        (piece.kind not in KINDS, "kind", f"unknown {piece.kind!r}", " | ".join(KINDS)),
        (not np.isfinite([piece.x, piece.y]).all(), "x", "a number that is missing", "finite numbers"),
        (piece.y <= 0, "y", f"{piece.y:g}", "a positive number"),
        (piece.kind != "hazard" and piece.x < 0, "x", f"{piece.x:g} is negative", "a count"),
        (counts and piece.x > piece.y, "x", f"{piece.x:g} of {piece.y:g}", "no more than there were"),
        (counts and not piece.start < piece.to, "to", f"from {piece.start:g} to {piece.to:g} years", "a later end"),
    ]
    return [Fault("", line, key, f"{piece.study}: {said}", wanted) for bad, key, said, wanted in wrong if bad]


def pool_mixed(pieces: Sequence[Piece], spec: PoolSpec) -> PooledResult:
    """Pool a log hazard per year from pieces of any kind in one likelihood, by sampling; the measure is log_rate.

    Several pieces of one study share its hazard. Raises EvidenceError for impossible pieces, SamplingError by the gate.
    """
    faults = [fault for line, piece in enumerate(pieces, 1) for fault in _check(piece, line)]
    if faults:
        raise EvidenceError(faults)
    if spec.measure != "log_rate" or not pieces:
        message = f"mixed data inform a log rate, not {spec.measure!r}"
        raise refuse("measure", message, "log_rate, and at least one piece")
    names = tuple(dict.fromkeys(piece.study for piece in pieces))
    reported = ["mu", *(["tau"] if spec.effects == "random" else []), "theta"]
    sample = sample_model([lambda: _build(pieces, names, spec)], reported, draws=spec.draws, seed=spec.seed)
    crude = np.array([_guess([piece for piece in pieces if piece.study == name]) for name in names])
    about = EffectSizes("log_rate", names, crude[:, 0], crude[:, 1])
    from meta.bayes.model import PLAIN

    return summarise_draws(about, spec, Sampled(sample, PLAIN))


def _guess(pieces: Sequence[Piece]) -> tuple[float, float]:
    """About the log hazard of one study and its variance, for pictures: events over time, half an event added."""
    known = [(piece.x, 1 / piece.y**2) for piece in pieces if piece.kind == "hazard"]
    events = sum(p.y - p.x if p.kind == "retained" else p.x for p in pieces if p.kind != "hazard")
    time = sum(p.y if p.kind == "rate" else p.y * (p.to - p.start) for p in pieces if p.kind != "hazard")
    if time > 0:
        known.append((float(np.log((events + 0.5) / time)), events + 0.5))
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total, 1 / total


def _build(pieces: Sequence[Piece], names: tuple[str, ...], spec: PoolSpec) -> Any:
    import pymc as pm

    with pm.Model() as model:
        theta = add_prior("mu", spec.mu_prior) + np.zeros(len(names))
        if spec.effects == "random":
            theta = theta + add_prior("tau", spec.tau_prior, scale=True) * pm.Normal("z", shape=len(names))
        theta = pm.Deterministic("theta", theta)
        for kind in KINDS:
            chosen = [piece for piece in pieces if piece.kind == kind]
            if chosen:
                index = np.array([names.index(piece.study) for piece in chosen])
                _add_kind(kind, theta[index], *_columns(chosen))
    return model


def _columns(pieces: Sequence[Piece]) -> tuple[Floats, Floats, Floats]:
    table = np.array([(p.x, p.y, p.to - p.start) for p in pieces], float)
    return table[:, 0], table[:, 1], table[:, 2]


def _add_kind(kind: str, log_hazard: Any, x: Floats, y: Floats, span: Floats) -> None:
    import pymc as pm

    if kind == "hazard":
        pm.Normal(kind, log_hazard, y, observed=x)
    elif kind == "rate":
        pm.Poisson(kind, mu=y * pm.math.exp(log_hazard), observed=x.astype(int))
    else:
        cumulative = span * pm.math.exp(log_hazard)
        left = pm.math.exp(-cumulative)
        p = left if kind == "retained" else 1 - left
        pm.Binomial(kind, n=y.astype(int), p=p, observed=x.astype(int))
