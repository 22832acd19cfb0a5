"""Small-study effects: regression tests for an asymmetric funnel. With fewer than ten studies they tell very little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from meta.data import ArmCounts, EffectSizes
from meta.frequentist.pool import crude_sizes
from meta.frequentist.regression import regress
from meta.measures import Floats
from meta.problems import refuse

FEWEST = 10


@dataclass(frozen=True, slots=True)
class AsymmetryTest:
    """A test for an asymmetric funnel: `statistic` (t with `df`, or normal where df is None), p value, and the words
    that must go with it. `limit`: the estimate that the regression gives for a study without sampling error.
    """

    name: str
    statistic: float
    df: int | None
    p: float
    limit: float
    warnings: tuple[str, ...]


def _warn_few(k: int) -> tuple[str, ...]:
    return (f"{k} studies: a test of funnel asymmetry has next to no power below {FEWEST}",) if k < FEWEST else ()


def _fit_line(x: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats, int]:
    """Weighted least squares of y on 1 and x: coefficients, their standard errors, residual degrees of freedom."""
    design = np.column_stack([np.ones_like(x), x])
    root = np.sqrt(weights)
    beta, *_ = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)
    df = len(y) - 2
    residual = root * (y - design @ beta)
    covariance = np.linalg.inv((design * weights[:, None]).T @ design) * float(residual @ residual) / df
    return beta, np.sqrt(np.diag(covariance)), df


def _check(k: int) -> None:
    if k < 3:
        raise refuse("study", f"a regression through {k} studies tests nothing", "three studies or more")


def egger(data: EffectSizes) -> AsymmetryTest:
    """Egger 1997 (BMJ 315:629): estimates on standard errors, weighted by inverse variance, t with k - 2."""
    _check(len(data.studies))
    beta, error, df = _fit_line(np.sqrt(data.variance), data.estimate, 1 / data.variance)
    t = float(beta[1] / error[1])
    p = float(2 * stats.t.sf(abs(t), df))
    return AsymmetryTest("Egger", t, df, p, float(beta[0]), _warn_few(len(data.studies)))


def egger_random(data: EffectSizes) -> AsymmetryTest:
    """Egger's regression with heterogeneity by REML beyond the line, normal quantiles (Sterne and Egger 2005)."""
    _check(len(data.studies))
    fit = regress(data, np.sqrt(data.variance)[:, None], ("standard error",))
    z = float(fit.beta[1] / fit.se[1])
    p = float(2 * stats.norm.sf(abs(z)))
    return AsymmetryTest("Egger, random effects", z, None, p, float(fit.beta[0]), _warn_few(len(data.studies)))


def peters(data: ArmCounts) -> AsymmetryTest:
    """Peters 2006 (JAMA 295:676) for log odds ratios: estimates on 1/n, weighted by events x non-events / n.

    It keeps its level where Egger's does not: there, estimate and standard error share the same counts.
    """
    if data.measure != "log_odds_ratio":
        raise refuse("measure", f"Peters' test is for a log odds ratio, not a {data.measure}", "log_odds_ratio")
    sizes = crude_sizes(data)
    good = np.isfinite(sizes.estimate)
    _check(int(good.sum()))
    events, people = data.events.sum(axis=1)[good], data.exposure.sum(axis=1)[good]
    weights = 1 / (1 / events + 1 / (people - events))
    beta, error, df = _fit_line(1 / people, sizes.estimate[good], weights)
    t = float(beta[1] / error[1])
    return AsymmetryTest("Peters", t, df, float(2 * stats.t.sf(abs(t), df)), float(beta[0]), _warn_few(int(good.sum())))
