"""Direct simulations of the targets' statistics at many parameter values: chunk by chunk, resumed where a run was
killed.

People and their luck come in groups that are taken in turn: rows of a group meet the same people with the same luck
(common random numbers), so that statistics are smooth in the parameters, while chance averages out over the groups. A
row that fails is counted in the ledger with its reason; it is never filled with zeros and never dropped in silence.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from trialsim.calibration.populations import Populations, simulate_components
from trialsim.calibration.prior import Prior, fill_values, find_values
from trialsim.runs.atomic import write_file
from trialsim.runs.options import count_workers
from trialsim.runs.progress import Progress

type Floats = npt.NDArray[np.float64]

CHUNK: Final = 40
# Groups of people with their luck, taken in turn: rows of a group share it (common random numbers), and the surrogate,
# fitted over all, does not take the chance of any one group for the truth.
LUCKS: Final = 40


@dataclass(frozen=True, slots=True)
class Design:
    """Coordinates [rows, d] and what was simulated there [rows, C, 2]; `failures`: why each missing row failed."""

    points: Floats
    results: Floats
    failures: tuple[str, ...]


def simulate_design(
    populations: Populations,
    prior: Prior,
    best: Mapping[str, float],
    points: Floats,
    seed: int,
    folder: Path | None,
    progress: Progress,
    scale: float = 1.0,
    workers: int | None = None,
) -> Design:
    """Simulate every row of coordinates.

    folder: where finished chunks are kept, so that a killed run resumes; None keeps none. A chunk's file is named by a
    hash of everything that its numbers depend on, so that no stale one is read.
    """
    values = find_values(prior, points)

    def simulate_row(row: Floats, luck: int) -> Floats | str:
        try:
            found = simulate_components(populations, fill_values(prior, best, row), seed + luck, scale)
        except (ArithmeticError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        return found if np.isfinite(found).all() else "a result is not finite"

    kept: list[Floats] = []
    results: list[Floats] = []
    failures: list[str] = []
    progress(0, len(points))
    with ThreadPoolExecutor(count_workers(workers)) as pool:
        for first in range(0, len(points), CHUNK):
            block = slice(first, first + CHUNK)
            key = _hash_chunk(populations, prior, best, values[block], seed, scale)
            shape = (len(values[block]), len(populations.components), 2)
            stored = _read_chunk(folder, key, shape)
            if stored is None:
                lucks = [(first + i) % LUCKS for i in range(len(values[block]))]
                stored = list(pool.map(simulate_row, values[block], lucks))
                _write_chunk(folder, key, stored, shape)
            for point, each in zip(points[block], stored, strict=True):
                if isinstance(each, str):
                    failures.append(each)
                else:
                    kept.append(point)
                    results.append(each)
            progress(min(first + CHUNK, len(points)), len(points))
    return Design(
        np.array(kept).reshape(-1, points.shape[1]),
        np.array(results).reshape(-1, len(populations.components), 2),
        tuple(failures),
    )


def join_designs(first: Design, second: Design) -> Design:
    """Return two designs as one."""
    return Design(
        np.concatenate([first.points, second.points]),
        np.concatenate([first.results, second.results]),
        first.failures + second.failures,
    )


def _hash_chunk(
    populations: Populations, prior: Prior, best: Mapping[str, float], values: Floats, seed: int, scale: float
) -> str:
    from trialsim.calibration.stamp import hash_model, hash_tables

    fixed = f"{sorted(best.items())} {sorted(prior.followers.items())} {hash_tables(populations.scenarios)}"
    text = f"{hash_model()} {fixed} {populations.components} {seed} {scale}"
    return hashlib.sha256(text.encode() + values.tobytes()).hexdigest()[:24]


def _read_chunk(folder: Path | None, key: str, shape: tuple[int, int, int]) -> list[Floats | str] | None:
    """Return a finished chunk, or None where there is none or a damaged one, which is simulated anew."""
    if folder is None or not (folder / f"{key}.npz").is_file():
        return None
    try:
        with (folder / f"{key}.npz").open("rb") as file, np.load(file, allow_pickle=False) as stored:
            out, why = np.asarray(stored["out"], np.float64), [str(each) for each in stored["why"]]
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error):
        return None
    sound = out.shape == shape and len(why) == len(out) and np.isfinite(out).all()
    return [reason or result for reason, result in zip(why, out, strict=True)] if sound else None


def _write_chunk(folder: Path | None, key: str, found: list[Floats | str], shape: tuple[int, int, int]) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    out = np.array([np.zeros(shape[1:]) if isinstance(each, str) else each for each in found])
    why = np.array([each if isinstance(each, str) else "" for each in found])
    write_file(folder / f"{key}.npz", lambda path: _save_arrays(path, out, why))


def _save_arrays(path: Path, out: Floats, why: npt.NDArray[np.str_]) -> None:
    with path.open("wb") as file:  # a path without the right ending would be given another one
        np.savez_compressed(file, out=out, why=why)
