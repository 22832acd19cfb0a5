"""Ranges over draws of the parameters: the luck of the people who live the draws is taken out."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trialsim.parameters import read_parameters
from trialsim.parameters.draws import ParameterDraws, draw_best_values
from trialsim.parameters.entry import ParameterTable
from trialsim.policy.compare import run_comparison
from trialsim.runs.options import RunOptions
from trialsim.runs.ranges import remove_luck
from trialsim.scenario import read_scenario
from trialsim.trial.run import run_trial

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def test_luck_that_all_draws_share_is_taken_out() -> None:
    """Poisson deaths of the same people under many rates: without the first people's luck the mean is the truth."""
    random = np.random.default_rng(5)
    moved = []
    for _ in range(4000):
        thresholds = random.random(1000)
        best, *drawn = [float((thresholds < risk).sum()) for risk in (0.003, 0.002, 0.003, 0.005)]
        moved.append(remove_luck(drawn, best, 3.0, "count per trial"))
    error = np.std(moved, axis=0, ddof=1) / np.sqrt(len(moved))
    assert np.mean(moved, axis=0) == pytest.approx([2.0, 3.0, 5.0], abs=float(4 * error.max()))
    assert np.std(moved, axis=0)[1] == 0.0
    assert (np.std(moved, axis=0) < np.sqrt([2.0, 3.0, 5.0])).all()


def test_bounds_and_unknown_luck() -> None:
    np.testing.assert_array_equal(remove_luck([0.2, np.nan], 0.5, 0.1, "days"), [0.0, np.nan])
    np.testing.assert_array_equal(remove_luck([0.9], 0.5, 0.8, "proportion"), [1.0])
    np.testing.assert_array_equal(remove_luck([9.0], 5.0, 8.0, "days"), [12.0])
    np.testing.assert_array_equal(remove_luck([9.0], np.nan, 8.0, "days"), [9.0])
    np.testing.assert_array_equal(remove_luck([9.0], 5.0, None, "days"), [9.0])


def draw_the_best(table: ParameterTable, n: int, seed: int) -> ParameterDraws:
    """Draws that do not differ from the best values."""
    best = draw_best_values(table)
    return ParameterDraws(best.names, np.repeat(best.values, n, axis=0), best.sources, best.stamp)


@pytest.mark.parametrize(
    ("name", "room", "run"), [("start", "trial", run_trial), ("us-five-year", "policy", run_comparison)]
)
def test_draws_that_do_not_differ_have_the_runs_own_result(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, room: str, run: Any
) -> None:
    monkeypatch.setattr(f"trialsim.{room}.uncertainty.draw_parameters", draw_the_best)
    monkeypatch.setattr("trialsim.trial.uncertainty.LEAST_PATIENTS", 1500)
    monkeypatch.setattr("trialsim.policy.uncertainty.MOST_PEOPLE", 400)
    scenario = read_scenario(SCENARIOS / f"{name}.yaml")
    options = RunOptions(replicates=4, participants=1200, draws=2, out=tmp_path, quiet=True)
    summary = run(scenario, read_parameters(), options).summary
    arms = summary["arms" if room == "trial" else "policies"]
    seen = 0
    for cells in (cell for outcomes in arms.values() for cell in outcomes.values()):
        drawn = cells["parameter_range"]
        if cells["mean"] is not None and drawn["draws"]:
            assert [drawn["low"], drawn["mean"], drawn["high"]] == pytest.approx([cells["mean"]] * 3)
            seen += 1
    assert seen > 10
