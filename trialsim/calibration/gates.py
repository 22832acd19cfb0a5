"""The gates of a calibration: each has a figure and a limit, and a calibration that misses one is an error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.design import Design
from trialsim.calibration.layout import NORMAL, TAU_SCALES, Layout, find_taus
from trialsim.calibration.posterior import Sample, split_points
from trialsim.calibration.targets import NORMAL_95

type Floats = npt.NDArray[np.float64]
type Gates = dict[str, dict[str, float | bool]]

MOST_RHAT: Final = 1.01
# More than walkers that stand still would count (`moves.find_effective_size`): 800 of them.
LEAST_EFFECTIVE: Final = 1000.0
MOST_FAILED: Final = 0.01
MOST_BIAS: Final = 0.25
# Squared distances of direct simulations over what the surrogate states: its errors are understated by a fifth.
MOST_SCATTER: Final = 1.5
# Coverage of known truths, in standard errors from nominal; least p of their ranks, times the number of coordinates.
MOST_ERRORS: Final = 4.0
LEAST_P: Final = 0.01


def make_gate(figure: float, limit: float, passed: bool) -> dict[str, float | bool]:
    """Return a gate as it is stored."""
    return {"figure": float(figure), "limit": float(limit), "passed": bool(passed)}


def find_gates(layout: Layout, sample: Sample, check: Floats, runs: Design) -> Gates:
    """Return the gates of one calibration. check, runs: as in `Calibration`."""
    failed = len(runs.failures) / max(len(runs.points) + len(runs.failures), 1)
    bias = _find_bias(layout, sample, check)
    tolerance = _find_tolerance(sample)
    used = np.union1d(layout.component, layout.over[layout.over >= 0])
    scatter = float(np.nanmean(check[used, 2]))
    return {
        "rhat": make_gate(sample.rhat, MOST_RHAT, sample.rhat <= MOST_RHAT),
        "effective_sample_size": make_gate(
            sample.effective_size, LEAST_EFFECTIVE, sample.effective_size >= LEAST_EFFECTIVE
        ),
        "failed_run_share": make_gate(failed, MOST_FAILED, failed <= MOST_FAILED),
        "direct_simulation_shift": make_gate(bias, MOST_BIAS, bias <= MOST_BIAS),
        "direct_simulation_scatter": make_gate(scatter, MOST_SCATTER, scatter <= MOST_SCATTER),
        "final_tolerance": make_gate(tolerance, 1.0, tolerance <= 1.0),
    }


def find_rank_gates(ranks: Mapping[str, Any]) -> Gates:
    """Return the gates of simulation-based calibration. ranks: what `sbc.summarise_ranks` returns."""
    errors = max(
        abs(ranks[f"coverage_{level}"] - level / 100.0) / max(ranks[f"coverage_{level}_error"], 1e-9)
        for level in (50, 90)
    )
    p = ranks["least_p"] * len(ranks["histograms"])
    failed = ranks["failed"] / (ranks["failed"] + ranks["replications"])
    return {
        "known_truths_failed_run_share": make_gate(failed, MOST_FAILED, failed <= MOST_FAILED),
        "known_truths_rhat": make_gate(ranks["most_rhat"], MOST_RHAT, ranks["most_rhat"] <= MOST_RHAT),
        "known_truths_coverage": make_gate(errors, MOST_ERRORS, errors < MOST_ERRORS),
        "known_truths_ranks": make_gate(p, LEAST_P, p > LEAST_P),
    }


def _find_bias(layout: Layout, sample: Sample, check: Floats) -> float:
    """Largest shift of direct simulation beyond twice its error, in standard deviations of a fitted target's own; of a
    ratio, that of its parts against each other.
    """
    taus = np.median(find_taus(split_points(sample.points)[1]), axis=0)[layout.kind]
    counting = 1.0 / np.maximum(np.minimum(layout.events, np.maximum(layout.n - layout.events, 1.0)), 0.5)
    spread = np.sqrt(taus**2 + np.where(layout.law == NORMAL, layout.error**2, counting))
    over = np.where((layout.over >= 0)[:, None], check[np.maximum(layout.over, 0)], 0.0)
    moved, error = check[layout.component, 0] - over[:, 0], np.hypot(check[layout.component, 1], over[:, 1])
    shift = np.maximum(np.abs(moved) - 2.0 * error, 0.0)
    return float((shift / spread).max())


def _find_tolerance(sample: Sample) -> float:
    """Largest median discrepancy over the upper 95% point of its prior: beyond 1 it is more than heterogeneity, the
    model lacks something.
    """
    limits = NORMAL_95 * np.array(list(TAU_SCALES.values()))
    return float((np.median(find_taus(split_points(sample.points)[1]), axis=0) / limits).max())
