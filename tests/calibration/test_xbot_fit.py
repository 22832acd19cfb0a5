"""X:BOT's fit: the table's values meet their targets within the trial's own sampling error; the misses are named."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy import stats

from trialsim.calibration.xbot import (
    FITTED,
    PRIORS,
    format_fit,
    from_fitting_scale,
    list_rows,
    measure_targets,
    read_shares,
    simulate_lives,
    to_fitting_scale,
)
from trialsim.engine.world import list_values
from trialsim.parameters import override_parameters, read_evidence_rows, read_parameters
from trialsim.scenario import read_scenario

SCENARIO = Path(__file__).parents[2] / "scenarios" / "xbot.yaml"
PEOPLE = 4000


def test_every_target_is_met_within_the_trials_sampling_error() -> None:
    targets = read_shares()
    scenario = read_scenario(SCENARIO)
    table = list_values(override_parameters(read_parameters(), scenario.parameters, scenario.path))
    simulated = measure_targets(simulate_lives(scenario, table, PEOPLE, 12))
    # The simulation has sampling error of its own, that of a trial of PEOPLE / 285 times the size of an arm.
    errors = targets.errors * np.sqrt(1.0 + 285.0 / PEOPLE)
    bound = float(stats.norm.ppf(1.0 - 0.025 / len(targets.names)))  # Bonferroni over the targets
    z = (simulated - targets.observed) / errors
    missed = [name for name, value in zip(targets.names, z, strict=True) if abs(value) > bound]
    assert missed == []


def test_steps_of_a_curve_are_counts_among_those_who_can_take_them() -> None:
    """Against X:BOT's own: of 283, 158 had an injection by day 7 and 178 by day 14; of 204 injected, 155 had a second;
    of 287 randomised to buprenorphine, those retained at week 2 are among those retained at week 1.
    """
    targets = read_shares()
    step = dict(zip(targets.names, zip(targets.observed, targets.errors, strict=True), strict=True))
    records = "ctn-0051-x-bot-ipd-ctn-0094-public-data-"
    for row, events, among in ((1, 158, 283), (2, 20, 125), (36, 204, 283), (37, 155, 204)):
        share, error = step[f"{records}{row}"]
        assert share == pytest.approx(events / among)
        assert error == pytest.approx(np.sqrt(share * (1.0 - share) / among))
    rows = read_evidence_rows([f"{records}42", f"{records}43"]).values()
    first, second = (row.events for row in rows)
    assert first
    assert second
    assert step[f"{records}43"][0] == pytest.approx(second / first)


def test_relapse_is_no_target() -> None:
    assert not any(row.startswith("lee-2018-x-bot-ctn-0051-") and row[-1] in "345679" for row in list_rows())
    assert not any(f"public-data-{i}" in list_rows() for i in range(6, 36))


def test_every_fitted_parameter_says_so_in_the_scenario() -> None:
    own = read_scenario(SCENARIO).parameters
    assert set(own) == set(FITTED)
    assert [name for name in FITTED if "fitted to X:BOT" not in own[name].source] == []
    assert set(PRIORS) <= set(FITTED)


def test_the_fit_is_printed_as_a_scenario_sets_it() -> None:
    """What the scenario has, printed, and read again, is what it had."""
    scenario, table = read_scenario(SCENARIO), read_parameters()
    own = scenario.parameters
    found = {
        "values": {name: own[name].value for name in FITTED},
        "limits": {name: (own[name].low, own[name].high) for name in FITTED},
        "targets": [("row", 0.5, 0.4, 0.03)],
        "cost": 1.0,
        "converged": True,
    }
    block = format_fit(found, table)
    assert yaml.safe_load(block)["parameters"] == yaml.safe_load(scenario.text)["parameters"]


@pytest.mark.parametrize("name", FITTED)
def test_the_fitting_scale_goes_there_and_back(name: str) -> None:
    value = read_parameters().entries[name].value
    assert from_fitting_scale(name, to_fitting_scale(name, value)) == pytest.approx(value, rel=1e-12)
