"""The table of joint draws that a calibration writes, and its stamp: what it was made from, and how well."""

from __future__ import annotations

import csv
import hashlib
import io
import platform
from importlib import metadata
from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import Calibration, Options, pick_rows
from trialsim.calibration.layout import TAU_SCALES, find_taus
from trialsim.calibration.posterior import split_points
from trialsim.calibration.prior import find_values
from trialsim.calibration.stamp import hash_data, hash_everything
from trialsim.parameters.calibrated import DISCREPANCY, WEIGHT

type Floats = npt.NDArray[np.float64]


def tabulate_draws(calibration: Calibration, options: Options) -> tuple[str, dict[str, Any]]:
    """Return the table of joint draws as CSV text, and its stamp."""
    points = pick_rows(calibration.sample.points, options.draws, options.seed + 5)
    own, spreads = split_points(points)
    prior = calibration.problem.prior
    values, taus = find_values(prior, own), find_taus(spreads)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([WEIGHT, *prior.names, *(f"{DISCREPANCY}{kind}" for kind in TAU_SCALES)])
    for row, tau in zip(values, taus, strict=True):
        writer.writerow([f"{1.0 / len(values):.6g}", *(f"{x:.6g}" for x in (*row, *tau))])
    text = stream.getvalue()
    everything = find_values(prior, split_points(calibration.sample.points)[0])
    stamp = {
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        **hash_everything(),
        "data": hash_data(calibration.problem.targets, prior),
        "seed": options.seed,
        "versions": {
            "python": platform.python_version(),
            **{n: metadata.version(n) for n in ("numpy", "numba", "pymc")},
        },
        "method": "sequential Monte Carlo (PyMC) and moves on a polynomial surrogate, checked by direct simulation",
        "rows": {
            "design": options.first + options.second,
            "unseen": 2 * options.unseen,
            "check": options.checks,
            "sample": len(calibration.sample.points),
        },
        "gates": calibration.gates,
        "ledger": {
            "runs": len(calibration.runs.points) + len(calibration.runs.failures),
            "failed": len(calibration.runs.failures),
            "reasons": sorted(set(calibration.runs.failures)),
        },
        "targets": {"fit": len(calibration.problem.fitted), "all": len(calibration.problem.targets)},
        "parameters": {
            name: _describe_parameter(calibration, name, everything[:, i], calibration.sample.points[:, i])
            for i, name in enumerate(prior.names)
        },
        "discrepancies": {
            kind: _describe_values(find_taus(split_points(calibration.sample.points)[1])[:, i])
            for i, kind in enumerate(TAU_SCALES)
        },
    }
    return text, stamp


def _describe_values(values: Floats) -> dict[str, float]:
    low, median, high = np.quantile(values, [0.025, 0.5, 0.975])
    return {"median": float(f"{median:.6g}"), "low": float(f"{low:.6g}"), "high": float(f"{high:.6g}")}


def _describe_parameter(calibration: Calibration, name: str, values: Floats, coordinates: Floats) -> dict[str, Any]:
    entry = calibration.problem.prior.entries[name]
    contraction = 1.0 - float(coordinates.var())
    return {
        "prior": {"median": entry.value, "low": entry.low, "high": entry.high},
        "prior_reason": calibration.problem.prior.reasons[name],
        "posterior": _describe_values(values),
        "contraction": round(max(min(contraction, 1.0), 0.0), 3),
    }
