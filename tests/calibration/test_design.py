"""Finished simulations are read again, and damaged ones made anew."""

from pathlib import Path

import numpy as np
import pytest

from trialsim.calibration import design
from trialsim.calibration.calibrate import pose_problem
from trialsim.calibration.design import Design, simulate_design
from trialsim.parameters.reader import read_parameters

PROBLEM = pose_problem(read_parameters(calibrated=False))
SHAPE = (len(PROBLEM.components), 2)
POINTS = np.zeros((3, len(PROBLEM.prior.names)))


def simulate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Design, int]:
    """Return a design of three rows, of which the second fails, and how many rows were simulated."""
    calls: list[int] = []

    def answer(_populations: object, _values: object, seed: int, _scale: float) -> np.ndarray:
        calls.append(seed)
        if seed == 6:
            raise ValueError("no person left")
        return np.full(SHAPE, float(seed))

    monkeypatch.setattr(design, "simulate_components", answer)
    found = simulate_design(
        *(PROBLEM.populations, PROBLEM.prior, PROBLEM.best, POINTS, 5, folder, lambda done, total: None), workers=1
    )
    return found, len(calls)


def test_finished_rows_and_failures_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, simulated = simulate(tmp_path, monkeypatch)
    again, anew = simulate(tmp_path, monkeypatch)
    assert (simulated, anew) == (3, 0)
    assert first.failures == again.failures == ("ValueError: no person left",)
    assert first.results[:, 0, 0].tolist() == again.results[:, 0, 0].tolist() == [5.0, 7.0]


@pytest.mark.parametrize("damage", ["empty", "text", "half", "array", "keys", "rows", "shape", "nan"])
def test_a_damaged_file_is_simulated_anew(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = simulate(tmp_path, monkeypatch)
    (file,) = tmp_path.glob("*.npz")
    whole = file.read_bytes()
    out, why = np.zeros((3, *SHAPE)), np.array(["", "", ""])
    if damage in ("empty", "text", "half"):
        file.write_bytes({"empty": b"", "text": b"some text", "half": whole[: len(whole) // 2]}[damage])
    else:
        with file.open("wb") as stream:
            if damage == "array":
                np.save(stream, out)
            if damage == "keys":
                np.savez(stream, out=out)
            if damage == "rows":
                np.savez(stream, out=out[:2], why=why[:2])
            if damage == "shape":
                np.savez(stream, out=out[:, 1:], why=why)
            if damage == "nan":
                np.savez(stream, out=np.full_like(out, np.nan), why=why)
    again, anew = simulate(tmp_path, monkeypatch)
    assert anew == 3
    np.testing.assert_array_equal(again.results, first.results)
    assert simulate(tmp_path, monkeypatch)[1] == 0
