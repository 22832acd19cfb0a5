"""The exact log likelihood of each study's effect or level on a grid: binomial and Poisson counts, zeros and all.

Two-arm studies have a nuisance, the comparator's log odds or log rate. It is integrated out under a prior, or removed
by conditioning on the total of events (noncentral hypergeometric, or binomial for rates), as the caller asks.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import gammaln, logsumexp

from meta.data import ArmCounts
from meta.measures import Floats
from meta.priors import Prior, log_density, quantile

NEGLIGIBLE: Final = 40.0
"""Integrands below exp(-40) of their maximum are left out."""


def log_arm(events: float, exposure: float, x: Floats, likelihood: str) -> Floats:
    """Log likelihood of one arm at log odds (binomial) or log rates (Poisson) x, constants left out."""
    if likelihood == "binomial":
        return np.asarray(events * x - exposure * np.logaddexp(0.0, x), float)
    with np.errstate(over="ignore"):
        return np.asarray(events * x - exposure * np.exp(x), float)


def log_level(data: ArmCounts, study: int, x: Floats) -> Floats:
    """Log likelihood of a single-arm study's level at x."""
    return log_arm(float(data.events[study, 0]), float(data.exposure[study, 0]), x, data.likelihood)


def log_conditional(data: ArmCounts, study: int, theta: Floats) -> Floats:
    """Conditional log likelihood of a contrast given the total of events; 0 everywhere where that total tells
    nothing."""
    (e0, e1), (n0, n1) = data.events[study], data.exposure[study]
    total = float(e0 + e1)
    if data.likelihood == "poisson":
        return np.asarray(e1 * theta - total * np.log(np.exp(theta) * n1 + n0), float)
    support = np.arange(max(0.0, total - n0), min(total, n1) + 1)
    log_ways = _log_choose(float(n1), support) + _log_choose(float(n0), total - support)
    terms = log_ways[None, :] + np.outer(theta, support)
    return np.asarray(_log_choose(float(n1), e1) + _log_choose(float(n0), e0) + e1 * theta - logsumexp(terms, axis=1))


def _log_choose(n: float, k: Floats | float) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(np.asarray(k) + 1) - gammaln(n - np.asarray(k) + 1), float)


def log_marginal(data: ArmCounts, study: int, theta: Floats, baseline: Prior, coarser: int = 1) -> Floats:
    """Log likelihood of a contrast at theta, shape (m,), the comparator's baseline integrated out under its prior.

    The trapezoid rule on a grid that resolves the sharper of the two arms converges faster than any power of its step
    for these smooth, decaying integrands. `coarser`: keep every so manieth point, to measure the error.
    """
    grid = _baseline_grid(data, study, theta, baseline)[::coarser]
    (e0, e1), (n0, n1) = data.events[study], data.exposure[study]
    fixed = log_arm(float(e0), float(n0), grid, data.likelihood) + log_density(baseline, grid)
    step = float(grid[1] - grid[0])
    out = np.empty(len(theta))
    block = max(1, 2_000_000 // len(grid))
    for start in range(0, len(theta), block):
        part = theta[start : start + block]
        moved = log_arm(float(e1), float(n1), grid[None, :] + part[:, None], data.likelihood)
        moved += fixed[None, :]
        top = moved.max(axis=1)
        out[start : start + block] = top + np.log(np.exp(moved - top[:, None]).sum(axis=1))
    return out + np.log(step)


def _baseline_grid(data: ArmCounts, study: int, theta: Floats, baseline: Prior) -> Floats:
    """Where the integrand lives for any theta, at a step of a fourth of its sharpest width."""
    (e0, e1), (n0, n1) = data.events[study], data.exposure[study]
    low, high = (float(x) for x in quantile(baseline, np.array([1e-18, 1 - 1e-15])))
    low, high = max(low, -200.0), min(high, 200.0)
    coarse = np.linspace(low, high, 2001)
    fixed = log_arm(float(e0), float(n0), coarse, data.likelihood) + log_density(baseline, coarse)
    reach = np.zeros(len(coarse), bool)
    for value in np.linspace(theta.min(), theta.max(), 41):
        total = fixed + log_arm(float(e1), float(n1), coarse + value, data.likelihood)
        reach |= total > total.max() - NEGLIGIBLE
    ends = coarse[reach]
    spacing = coarse[1] - coarse[0]
    start, stop = float(ends.min() - 2 * spacing), float(ends.max() + 2 * spacing)
    sharpness = information(float(e0), float(n0), data.likelihood) + information(float(e1), float(n1), data.likelihood)
    width = 1 / np.sqrt(sharpness + 1.0)
    count = int(np.ceil((stop - start) / (width / 4))) | 1
    return np.linspace(start, stop, max(count, 65))


def information(events: float, exposure: float, likelihood: str) -> float:
    """About the Fisher information of one arm's log odds or log rate at its estimate."""
    return events * (1 - events / exposure) if likelihood == "binomial" else events
