"""A calibration on disk: draws with their stamp, and what validation needs of it (surrogate, sample, direct check)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, fields
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import Calibration, Options, Problemset, pick_rows, pose_problem
from trialsim.calibration.design import Design
from trialsim.calibration.layout import lay_out_targets
from trialsim.calibration.posterior import Sample, find_log_likelihood
from trialsim.calibration.stamp import hash_data
from trialsim.calibration.surrogate import Surrogate
from trialsim.calibration.tabulate import tabulate_draws
from trialsim.calibration.targets import Target
from trialsim.parameters.calibrated import seal_stamp
from trialsim.parameters.evidence import find_evidence_file
from trialsim.parameters.reader import read_parameters
from trialsim.problems import InputError, Problem
from trialsim.runs.atomic import write_directory

POSTERIOR: Final = "posterior.npz"
# Rows of the sample that are kept for validation.
STORED: Final = 2000
# What of a surrogate is no real number, and what is sparse in memory.
PLACES: Final = ("size", "terms")
SPARSE: Final = ("coefficients", "variances")
OTHERS: Final = ("points", "check", "data", "quality")
WANTED: Final = "the file as `trialsim calibrate` writes it, with the same `--targets`"


def write_calibration(calibration: Calibration, options: Options, folder: Path) -> dict[str, Any]:
    """Write draws.csv, draws.json and posterior.npz into a folder, whole or not at all; return the stamp."""
    from trialsim.calibration.renew import find_fingerprint

    text, stamp = tabulate_draws(calibration, options)
    # What a few of the draws simulate lets `renew` see that an edit changed nothing.
    stamp = seal_stamp({**stamp, "fingerprint": find_fingerprint(text)})
    write_directory(
        folder,
        {
            "draws.csv": text.encode(),
            "draws.json": (json.dumps(stamp, indent=1, ensure_ascii=False) + "\n").encode(),
            POSTERIOR: lambda path: _save(path, calibration, options.seed),
        },
    )
    return stamp


def _save(path: Path, calibration: Calibration, seed: int) -> None:
    arrays: dict[str, Any] = {
        f"surrogate_{name}": np.asarray(
            value.toarray() if name in SPARSE else value, np.intp if name in PLACES else np.float32
        )
        for name, value in asdict(calibration.surrogate).items()
    }
    arrays["points"] = pick_rows(calibration.sample.points, STORED, seed + 9).astype(np.float32)
    arrays["check"] = calibration.check
    arrays["data"] = np.array(hash_data(calibration.problem.targets, calibration.problem.prior))
    arrays["quality"] = np.array([calibration.sample.rhat, calibration.sample.effective_size])
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def read_posterior(file: Path | Traversable | None = None, targets: Sequence[Target] | None = None) -> Calibration:
    """Return the calibration that a file holds, without its simulations; None reads the one that ships.

    targets: those that it was made from; None for the package's own. Raises InputError where there is none, where the
    file is damaged, and where it was made from other targets or priors.
    """
    name = f"meta/evidence/calibrated/{POSTERIOR}" if file is None else str(file)
    file = file or find_evidence_file(f"calibrated/{POSTERIOR}")
    if not file.is_file():
        raise InputError([Problem(name, None, "", "there is no calibration yet", "run `trialsim calibrate` first")])
    problem = pose_problem(read_parameters(calibrated=False), targets)
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
    except (OSError, ValueError, TypeError, EOFError, BadZipFile, zlib.error) as error:
        raise InputError([Problem(name, None, "", "cannot be read: the file is damaged", WANTED)]) from error
    if not {*(f"surrogate_{each.name}" for each in fields(Surrogate)), *OTHERS} <= arrays.keys():
        raise InputError([Problem(name, None, "", "stale: of another form", WANTED)])
    if str(arrays["data"]) != hash_data(problem.targets, problem.prior):
        raise InputError([Problem(name, None, "data", "stale: of other targets or priors", WANTED)])
    surrogate = Surrogate(
        **{each.name: _read_part(each.name, arrays[f"surrogate_{each.name}"]) for each in fields(Surrogate)}
    )
    return restore(problem, surrogate, arrays["points"].astype(np.float64), arrays["check"], arrays["quality"])


def _read_part(name: str, stored: npt.NDArray[Any]) -> Any:
    """Return a part of a surrogate as it is in memory."""
    from scipy.sparse import csr_array

    if name == "size":
        return int(stored)
    part = stored.astype(np.intp if name in PLACES else np.float64)
    return csr_array(part) if name in SPARSE else part


def restore(
    problem: Problemset,
    surrogate: Surrogate,
    points: npt.NDArray[np.float64],
    check: npt.NDArray[np.float64],
    quality: npt.NDArray[np.float64],
) -> Calibration:
    """Return a calibration from its stored parts; likelihoods are computed anew."""
    layout = lay_out_targets(problem.fitted, problem.components)
    sample = Sample(points, find_log_likelihood(surrogate, layout, points), float(quality[0]), float(quality[1]))
    empty = Design(np.zeros((0, len(problem.prior.names))), np.zeros((0, len(problem.components), 2)), ())
    return Calibration(problem, empty, surrogate, layout, sample, check, {})
