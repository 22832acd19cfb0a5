"""A run on disk: one directory with manifest, tables, summary and report, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialsim.runs.atomic import Content, write_directory
from trialsim.runs.columns import TABLES
from trialsim.runs.manifest import Manifest, hash_file, identify_run, name_run, tabulate_manifest
from trialsim.runs.options import Render
from trialsim.runs.tables import write_table

if TYPE_CHECKING:
    import polars as pl


def write_run(
    out: Path,
    manifest: Manifest,
    summary: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    render: Render | None = None,
) -> Path:
    """Write the run into ``out/<name>-<id>`` and return that directory.

    `tables` maps names of `trialsim.runs.columns.TABLES` to frames that pass `check_columns`; `render` makes the text
    of report.html from the summary and the manifest. manifest.json is added last and lists each file with its SHA-256
    and size, so that a directory with a manifest is a complete run. A run that is already there holds the same content
    and is refreshed file by file. Raises ValueError for tables that differ from their documentation, and OSError.
    """
    record = {"id": identify_run(manifest), **tabulate_manifest(manifest)}
    files: dict[str, Content] = {
        f"{name}.parquet": partial(_write_named_table, name=name, frame=frame) for name, frame in tables.items()
    }
    files["summary.json"] = encode_json(summary)
    if render is not None:
        files["report.html"] = render(summary, record).encode()
    directory = out / name_run(manifest)
    write_directory(directory, files, partial(_close_run, record=record))
    return directory


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file that this package wrote. Raises OSError and json.JSONDecodeError."""
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def find_damage(directory: Path) -> list[str]:
    """Names of the files of a run that are missing or differ from what its manifest lists; empty for a sound run."""
    listed = read_json(directory / "manifest.json")["files"]
    return [name for name, entry in listed.items() if not _is_sound(directory / name, entry["sha256"])]


def encode_json(value: object) -> bytes:
    """Plain data as indented UTF-8 JSON with a final newline; keys keep their order; NaN and infinity are errors."""
    return (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _write_named_table(path: Path, name: str, frame: pl.DataFrame) -> None:
    write_table(path, frame, TABLES[name])


def _close_run(stage: Path, record: Mapping[str, Any]) -> dict[str, Content]:
    files = {path.name: {"sha256": hash_file(path), "bytes": path.stat().st_size} for path in sorted(stage.iterdir())}
    return {"manifest.json": encode_json({**record, "files": files})}


def _is_sound(path: Path, sha256: str) -> bool:
    return path.is_file() and hash_file(path) == sha256
