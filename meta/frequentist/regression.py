"""Meta-regression: study covariates and a heterogeneity that they do not explain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import optimize, stats

from meta.data import EffectSizes
from meta.frequentist.heterogeneity import PRECISION, estimate_reml
from meta.measures import Floats
from meta.problems import refuse


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """Coefficients of 1 and of the covariates, shape (p,), with standard errors and intervals.

    `tau2`: residual heterogeneity (REML). `qm`, `qm_p`: test of all covariates together (chi-squared, or F by Hartung
    and Knapp). `qe`, `qe_p`: residual Q. `r2`: share of tau² explained, 0 to 1, None where there was none to explain.
    """

    names: tuple[str, ...]
    beta: Floats
    se: Floats
    low: Floats
    high: Floats
    tau2: float
    qm: float
    qm_p: float
    qe: float
    qe_p: float
    r2: float | None


def regress(
    data: EffectSizes, covariates: Floats, names: tuple[str, ...], *, level: float = 0.95, hartung_knapp: bool = False
) -> Regression:
    """Fit by REML. `covariates`: shape (k, p - 1), finite. Raises EvidenceError for too few studies or collinearity.

    Source: Knapp and Hartung 2003 (Statistics in Medicine 22:2693); scoring as Viechtbauer 2010.
    """
    x = np.column_stack([np.ones(len(data.studies)), covariates])
    y, v = data.estimate, data.variance
    k, p = x.shape
    if k <= p:
        raise refuse("covariates", f"{p} coefficients from {k} studies", "more studies than coefficients")
    if not np.isfinite(x).all():
        raise refuse("covariates", "a covariate is missing for a study", "a number for every study")
    if np.linalg.matrix_rank(x) < p:
        raise refuse("covariates", "the covariates repeat one another", "covariates that are not collinear")
    tau2 = _estimate(x, y, v)
    beta, covariance, w = _fit(x, y, v, tau2)
    residual = y - x @ beta
    factor = float((w * residual**2).sum()) / (k - p) if hartung_knapp else 1.0
    covariance = covariance * factor
    se = np.sqrt(np.diag(covariance))
    quantile = float(stats.t.ppf(0.5 + level / 2, k - p) if hartung_knapp else stats.norm.ppf(0.5 + level / 2))
    rest = beta[1:]
    wald = float(rest @ np.linalg.solve(covariance[1:, 1:], rest))
    qm, qm_p = (
        (wald / (p - 1), float(stats.f.sf(wald / (p - 1), p - 1, k - p)))
        if hartung_knapp
        else (
            wald,
            float(stats.chi2.sf(wald, p - 1)),
        )
    )
    fixed, _, w0 = _fit(x, y, v, 0.0)
    qe = float((w0 * (y - x @ fixed) ** 2).sum())
    total = estimate_reml(y, v)
    r2 = None if total == 0 else max(0.0, (total - tau2) / total)
    low, high = beta - quantile * se, beta + quantile * se
    p_value = float(stats.chi2.sf(qe, k - p))
    return Regression(("intercept", *names), beta, se, low, high, tau2, qm, qm_p, qe, p_value, r2)


def _fit(x: Floats, y: Floats, v: Floats, tau2: float) -> tuple[Floats, Floats, Floats]:
    w = 1 / (v + tau2)
    covariance = np.linalg.inv((x * w[:, None]).T @ x)
    return covariance @ (x.T @ (w * y)), covariance, w


def _score(tau2: float, x: Floats, y: Floats, v: Floats) -> float:
    """Derivative of the restricted log likelihood, doubled."""
    beta, covariance, w = _fit(x, y, v, tau2)
    residual = y - x @ beta
    wx = x * w[:, None]
    return float((w**2 * residual**2).sum() - w.sum() + np.trace(covariance @ (wx.T @ wx)))


def _value(tau2: float, x: Floats, y: Floats, v: Floats) -> float:
    beta, covariance, w = _fit(x, y, v, tau2)
    _, log_det = np.linalg.slogdet(covariance)
    return 0.5 * float(np.log(w).sum() + log_det - (w * (y - x @ beta) ** 2).sum())


def _estimate(x: Floats, y: Floats, v: Floats) -> float:
    top = float(v.max() + np.ptp(y) ** 2)
    grid = np.concatenate([[0.0], np.geomspace(1e-8 * float(v.min()), 10 * top, 200)])
    best = int(np.argmax([_value(float(t), x, y, v) for t in grid]))
    score = partial(_score, x=x, y=y, v=v)
    low, high = float(grid[max(0, best - 1)]), float(grid[min(len(grid) - 1, best + 1)])
    if best == 0 and score(0.0) <= 0:
        return 0.0
    if score(low) > 0 > score(high):
        return float(optimize.brentq(score, low, high, xtol=PRECISION * high, rtol=PRECISION))
    return float(grid[best])
