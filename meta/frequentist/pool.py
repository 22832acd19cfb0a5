"""The frequentist pool: an estimator of tau², the interval that was asked for, and what describes both."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

import numpy as np
from scipy import stats

from meta.data import ArmCounts, EffectSizes
from meta.frequentist import heterogeneity as het
from meta.frequentist.counts import pool_mantel_haenszel, pool_peto
from meta.frequentist.likelihood import fit_random
from meta.pooling import PoolSpec
from meta.problems import refuse
from meta.result import PooledResult, StudyResult

ESTIMATORS: Final = {
    "dl": het.estimate_dl,
    "pm": het.estimate_pm,
    "reml": het.estimate_reml,
    "ml": het.estimate_ml,
}
PREDICTIONS: Final = ("t(k-2)", "t(k-1)", "normal")


def pool_frequentist(data: EffectSizes | ArmCounts, spec: PoolSpec) -> PooledResult:
    """Pool by the frequentist method of the spec. Raises EvidenceError for data that it cannot be used on."""
    if spec.prediction not in PREDICTIONS:
        wanted = " | ".join(PREDICTIONS)
        raise refuse("prediction", f"unknown {spec.prediction!r}", wanted, PREDICTIONS, spec.prediction)
    if isinstance(data, ArmCounts):
        return _pool_counts(data, spec)
    if spec.method == "inverse-variance" or len(data.studies) == 1 or spec.effects == "common":
        return _pool_common(data, spec)
    return _pool_random(data, spec)


def _pool_common(data: EffectSizes, spec: PoolSpec) -> PooledResult:
    mu, variance, w = het.pool_weighted(data.estimate, data.variance, 0.0)
    warnings = list(data.warnings)
    if len(data.studies) == 1 and spec.method != "inverse-variance":
        warnings.append("with one study there is no heterogeneity to estimate: this is that study alone")
    return _finish(data, spec, mu, math.sqrt(variance), w, warnings)


def _finish(
    data: EffectSizes, spec: PoolSpec, mu: float, se: float, w: np.ndarray, warnings: list[str]
) -> PooledResult:
    """A common-effects result with Q and the studies as they are."""
    k = len(data.studies)
    half = float(stats.norm.ppf(0.5 + spec.level / 2))
    q = het.find_q(data.estimate, data.variance) if k > 1 else None
    return PooledResult(
        measure=data.measure,
        model=spec.model,
        method=spec.method,
        effects="common",
        level=spec.level,
        estimate=mu,
        estimate_is="weighted mean",
        se=se,
        ci_low=mu - half * se,
        ci_high=mu + half * se,
        tau=0.0,
        tau2=0.0,
        studies=list_studies(data, spec.level, w),
        i2=None if q is None else max(0.0, (q - (k - 1)) / q) if q > 0 else 0.0,
        h2=None if q is None else q / (k - 1),
        q=q,
        q_df=None if q is None else k - 1,
        q_p=None if q is None else float(stats.chi2.sf(q, k - 1)),
        treatment=data.treatment,
        comparator=data.comparator,
        definitions={"i2": "(Q - df) / Q, a share from 0 to 1 (Higgins 2003)", "h2": "Q / df"},
        warnings=tuple(warnings),
    )


def list_studies(data: EffectSizes, level: float, weights: np.ndarray | None) -> tuple[StudyResult, ...]:
    """Each study alone, with normal limits, and its share of the weights."""
    half = float(stats.norm.ppf(0.5 + level / 2))
    shares = None if weights is None else weights / weights.sum()
    return tuple(
        StudyResult(name, y, s, y - half * s, y + half * s, None if shares is None else float(shares[i]))
        for i, (name, y, s) in enumerate(
            zip(data.studies, map(float, data.estimate), map(float, np.sqrt(data.variance)), strict=True)
        )
    )


def _pool_random(data: EffectSizes, spec: PoolSpec) -> PooledResult:
    y, v, k = data.estimate, data.variance, len(data.studies)
    tau2 = ESTIMATORS[spec.method](y, v)
    mu, variance, w = het.pool_weighted(y, v, tau2)
    se, quantile, factor, warnings = _find_interval(y, mu, variance, w, spec)
    low2, high2 = het.profile_interval(y, v, spec.level)
    i2, h2 = het.describe_spread(tau2, v)
    half = quantile * se
    predicted, said = _predict(mu, se, tau2, k, spec)
    if tau2 == 0:
        warnings.append("tau² is estimated at its boundary, zero: that is no proof of equal effects")
    common = _finish(data, spec, mu, se, w, [*data.warnings, *warnings, *said])
    return replace(
        common,
        effects="random",
        estimate=mu,
        ci_low=mu - half,
        ci_high=mu + half,
        tau=math.sqrt(tau2),
        tau2=tau2,
        tau_low=math.sqrt(low2),
        tau_high=math.sqrt(high2),
        i2=i2,
        h2=h2,
        prediction_low=predicted[0],
        prediction_high=predicted[1],
        studies=_shrink(common.studies, data, mu, variance, tau2, spec.level),
        definitions={
            "i2": het.I2_DEFINITION,
            "h2": het.H2_DEFINITION,
            "tau_low": "Q-profile interval (Viechtbauer 2007)",
            "prediction": f"mean ± {spec.prediction} quantile x sqrt(tau2 + se2) (Higgins 2009 for t(k-2))",
            "ci": _name_interval(spec),
        },
        diagnostics={
            "se_tau2": het.find_error(y, v, tau2, restricted=spec.method != "ml"),
            "hartung_knapp_factor": factor,
        },
    )


def _name_interval(spec: PoolSpec) -> str:
    if not spec.hartung_knapp:
        return "normal quantile"
    return "Hartung-Knapp, t(k-1)" + (", never narrower than without (ad hoc guard)" if spec.guard else "")


def _find_interval(
    y: np.ndarray, mu: float, variance: float, w: np.ndarray, spec: PoolSpec
) -> tuple[float, float, float, list[str]]:
    """Standard error, quantile, the Hartung-Knapp factor, warnings."""
    tail = 0.5 + spec.level / 2
    if not spec.hartung_knapp:
        return math.sqrt(variance), float(stats.norm.ppf(tail)), 1.0, []
    k = len(y)
    factor = float((w * (y - mu) ** 2).sum()) / (k - 1)
    warnings = []
    if factor < 1 and not spec.guard:
        warnings.append(
            f"the Hartung-Knapp factor is {factor:.3g}, below 1: the interval may be narrower than without it"
        )
    used = max(1.0, factor) if spec.guard else factor
    return math.sqrt(variance * used), float(stats.t.ppf(tail, k - 1)), used, warnings


def _predict(
    mu: float, se: float, tau2: float, k: int, spec: PoolSpec
) -> tuple[tuple[float | None, float | None], list[str]]:
    df = {"t(k-2)": k - 2, "t(k-1)": k - 1, "normal": math.inf}[spec.prediction]
    if df < 1:
        return (None, None), [f"no prediction interval: {spec.prediction} has no degrees of freedom with {k} studies"]
    tail = 0.5 + spec.level / 2
    quantile = float(stats.norm.ppf(tail) if math.isinf(df) else stats.t.ppf(tail, df))
    half = quantile * math.sqrt(tau2 + se**2)
    return (mu - half, mu + half), []


def _shrink(
    studies: tuple[StudyResult, ...], data: EffectSizes, mu: float, variance: float, tau2: float, level: float
) -> tuple[StudyResult, ...]:
    """Best linear unbiased predictions with the uncertainty of the mean counted in."""
    half = float(stats.norm.ppf(0.5 + level / 2))
    out = []
    for study, y, v in zip(studies, data.estimate, data.variance, strict=True):
        share = tau2 / (tau2 + v)
        middle = float(share * y + (1 - share) * mu)
        error = math.sqrt(share * v + (1 - share) ** 2 * variance)
        out.append(replace(study, shrunk=middle, shrunk_low=middle - half * error, shrunk_high=middle + half * error))
    return tuple(out)


def _pool_counts(data: ArmCounts, spec: PoolSpec) -> PooledResult:
    sizes = crude_sizes(data)
    if spec.method == "ml":
        mu, se, tau, value = fit_random(data)
        result = _finish(sizes, spec, mu, se, np.ones(len(data.studies)), list(data.warnings))
        predicted, said = _predict(mu, se, tau**2, len(data.studies), spec)
        return replace(
            result,
            effects="random",
            estimate_is="maximum likelihood",
            tau=tau,
            tau2=tau**2,
            i2=None,
            h2=None,
            q=None,
            q_df=None,
            q_p=None,
            prediction_low=predicted[0],
            prediction_high=predicted[1],
            studies=tuple(replace(s, weight=None) for s in finite_studies(sizes, spec.level)),
            definitions={"likelihood": "conditional on the total of events" if data.events.shape[1] == 2 else "exact"},
            diagnostics={"log_likelihood": value},
            warnings=(*result.warnings, *said),
        )
    if data.events.shape[1] != 2:
        raise refuse("method", f"{spec.method} compares two arms", "a contrast measure")
    mu, se = pool_mantel_haenszel(data) if spec.method == "mantel-haenszel" else pool_peto(data)
    result = _finish(sizes, spec, mu, se, np.ones(len(data.studies)), list(data.warnings))
    good = np.isfinite(sizes.estimate) & np.isfinite(sizes.variance)
    y, v = sizes.estimate[good], sizes.variance[good]
    q = float(((y - mu) ** 2 / v).sum()) if good.sum() > 1 else None
    df = int(good.sum()) - 1
    return replace(
        result,
        studies=finite_studies(sizes, spec.level),
        q=q,
        q_df=df if q is not None else None,
        q_p=None if q is None else float(stats.chi2.sf(q, df)),
        i2=None if q is None else max(0.0, (q - df) / q) if q > 0 else 0.0,
        h2=None if q is None else q / df,
        definitions={"q": "about this estimate, over studies with a finite one", "i2": "(Q - df) / Q", "h2": "Q / df"},
    )


def crude_sizes(data: ArmCounts) -> EffectSizes:
    """The uncorrected effect size of each study, infinite where a cell is zero: for pictures and Q, never pooled."""
    from meta.effects.compute import FORMULAS

    cells = [
        part
        for side in reversed(range(data.events.shape[1]))
        for part in (data.events[:, side], data.exposure[:, side])
    ]
    with np.errstate(all="ignore"):
        value, variance = FORMULAS[data.measure](*cells)
    bad = ~(np.isfinite(value) & np.isfinite(variance) & (variance > 0))
    return EffectSizes(
        data.measure,
        data.studies,
        np.where(bad, np.nan, value),
        np.where(bad, np.nan, variance),
        data.treatment,
        data.comparator,
    )


def finite_studies(sizes: EffectSizes, level: float) -> tuple[StudyResult, ...]:
    """Each study alone; None where it has no finite estimate."""
    return tuple(
        StudyResult(each.study, None, None, None, None) if each.estimate is None or math.isnan(each.estimate) else each
        for each in list_studies(sizes, level, None)
    )
