"""What predictions of left-out studies come to: coverage, scores against the baselines, and misses by name.

Numbers of one study stand or fall together, so that errors and ranges are those of drawing studies, not numbers, anew
(a bootstrap of clusters; Davison and Hinkley 1997, section 3.8).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from trialsim.calibration.validate import Prediction

type Floats = npt.NDArray[np.float64]

RESAMPLES: Final = 4000
SEED: Final = 1
UNKNOWN: Final = float("nan")


def find_crps(draws: Floats, observed: float) -> float:
    """Return the continuous ranked probability score of a sample (Gneiting and Raftery 2007, equation 21)."""
    ordered = np.sort(draws)
    n = len(ordered)
    spread = ((2.0 * np.arange(1, n + 1) - n - 1.0) * ordered).sum() / (n * n)
    return float(np.abs(draws - observed).mean() - spread)


def summarise_predictions(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Return coverage (of all, of the numbers that no fit ever sees, and by kind), mean scores against the baselines,
    widths against naive ones, and the misses by name.
    """
    naive = [(p.width, p.naive_width) for p in predictions if np.isfinite(p.naive_width)]
    kinds = dict.fromkeys(p.target.kind for p in predictions)
    return {
        **_cover(predictions),
        "never_fitted": _cover([p for p in predictions if p.target.role == "held out"]),
        "by_kind": [{"kind": kind, **_cover([p for p in predictions if p.target.kind == kind])} for kind in kinds],
        "misses": [p.target.name for p in predictions if not p.inside],
        "crps_against_pooled_mean": _compare(predictions, "crps_pooled"),
        "crps_against_constant_hazard": _compare(predictions, "crps_constant"),
        "narrower_than_naive": float(np.mean([own <= other for own, other in naive])) if naive else UNKNOWN,
        "median_width_over_naive": float(np.median([own / other for own, other in naive])) if naive else UNKNOWN,
    }


def _cover(some: Sequence[Prediction]) -> dict[str, Any]:
    """Return the shares of numbers inside their intervals with standard errors (none of fewer than two studies)."""
    studies = [p.target.study for p in some]
    out: dict[str, Any] = {"targets": len(some), "studies": len(set(studies))}
    for level, inside in ((95, [p.inside for p in some]), (50, [p.inside50 for p in some])):
        means = resample_studies(studies, np.array(inside, np.float64))
        out[f"coverage_{level}"] = float(np.mean(inside)) if some else UNKNOWN
        out[f"coverage_{level}_error"] = float(means.std(ddof=1)) if out["studies"] > 1 else UNKNOWN
    return out


def _compare(predictions: Sequence[Prediction], baseline: str) -> dict[str, Any]:
    """Return mean scores of the model and a baseline where there is one, and the range of their difference."""
    both = [p for p in predictions if np.isfinite(getattr(p, baseline))]
    own, other = np.array([p.crps for p in both]), np.array([getattr(p, baseline) for p in both])
    studies = [p.target.study for p in both]
    low, high = UNKNOWN, UNKNOWN
    if len(set(studies)) > 1:
        low, high = np.quantile(resample_studies(studies, own - other), [0.025, 0.975])
    return {
        "targets": len(both),
        "studies": len(set(studies)),
        "model": float(own.mean()) if both else UNKNOWN,
        "baseline": float(other.mean()) if both else UNKNOWN,
        "difference_low": float(low),
        "difference_high": float(high),
    }


def resample_studies(studies: Sequence[str], values: Floats) -> Floats:
    """Return the means [RESAMPLES] of values when their studies are drawn anew, with all of their numbers."""
    names, place = np.unique(studies, return_inverse=True)
    if not len(names):
        return np.full(RESAMPLES, UNKNOWN)
    drawn = np.random.default_rng(SEED).multinomial(len(names), np.full(len(names), 1.0 / len(names)), size=RESAMPLES)
    totals, counts = np.bincount(place, values), np.bincount(place)
    return np.asarray(drawn @ totals / (drawn @ counts))
