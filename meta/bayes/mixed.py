"""One outcome from mixed kinds of data: counts over a follow-up, person-time, printed hazards and hazard ratios,
retention at a time, points of a curve.

With a constant hazard h (per year) in an arm:

    events in person-years T      Poisson(h T)
    events among n over L years   Binomial(n, 1 - exp(-h L)), the complementary log-log form
    retained r of n at t years    Binomial(n, exp(-h t)) of those still there
    curve: d of n between a and b Binomial(n, 1 - exp(-h (b - a)))
    printed log hazard y, se s    Normal(log h, s)
    printed log hazard ratio y    Normal(log h_1 - log h_0, s)

A level (``log_rate``) has log h_i = mu + tau z_i. A contrast (``log_hazard_ratio``) has log h = a_i in the comparator
arm of study i and a_i + mu + tau z_i in its treatment arm, a_i with the prior of the baseline.
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

RATIO: Final = "ratio"
KINDS: Final = ("rate", "count", "retained", "interval", "hazard")
LEVEL: Final = "log_rate"
CONTRAST: Final = "log_hazard_ratio"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence about a study's hazard.

    `kind`: ``rate`` (x events in y person-years), ``count`` (x events of y people, over `to` years), ``retained`` (x of
    y still there at `to` years), ``interval`` (x events of y at risk from `start` to `to` years), ``hazard`` (log
    hazard per year x with standard error y) or, for a contrast, ``ratio`` (log hazard ratio x with standard error y).
    `arm`: 0 for the comparator or the only arm, 1 for the treatment; a ratio has none.
    """

    study: str
    kind: str
    x: float
    y: float
    start: float = 0.0
    to: float = 1.0
    arm: int = 0


def pool_mixed(pieces: Sequence[Piece], spec: PoolSpec) -> PooledResult:
    """Pool a log hazard per year (measure ``log_rate``) or a log hazard ratio (``log_hazard_ratio``) from pieces of any
    kind in one likelihood, by sampling.

    Several pieces of one study share its hazards. Raises EvidenceError for impossible pieces, SamplingError by the
    gate.
    """
    if spec.measure not in (LEVEL, CONTRAST) or not pieces:
        message = f"mixed data inform a log rate or a log hazard ratio, not {spec.measure!r}"
        raise refuse("measure", message, f"{LEVEL} or {CONTRAST}, and at least one piece")
    paired = spec.measure == CONTRAST
    faults = [fault for line, piece in enumerate(pieces, 1) for fault in _check(piece, line, paired)]
    faults += _check_arms(pieces) if paired else []
    if faults:
        raise EvidenceError(faults)
    names = tuple(dict.fromkeys(piece.study for piece in pieces))
    reported = ["mu", *(["tau"] if spec.effects == "random" else []), "theta"]
    sample = sample_model([lambda: _build(pieces, names, spec)], reported, draws=spec.draws, seed=spec.seed)
    guess = _guess_ratio if paired else _guess
    crude = np.array([guess([piece for piece in pieces if piece.study == name]) for name in names])
    about = EffectSizes(spec.measure, names, crude[:, 0], crude[:, 1])
    from meta.bayes.model import PLAIN

    return summarise_draws(about, spec, Sampled(sample, PLAIN))


def _check(piece: Piece, line: int, paired: bool) -> list[Fault]:
    counts = piece.kind in ("count", "retained", "interval")
    known = (*KINDS, RATIO) if paired else KINDS
    printed = piece.kind in ("hazard", RATIO)
    wrong = [
        (piece.kind not in known, "kind", f"unknown {piece.kind!r}", " | ".join(known)),
        (piece.arm not in ((0, 1) if paired else (0,)), "arm", f"{piece.arm!r}", "0 or 1" if paired else "0"),
        (not np.isfinite([piece.x, piece.y]).all(), "x", "a number that is missing", "finite numbers"),
        (piece.y <= 0, "y", f"{piece.y:g}", "a positive number"),
        (not printed and piece.x < 0, "x", f"{piece.x:g} is negative", "a count"),
        (counts and piece.x > piece.y, "x", f"{piece.x:g} of {piece.y:g}", "no more than there were"),
        (counts and not piece.start < piece.to, "to", f"from {piece.start:g} to {piece.to:g} years", "a later end"),
    ]
    return [Fault("", line, key, f"{piece.study}: {said}", wanted) for bad, key, said, wanted in wrong if bad]


def _check_arms(pieces: Sequence[Piece]) -> list[Fault]:
    """A study whose arms are given must have both: one alone says nothing of the contrast."""
    arms: dict[str, set[int]] = {}
    for piece in pieces:
        if piece.kind != RATIO:
            arms.setdefault(piece.study, set()).add(piece.arm)
    return [
        Fault("", None, "arm", f"{study}: only arm {min(found)} has data", "pieces of both arms, or a ratio")
        for study, found in arms.items()
        if len(found) == 1
    ]


def _guess(pieces: Sequence[Piece]) -> tuple[float, float]:
    """About the log hazard of one arm and its variance, for pictures: events over time, half an event added."""
    known = [(piece.x, 1 / piece.y**2) for piece in pieces if piece.kind == "hazard"]
    events = sum(p.y - p.x if p.kind == "retained" else p.x for p in pieces if p.kind != "hazard")
    time = sum(p.y if p.kind == "rate" else p.y * (p.to - p.start) for p in pieces if p.kind != "hazard")
    if time > 0:
        known.append((float(np.log((events + 0.5) / time)), events + 0.5))
    return _average(known)


def _guess_ratio(pieces: Sequence[Piece]) -> tuple[float, float]:
    """About the log hazard ratio of one study and its variance."""
    known = [(piece.x, 1 / piece.y**2) for piece in pieces if piece.kind == RATIO]
    if len(known) < len(pieces):
        arms = [_guess([p for p in pieces if p.kind != RATIO and p.arm == arm]) for arm in (0, 1)]
        known.append((arms[1][0] - arms[0][0], 1 / (arms[0][1] + arms[1][1])))
    return _average(known)


def _average(known: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The mean of values by their weights, and the inverse of the sum of the weights."""
    total = sum(weight for _, weight in known)
    return sum(value * weight for value, weight in known) / total, 1 / total


def _build(pieces: Sequence[Piece], names: tuple[str, ...], spec: PoolSpec) -> Any:
    import pymc as pm

    with pm.Model() as model:
        theta = add_prior("mu", spec.mu_prior) + np.zeros(len(names))
        if spec.effects == "random":
            theta = theta + add_prior("tau", spec.tau_prior, scale=True) * pm.Normal("z", shape=len(names))
        theta = pm.Deterministic("theta", theta)
        level = _add_baselines(pieces, names, spec) if spec.measure == CONTRAST else None
        for kind in (*KINDS, RATIO):
            chosen = [piece for piece in pieces if piece.kind == kind]
            if chosen:
                effect = theta[pm.Data(f"{kind}_study", np.array([names.index(piece.study) for piece in chosen]))]
                _add_kind(kind, effect if level is None else level(chosen, effect), *_columns(chosen))
    return model


def _add_baselines(pieces: Sequence[Piece], names: tuple[str, ...], spec: PoolSpec) -> Any:
    """Add the comparators' log hazards; return what makes the log hazard (or ratio) of chosen pieces from effects."""
    import pymc as pm

    with_arms = [name for name in names if any(p.study == name and p.kind != RATIO for p in pieces)]
    baseline = add_prior("baseline", spec.baseline_prior, shape=len(with_arms)) if with_arms else None

    def find_level(chosen: Sequence[Piece], effect: Any) -> Any:
        if chosen[0].kind == RATIO:
            return effect
        assert baseline is not None
        kind = chosen[0].kind
        index = pm.Data(f"{kind}_baseline", np.array([with_arms.index(piece.study) for piece in chosen]))
        return baseline[index] + pm.Data(f"{kind}_arm", np.array([float(piece.arm) for piece in chosen])) * effect

    return find_level


def _columns(pieces: Sequence[Piece]) -> tuple[Floats, Floats, Floats]:
    table = np.array([(p.x, p.y, p.to - p.start) for p in pieces], float)
    return table[:, 0], table[:, 1], table[:, 2]


def _add_kind(kind: str, level: Any, x: Floats, y: Floats, span: Floats) -> None:
    """The likelihood of pieces of one kind. level: their log hazards per year, or log hazard ratios."""
    import pymc as pm

    if kind in ("hazard", RATIO):
        pm.Normal(kind, level, pm.Data(f"{kind}_error", y), observed=pm.Data(f"{kind}_estimate", x))
        return
    events = pm.Data(f"{kind}_events", x.astype(int))
    if kind == "rate":
        pm.Poisson(kind, mu=pm.Data(f"{kind}_years", y) * pm.math.exp(level), observed=events)
        return
    left = pm.math.exp(-pm.Data(f"{kind}_span", span) * pm.math.exp(level))
    p = left if kind == "retained" else 1 - left
    pm.Binomial(kind, n=pm.Data(f"{kind}_people", y.astype(int)), p=p, observed=events)
