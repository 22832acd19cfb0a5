"""Prior against posterior of a set's pool: what the evidence added to mu and to tau."""

from __future__ import annotations

import math

import numpy as np

from meta.exact.posterior import Cells
from meta.measures import Floats, find_measure
from meta.pictures import draw_densities
from meta.priors import Prior, log_density
from meta.report.sets import SetReport

SHARE = 0.999
POINTS = 160


def draw_prior_posterior(report: SetReport) -> tuple[str, ...]:
    """SVG of mu and, for random effects, of tau, on the analysis scale; empty for methods that are not exact."""
    cells = report.result.draws
    if not isinstance(cells, Cells):
        return ()
    label = find_measure(report.result.measure).label
    drawn = [_draw(cells.mu_x, cells.mu_density, report.spec.mu_prior, f"pooled {label}")]
    if len(cells.tau_x) > 1:
        drawn.append(_draw(cells.tau_x, cells.tau_density, report.spec.tau_prior, "heterogeneity tau"))
    return tuple(drawn)


def _draw(x: Floats, density: Floats, prior: Prior, label: str) -> str:
    """The central part of a density that is known at uneven places, drawn at even ones."""
    mass = np.cumsum(density * np.gradient(x))
    low, high = (float(np.interp(p * mass[-1], mass, x)) for p in ((1 - SHARE) / 2, (1 + SHARE) / 2))
    low = 0.0 if x[0] == 0.0 else low
    at = np.linspace(low, high, POINTS)
    posterior = np.interp(at, x, density)
    with np.errstate(divide="ignore"):
        before = None if prior.family == "flat" else [math.exp(v) for v in log_density(prior, at)]
    return draw_densities(list(map(float, at)), before, list(map(float, posterior)), label)
