"""Effects by estimand against people counted by hand, and against the table of patients of the same run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from trialsim.cli import main
from trialsim.trial.estimands import BOTH, EACH, describe_pair

XBOT = Path(__file__).parents[2] / "scenarios" / "xbot.yaml"


def test_four_people_by_hand() -> None:
    """One replicate: two people inducted under both arms, one under the first only, one under the second only."""
    inducted = np.array([[True, True, True, False]])
    other_inducted = np.array([[True, True, False, True]])
    event = np.array([[True, False, True, True]])
    other = np.array([[False, False, True, False]])
    found = describe_pair(event, other, inducted, other_inducted)
    means = {name: cells["mean"] for name, cells in found["effects"].items()}
    assert means["as_randomised"] == pytest.approx(3 / 4 - 1 / 4)
    assert means["composite"] == pytest.approx(3 / 4 - 1 / 4)
    assert means[BOTH] == pytest.approx(1 / 2 - 0 / 2)
    assert means[EACH] == pytest.approx(2 / 3 - 0 / 3)
    assert found["bias"]["mean"] == pytest.approx(2 / 3 - 1 / 2)
    assert {name: cells["mean"] for name, cells in found["inducted"].items()} == {
        "both": 0.5,
        "arm_only": 0.25,
        "comparator_only": 0.25,
        "neither": 0.0,
    }


def test_a_replicate_without_the_stratum_is_left_out() -> None:
    none, all_of_them = np.zeros((2, 3), np.bool_), np.ones((2, 3), np.bool_)
    half = all_of_them.copy()
    half[0] = False
    found = describe_pair(all_of_them, none, half, all_of_them)
    assert found["effects"][BOTH]["mean"] == 1.0
    assert found["effects"][BOTH]["undefined"] == 1


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str]) -> dict[str, Any]:
    text = XBOT.read_text(encoding="utf-8").replace(*change)
    file = tmp_path / "truth.yaml"
    file.write_text(text, encoding="utf-8")
    options = ["--replicates", "3", "--draws", "0", "--out", str(tmp_path / "runs"), "--json"]
    assert main(["run", str(file), *options]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_they_are_those_of_the_patients_that_the_run_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = run(tmp_path, capsys, ("mode: randomised", "mode: counterfactual"))
    (pair,) = summary["estimands"]
    people = pl.read_parquet(Path(summary["directory"]) / "patients.parquet").with_columns(
        both=pl.col("inducted").all().over("replicate", "patient")
    )

    def find_mean(chosen: pl.DataFrame) -> float:
        shares = chosen.group_by("replicate", "arm").agg(pl.col("relapse_event").mean())
        wide = shares.pivot(on="arm", index="replicate", values="relapse_event")
        return float((wide[pair["arm"]] - wide[pair["comparator"]]).to_numpy().mean())

    for name, chosen in (
        ("as_randomised", people),
        (BOTH, people.filter("both")),
        (EACH, people.filter("inducted")),
    ):
        assert pair["effects"][name]["mean"] == pytest.approx(find_mean(chosen), abs=1e-12)
    assert sum(cells["mean"] for cells in pair["inducted"].values()) == pytest.approx(1.0)
    arm = summary["arms"][pair["arm"]]
    assert arm["fatal_overdoses"]["published"] is None  # of all participants, not of one randomised arm
    assert arm["inducted"]["published"] is not None
    difference = next(row for row in summary["differences"] if row["outcome"] == pair["outcome"])
    assert difference["mean"] == pytest.approx(pair["effects"]["as_randomised"]["mean"], abs=1e-12)


def test_a_randomised_trial_knows_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = run(tmp_path, capsys, ("name: xbot", "name: small"))
    assert summary["estimands"] == []
    assert all(arm["fatal_overdoses"]["published"] is not None for arm in summary["arms"].values())
