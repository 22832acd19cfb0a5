"""The spine: where capacity does not bind, both engines leave the same bytes, for any chunks and threads."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.worlds import draw_scenarios, list_bytes, make_scenario, make_world, simulate, sort_log
from trialsim.clinical.vocabulary import EVENTS
from trialsim.scenario.model import Scenario

# Compiling takes longer than drawing examples may.
unhurried = settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])


@unhurried
@given(draw_scenarios())
def test_both_engines_leave_the_same_bytes(scenario: Scenario) -> None:
    batch, des = simulate(scenario, "batch"), simulate(scenario, "des")
    assert list_bytes(batch) == list_bytes(des)
    assert des.waits == ()


@unhurried
@given(draw_scenarios(), st.integers(1, 12), st.sampled_from((1, 2)))
def test_chunks_and_threads_leave_the_same_bytes(scenario: Scenario, size: int, workers: int) -> None:
    assert list_bytes(simulate(scenario, "batch")) == list_bytes(
        simulate(scenario, "batch", size=size, workers=workers)
    )


def test_replicates_on_two_threads_leave_the_same_bytes_in_the_queueing_engine() -> None:
    scenario = make_scenario(replicates=4)
    one, two = simulate(scenario, "des", workers=1), simulate(scenario, "des", workers=2)
    assert list_bytes(one) == list_bytes(two) == list_bytes(simulate(scenario, "batch", workers=2))


def test_a_log_that_is_too_short_at_first_holds_the_same_lives() -> None:
    # Methadone for 20 years writes far more events a life than either engine reserves at first.
    scenario = make_scenario("methadone", participants=3, follow_up_days=7305.0, reentry=True)
    world = make_world(scenario, lapse_rate_methadone=2.0, lapse_end_rate=2.0)
    batch, des = simulate(scenario, "batch", world), simulate(scenario, "des", world)
    assert (batch.outcomes["log_end"] - batch.outcomes["log_start"]).max() > 512
    assert list_bytes(batch) == list_bytes(des)


def test_the_log_is_a_sound_history_of_every_life() -> None:
    scenario = make_scenario(
        "xr_naltrexone", "methadone", "none", participants=300, mode="counterfactual", follow_up_days=2000.0
    )
    lives = simulate(scenario, "batch")
    log = sort_log(lives)
    same = (log["patient"][1:] == log["patient"][:-1]) & (log["arm"][1:] == log["arm"][:-1])
    assert np.all(np.diff(log["occurrence"].astype(int))[same] == 1)
    assert np.all(np.diff(log["day"])[same] >= 0)
    assert np.all(log["event"][1:][~same] == EVENTS.index("start"))
    assert np.all(log["day"][1:][~same] == 0.0)
    dead = np.isin(log["event"], [EVENTS.index("overdose_death"), EVENTS.index("other_death")])
    assert not np.any(dead[:-1] & same), "something happened after a death"
    assert dead.sum() == (lives.outcomes["fatal"] > 0).sum() > 0
    assert np.all(log["day"] <= scenario.follow_up_days)


def test_person_time_of_every_life_adds_up_to_its_end() -> None:
    lives = simulate(make_scenario(participants=500, mode="counterfactual"), "batch").outcomes
    ticks = lives["in_treatment_ticks"] + lives["out_of_treatment_ticks"]
    assert np.array_equal(ticks, (np.minimum(lives["death"], 252.0) * 2**20).astype(np.int64))
