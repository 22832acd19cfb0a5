"""A posterior of (mu, tau) as weights on a grid, and everything that is read from it.

mu lies at places m + s sinh(u) with u equally spaced, tau at c (exp(t) - 1): fine where the posterior is sharp, wide
where its tails are heavy. Sums over equally spaced u of smooth functions that decay converge faster than any power of
the step (trapezoid rule); tau has an end at 0 and takes Simpson's rule. Halving the grid measures the error.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from meta.measures import Floats
from meta.problems import EvidenceError, refuse

DROP = 30.0
"""Grid ends lie where the log density has fallen by this much below its maximum."""
FARTHEST = 64.0
WINDOW = (121, 49)
"""Points of mu and tau that look for the posterior before it is weighed."""

type LogPosterior = Callable[[Floats, Floats], Floats]
"""Log of likelihood times priors at mu, shape (m,), and tau, shape (t,): shape (m, t), any constant left out."""


@dataclass(frozen=True, slots=True, eq=False)
class GridPosterior:
    """Weights of a posterior: `mu` (m,), `tau` (t,), `weight` (m, t) adding up to 1, `mu_density` (m,) at mu.

    `log_evidence`: log of the integral of the log posterior that was given.
    """

    mu: Floats
    tau: Floats
    weight: Floats
    mu_density: Floats
    tau_density: Floats
    log_evidence: float


@dataclass(frozen=True, slots=True)
class Frame:
    """A first guess of where the posterior is: `centre` and `scale` of mu, `tau_scale` of tau.

    `tau_ends`: the support of tau's prior; equal ends for a common effect (tau is 0). `sizes`: points of mu and of tau,
    four times a whole number plus one, so that the grid can be halved.
    """

    centre: float
    scale: float
    tau_scale: float
    tau_ends: tuple[float, float]
    sizes: tuple[int, int]


def integrate(log_posterior: LogPosterior, frame: Frame) -> tuple[GridPosterior, GridPosterior]:
    """The posterior on a grid laid where it lives, and on the same grid with every second point.

    Raises EvidenceError where the posterior has no end: data that leave mu or tau unbounded under improper priors.
    """
    u_ends, t_ends = _find_window(log_posterior, frame)
    u = np.linspace(*u_ends, frame.sizes[0])
    t = np.zeros(1) if _is_common(frame) else np.linspace(*t_ends, frame.sizes[1])
    return _weigh(log_posterior, frame, u, t), _weigh(log_posterior, frame, u[::2], t[::2])


def _is_common(frame: Frame) -> bool:
    return frame.tau_ends[0] == frame.tau_ends[1]


def _weigh(log_posterior: LogPosterior, frame: Frame, u: Floats, t: Floats) -> GridPosterior:
    mu, tau = frame.centre + frame.scale * np.sinh(u), frame.tau_scale * np.expm1(t)
    log_mu = np.log(frame.scale * np.cosh(u) * (u[1] - u[0]))
    log_tau = np.zeros(1)
    if len(t) > 1:
        log_tau = np.log(frame.tau_scale * np.exp(t) * (t[1] - t[0])) + _simpson_log(len(t))
    values = log_posterior(mu, tau) + log_mu[:, None] + log_tau[None, :]
    total = float(logsumexp(values))
    weight = np.exp(values - total)
    mu_density = weight.sum(axis=1) / np.exp(log_mu)
    tau_density = weight.sum(axis=0) / np.exp(log_tau)
    return GridPosterior(mu, tau, weight, mu_density, tau_density, total)


def _simpson_log(count: int) -> Floats:
    """Log weights of Simpson's rule, odd count: tau has an end at 0 where its density does not vanish."""
    weights = np.ones(count)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    return np.log(weights / 3.0)


def _find_window(log_posterior: LogPosterior, frame: Frame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends in u of mu and t of tau: widen until the density is negligible there, then draw in to it."""
    floor, ceiling = (float(np.log1p(end / frame.tau_scale)) for end in frame.tau_ends)
    mu_end, tau_end = 8.0, min(ceiling, max(4.0, 2 * floor))
    while True:
        u = np.linspace(-mu_end, mu_end, WINDOW[0])
        t = np.zeros(1) if _is_common(frame) else np.linspace(floor, tau_end, WINDOW[1])
        mu, tau = frame.centre + frame.scale * np.sinh(u), frame.tau_scale * np.expm1(t)
        values = log_posterior(mu, tau) + np.log(np.cosh(u))[:, None] + t[None, :]
        top = values.max()
        open_mu = values[[0, -1], :].max() > top - DROP
        open_tau = tau_end < ceiling and len(t) > 1 and values[:, -1].max() > top - DROP
        if not open_mu and not open_tau:
            break
        mu_end, tau_end = mu_end * (1.5 if open_mu else 1), min(ceiling, tau_end * (1.5 if open_tau else 1))
        if max(mu_end, tau_end) > FARTHEST:
            raise _refuse_open("tau" if open_tau else "mu")
    inside = values > top - DROP
    across, along = inside.any(axis=1).nonzero()[0], inside.any(axis=0).nonzero()[0]
    ends = (float(u[max(0, across[0] - 1)]), float(u[min(len(u) - 1, across[-1] + 1)]))
    return ends, (float(t[0]), float(t[min(len(t) - 1, along[-1] + 1)]))


def _refuse_open(which: str) -> EvidenceError:
    wanted = 'a proper mu-prior, such as "normal(0, 2.82)"' if which == "mu" else "a tighter tau-prior, or more studies"
    return refuse(f"{which}-prior", f"the evidence and the priors leave {which} without bounds", wanted)


def read_quantile(x: Floats, density: Floats, p: Floats) -> Floats:
    """Quantiles of a density known at x: cumulated by cubic Hermite pieces, then inverted piece by piece."""
    from scipy.interpolate import CubicSpline, PchipInterpolator

    total = CubicSpline(x, density).antiderivative()
    values = np.maximum.accumulate(total(x) - total(x[0]))
    values = values / values[-1]
    keep = np.concatenate([[True], np.diff(values) > 1e-14])
    return np.asarray(PchipInterpolator(values[keep], x[keep])(p), float)


def mix_quantile(p: float, centres: Floats, widths: Floats, weights: Floats) -> Floats:
    """The p-quantile of mixtures of normals: centres and widths (..., n), weights (n,); width 0 is a point.

    Bisection to 1e-12 of the spread; shape of the leading axes.
    """
    from scipy.special import ndtr

    low = (centres - 12 * widths).min(axis=-1)
    high = (centres + 12 * widths).max(axis=-1)
    safe = np.maximum(widths, 1e-300)
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = (ndtr((middle[..., None] - centres) / safe) * weights).sum(axis=-1) < p
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(0.5 * (low + high), float)
