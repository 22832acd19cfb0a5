"""The commands of calibration: sources in one step, mistakes in one screen, draws that are stale refused."""

import json
from pathlib import Path

import pytest

from trialsim.calibration.stamp import hash_everything
from trialsim.cli import main
from trialsim.parameters import calibrated
from trialsim.parameters.evidence import find_evidence_file

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def test_a_parameter_leads_to_its_papers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "show", "overdose_rate_regular_use", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["obtained"] == "calibrated"
    assert shown["unit"] == "per day"
    assert shown["prior"]["low"] < shown["prior"]["median"] < shown["prior"]["high"]
    assert shown["posterior"]["low"] < shown["posterior"]["median"] < shown["posterior"]["high"]
    assert shown["value"] == shown["posterior"]["median"]
    assert all(row["doi"] for row in shown["source_rows"])
    assert any(target["doi"] for each in shown["informed_by"] for target in each["targets"])
    assert main(["parameters", "show", "overdose_rate_regular_use"]) == 0
    assert "posterior" in capsys.readouterr().out


def test_a_parameter_that_was_not_calibrated_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "show", "release_risk_days", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["posterior"] is None
    assert "not calibrated" in shown["prior_reason"]


def test_every_parameter_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["parameters", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["parameters"]
    assert len({row["name"] for row in rows}) == len(rows) > 150


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["parameters", "show", "tolerance_loss_day"], "tolerance_loss_days"),
        (["validate", "--leave-out", "Lee 2061"], "Lee 2016"),
        (["validate", "--calibration", "nowhere"], "is missing"),
        (["calibrate", "--draws", "0"], "draws"),
    ],
)
def test_a_mistake_is_one_screen(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert expected in shown.err
    assert len(shown.err.splitlines()) <= 24


@pytest.mark.parametrize("junk", [b"", b"\xff\xfe\x00", b"target,study\na,b\n"], ids=["empty", "binary", "columns"])
def test_junk_targets_are_refused(junk: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "targets.csv"
    file.write_bytes(junk)
    assert main(["calibrate", "--targets", str(file), "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("damage", [b"", b"PK", b"\x93NUMPY", b"half"], ids=["empty", "zip", "numpy", "half"])
def test_a_damaged_calibration_is_refused(damage: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = find_evidence_file("calibrated/posterior.npz").read_bytes()
    (tmp_path / "posterior.npz").write_bytes(whole[: len(whole) // 2] if damage == b"half" else damage)
    assert main(["validate", "--calibration", str(tmp_path), "--leave-out", "CHOICES"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "damaged" in shown.err


def test_a_calibration_to_other_targets_is_refused_without_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = find_evidence_file("calibration/targets.csv").read_text(encoding="utf-8")
    (tmp_path / "targets.csv").write_text(text.replace(",held out,", ",fit,", 1), encoding="utf-8")
    assert main(["validate", "--targets", str(tmp_path / "targets.csv"), "--leave-out", "CHOICES"]) == 2
    assert "other targets" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["json", "files"])
def test_one_study_is_predicted_without_a_baseline(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody pools what CHOICES alone says of its constant hazard: the report is whole without that comparison."""
    out = [] if form == "json" else ["--out", str(tmp_path)]
    assert main(["validate", "--leave-out", "CHOICES", "--quiet", *out, *(["--json"] if form == "json" else [])]) == 0
    shown = capsys.readouterr().out
    report = json.loads(shown if form == "json" else (tmp_path / "validation.json").read_text(encoding="utf-8"))
    assert [row["study"] for row in report["predictions"]] == ["CHOICES"]
    if form == "files":
        page = (tmp_path / "validation.md").read_text(encoding="utf-8")
        assert "constant-hazard" not in page
        assert "Rates of death" not in page


@pytest.mark.parametrize("what", ["evidence", "model", "inference", "data"])
def test_stale_draws_are_refused(
    what: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stamp = {**(calibrated.read_calibration() or {}), what: "another"}
    monkeypatch.setattr(calibrated, "read_calibration", lambda: stamp)
    assert main(["run", str(SCENARIOS / "xbot.yaml"), "--out", str(tmp_path / "runs")]) == 2
    shown = capsys.readouterr().err
    assert [key in shown for key in calibrated.CHANGED.values()] == [key == what for key in calibrated.CHANGED]
    assert not (tmp_path / "runs").exists()


def test_a_cohort_shows_its_range_over_parameters(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["compare", str(SCENARIOS / "us-five-year.yaml"), "--size", "400", "--draws", "6", "--json", "--quiet"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert summary["parameter_uncertainty"]["draws"] == 6
    for cells in (*summary["policies"]["methadone"].values(), *summary["differences"]):
        drawn = cells["parameter_range"]
        assert drawn["draws"] <= 6
        assert drawn["low"] is None or drawn["low"] <= drawn["mean"] <= drawn["high"]
    deaths = summary["policies"]["methadone"]["deaths_per_1000_py"]
    assert 0.0 < deaths["parameter_range"]["share_of_variance"] <= 1.0


def test_a_calibration_is_refused_where_known_truths_are_not_covered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ranks = json.loads(find_evidence_file("calibrated/sbc.json").read_text(encoding="utf-8"))
    rows = [" ".join(["0.01000"] * len(ranks["names"]))] * len(ranks["ranks"])
    poor = {**ranks, "ranks": rows, **hash_everything()}
    (tmp_path / "sbc.json").write_text(json.dumps(poor), encoding="utf-8")
    assert main(["calibrate", "--out", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "known_truths_coverage" in shown.err
    assert [file.name for file in tmp_path.iterdir()] == ["sbc.json"]
