"""What a sample must show before any number of it is used: convergence, enough draws, no divergences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from meta.measures import Floats
from meta.problems import EvidenceError, Fault

MOST_R_HAT: Final = 1.01
LEAST_ESS: Final = 400.0
"""Both of Vehtari 2021 (Bayesian Analysis 16:667): rank-normalised R-hat, bulk and tail effective sample size."""
TAILS: Final = (0.05, 0.95)
REMEDY: Final = "the method exact where it answers the model, a tighter tau prior, or more draws"


class SamplingError(EvidenceError):
    """A sample did not pass its gate: its numbers must not be used, and cannot feed a simulation."""


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """The worst over all quantities that are reported: R-hat, bulk and tail effective sample size, divergences."""

    r_hat: float
    ess_bulk: float
    ess_tail: float
    divergences: int


def diagnose(draws: Mapping[str, Floats], divergences: int) -> Diagnostics:
    """Diagnostics of named draws, each of shape (chains, draws, ...)."""
    from arviz_stats.base import array_stats

    flat = np.concatenate([value.reshape(*value.shape[:2], -1) for value in draws.values()], axis=2)
    axes = {"chain_axis": 0, "draw_axis": 1}
    columns = [flat[:, :, i] for i in range(flat.shape[2])]
    return Diagnostics(
        max(float(array_stats.rhat(column, **axes)) for column in columns),
        min(float(array_stats.ess(column, method="bulk", **axes)) for column in columns),
        min(float(array_stats.ess(column, method="tail", prob=TAILS, **axes)) for column in columns),
        divergences,
    )


def mixes(found: Diagnostics) -> bool:
    """Whether a sample passes but for divergences."""
    return found.r_hat <= MOST_R_HAT and min(found.ess_bulk, found.ess_tail) >= LEAST_ESS


def check_gate(found: Diagnostics) -> None:
    """Raise SamplingError, with every threshold that was missed and what to do, unless all are met."""
    missed = [
        ("r_hat", f"R-hat {found.r_hat:.3f}", f"at most {MOST_R_HAT}", found.r_hat <= MOST_R_HAT),
        (
            "ess_bulk",
            f"bulk effective sample size {found.ess_bulk:.0f}",
            f"{LEAST_ESS:.0f}",
            found.ess_bulk >= LEAST_ESS,
        ),
        (
            "ess_tail",
            f"tail effective sample size {found.ess_tail:.0f}",
            f"{LEAST_ESS:.0f}",
            found.ess_tail >= LEAST_ESS,
        ),
        ("divergences", f"{found.divergences} divergences", "none", found.divergences == 0),
    ]
    faults = [
        Fault("", None, key, f"sampling failed its gate: {what}", f"{wanted}; try {REMEDY}")
        for key, what, wanted, fine in missed
        if not fine
    ]
    if faults:
        raise SamplingError(faults)
