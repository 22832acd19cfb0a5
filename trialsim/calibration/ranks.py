"""Ranks of known truths: stored, read again, joined with more, and summed up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.gates import MOST_RHAT
from trialsim.runs.atomic import write_file

type Floats = npt.NDArray[np.float64]

RANKS: Final = "sbc.json"
BINS: Final = 10


@dataclass(frozen=True, slots=True)
class Ranks:
    """ranks [replications, coordinates]: share of the posterior below the truth, 0 to 1; rhats [replications]: of the
    samples that the truths are ranked in; failed: truths whose simulation failed.
    """

    ranks: Floats
    rhats: Floats
    names: tuple[str, ...]
    failed: int = 0


def summarise_ranks(ranks: Ranks) -> dict[str, Any]:
    """Return histograms, coverage of the 50% and 90% intervals, and chi-squared tests of uniformity, with the ranks
    that they are of: one line of shares a truth, in the order of `names`.
    """
    from scipy.stats import chisquare

    edges = np.linspace(0.0, 1.0, BINS + 1)
    histograms = {name: np.histogram(ranks.ranks[:, j], edges)[0].tolist() for j, name in enumerate(ranks.names)}
    together = np.histogram(ranks.ranks, edges)[0]
    per = [float(chisquare(np.add.reduceat(np.array(h), range(0, BINS, 2))).pvalue) for h in histograms.values()]
    return {
        "replications": len(ranks.ranks),
        "failed": ranks.failed,
        "most_rhat": float(ranks.rhats.max()),
        "unconverged": int((ranks.rhats > MOST_RHAT).sum()),
        **_find_coverage(ranks.ranks, 50),
        **_find_coverage(ranks.ranks, 90),
        "least_p": min(per),
        "all": together.tolist(),
        "histograms": histograms,
        "names": list(ranks.names),
        "rhats": [round(float(rhat), 5) for rhat in ranks.rhats],
        "ranks": [" ".join(f"{rank:.5f}" for rank in row) for row in ranks.ranks],
    }


def _find_coverage(ranks: Floats, level: int) -> dict[str, float]:
    """Share of truths inside central intervals, and its standard error: replications, not coordinates, are
    independent.
    """
    tail = 0.5 - level / 200.0
    inside = ((ranks > tail) & (ranks < 1.0 - tail)).mean(axis=1)
    error = float(inside.std(ddof=1) / np.sqrt(len(inside)))
    return {f"coverage_{level}": float(inside.mean()), f"coverage_{level}_error": error}


def join_ranks(stored: Ranks | None, more: Ranks) -> Ranks:
    """Return stored ranks followed by others, which know the failures of both."""
    if stored is None:
        return more
    ranks, rhats = (np.concatenate([getattr(each, name) for each in (stored, more)]) for name in ("ranks", "rhats"))
    return Ranks(ranks, rhats, more.names, more.failed)


def read_ranks(folder: Path | Traversable, wanted: Mapping[str, Any]) -> Ranks | None:
    """Return stored ranks, or None where there are none with these entries (hashes, seed, design), or damaged ones:
    they are ranked anew and written over.
    """
    file = folder / RANKS
    if not file.is_file():
        return None
    try:
        stored: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if not all(stored[key] == value for key, value in wanted.items()):
            return None
        ranks = np.array([row.split() for row in stored["ranks"]], np.float64)
        rhats = np.array(stored["rhats"], np.float64)
        names = tuple(map(str, stored["names"]))
        failed = int(stored["failed"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    whole = ranks.shape == (len(rhats), len(names)) and len(ranks) > 0 and failed >= 0
    return Ranks(ranks, rhats, names, failed) if whole and ((ranks >= 0.0) & (ranks <= 1.0)).all() else None


def read_row(folder: Path | None, key: str, index: int, size: int) -> Floats | None:
    """Return R-hat and ranks [size] of one finished truth, or None where there is none or a damaged one."""
    if folder is None:
        return None
    try:
        row = np.array(json.loads((folder / f"{key}-{index}.json").read_text("utf-8")), np.float64)
    except (OSError, ValueError, TypeError):
        return None
    return row if row.shape == (size,) and np.isfinite(row).all() else None


def write_row(folder: Path | None, key: str, index: int, row: Floats) -> None:
    """Keep R-hat and ranks of one truth in a folder, if there is one. Raises OSError."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write_file(folder / f"{key}-{index}.json", json.dumps(row.tolist()).encode())
