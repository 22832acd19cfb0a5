"""Simulation-based calibration (Talts 2018): what a model to calibrate is.

Parameters are drawn from the priors, data from the parameters, and the posterior from the data; the rank of the truth
among the posterior's draws is then uniform for every quantity, or the computation is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from meta.measures import Floats
from meta.priors import Prior, quantile

DRAWS: Final = 99
SAMPLING: Final = ("bayes/priors", "bayes/compiled", "bayes/sampling")
"""What every sampled model rests on."""


@dataclass(frozen=True, slots=True)
class Design:
    """One model to calibrate.

    `sources`: the modules that it rests on. `draw`: from random numbers to the truth by name and its data. `fit`: from
    data and a seed to DRAWS nearly independent draws of every quantity by name.
    """

    name: str
    sources: tuple[str, ...]
    draw: Callable[[np.random.Generator], tuple[dict[str, float], Any]]
    fit: Callable[[Any, int], dict[str, Floats]]


def draw_prior(prior: Prior, random: np.random.Generator) -> float:
    """One draw from a proper prior."""
    return float(quantile(prior, np.array(random.random())))


def thin(values: Floats) -> Floats:
    """DRAWS of many draws in a row, evenly spaced."""
    return np.asarray(values[np.linspace(0, len(values) - 1, DRAWS).round().astype(int)])
