"""The calibrated draws that ship: one joint row a draw, with the stamp of what they were made from.

`trialsim calibrate` writes them. `read_calibration` gives the summary beside them (standard library only, since every
command reads it); `read_calibrated_draws` the rows.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialsim.parameters.entry import Entry, ParameterTable
from trialsim.parameters.evidence import FILE, find_evidence_file
from trialsim.problems import InputError, Problem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS: Final = "calibrated/draws.csv"
STAMP: Final = "calibrated/draws.json"
WEIGHT: Final = "weight"
# Columns of the discrepancy between studies and model, by kind of target, stand behind this word.
DISCREPANCY: Final = "discrepancy "


SEAL: Final = "seal"
STAMP_KEYS: Final = frozenset({"sha256", "evidence", "model", "parameters", SEAL})
# What is said to have changed where a hash of the stamp is not today's.
CHANGED: Final = {
    "evidence": "evidence, priors, targets or their scenarios have",
    "model": "the code that simulates the targets has",
    "inference": "the code of surrogate, likelihood or sampler has",
    "data": "the targets' numbers or the priors (or they were never the package's) have",
}


@dataclass(frozen=True, slots=True)
class CalibratedDraws:
    """Joint rows: names, values [rows, parameters], weights [rows] that add up to 1, discrepancies [rows]."""

    names: tuple[str, ...]
    values: NDArray[np.float64]
    weights: NDArray[np.float64]
    discrepancies: Mapping[str, NDArray[np.float64]]


@cache
def read_calibration() -> dict[str, Any] | None:
    """Return the stamp: hashes, seed, versions, gates, ledger and each parameter's prior and posterior; None if neither
    stamp nor rows ship. Raises InputError for a damaged one.
    """
    file = find_evidence_file(STAMP)
    if not file.is_file() and not find_evidence_file(ROWS).is_file():
        return None
    return read_stamp(file)


def read_stamp(file: Traversable | Path, name: str = f"{FILE}/{STAMP}") -> dict[str, Any]:
    """Return the stamp of a calibration (draws.json); raises InputError where there is none, or a damaged one.

    name: what messages call the file.
    """
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError([_damaged(name, "is missing, or damaged")]) from error
    if not isinstance(loaded, dict) or not loaded.keys() >= STAMP_KEYS or not isinstance(loaded["parameters"], dict):
        raise InputError([_damaged(name, "lacks entries: the file is damaged")])
    if loaded[SEAL] != seal_stamp(loaded)[SEAL]:
        raise InputError([_damaged(name, "was edited: its figures are not those of its calibration", SEAL)])
    return loaded


def seal_stamp(stamp: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stamp with the hash of its entries: runs take medians and limits from it."""
    entries = {key: value for key, value in stamp.items() if key != SEAL}
    return {**entries, SEAL: hashlib.sha256(json.dumps(entries, sort_keys=True).encode()).hexdigest()}


@cache
def read_calibrated_draws() -> CalibratedDraws | None:
    """Return the rows; None if none ship. Raises InputError where they are damaged, or are not those of the stamp."""
    import numpy as np

    stamp = read_calibration()
    if stamp is None:
        return None
    try:
        text = find_evidence_file(ROWS).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError([_damaged(f"{FILE}/{ROWS}", "cannot be read: the file is missing or damaged")]) from error
    if stamp["sha256"] != hashlib.sha256(text.encode()).hexdigest():
        raise InputError([_damaged(f"{FILE}/{ROWS}", "the rows are not those that the stamp beside them was made for")])
    try:
        header, *rows = csv.reader(io.StringIO(text))
        table = np.array(rows, dtype=np.float64).reshape(len(rows), len(header))
    except ValueError as error:
        raise InputError([_damaged(f"{FILE}/{ROWS}", "holds rows that are no numbers, or no rows")]) from error
    columns = dict(zip(header, table.T, strict=True))
    weights = columns.pop(WEIGHT, np.zeros(0))
    if (
        not np.isfinite(table).all()
        or (weights < 0.0).any()
        or weights.sum() <= 0.0
        or not columns.keys() >= stamp["parameters"].keys()
    ):
        message = "lacks parameters or weights, or holds what is no number"
        raise InputError([_damaged(f"{FILE}/{ROWS}", message)])
    kinds = {name.removeprefix(DISCREPANCY): columns.pop(name) for name in header if name.startswith(DISCREPANCY)}
    return CalibratedDraws(tuple(columns), np.array(list(columns.values())).T, weights / weights.sum(), kinds)


def _damaged(file: str, message: str, key: str = "") -> Problem:
    return Problem(file, None, key, message, "the file as `trialsim calibrate` writes it")


def check_fresh(today: Mapping[str, str], stamp: Mapping[str, Any] | None, name: str = f"{FILE}/{STAMP}") -> None:
    """Raise InputError where draws with this stamp were made from other evidence or by other code than today's hashes
    say, by the names of CHANGED. name: what messages call the stamp's file.
    """
    if stamp is None:
        return
    old = [key for key in CHANGED if stamp.get(key) != today[key]]
    if old:
        raise InputError([_damaged(name, f"stale: {CHANGED[key]} changed since", key) for key in old])


def apply_calibration(table: ParameterTable) -> ParameterTable:
    """Return the table with posterior medians and 95% limits in place of the calibrated parameters' own."""
    stamp = read_calibration()
    if stamp is None:
        return table
    known = {name: cells for name, cells in stamp["parameters"].items() if name in table.entries}
    entries = {name: _calibrate_entry(entry, known.get(name)) for name, entry in table.entries.items()}
    return ParameterTable(entries, table.file)


def _calibrate_entry(entry: Entry, cells: Mapping[str, Any] | None) -> Entry:
    if cells is None:
        return entry
    value, low, high = (float(cells["posterior"][key]) for key in ("median", "low", "high"))
    return replace(
        entry,
        value=value,
        low=min(low, value),
        high=max(high, value),
        obtained="calibrated",
        fitted_to="the targets of calibration (meta/evidence/calibration/targets.csv)",
    )
