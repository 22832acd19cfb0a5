"""The calibrated draws that ship: joint rows inside their ranges, of today's evidence and code, behind gates."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from trialsim.calibration.prior import read_prior
from trialsim.calibration.stamp import hash_everything
from trialsim.parameters import calibrated, draw_parameters, read_parameters
from trialsim.parameters.evidence import find_evidence_file
from trialsim.problems import InputError

STAMP = calibrated.read_calibration()
DRAWN = calibrated.read_calibrated_draws()
TABLE = read_parameters()


def test_they_are_of_todays_evidence_and_code() -> None:
    calibrated.check_fresh(hash_everything(), STAMP)


def test_every_gate_holds_and_the_ledger_is_kept() -> None:
    assert STAMP is not None
    assert len(STAMP["gates"]) >= 5
    assert all(gate["passed"] for gate in STAMP["gates"].values())
    assert STAMP["ledger"]["failed"] >= 0


def test_rows_lie_inside_the_ranges_and_weights_add_up() -> None:
    assert DRAWN is not None
    assert DRAWN.weights.sum() == pytest.approx(1.0)
    assert set(DRAWN.names) == set(read_prior(read_parameters(calibrated=False)).names)
    for name, column in zip(DRAWN.names, DRAWN.values.T, strict=True):
        entry = TABLE.entries[name]
        assert entry.obtained == "calibrated"
        assert (column >= entry.range_low - 1e-9).all()
        assert (column <= entry.range_high + 1e-9).all()


def test_draws_are_rows_of_the_table() -> None:
    assert DRAWN is not None
    drawn = draw_parameters(TABLE, 40, 3)
    columns = [drawn.names.index(name) for name in DRAWN.names]
    for row in drawn.values[:, columns]:
        assert np.isclose(DRAWN.values, row, rtol=1e-5).all(axis=1).any()


def test_the_table_says_the_median_of_its_draws() -> None:
    assert DRAWN is not None
    for name, column in zip(DRAWN.names, DRAWN.values.T, strict=True):
        entry = TABLE.entries[name]
        # 500 of 4,000 particles: the median's error in standard deviations is about 1.25 / sqrt(500).
        assert abs(np.median(column) - entry.value) < 4.5 * 1.25 * column.std() / np.sqrt(len(column)) + 1e-9


def test_rows_that_were_changed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert STAMP is not None
    monkeypatch.setattr(calibrated, "read_calibration", lambda: {**STAMP, "sha256": "0"})
    calibrated.read_calibrated_draws.cache_clear()
    with pytest.raises(InputError, match="stamp"):
        calibrated.read_calibrated_draws()
    calibrated.read_calibrated_draws.cache_clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the draws that ship, read instead of them."""
    (tmp_path / "calibrated").mkdir()
    for name in ("draws.csv", "draws.json"):
        shutil.copy(str(find_evidence_file(f"calibrated/{name}")), tmp_path / "calibrated" / name)
    monkeypatch.setattr(calibrated, "find_evidence_file", lambda name: tmp_path / name)
    readers = (calibrated.read_calibration, calibrated.read_calibrated_draws)
    for reader in readers:
        reader.cache_clear()
    yield tmp_path / "calibrated"
    for reader in readers:
        reader.cache_clear()


@pytest.mark.parametrize("name", ["draws.csv", "draws.json"])
@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"[]", b"{}", b"half", None])
def test_damaged_draws_are_refused_in_one_screen(name: str, damage: bytes | None, folder: Path) -> None:
    whole = (folder / name).read_bytes()
    if damage is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(whole[: len(whole) // 2] if damage == b"half" else damage)
    with pytest.raises(InputError) as caught:
        calibrated.read_calibrated_draws()
    assert len(caught.value.problems) == 1
    assert name in caught.value.problems[0].file


def test_a_stamp_whose_figures_were_edited_is_refused(folder: Path) -> None:
    """Runs without draws take medians and limits from the stamp."""
    stamp = json.loads((folder / "draws.json").read_text("utf-8"))
    next(iter(stamp["parameters"].values()))["posterior"]["median"] *= 1.1
    (folder / "draws.json").write_text(json.dumps(stamp), encoding="utf-8")
    with pytest.raises(InputError, match="edited"):
        calibrated.read_calibration()


def test_without_draws_nothing_is_calibrated(folder: Path) -> None:
    for name in ("draws.csv", "draws.json"):
        (folder / name).unlink()
    assert calibrated.read_calibrated_draws() is None
