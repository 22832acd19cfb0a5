"""A run's files are the same bytes for any number of workers and any size of chunk, and for either engine's lives."""

import hashlib
from pathlib import Path

import pytest

from tests.engine.worlds import make_population, make_scenario
from trialsim.parameters import read_parameters
from trialsim.runs.options import EngineName, RunOptions
from trialsim.scenario.model import Scenario, Site
from trialsim.trial import run
from trialsim.trial.run import run_trial

OPEN = (Site("a", 0.5), Site("b", 0.5))


def hash_run(scenario: Scenario, out: Path, workers: int, engine: EngineName = "auto") -> dict[str, str]:
    options = RunOptions(workers=workers, events=True, out=out, quiet=True, engine=engine)
    directory = run_trial(scenario, read_parameters(), options).directory
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.parametrize("mode", ["randomised", "counterfactual"])
def test_chunks_and_workers_leave_the_same_files(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = make_scenario(mode=mode, participants=70, replicates=3, sites=OPEN)
    hashes = []
    for size, workers in ((20_000, 1), (20_000, 2), (7, 2), (33, 1)):
        monkeypatch.setattr(run, "CHUNK_PATIENTS", size)
        hashes.append(hash_run(scenario, tmp_path / f"{size}-{workers}", workers))
    assert set(hashes[0]) >= {"manifest.json", "patients.parquet", "outcomes.parquet", "events.parquet", "summary.json"}
    assert all(other == hashes[0] for other in hashes)


def test_queues_leave_the_same_files_for_any_number_of_workers(tmp_path: Path) -> None:
    crowded = make_scenario(
        participants=60,
        replicates=3,
        sites=(Site("a", 0.5, beds=2), Site("b", 0.5, beds=1)),
        population=make_population(start="using"),
    )
    assert hash_run(crowded, tmp_path / "one", 1) == hash_run(crowded, tmp_path / "two", 2)


def test_engines_leave_the_same_tables_where_nothing_binds(tmp_path: Path) -> None:
    scenario = make_scenario(participants=60, replicates=2, sites=OPEN)
    batch, des = (hash_run(scenario, tmp_path / engine, 1, engine) for engine in ("batch", "des"))
    for name in ("patients.parquet", "outcomes.parquet", "events.parquet"):
        assert batch[name] == des[name]
    assert batch["manifest.json"] != des["manifest.json"]
