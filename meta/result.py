"""The answer of every pairwise or single-arm method, in one shape, so that methods can be laid side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from meta.measures import find_measure


@dataclass(frozen=True, slots=True)
class StudyResult:
    """One study in a pool, on the analysis scale.

    `estimate`, `se`, `low`, `high`: the study alone (for exact likelihoods: its maximum-likelihood estimate and the
    curvature there, None where that is infinite). `weight`: its share of the pooled estimate, adding up to 1 (None
    where a method has none). `shrunk`, `shrunk_low`, `shrunk_high`: the study given all others (None for common
    effects and where a method has none).
    """

    study: str
    estimate: float | None
    se: float | None
    low: float | None
    high: float | None
    weight: float | None = None
    shrunk: float | None = None
    shrunk_low: float | None = None
    shrunk_high: float | None = None


@dataclass(frozen=True, slots=True)
class PooledResult:
    """A pooled effect or level, on the analysis scale of `measure`.

    `estimate` is what `estimate_is` says: ``maximum likelihood``, ``weighted mean``, ``posterior mean`` (normal model)
    or ``posterior median`` (exact likelihoods: with rare events and log links some means do not exist). `mean`,
    `median`: of the posterior, None for frequentist methods and where a mean does not exist. `se`: standard error or
    posterior standard deviation. Intervals are two-sided and equal-tailed at `level` (a proportion, default 0.95).
    `effects`: ``random`` or ``common``. `tau`, `tau2`: heterogeneity standard deviation and variance; for posteriors
    the median of tau and its square; 0 for common effects. `i2`: share 0 to 1, by `definitions["i2"]`. `q`: Cochran's Q
    with `q_df` degrees of freedom and its p value; None where inverse-variance estimates do not exist.
    `prediction_low`, `prediction_high`: for the true effect of a new study; None where undefined, with a warning that
    says why. `priors`: every prior as text (empty for frequentist). `definitions`: the definition of every quantity
    that is defined differently elsewhere. `diagnostics`: numerical error (exact) or convergence (bayes), as numbers.
    `draws`: analysis-scale arrays that predictive draws are made from, never part of `to_dict`.
    """

    measure: str
    model: str
    method: str
    effects: str
    level: float
    estimate: float
    estimate_is: str
    se: float
    ci_low: float
    ci_high: float
    tau: float
    tau2: float
    studies: tuple[StudyResult, ...]
    mean: float | None = None
    median: float | None = None
    tau_low: float | None = None
    tau_high: float | None = None
    i2: float | None = None
    h2: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p: float | None = None
    prediction_low: float | None = None
    prediction_high: float | None = None
    treatment: str = ""
    comparator: str = ""
    priors: Mapping[str, str] = field(default_factory=dict)
    definitions: Mapping[str, str] = field(default_factory=dict)
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    draws: Any = field(default=None, repr=False, compare=False)


def back_transform(result: PooledResult) -> dict[str, Any]:
    """Estimate and limits in natural units. A posterior mean does not go through a curve: there, medians are given."""
    measure = find_measure(result.measure)
    center = result.median if result.median is not None else result.estimate
    named = {
        "estimate": center,
        "ci_low": result.ci_low,
        "ci_high": result.ci_high,
        "prediction_low": result.prediction_low,
        "prediction_high": result.prediction_high,
    }
    back = {key: None if x is None else float(measure.back(np.asarray(x, float))) for key, x in named.items()}
    return {"unit": measure.natural, **{key: _finite(x) for key, x in back.items()}}


def describe_result(result: PooledResult) -> dict[str, Any]:
    """Everything that a machine may want, as plain data without NaN; the keys of the command line's `--json`."""
    plain = {
        name: _plain(getattr(result, name))
        for name in PooledResult.__dataclass_fields__
        if name not in ("draws", "studies")
    }
    studies = [{key: _plain(getattr(s, key)) for key in StudyResult.__dataclass_fields__} for s in result.studies]
    return {**plain, "studies": studies, "back_transformed": back_transform(result)}


def _plain(value: Any) -> Any:
    if isinstance(value, float | np.floating):
        return _finite(float(value))
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
