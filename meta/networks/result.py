"""The answer of a network: effects against the reference, every pair, heterogeneity, ranks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from meta.measures import Floats, find_measure
from meta.problems import refuse

BENEFITS = ("higher", "lower")


@dataclass(frozen=True, slots=True)
class Ranking:
    """Ranks of the treatments, 1 the best, for a direction of benefit that the caller named.

    `shares[i][r]`: probability that treatment i has rank r + 1. `score[i]`: SUCRA (Salanti 2011), or the P-score of a
    frequentist network (Rücker 2015), both between 0 and 1, 1 the best.
    """

    benefit: str
    kind: str
    shares: tuple[tuple[float, ...], ...]
    score: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class NetworkResult:
    """Effects on the analysis scale. `estimate`, `se`, `low`, `high`: (T, T), row treatment minus column treatment.

    `treatments`: the reference first, so that column 0 holds effects against it. `tau` and its limits: 0 and None for
    common effects. `q`: Cochran's Q in all, within designs (heterogeneity) and between them (inconsistency), with
    degrees of freedom and p values, where a frequentist fit exists. `draws`: (n, T) effects against the reference,
    `tau_draws`: (n,) the tau of each (0 for common effects).
    `estimate` is the weighted mean, the posterior mean (exact) or the posterior median (bayes, with `mean` beside it).
    """

    measure: str
    model: str
    method: str
    effects: str
    level: float
    treatments: tuple[str, ...]
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    prediction_low: Floats | None
    prediction_high: Floats | None
    tau: float
    tau_low: float | None
    tau_high: float | None
    people: Mapping[str, float]
    studies: Mapping[tuple[str, str], int]
    q: Mapping[str, float] = field(default_factory=dict)
    priors: Mapping[str, str] = field(default_factory=dict)
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    draws: Floats | None = None
    tau_draws: Floats | None = None
    mean: Floats | None = None


def rank_treatments(result: NetworkResult, benefit: str | None) -> Ranking:
    """Rank the treatments. `benefit`: ``higher`` or ``lower``, whichever value of the measure is good for people.

    There is no default: a ranking turned round looks like any other. Raises EvidenceError without it.
    """
    if benefit not in BENEFITS:
        wanted = "higher (a large value is good, as of retention) or lower (as of death)"
        raise refuse("benefit", f"the direction of benefit is not named: {benefit!r}", wanted, BENEFITS, str(benefit))
    sign = 1.0 if benefit == "higher" else -1.0
    if result.draws is None:
        return _rank_frequentist(result, benefit, sign)
    count = len(result.treatments)
    order = np.argsort(-sign * result.draws, axis=1)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(count)[None, :], axis=1)
    shares = np.array([[float((ranks[:, i] == r).mean()) for r in range(count)] for i in range(count)])
    score = shares.cumsum(axis=1)[:, :-1].mean(axis=1)
    return Ranking(benefit, "SUCRA", tuple(map(tuple, shares.tolist())), tuple(score.tolist()))


def _rank_frequentist(result: NetworkResult, benefit: str, sign: float) -> Ranking:
    from scipy.special import ndtr

    count = len(result.treatments)
    with np.errstate(invalid="ignore", divide="ignore"):
        better = ndtr(sign * result.estimate / result.se)
    score = [float(np.delete(better[i], i).mean()) for i in range(count)]
    return Ranking(benefit, "P-score", (), tuple(score))


def describe_network(result: NetworkResult, ranking: Ranking | None = None) -> dict[str, Any]:
    """Plain data without NaN: effects against the reference, the league (row minus column), heterogeneity, ranks."""
    measure = find_measure(result.measure)
    names = result.treatments

    def cell(i: int, j: int) -> dict[str, Any]:
        numbers = {"estimate": result.estimate, "se": result.se, "ci_low": result.low, "ci_high": result.high}
        found: dict[str, Any] = {key: float(value[i, j]) for key, value in numbers.items()}
        back = {key: float(measure.back(np.array(found[key]))) for key in ("estimate", "ci_low", "ci_high")}
        found["mean"] = None if result.mean is None else float(result.mean[i, j])
        if result.prediction_low is not None and result.prediction_high is not None:
            found["prediction_low"] = float(result.prediction_low[i, j])
            found["prediction_high"] = float(result.prediction_high[i, j])
        return {**found, "back_transformed": {"unit": measure.natural, **back}}

    pairs = [(i, j) for i in range(len(names)) for j in range(len(names)) if i != j]
    return {
        "measure": result.measure,
        "model": result.model,
        "method": result.method,
        "effects": result.effects,
        "level": result.level,
        "reference": names[0],
        "treatments": list(names),
        "against_reference": {names[i]: cell(i, 0) for i in range(1, len(names))},
        "league": [{"treatment": names[i], "comparator": names[j], **cell(i, j)} for i, j in pairs],
        "tau": result.tau,
        "tau_low": result.tau_low,
        "tau_high": result.tau_high,
        "q": dict(result.q),
        "people": {name: (value if math.isfinite(value) else None) for name, value in result.people.items()},
        "studies": [{"pair": list(pair), "count": count} for pair, count in result.studies.items()],
        "priors": dict(result.priors),
        "diagnostics": dict(result.diagnostics),
        "ranking": None if ranking is None else describe_ranking(names, ranking),
        "warnings": list(result.warnings),
    }


def describe_ranking(names: tuple[str, ...], ranking: Ranking) -> dict[str, Any]:
    """Plain data of a ranking, by treatment."""
    return {
        "benefit": ranking.benefit,
        "score": ranking.kind,
        "treatments": {
            name: {"score": ranking.score[i], "rank_probabilities": list(ranking.shares[i]) if ranking.shares else None}
            for i, name in enumerate(names)
        },
    }
