"""Maximum likelihood for counts: a common effect, and a normal random effect under the exact likelihood.

Contrasts use the conditional likelihood given the total of events (Stijnen 2010), which needs no study baselines;
levels the binomial or Poisson likelihood itself. The random effect is integrated by the trapezoid rule on its own
scale.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import optimize
from scipy.special import logsumexp

from meta.data import ArmCounts
from meta.likelihoods import log_conditional, log_level
from meta.measures import Floats
from meta.problems import refuse

NODES = np.linspace(-8.0, 8.0, 641)
WEIGHTS = -0.5 * NODES**2 - 0.5 * math.log(2 * math.pi) + math.log(NODES[1] - NODES[0])
WIDEST = 30.0
OPTIONS = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000}


def _log_study(data: ArmCounts) -> Callable[[int, Floats], Floats]:
    single = data.events.shape[1] == 1
    return (lambda i, x: log_level(data, i, x)) if single else (lambda i, x: log_conditional(data, i, x))


def fit_common(data: ArmCounts) -> float:
    """The maximum-likelihood common effect or level on the analysis scale. Raises EvidenceError where it is
    infinite."""
    study = _log_study(data)

    def loss(mu: float) -> float:
        return -sum(float(study(i, np.array([mu]))[0]) for i in range(len(data.studies)))

    found = optimize.minimize_scalar(loss, bounds=(-WIDEST, WIDEST), method="bounded", options={"xatol": 1e-10})
    if abs(found.x) > WIDEST - 1:
        raise refuse("events", "the estimate is not finite: events in one arm only, or in none", "a proper mu prior")
    return float(found.x)


def fit_random(data: ArmCounts) -> tuple[float, float, float, float]:
    """Mean, its standard error, tau and the log likelihood. Raises EvidenceError where the mean is infinite."""
    study = _log_study(data)
    start = fit_common(data)

    def value(mu: float, tau: float) -> float:
        if tau < 1e-9:
            return sum(float(study(i, np.array([mu]))[0]) for i in range(len(data.studies)))
        theta = mu + tau * NODES
        return sum(float(logsumexp(study(i, theta) + WEIGHTS)) for i in range(len(data.studies)))

    tries = [
        optimize.minimize(lambda x: -value(x[0], abs(x[1])), (start, t), method="Nelder-Mead", options=OPTIONS)
        for t in (0.05, 0.5, 1.5)
    ]
    best = min(tries, key=lambda found: float(found.fun))
    mu, tau = float(best.x[0]), abs(float(best.x[1]))
    if abs(mu) > WIDEST - 1:
        raise refuse("events", "the estimate is not finite: events in one arm only, or in none", "a proper mu prior")
    if value(start, 0.0) >= value(mu, tau) - 1e-9:
        mu, tau = start, 0.0
    return mu, _find_error(value, mu, tau), tau, value(mu, tau)


def _find_error(value: Callable[[float, float], float], mu: float, tau: float) -> float:
    """Standard error of the mean from the observed information, tau at its estimate counted in where it is inside."""
    h = 1e-4 * (1 + abs(mu))
    second = (value(mu + h, tau) - 2 * value(mu, tau) + value(mu - h, tau)) / h**2
    if tau < 1e-3:
        return 1 / math.sqrt(-second)
    k = 1e-3 * tau
    across = (value(mu, tau + k) - 2 * value(mu, tau) + value(mu, tau - k)) / k**2
    corners = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
    mixed = sum(a * b * value(mu + a * h, tau + b * k) for a, b in corners) / (4 * h * k)
    return math.sqrt(-across / (second * across - mixed**2))
