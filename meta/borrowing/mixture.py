"""A prior as a finite mixture of conjugate laws: its posterior under new data is another, in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy import optimize, stats
from scipy.special import betaln, gammaln, logsumexp

from meta.measures import Floats
from meta.problems import refuse

FAMILIES: Final = ("beta", "normal", "gamma")


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """`family`: ``beta`` (a, b) of a proportion, ``normal`` (mean, sd) of a mean or log ratio, ``gamma`` (shape, rate)
    of a rate per person-year. `weight` (c,) adds up to 1; `first`, `second` (c,) parameters of the components.
    """

    family: str
    weight: Floats
    first: Floats
    second: Floats


def make_mixture(family: str, components: list[tuple[float, float, float]]) -> Mixture:
    """From (weight, first, second) triples. Raises EvidenceError for what is no mixture of that family."""
    if family not in FAMILIES:
        raise refuse("family", f"unknown {family!r}", " | ".join(FAMILIES), FAMILIES, family)
    weight, first, second = (np.array(column, float) for column in zip(*components, strict=True))
    positive = second > 0 if family == "normal" else (first > 0) & (second > 0)
    if not positive.all() or (weight < 0).any() or abs(weight.sum() - 1) > 1e-9:
        wanted = "weights that add up to 1, positive scales"
        raise refuse("components", "weights or parameters that are no mixture", wanted)
    return Mixture(family, weight, first, second)


def _laws(m: Mixture) -> Any:
    if m.family == "beta":
        return stats.beta(m.first, m.second)
    if m.family == "normal":
        return stats.norm(m.first, m.second)
    return stats.gamma(m.first, scale=1 / m.second)


def log_terms(m: Mixture, x: Floats) -> Floats:
    """Log of weight times density of each component at x, shape (..., c)."""
    at = np.asarray(x, float)[..., None]
    a, b = m.first, m.second
    with np.errstate(divide="ignore", invalid="ignore"):
        if m.family == "beta":
            value = (a - 1) * np.log(at) + (b - 1) * np.log1p(-at) - betaln(a, b)
        elif m.family == "gamma":
            value = (a - 1) * np.log(at) - b * at + a * np.log(b) - gammaln(a)
        else:
            value = -0.5 * ((at - a) / b) ** 2 - np.log(b) - 0.5 * np.log(2 * np.pi)
        return np.asarray(np.log(m.weight) + value, float)


def log_density(m: Mixture, x: Floats) -> Floats:
    """Log density at x, any shape, inside the support."""
    return np.asarray(logsumexp(log_terms(m, x), axis=-1), float)


def probability_below(m: Mixture, x: float) -> float:
    """Probability of a value at most x."""
    return float((m.weight * _laws(m).cdf(x)).sum())


def quantile(m: Mixture, p: float) -> float:
    """The p-quantile, 0 < p < 1."""
    ends = _laws(m).ppf(p)
    low, high = float(ends.min()), float(ends.max())
    if high - low < 1e-14 * (1 + abs(high)):
        return low
    # Far in a tail both ends may round to one probability.
    if probability_below(m, low) >= p or probability_below(m, high) <= p:
        return low if probability_below(m, low) >= p else high
    return float(optimize.brentq(lambda x: probability_below(m, x) - p, low, high, xtol=1e-13))


def moments(m: Mixture) -> tuple[float, float]:
    """Mean and standard deviation."""
    laws = _laws(m)
    mean = float((m.weight * laws.mean()).sum())
    second = float((m.weight * (laws.var() + laws.mean() ** 2)).sum())
    return mean, float(np.sqrt(second - mean**2))


def draw(m: Mixture, count: int, seed: int) -> Floats:
    """Independent draws."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(m.weight), count, p=m.weight)
    a, b = m.first[chosen], m.second[chosen]
    if m.family == "beta":
        return random.beta(a, b)
    return random.normal(a, b) if m.family == "normal" else random.gamma(a, 1 / b)


def update(m: Mixture, data: Mapping[str, float]) -> Mixture:
    """The posterior: each component by conjugacy, weights by how well each predicted the data.

    `data`: ``events`` and ``n`` for beta, ``mean`` and ``se`` for normal, ``events`` and ``person_years`` for gamma.
    Raises EvidenceError for other keys or impossible numbers.
    """
    wanted = {"beta": ("events", "n"), "normal": ("mean", "se"), "gamma": ("events", "person_years")}[m.family]
    if set(data) != set(wanted):
        raise refuse("data", f"{', '.join(data)} given to a {m.family} prior", " and ".join(wanted))
    x, size = (float(data[key]) for key in wanted)
    impossible = size <= 0 or (m.family != "normal" and x < 0) or (m.family == "beta" and x > size)
    if not np.isfinite([x, size]).all() or impossible:
        raise refuse("data", f"{wanted[0]} {x:g} with {wanted[1]} {size:g}", "possible numbers")
    rule = {"beta": _update_beta, "normal": _update_normal, "gamma": _update_gamma}[m.family]
    first, second, log_evidence = rule(m, x, size)
    with np.errstate(divide="ignore"):
        log_weight = np.log(m.weight) + log_evidence
    return Mixture(m.family, np.exp(log_weight - logsumexp(log_weight)), first, second)


def _update_beta(m: Mixture, x: float, n: float) -> tuple[Floats, Floats, Floats]:
    a, b = m.first + x, m.second + n - x
    return a, b, betaln(a, b) - betaln(m.first, m.second)


def _update_normal(m: Mixture, x: float, se: float) -> tuple[Floats, Floats, Floats]:
    precision = 1 / m.second**2 + 1 / se**2
    mean = (m.first / m.second**2 + x / se**2) / precision
    return mean, precision**-0.5, stats.norm.logpdf(x, m.first, np.hypot(m.second, se))


def _update_gamma(m: Mixture, x: float, t: float) -> tuple[Floats, Floats, Floats]:
    a, b = m.first + x, m.second + t
    return a, b, gammaln(a) - gammaln(m.first) + m.first * np.log(m.second) - a * np.log(b)
