"""Which parameters drive which statistics, and which targets inform which parameters.

Variance-based first-order indices over the posterior, of the surrogate's links, and a tornado: the statistic at a
parameter's 2.5% and 97.5% points with all others at their medians.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import Calibration
from trialsim.calibration.layout import lay_out_targets, predict_targets
from trialsim.calibration.posterior import split_points
from trialsim.calibration.surrogate import predict_links
from trialsim.calibration.validate import list_studies, to_scale

type Floats = npt.NDArray[np.float64]

SHOWN: Final = 5
# A parameter whose posterior is hardly narrower than its prior is known from the prior.
PRIOR_DOMINATES: Final = 0.2


def find_sensitivity(calibration: Calibration) -> dict[str, list[dict[str, Any]]]:
    """Return for every target its main drivers: parameter, first-order index, and the statistic at both ends."""
    own, _ = split_points(calibration.sample.points)
    layout = lay_out_targets(calibration.problem.targets, calibration.problem.components)
    links = predict_targets(layout, predict_links(calibration.surrogate, own))
    indices = find_first_order(own, links)
    middle = np.median(own, axis=0)
    low, high = np.quantile(own, [0.025, 0.975], axis=0)
    out: dict[str, list[dict[str, Any]]] = {}
    for i, target in enumerate(calibration.problem.targets):
        rows = []
        for j in np.argsort(-indices[i])[:SHOWN]:
            ends = np.tile(middle, (2, 1))
            ends[:, j] = low[j], high[j]
            at = predict_targets(layout, predict_links(calibration.surrogate, ends))[:, i]
            rows.append(
                {
                    "parameter": calibration.problem.prior.names[j],
                    "index": round(float(indices[i, j]), 3),
                    "at_low": to_scale(target, float(at[0])),
                    "at_high": to_scale(target, float(at[1])),
                }
            )
        out[target.name] = rows
    return out


def find_first_order(points: Floats, links: Floats) -> Floats:
    """Return first-order indices [targets, parameters]: variance of the mean given one coordinate over the variance.

    The conditional mean is a quadratic in the coordinate, fitted by least squares.
    """
    total = links.var(axis=0)
    out = np.zeros((links.shape[1], points.shape[1]))
    for j in range(points.shape[1]):
        x = points[:, j]
        design = np.column_stack([np.ones_like(x), x, x * x])
        fitted = design @ np.linalg.lstsq(design, links, rcond=None)[0]
        out[:, j] = fitted.var(axis=0) / np.maximum(total, 1e-12)
    return out


def find_information(calibration: Calibration) -> list[dict[str, Any]]:
    """Return for every parameter how far its posterior is narrower than its prior, and the studies that inform it most.

    A study's part: first-order index of the coordinate for the study's log likelihood over the posterior.
    """
    own, _ = split_points(calibration.sample.points)
    studies = list_studies(calibration.problem.fitted)
    of = np.array([studies.index(group[0]) for group in calibration.layout.groups])
    likelihood = np.column_stack(
        [calibration.sample.log_likelihood[:, of == s].sum(axis=1) for s in range(len(studies))]
    )
    parts = find_first_order(own, likelihood)
    out = []
    for j, name in enumerate(calibration.problem.prior.names):
        contraction = float(np.clip(1.0 - own[:, j].var(), 0.0, 1.0))
        best = np.argsort(-parts[:, j])[:3]
        out.append(
            {
                "parameter": name,
                "contraction": round(contraction, 3),
                "shift": round(float(own[:, j].mean()), 2),
                "prior_dominates": contraction < PRIOR_DOMINATES,
                "informed_by": [{"study": studies[s], "index": round(float(parts[s, j]), 3)} for s in best],
            }
        )
    return out
