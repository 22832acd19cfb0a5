"""The manifest: everything that a run's numbers depend on, and the run's name made from it.

No clock, host or user name goes in, so the same inputs give the same bytes; when a run was made is the file's own date.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import trialsim
from trialsim.scenario.model import Scenario

PACKAGES_THAT_MATTER = ("jinja2", "numba", "llvmlite", "numpy", "polars", "pyyaml", "scipy", "simpy")
SOURCE_SUFFIXES = frozenset({".py", ".html", ".j2", ".css", ".js"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a run was made from; equal manifests mean equal results.

    `engine` is the one that ran (never `auto`); seed, replicates and participants are as used, after the command line's
    changes; `parameters_sha256` is over the resolved parameter table; `inputs` maps the name of every other file that
    was read to its SHA-256; `events` says whether events.parquet was asked for; `draws` is the number of
    parameter draws.
    """

    name: str
    kind: str
    mode: str
    engine: str
    seed: int
    replicates: int
    participants: int
    events: bool
    draws: int
    scenario_text: str
    parameters_sha256: str
    inputs: Mapping[str, str] = field(default_factory=dict)


def identify_run(manifest: Manifest) -> str:
    """The first 10 hexadecimal digits of the SHA-256 over the manifest, the code and the versions it runs on."""
    return hash_json(tabulate_manifest(manifest))[:10]


def name_run(manifest: Manifest) -> str:
    """The run's directory name: ``<name>-<id>``."""
    return f"{manifest.name}-{identify_run(manifest)}"


def tabulate_manifest(manifest: Manifest) -> dict[str, Any]:
    """The manifest as plain data, with the scenario's hash, the code's and the versions; no id and no file list."""
    return {
        **asdict(manifest),
        "inputs": dict(manifest.inputs),
        "scenario_sha256": hashlib.sha256(manifest.scenario_text.encode()).hexdigest(),
        "code": {"version": trialsim.__version__, "sha256": hash_sources()},
        "versions": read_versions(),
    }


def read_versions() -> dict[str, str]:
    """Versions of Python, of the packages that can move a byte of the results, and the kind of processor."""
    packages = {name: metadata.version(name) for name in PACKAGES_THAT_MATTER}
    return {"python": platform.python_version(), "machine": platform.machine(), **packages}


@cache
def hash_sources() -> str:
    """SHA-256 over the package's own sources and templates, so that edited code never takes an old run's name."""
    root = Path(trialsim.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(p for p in root.rglob("*") if p.suffix in SOURCE_SUFFIXES):
        digest.update(f"{path.relative_to(root).as_posix()}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()


def hash_people(scenario: Scenario) -> dict[str, str]:
    """The name and SHA-256 of the file of real people that a scenario reads, if any. Raises OSError."""
    people = scenario.population.csv
    return {people: hash_file(Path(scenario.path).parent / people)} if people else {}


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, as hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_json(value: object) -> str:
    """SHA-256 over the canonical JSON of plain data (keys sorted; floats by their shortest exact form; no NaN)."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
