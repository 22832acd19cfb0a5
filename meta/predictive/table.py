"""Predictive draws as files: a CSV of joint rows that the simulator reads, and its stamp beside it."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np

from meta.predictive.draws import PredictiveDraws
from meta.problems import EvidenceError, Fault

DIGITS = 9
SOFTWARE = ("numpy", "scipy")


def stamp_software() -> str:
    """Versions of what computes, as text."""
    return ", ".join(f"{name} {version(name)}" for name in SOFTWARE)


def format_draws(draws: PredictiveDraws) -> str:
    """The draws as CSV text: a header ``name [unit]`` and one row a draw, to nine significant digits."""
    header = ",".join(f"{name} [{unit}]" for name, unit in zip(draws.names, draws.units, strict=True))
    rows = (",".join(f"{x:.{DIGITS}g}" for x in row) for row in draws.values)
    return "\n".join([header, *rows]) + "\n"


def write_draws(draws: PredictiveDraws, path: Path) -> None:
    """Write the CSV and, beside it, ``<name>.json`` with the stamp and the hash of the CSV; both or none.

    Raises OSError where the folder does not let us.
    """
    text = format_draws(draws)
    stamp = {**draws.stamp, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    parts = {path: text, path.with_suffix(".json"): json.dumps(stamp, indent=1, ensure_ascii=False) + "\n"}
    unfinished = {target: target.with_name(target.name + ".part") for target in parts}
    try:
        for target, part in unfinished.items():
            part.write_text(parts[target], encoding="utf-8")
        for target, part in unfinished.items():
            part.replace(target)
    finally:
        for part in unfinished.values():
            part.unlink(missing_ok=True)


def read_draws(path: Path) -> PredictiveDraws:
    """Read draws back. Raises EvidenceError where the stamp is missing or does not belong to the rows."""
    text, stamp_path = path.read_text(encoding="utf-8"), path.with_suffix(".json")
    if not stamp_path.exists():
        raise EvidenceError([Fault(str(path), None, "", "its stamp is missing", f"a file {stamp_path.name} beside it")])
    stamp = json.loads(stamp_path.read_text(encoding="utf-8"))
    if stamp.pop("sha256", "") != hashlib.sha256(text.encode()).hexdigest():
        message = "the rows are not those that the stamp was made for"
        raise EvidenceError([Fault(str(path), None, "sha256", message, "both files from one run of the report")])
    header, *rows = text.splitlines()
    columns = [name.removesuffix("]").split(" [", 1) for name in header.split(",")]
    values = np.array([[float(cell) for cell in row.split(",")] for row in rows])
    return PredictiveDraws(tuple(c[0] for c in columns), tuple(c[1] for c in columns), values, stamp)
