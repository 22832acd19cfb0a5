"""A stamp is renewed where today's code gives the draws' statistics, or passes the gate of direct simulation."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trialsim.calibration import renew
from trialsim.calibration.calibrate import simulate_problem
from trialsim.calibration.design import Design
from trialsim.calibration.stamp import hash_model
from trialsim.parameters.calibrated import SEAL, seal_stamp
from trialsim.parameters.evidence import find_evidence_file

FILES = ("draws.csv", "draws.json", "posterior.npz", "sbc.json")
# With fewer the surrogate is judged by its chance errors at single points, which the gate is not about.
CHECKS = 24


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped draws, as if other code had made them."""
    for name in FILES:
        shutil.copy(str(find_evidence_file(f"calibrated/{name}")), tmp_path / name)
    for name in ("draws.json", "sbc.json"):
        edit(tmp_path / name, model="of other code")
    return tmp_path


def edit(path: Path, **changes: Any) -> None:
    changed = read(path) | changes
    path.write_text(json.dumps(seal_stamp(changed) if SEAL in changed else changed), encoding="utf-8")


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_unmoved_statistics_renew_the_stamp_of_draws_and_ranks(folder: Path) -> None:
    before = read(folder / "draws.json")
    assert renew.renew_stamp(folder)
    after = read(folder / "draws.json")
    assert after["model"] == read(folder / "sbc.json")["model"] == hash_model()
    assert seal_stamp({**after, "model": before["model"]}) == before
    assert after == seal_stamp(after)


def test_moved_statistics_are_refused_unless_they_are_checked(folder: Path) -> None:
    edit(folder / "draws.json", fingerprint="of other statistics")
    before = {name: (folder / name).read_bytes() for name in FILES}
    assert not renew.renew_stamp(folder)
    assert {name: (folder / name).read_bytes() for name in FILES} == before
    assert renew.renew_stamp(folder, checked=True, checks=CHECKS)
    after = read(folder / "draws.json")
    assert after["model"] == read(folder / "sbc.json")["model"] == hash_model()
    assert after["renewed"][-1]["model"] == "of other code"
    gates = after["renewed"][-1]["checked"]
    assert gates["direct_simulation_shift"]["figure"] <= 0.25
    assert gates["failed_run_share"]["figure"] == 0.0
    assert renew.renew_stamp(folder)


def test_another_posterior_is_never_renewed(folder: Path) -> None:
    for name in ("draws.json", "sbc.json"):
        edit(folder / name, inference="of other code")
    before = {name: (folder / name).read_bytes() for name in FILES}
    assert not renew.renew_stamp(folder, checked=True, checks=CHECKS)
    assert {name: (folder / name).read_bytes() for name in FILES} == before


def test_a_stamp_that_was_edited_is_never_renewed(folder: Path) -> None:
    (folder / "draws.json").write_text(json.dumps(read(folder / "draws.json") | {"seed": 1}), encoding="utf-8")
    assert not renew.renew_stamp(folder)


def test_code_that_simulates_something_else_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def simulate_half(*arguments: Any) -> Design:
        found = simulate_problem(*arguments)
        return replace(found, results=found.results * [0.5, 1.0])

    monkeypatch.setattr(renew, "simulate_problem", simulate_half)
    edit(folder / "draws.json", fingerprint="of other statistics")
    before = {name: (folder / name).read_bytes() for name in FILES}
    assert not renew.renew_stamp(folder, checked=True, checks=CHECKS)
    assert {name: (folder / name).read_bytes() for name in FILES} == before
