"""From the weights of a grid to what is reported: moments, quantiles, prediction, shrinkage, draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta.exact.grid import GridPosterior, mix_quantile, read_quantile
from meta.measures import Floats

ENOUGH = 1 - 1e-7
"""Cells of the grid that hold this much of the posterior are mixed; the rest is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """A posterior as a finite mixture: in cell c mu is N(centre, width²), tau is known; `weight` adds up to 1.

    `mu_x`, `mu_density`, `tau_x`, `tau_density`: the marginal densities, for pictures. `tau_density` is empty for a
    common effect. `study_centre`, `study_width`: (k, c), each study's effect given the cell and all data.
    """

    centre: Floats
    width: Floats
    tau: Floats
    weight: Floats
    mu_x: Floats
    mu_density: Floats
    tau_x: Floats
    tau_density: Floats
    study_centre: Floats
    study_width: Floats


@dataclass(frozen=True, slots=True)
class Summary:
    """Numbers of a posterior on the analysis scale; pairs are lower and upper limits."""

    mean: float
    sd: float
    median: float
    interval: tuple[float, float]
    tau_median: float
    tau_interval: tuple[float, float]
    prediction: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Joint draws, all of shape (n,): pooled mean, heterogeneity, and the effect in a new setting."""

    mu: Floats
    tau: Floats
    new: Floats


def take_cells(grid: GridPosterior) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of mu and tau of the cells that hold nearly all of the posterior, heaviest first."""
    flat = grid.weight.ravel()
    order = np.argsort(flat)[::-1]
    count = int(np.searchsorted(np.cumsum(flat[order]), ENOUGH)) + 1
    rows, columns = np.unravel_index(order[:count], grid.weight.shape)
    return rows, columns


def summarise(cells: Cells, grid: GridPosterior, level: float) -> Summary:
    """Every number that is reported, from one grid."""
    tail = (1 - level) / 2
    mean = float((cells.weight * cells.centre).sum())
    variance = float((cells.weight * (cells.width**2 + (cells.centre - mean) ** 2)).sum())
    points = np.array([tail, 0.5, 1 - tail])
    if (cells.width > 0).all():
        low, median, high = (float(mix_quantile(p, cells.centre, cells.width, cells.weight)) for p in points)
    else:
        low, median, high = map(float, read_quantile(grid.mu, grid.mu_density, points))
    if len(grid.tau) > 1:
        tau_low, tau_median, tau_high = map(float, read_quantile(grid.tau, grid.tau_density, points))
    else:
        tau_low = tau_median = tau_high = 0.0
    spread = np.hypot(cells.width, cells.tau)
    predicted = (low, high)
    if len(grid.tau) > 1:
        ends = [float(mix_quantile(p, cells.centre, spread, cells.weight)) for p in points[[0, 2]]]
        predicted = (ends[0], ends[1])
    return Summary(mean, variance**0.5, median, (low, high), tau_median, (tau_low, tau_high), predicted)


def draw_cells(cells: Cells, count: int, seed: int) -> Draws:
    """`count` independent joint draws."""
    random = np.random.default_rng(seed)
    chosen = random.choice(len(cells.weight), count, p=cells.weight / cells.weight.sum())
    spacing = np.interp(cells.centre[chosen], cells.mu_x[:-1], np.diff(cells.mu_x))
    within = np.where(cells.width[chosen] > 0, random.standard_normal(count) * cells.width[chosen], 0.0)
    jitter = np.where(cells.width[chosen] > 0, 0.0, (random.random(count) - 0.5) * spacing)
    mu = cells.centre[chosen] + within + jitter
    tau = cells.tau[chosen]
    return Draws(mu, tau, mu + tau * random.standard_normal(count))
