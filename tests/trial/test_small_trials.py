"""Trials at the edges: an arm that nobody is in, and people who stop and come back."""

from dataclasses import replace
from pathlib import Path

import pytest

from trialsim.parameters import read_parameters
from trialsim.runs.options import RunOptions
from trialsim.scenario import read_scenario
from trialsim.scenario.model import Override, Scenario
from trialsim.trial.run import run_trial

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="module")
def xbot() -> Scenario:
    return read_scenario(SCENARIOS / "xbot.yaml")


def test_an_arm_without_people_has_outcomes_without_a_value(xbot: Scenario, tmp_path: Path) -> None:
    options = RunOptions(replicates=3, participants=1, draws=2, out=tmp_path, quiet=True)
    arms = run_trial(xbot, read_parameters(), options).summary["arms"]
    # Three trials of one person: an arm is empty in some of them, and says so.
    assert sum(cells["mean_days_retained"].get("undefined", 0) for cells in arms.values()) == 3


def test_who_comes_back_is_retained_and_not_discontinued(xbot: Scenario, tmp_path: Path) -> None:
    eager = replace(
        xbot,
        population=replace(xbot.population, setting="routine"),
        retreatment_days=xbot.follow_up_days,
        parameters={
            "treatment_seeking_rate_abstinent": Override(0.5, 0.5, 0.5, "assumption: everyone comes back at once")
        },
    )
    options = RunOptions(replicates=2, participants=200, draws=0, out=tmp_path, quiet=True)
    flow = run_trial(eager, read_parameters(), options).summary["flow"]
    for counts in flow.values():
        assert counts["retained"] + sum(counts["discontinued"].values()) <= counts["inducted"]
        assert counts["inducted"] + sum(counts["not_inducted"].values()) == counts["randomised"]
