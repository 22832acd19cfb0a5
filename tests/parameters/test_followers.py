"""Followers share value, limits and every draw of what they follow, in scenarios and in calibration too."""

from pathlib import Path

import numpy as np
import pytest

from trialsim.calibration.prior import fill_values, read_prior
from trialsim.engine.world import list_values
from trialsim.parameters import COLUMNS, draw_parameters, read_parameters
from trialsim.parameters.follow import list_followers
from trialsim.parameters.inputs import list_inputs
from trialsim.parameters.overrides import override_parameters
from trialsim.problems import InputError
from trialsim.scenario.model import Override

TABLE = read_parameters()
FOLLOWER, FOLLOWED = "withdrawal_leaving_rate_oral_naltrexone", "withdrawal_leaving_rate_xr_naltrexone"
LEADER = "rate,0.1,0.05,0.2,log-normal,per day,0,1,assumption,,,,Rate,"


def write_table(folder: Path, row: str) -> Path:
    path = folder / "table.csv"
    path.write_text("\n".join([",".join(COLUMNS), LEADER, row]) + "\n", encoding="utf-8")
    return path


def test_the_packages_followers_have_the_values_and_draws_of_what_they_follow() -> None:
    followers = list_followers(TABLE)
    assert len(followers) == 15
    draws = draw_parameters(TABLE, 50, 3)
    columns = {name: draws.values[:, j] for j, name in enumerate(draws.names)}
    for name, other in followers.items():
        entry, source = TABLE.entries[name], TABLE.entries[other]
        assert (entry.value, entry.low, entry.high) == (source.value, source.low, source.high)
        np.testing.assert_array_equal(columns[name], columns[other])


def test_a_scenario_that_sets_one_sets_its_followers_unless_it_sets_them_too() -> None:
    mine = Override(0.3, 0.3, 0.3, "mine")
    assert override_parameters(TABLE, {FOLLOWED: mine}).entries[FOLLOWER].value == 0.3
    both = override_parameters(TABLE, {FOLLOWED: mine, FOLLOWER: Override(0.4, 0.4, 0.4, "mine")})
    assert (both.entries[FOLLOWED].value, both.entries[FOLLOWER].value) == (0.3, 0.4)
    alone = override_parameters(TABLE, {FOLLOWER: mine})
    assert alone.entries[FOLLOWED].value == TABLE.entries[FOLLOWED].value
    assert draw_parameters(alone, 3, 1).values[0, list(alone.entries).index(FOLLOWER)] == 0.3


def test_calibration_simulates_followers_at_what_they_follow() -> None:
    table = read_parameters(calibrated=False)
    prior = read_prior(table)
    row = np.array([entry.value for entry in prior.entries.values()])
    row[prior.names.index(FOLLOWED)] = 0.77
    assert fill_values(prior, list_values(table), row)[FOLLOWER] == 0.77


def test_a_report_leads_from_a_follower_to_the_papers() -> None:
    inputs = {entry["name"]: entry for entry in list_inputs(TABLE, ["oral_naltrexone"], {})}
    assert inputs[FOLLOWER]["same_as"] == FOLLOWED
    assert [row["row"] for row in inputs[FOLLOWER]["source_rows"]] == list(TABLE.entries[FOLLOWED].source_rows)
    assert inputs[FOLLOWER]["source_rows"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("other,,,,,per day,0,1,same,,rat,,Other,", "'rat' is no parameter"),
        ("other,0.1,,,,per day,0,1,same,,rate,,Other,", "has its own value"),
        ("other,,,,,per day,0,1,same,,,,Other,", "exactly where same_as"),
        ("other,,,,,per day,0,1,assumption,,rate,,Other,", "exactly where same_as"),
        ("other,,,,,per day,0,1,same,,other,,Other,", "follows another one itself"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_parameters(write_table(tmp_path, row))
    assert any(problem.key == "other" and message in problem.message for problem in caught.value.problems)


def test_a_table_of_ones_own_may_have_followers(tmp_path: Path) -> None:
    table = read_parameters(write_table(tmp_path, "other,,,,,per day,0,1,same,,rate,,Other,"))
    assert table.entries["other"].value == 0.1
