"""Mixtures fitted to a predictive distribution: the meta-analytic-predictive prior in a form that can be updated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import optimize
from scipy.special import digamma, logsumexp, polygamma

from meta.borrowing.mixture import Mixture, log_density, log_terms
from meta.measures import Floats
from meta.problems import refuse

MOST: Final = 4
ROUNDS: Final = 2000
ENOUGH: Final = 4000
"""More draws than this are replaced by as many of their quantiles."""


@dataclass(frozen=True, slots=True, eq=False)
class MixtureFit:
    """`mixture` of `components` by the information criterion; `divergence`: Kullback-Leibler divergence of the mixture
    from the draws, in nats, up to the entropy that all candidates share: the loss against the best candidate tried.
    """

    mixture: Mixture
    components: int
    criterion: tuple[float, ...]
    divergence: float


def fit_mixture(draws: Floats, family: str, *, most: int = MOST) -> MixtureFit:
    """Expectation-maximisation for 1 to `most` components; the fewest that the Akaike criterion wants.

    Draws of a proportion for ``beta``, of a rate for ``gamma``, of anything for ``normal``. Raises EvidenceError for
    draws outside the family's support.
    """
    x = np.sort(np.asarray(draws, float))
    if len(x) > ENOUGH:
        x = np.quantile(x, (np.arange(ENOUGH) + 0.5) / ENOUGH)
    inside = {"beta": (x > 0) & (x < 1), "gamma": x > 0, "normal": np.isfinite(x)}.get(family)
    if inside is None or not inside.all():
        raise refuse("draws", f"draws outside what a {family} law can be", "proportions for beta, positive for gamma")
    fits = [_fit(x, family, count) for count in range(1, most + 1)]
    scores = [float(log_density(m, x).mean()) for m in fits]
    criterion = tuple(-2 * len(x) * s + 2 * (3 * count - 1) for count, s in enumerate(scores, 1))
    best = int(np.argmin(criterion))
    return MixtureFit(fits[best], best + 1, criterion, max(scores) - scores[best])


def _fit(x: Floats, family: str, count: int) -> Mixture:
    """EM from components laid side by side over the sorted draws."""
    share = np.full((len(x), count), 0.02 / max(1, count - 1) if count > 1 else 1.0)
    for c, part in enumerate(np.array_split(np.arange(len(x)), count)):
        share[part, c] = 0.98 if count > 1 else 1.0
    previous = -np.inf
    mixture = _maximise(x, share, family)
    for _ in range(ROUNDS):
        terms = log_terms(mixture, x)
        total = logsumexp(terms, axis=1)
        score = float(total.mean())
        if score - previous < 1e-8:
            break
        previous = score
        mixture = _maximise(x, np.exp(terms - total[:, None]), family)
    return mixture


def _maximise(x: Floats, share: Floats, family: str) -> Mixture:
    weight = share.mean(axis=0)
    first, second = np.array([_fit_one(x, share[:, c], family) for c in range(share.shape[1])]).T
    return Mixture(family, weight / weight.sum(), first, second)


def _fit_one(x: Floats, w: Floats, family: str) -> tuple[float, float]:
    """Weighted maximum likelihood of one component."""
    w = w / w.sum()
    mean = float(w @ x)
    variance = max(float(w @ (x - mean) ** 2), 1e-14)
    if family == "normal":
        return mean, variance**0.5
    if family == "gamma":
        gap = np.log(mean) - float(w @ np.log(x))
        start = max(mean**2 / variance, 1e-3)
        shape = _solve(lambda a: np.log(a) - digamma(a) - gap, start)
        return shape, shape / mean
    size = max(mean * (1 - mean) / variance - 1, 1e-2)
    return _fit_beta(float(w @ np.log(x)), float(w @ np.log1p(-x)), mean * size, (1 - mean) * size)


def _solve(f: object, start: float) -> float:
    assert callable(f)
    low, high = start / 16, start * 16
    while f(low) < 0:
        low /= 4
    while f(high) > 0:
        high *= 4
    return float(optimize.brentq(f, low, high, rtol=1e-12))


def _fit_beta(log_x: float, log_y: float, a: float, b: float) -> tuple[float, float]:
    """Newton's method for a beta law whose mean logarithms are given, on the logarithms of its parameters."""
    p = np.log([max(a, 1e-2), max(b, 1e-2)])
    for _ in range(100):
        a, b = np.exp(p)
        both = digamma(a + b)
        score = np.array([log_x - digamma(a) + both, log_y - digamma(b) + both])
        shared = polygamma(1, a + b)
        hessian = np.array([[shared - polygamma(1, a), shared], [shared, shared - polygamma(1, b)]])
        step = np.linalg.solve(hessian * np.array([a, b]), -score)
        p = p + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-11:
            break
    return float(np.exp(p[0])), float(np.exp(p[1]))
