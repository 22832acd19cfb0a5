"""Draws for a new setting: what a simulation of another place should be given, on the natural scale, in joint rows.

The pooled mean of a random-effects model is the average over settings. A new setting has a value of its own, drawn with
the heterogeneity; only such draws carry what is not known about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.measures import Floats, find_measure
from meta.problems import refuse
from meta.result import PooledResult


@dataclass(frozen=True, slots=True, eq=False)
class PredictiveDraws:
    """One row is one joint set of values for a new setting.

    `names`, `units`: of the columns. `values`: shape (draws, columns), natural scale. `stamp`: what made them (hash
    of the evidence, model with its priors, seed, versions), the same text for equal draws.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    values: NDArray[np.float64]
    stamp: Mapping[str, str]


def draw_setting(result: PooledResult, count: int, seed: int) -> Floats:
    """`count` values of a new setting on the analysis scale, shape (count,), from a posterior.

    A common-effects result gives draws of the common value. Raises EvidenceError for frequentist results, which have no
    posterior to draw from, and through their own gates for posteriors that have not converged.
    """
    if result.method == "exact":
        from meta.exact import draw_exact

        return np.asarray(draw_exact(result, count, seed).new, float)
    if result.method == "bayes":
        from meta.bayes import draw_bayes

        return np.asarray(draw_bayes(result, count, seed).new, float)
    raise refuse("method", f"{result.method!r} has no posterior to draw from", "exact or bayes")


def draw_natural(result: PooledResult, count: int, seed: int) -> Floats:
    """`count` values of a new setting in natural units (a proportion, a rate per person-year, a ratio)."""
    return np.asarray(find_measure(result.measure).back(draw_setting(result, count, seed)), float)


def apply_contrast(baseline: Floats, contrast: Floats, measure: str) -> Floats:
    """The treated level in natural units: row i of a baseline (natural) with row i of a contrast (analysis scale).

    Rows stay joint. `measure`: of the contrast; an odds ratio acts on odds, a rate, hazard or risk ratio multiplies, a
    difference adds. Risks are held within 0 and 1.
    """
    known = find_measure(measure)
    base, moved = np.asarray(baseline, float), np.asarray(contrast, float)
    if known.arms != 2:
        raise refuse(
            "measure", f"a {known.label} is a level and moves no baseline", "a contrast, such as log_odds_ratio"
        )
    if measure == "log_odds_ratio":
        odds = base / (1 - base) * np.exp(moved)
        return np.asarray(odds / (1 + odds), float)
    if measure in ("log_rate_ratio", "log_hazard_ratio"):
        return np.asarray(base * np.exp(moved), float)
    if measure == "log_risk_ratio":
        return np.clip(base * np.exp(moved), 0.0, 1.0)
    return np.clip(base + moved, 0.0, 1.0) if measure == "risk_difference" else base + moved


def join_columns(columns: Sequence[tuple[str, str, Floats]], stamp: Mapping[str, str]) -> PredictiveDraws:
    """Columns (name, unit, values of one length) as joint draws; row i of each belongs to row i of the others.

    Columns of one fit must come from the same rows of that fit; columns of separate fits are independent. Raises
    EvidenceError for columns of different lengths, repeated names, or values that are not finite.
    """
    names = tuple(name for name, _, _ in columns)
    if len(set(names)) < len(names):
        raise refuse("columns", f"a name stands twice among {', '.join(names)}", "one column a name")
    if len({len(values) for _, _, values in columns}) != 1:
        raise refuse("columns", "columns of different lengths", "the same draws in every column")
    values = np.column_stack([np.asarray(values, float) for _, _, values in columns])
    if not np.isfinite(values).all():
        bad = names[int(np.argmax(~np.isfinite(values).all(axis=0)))]
        raise refuse(bad, "draws that are not finite", "a proper posterior")
    values.setflags(write=False)
    return PredictiveDraws(names, tuple(unit for _, unit, _ in columns), values, dict(stamp))
