"""A step-function selection model: what the pool would be if significant results were likelier to be published."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from meta.data import EffectSizes
from meta.frequentist.heterogeneity import estimate_ml, likelihood, pool_weighted
from meta.measures import Floats
from meta.problems import refuse


@dataclass(frozen=True, slots=True)
class Selection:
    """`estimate`, `tau2` corrected for selection; `relative`: chance of publication of a study above the step against
    one below it; `p`: likelihood-ratio test of no selection (1 degree of freedom); `warnings`: to be read.
    """

    step: float
    estimate: float
    tau2: float
    relative: float
    statistic: float
    p: float
    warnings: tuple[str, ...]


def fit_selection(data: EffectSizes, *, step: float = 0.025, higher: bool = True) -> Selection:
    """Vevea and Hedges 1995 (Psychometrika 60:419) with one step in the one-sided p value.

    `higher`: significant means a large estimate (False: a small one). Raises EvidenceError where all studies lie on one
    side of the step, which leaves the chance of publication without information.
    """
    sign = 1.0 if higher else -1.0
    y, v = sign * data.estimate, data.variance
    error = np.sqrt(v)
    significant = stats.norm.sf(y / error) <= step
    if significant.all() or not significant.any():
        side = "all" if significant.all() else "none"
        raise refuse("step", f"{side} of the studies lie below p = {step}", "a step with studies on both sides")
    cut = stats.norm.isf(step) * error

    def loss(x: Floats) -> float:
        return -_log_likelihood(y, v, cut, significant, x[0] * scale + start, (x[1] * scale) ** 2, math.exp(x[2]))

    tau2 = estimate_ml(y, v)
    start, _, _ = pool_weighted(y, v, tau2)
    scale = float(np.sqrt(np.median(v)))
    tries = [
        optimize.minimize(loss, (0.0, math.sqrt(tau2) / scale + 0.1, w), method="Nelder-Mead", options=OPTIONS)
        for w in (0.0, -1.0, 1.5)
    ]
    best = min(tries, key=lambda found: float(found.fun))
    none = likelihood(y, v, tau2, restricted=False) - 0.5 * len(y) * math.log(2 * math.pi)
    statistic = max(0.0, 2 * (-float(best.fun) - none))
    few = min(int(significant.sum()), int((~significant).sum()))
    said = (f"only {few} studies on one side of the step: the model rests on them",) if few < 4 else ()
    return Selection(
        step,
        sign * float(best.x[0] * scale + start),
        float((best.x[1] * scale) ** 2),
        float(math.exp(best.x[2])),
        statistic,
        float(stats.chi2.sf(statistic, 1)),
        said,
    )


OPTIONS = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 8000, "maxfev": 8000}


def _log_likelihood(
    y: Floats, v: Floats, cut: Floats, significant: np.ndarray, mu: float, tau2: float, relative: float
) -> float:
    total = np.sqrt(v + tau2)
    above = stats.norm.sf(cut, mu, total)
    log_weight = np.where(significant, 0.0, math.log(relative))
    normal = stats.norm.logpdf(y, mu, total)
    return float((log_weight + normal - np.log(above + relative * (1 - above))).sum())
