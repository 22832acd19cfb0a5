"""Runs on disk: named by what made them, equal for equal inputs, complete when there."""

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from trialsim.runs import manifest as manifest_module
from trialsim.runs.columns import OUTCOMES
from trialsim.runs.manifest import Manifest, hash_json, identify_run, name_run
from trialsim.runs.store import find_damage, read_json, write_run
from trialsim.runs.tables import cast_columns

MANIFEST = Manifest(
    name="xbot",
    kind="trial",
    mode="randomised",
    engine="batch",
    seed=51,
    replicates=2,
    participants=570,
    draws=0,
    events=False,
    scenario_text="name: xbot\n",
    parameters_sha256=hash_json({"overdose_rate": 0.1}),
    inputs={"people.csv": "ab"},
)
SUMMARY = {"name": "xbot", "arms": {"a": {"deaths": {"mean": 1.5}}}}
CHANGES: dict[str, Any] = {
    "name": "start",
    "kind": "cohort",
    "mode": "counterfactual",
    "engine": "des",
    "seed": 52,
    "replicates": 3,
    "participants": 571,
    "events": True,
    "draws": 7,
    "scenario_text": "name: xbot \n",
    "parameters_sha256": hash_json({"overdose_rate": 0.2}),
    "inputs": {"people.csv": "ac"},
}


def _outcomes() -> pl.DataFrame:
    row = {"replicate": [0], "arm": ["a"], "outcome": ["deaths"], "events": [1], "denominator": [1], "value": [1]}
    return cast_columns(pl.DataFrame(row), OUTCOMES)


def _write(out: Path) -> Path:
    return write_run(out, MANIFEST, SUMMARY, {"outcomes": _outcomes()}, lambda summary, _: f"<p>{summary['name']}</p>")


def test_equal_inputs_give_equal_bytes_whenever_they_are_run(tmp_path: Path) -> None:
    one = _write(tmp_path / "one")
    time.sleep(1.1)  # past the second, where a clock that slipped in would show
    other = _write(tmp_path / "other")
    assert one.name == other.name
    assert {p.name: p.read_bytes() for p in one.iterdir()} == {p.name: p.read_bytes() for p in other.iterdir()}


def test_a_run_holds_its_files_and_the_manifest_vouches_for_them(tmp_path: Path) -> None:
    directory = _write(tmp_path)
    assert directory == tmp_path / name_run(MANIFEST)
    assert {path.name for path in directory.iterdir()} == {
        "manifest.json",
        "outcomes.parquet",
        "report.html",
        "summary.json",
    }
    record = read_json(directory / "manifest.json")
    assert record["id"] == identify_run(MANIFEST)
    assert record["scenario_text"] == MANIFEST.scenario_text
    assert set(record["files"]) == {"outcomes.parquet", "report.html", "summary.json"}
    assert json.loads((directory / "summary.json").read_bytes()) == SUMMARY
    assert find_damage(directory) == []
    (directory / "summary.json").write_bytes(b"{}")
    (directory / "report.html").unlink()
    assert find_damage(directory) == ["report.html", "summary.json"]
    assert _write(tmp_path) == directory
    assert find_damage(directory) == []


def test_every_field_of_the_manifest_moves_the_id() -> None:
    assert set(CHANGES) == {field.name for field in dataclasses.fields(Manifest)}
    ids = {identify_run(dataclasses.replace(MANIFEST, **{name: value})) for name, value in CHANGES.items()}
    assert len(ids | {identify_run(MANIFEST)}) == len(CHANGES) + 1


def test_code_and_versions_move_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = {identify_run(MANIFEST)}
    monkeypatch.setattr(manifest_module, "hash_sources", lambda: "edited")
    ids.add(identify_run(MANIFEST))
    monkeypatch.setattr(manifest_module, "read_versions", lambda: {"numpy": "0"})
    ids.add(identify_run(MANIFEST))
    assert len(ids) == 3


def test_a_summary_without_a_value_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_run(tmp_path, MANIFEST, {"mean": float("nan")}, {})
    assert list(tmp_path.iterdir()) == []
