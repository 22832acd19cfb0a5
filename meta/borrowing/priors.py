"""Four ways to borrow from earlier trials, behind one interface: each gives a mixture that new data update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from scipy import stats
from scipy.special import betaln, gammaln

from meta.borrowing.fit import MixtureFit, fit_mixture
from meta.borrowing.mixture import Mixture
from meta.measures import Floats
from meta.predictive import draw_setting
from meta.problems import refuse
from meta.result import PooledResult

ROBUST_WEIGHT: Final = 0.2
DRAWS: Final = 20_000


def map_prior(result: PooledResult, *, count: int = DRAWS, seed: int = 1) -> MixtureFit:
    """The meta-analytic-predictive prior (Neuenschwander 2010): the predictive law of a new trial, as a mixture.

    Beta for proportions, gamma for rates, normal on the analysis scale for everything else.
    """
    new = draw_setting(result, count, seed)
    if result.measure == "logit_proportion":
        return fit_mixture(np.clip(1 / (1 + np.exp(-new)), 1e-9, 1 - 1e-9), "beta")
    if result.measure == "log_rate":
        return fit_mixture(np.exp(new), "gamma")
    return fit_mixture(new, "normal")


def robustify(prior: Mixture, *, weight: float = ROBUST_WEIGHT, unit_sd: float | None = None) -> Mixture:
    """Add a vague component, which takes over where new data contradict the old (Schmidli 2014, 10.1111/biom.12242).

    `weight`: prior probability that the old trials are irrelevant, 0 to 1. The component is a uniform proportion, a
    rate with the prior's mean worth one event, or a normal at the prior's mean worth one observation of `unit_sd`.
    """
    from meta.borrowing.mixture import moments

    if not 0 < weight < 1:
        raise refuse("weight", f"{weight} is no probability", "a number between 0 and 1, such as 0.2")
    mean, _ = moments(prior)
    if prior.family == "beta":
        vague = (1.0, 1.0)
    elif prior.family == "gamma":
        vague = (1.0, 1.0 / mean)
    else:
        if unit_sd is None:
            raise refuse("unit_sd", "a normal prior needs the sd of one observation", "unit_sd")
        vague = (mean, unit_sd)
    return Mixture(
        prior.family,
        np.append((1 - weight) * prior.weight, weight),
        np.append(prior.first, vague[0]),
        np.append(prior.second, vague[1]),
    )


def power_prior(old: Mapping[str, float], power: float, *, family: str, unit_sd: float | None = None) -> Mixture:
    """Old data at a fixed fraction of their weight (Ibrahim and Chen 2000). `power`: 0 ignores them, 1 pools them.

    Starts from beta(1, 1), gamma(0.5, 0) or a flat normal. Raises EvidenceError for a power outside 0 to 1.
    """
    if not 0 < power <= 1:
        raise refuse("power", f"{power} is no share of the old data", "a number above 0, at most 1")
    if family == "beta":
        first, second = 1 + power * old["events"], 1 + power * (old["n"] - old["events"])
    elif family == "gamma":
        first, second = 0.5 + power * old["events"], power * old["person_years"]
    elif family == "normal":
        first, second = old["mean"], old["se"] / power**0.5
    else:
        raise refuse("family", f"unknown {family!r}", "beta | normal | gamma")
    return Mixture(family, np.ones(1), np.array([first]), np.array([second]))


def normalised_power_prior(
    old: Mapping[str, float], new: Mapping[str, float], *, family: str
) -> tuple[Mixture, Floats]:
    """The power unknown, uniform on 0 to 1 (Duan 2006): the posterior given both data, as a mixture over the power.

    Returns the mixture, and the posterior mean and standard deviation of the power. For ``beta`` and ``gamma``.
    """
    nodes, weights = np.polynomial.legendre.leggauss(40)
    powers, weights = (nodes + 1) / 2, weights / 2
    if family == "beta":
        a, b = 1 + powers * old["events"], 1 + powers * (old["n"] - old["events"])
        first, second = a + new["events"], b + new["n"] - new["events"]
        log_evidence = betaln(first, second) - betaln(a, b)
    elif family == "gamma":
        a, b = 0.5 + powers * old["events"], powers * old["person_years"]
        first, second = a + new["events"], b + new["person_years"]
        log_evidence = gammaln(first) - first * np.log(second) - gammaln(a) + a * np.log(b)
    else:
        raise refuse("family", f"no normalised power prior for {family!r}", "beta | gamma")
    weight = weights * np.exp(log_evidence - log_evidence.max())
    weight = weight / weight.sum()
    mean = float((weight * powers).sum())
    sd = float(((weight * (powers - mean) ** 2).sum()) ** 0.5)
    return Mixture(family, weight, first, second), np.array([mean, sd])


def commensurate_prior(old: Mapping[str, float], *, spread: float = 0.5, count: int = 24) -> Mixture:
    """A new mean around the old one, how near being unknown (Hobbs 2012): normal with half-normal(spread) distance.

    `old`: ``mean`` and ``se``. The distance is integrated by Gauss-Legendre nodes of its quantiles: one component each.
    """
    if set(old) != {"mean", "se"} or old["se"] <= 0 or spread <= 0:
        raise refuse("old", "a commensurate prior is around a mean", "mean and a positive se, and a positive spread")
    nodes, weights = np.polynomial.legendre.leggauss(count)
    distance = stats.halfnorm.ppf((nodes + 1) / 2, scale=spread)
    return Mixture("normal", weights / 2, np.full(count, float(old["mean"])), np.hypot(old["se"], distance))
