"""The network as one linear model: contrasts within studies, their covariance, and the half tau² that arms share.

A study with baseline arm b gives contrasts y_ib = d_i - d_b + error, with covariance V + tau² H, where H has 1 on its
diagonal and 1/2 elsewhere (Higgins and Whitehead 1996; Lu and Ades 2004).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from meta.measures import Floats
from meta.networks.data import NetworkData, NetworkStudy
from meta.problems import EvidenceError, Fault


@dataclass(frozen=True, slots=True, eq=False)
class LinearNetwork:
    """`y` (m,) contrasts, `v` (m, m) block covariance, `h` (m, m) structure of tau², `x` (m, p) design of `names` (p,).

    `study`: (m,) index of each row's study; `pair`: (m,) the (treatment, baseline) of each row.
    """

    y: Floats
    v: Floats
    h: Floats
    x: Floats
    names: tuple[str, ...]
    study: tuple[int, ...]
    pair: tuple[tuple[int, int], ...]


type Design = Callable[[int, int, int], Floats]
"""From study, treatment and baseline to a row of the design."""


def lay_network(data: NetworkData, names: tuple[str, ...] | None = None, design: Design | None = None) -> LinearNetwork:
    """The linear model of basic parameters (each treatment against the reference), or of another design."""
    count = len(data.treatments) - 1

    def basic(_: int, treatment: int, baseline: int) -> Floats:
        row = np.zeros(count)
        for index, sign in ((treatment, 1.0), (baseline, -1.0)):
            if index:
                row[index - 1] += sign
        return row

    make = design or basic
    parts = [(i, study, *find_contrast(study, data.measure)) for i, study in enumerate(data.studies)]
    total = sum(len(contrast) for _, _, contrast, _ in parts)
    v, h = np.zeros((total, total)), np.zeros((total, total))
    rows, y, index, pairs, at = [], [], [], [], 0
    for i, study, contrast, covariance in parts:
        size = len(contrast)
        block = slice(at, at + size)
        v[block, block], h[block, block] = covariance, 0.5 + 0.5 * np.eye(size)
        at += size
        y += list(contrast)
        for arm in study.arms[1:]:
            rows.append(make(i, arm, study.arms[0]))
            index.append(i)
            pairs.append((arm, study.arms[0]))
    labels = names or data.treatments[1:]
    return LinearNetwork(np.array(y), v, h, np.array(rows), labels, tuple(index), tuple(pairs))


def find_contrast(study: NetworkStudy, measure: str) -> tuple[Floats, Floats]:
    """Contrasts against the baseline arm and their covariance; from counts by the usual large-sample forms."""
    if study.contrast is not None and study.covariance is not None:
        return study.contrast, study.covariance
    assert study.events is not None
    assert study.exposure is not None
    e, n = study.events, study.exposure
    value, variance = _measure_arms(e, n, measure)
    if not np.isfinite(value).all() or not (variance > 0).all():
        message = f"{study.name!r} has a zero cell, and the normal model has no contrast for it"
        raise EvidenceError([Fault("", None, "events", message, "the model binomial or poisson, by the method bayes")])
    return value[1:] - value[0], np.full((len(e) - 1, len(e) - 1), variance[0]) + np.diag(variance[1:])


def _measure_arms(e: Floats, n: Floats, measure: str) -> tuple[Floats, Floats]:
    """Each arm's level on the scale of a contrast, and its variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "log_odds_ratio":
            return np.log(e / (n - e)), 1 / e + 1 / (n - e)
        if measure == "log_risk_ratio":
            return np.log(e / n), 1 / e - 1 / n
        if measure == "log_rate_ratio":
            return np.log(e / n), 1 / e
        return e / n, e / n * (1 - e / n) / n


def fit_linear(net: LinearNetwork, tau2: float, prior_precision: float = 0.0) -> tuple[Floats, Floats, float, float]:
    """Generalised least squares at a tau²: coefficients, covariance, residual Q and log determinant of the weights."""
    root = np.linalg.cholesky(net.v + tau2 * net.h)
    x, y = np.linalg.solve(root, net.x), np.linalg.solve(root, net.y)
    precision = x.T @ x + prior_precision * np.eye(net.x.shape[1])
    covariance = np.linalg.inv(precision)
    d = covariance @ (x.T @ y)
    return d, covariance, float(((y - x @ d) ** 2).sum()), -2 * float(np.log(np.diag(root)).sum())
