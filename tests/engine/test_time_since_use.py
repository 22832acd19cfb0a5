"""Lapses by the time since the last use, relapse by the time without protection: shares against closed forms."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.engine.worlds import make_population, make_scenario, make_world, read_values, simulate
from trialsim.clinical.events import start_induction
from trialsim.clinical.records import EVENT, PERSON
from trialsim.clinical.tallies import COUNTERS
from trialsim.clinical.vocabulary import DISCONTINUE, LAPSE, LAPSE_USE, NO_USE, RELAPSE
from trialsim.scenario.model import Choices, Fixed
from trialsim.trial.simulate import Observed

PEOPLE = 4000
NEVER = 1e-12
# Nothing happens but what a test switches on.
STILL = {
    "overdose_rate_regular_use": NEVER,
    "frailty_sd_leaving": 0.0,
    "arrest_rate": NEVER,
    "treatment_seeking_rate_trial": NEVER,
    "lapse_rate_off_medication": NEVER,
    "relapse_rate_off_medication": NEVER,
}
SHAPES = {
    "relapse_shape_off_medication": 0.5,
    "lapse_shape": 0.5,
    "lapse_ratio_release": 3.0,
    "lapse_ratio_use_carried": 3.0,
}


def live(medication: str, parameters: dict[str, float], **population: Any) -> Observed:
    population = {"start": "abstinent", "unstable_housing": Fixed(0.0), **population}
    scenario = make_scenario(medication, participants=PEOPLE, population=make_population(**population))
    world = make_world(scenario, **{**STILL, **SHAPES, **parameters})
    world.life_table[:] = 0.0
    return simulate(scenario, "batch", world)


def find_first(lives: Observed, event: int) -> npt.NDArray[np.float64]:
    """Days of each life's first event of a kind, infinite where there is none."""
    days = np.full(len(lives.outcomes), np.inf)
    for i, outcome in enumerate(lives.outcomes):
        log = lives.log[outcome["log_start"] : outcome["log_end"]]
        found = log["day"][log["event"] == event]
        days[i] = found[0] if len(found) else np.inf
    return days


def check_share(hits: npt.NDArray[np.bool_], exact: float) -> None:
    """Within four binomial standard errors."""
    assert abs(hits.mean() - exact) < 4 * np.sqrt(exact * (1 - exact) / len(hits))


@pytest.mark.parametrize(("start", "free"), [("abstinent", 0.0), ("abstinent", 30.0), ("incarcerated", 30.0)])
def test_lapses_slow_down_with_the_days_without_opioids_but_not_in_custody(start: str, free: float) -> None:
    lives = live("none", {"lapse_rate_off_medication": 0.01}, start=start, opioid_free_days=Fixed(free))
    began, ratio = (free, 1.0) if start == "abstinent" else (0.0, 3.0)
    # The hazard is 0.01 per day at 28 days, three times that after release: cumulative 2 * 0.01 * sqrt(28 s).
    hazard = 2 * 0.01 * ratio * np.sqrt(28) * (np.sqrt(began + 28) - np.sqrt(began))
    check_share(find_first(lives, LAPSE) <= 28, 1 - np.exp(-hazard))


@pytest.mark.parametrize(("medication", "goes_on"), [("counselling", True), ("placebo", True), ("methadone", False)])
def test_relapse_is_counted_anew_from_the_end_of_medication_and_not_of_support(medication: str, goes_on: bool) -> None:
    """Everyone stops within hours; where the clock goes on after 30 days without opioids, half as many relapse."""
    parameters = {
        f"discontinuation_rate_{medication}": 1e4,
        f"lapse_rate_{medication}": NEVER,
        f"relapse_rate_{medication}": NEVER,
        f"opioid_free_days_{medication}": 1e-3,
        f"withdrawal_leaving_rate_{medication}": NEVER,
        f"induction_days_{medication}": 0.0,
        f"induction_failing_rate_{medication}": NEVER,
        "relapse_rate_off_medication": 0.02,
        "relapse_ratio_blocked": 1.0,
    }
    known = {name: value for name, value in parameters.items() if name in read_values()}
    lives = live(medication, known, opioid_free_days=Fixed(30.0))
    stopped = find_first(lives, DISCONTINUE)
    assert (stopped < 1.0).mean() > 0.99
    began = 30.0 if goes_on else 0.0
    exact = 1 - np.exp(np.sqrt(0.02 * began) - np.sqrt(0.02 * (began + 28)))
    check_share((find_first(lives, RELAPSE) - stopped)[stopped < 1.0] <= 28, float(exact))


def test_the_first_use_of_a_life_is_that_of_its_log() -> None:
    free = Choices((0.0, 30.0), (0.5, 0.5))
    lives = live(
        "none", {"lapse_rate_off_medication": 0.01, "relapse_rate_off_medication": 0.001}, opioid_free_days=free
    )
    first = np.minimum(find_first(lives, LAPSE), find_first(lives, RELAPSE))
    seen = first < np.inf
    assert 0.1 < seen.mean() < 0.9
    assert np.array_equal(lives.courses["first_use_day"][seen], first[seen])
    assert (lives.courses["first_use_day"][~seen] > 1e6).all()


def test_the_first_use_after_release_ends_the_risk_of_release() -> None:
    """Lapses last a moment; the second comes by the time since the first, without the ratio."""
    quick = {"lapse_rate_off_medication": 0.02, "lapse_end_rate": 1e4, "relapse_ratio_lapse": 1.0}
    lives = live("none", quick, start="incarcerated")
    first, second = np.full((2, len(lives.outcomes)), np.inf)
    for i, outcome in enumerate(lives.outcomes):
        log = lives.log[outcome["log_start"] : outcome["log_end"]]
        days = log["day"][log["event"] == LAPSE].tolist()
        first[i], second[i] = [*days, np.inf, np.inf][:2]
    seen = first < 28.0
    assert 0.9 < seen.mean()
    check_share((second - first)[seen] <= 28, float(1 - np.exp(-2 * 0.02 * 28)))


@pytest.mark.parametrize(("start", "ratio"), [("using", 3.0), ("abstinent", 1.0)])
def test_use_carried_into_treatment_comes_back_sooner(start: str, ratio: float) -> None:
    """Who starts straight from use lapses, once the carried use is over, at `lapse_ratio_use_carried` times the rate of
    who starts after days without opioids; nobody stops, and lapses last a moment.
    """
    parameters = {
        "use_carried_days_methadone": 1.0,
        "induction_days_methadone": 0.0,
        "induction_failing_rate_methadone": NEVER,
        "discontinuation_rate_methadone": NEVER,
        "relapse_rate_methadone": NEVER,
        "lapse_rate_methadone": 0.01,
        "lapse_end_rate": 1e4,
    }
    lives = live("methadone", parameters, start=start, opioid_free_days=Fixed(5.0))
    began = 5.0 if start == "abstinent" else 0.0
    hazard = 2 * 0.01 * ratio * np.sqrt(28) * (np.sqrt(began + 28) - np.sqrt(began))
    check_share(find_first(lives, LAPSE) <= 28, 1 - np.exp(-hazard))


@pytest.mark.parametrize(("days", "carried"), [(0.5, 1), (20.0, 0)])
def test_each_treatment_asks_anew_whether_use_is_carried_into_it(days: float, carried: int) -> None:
    world = make_world(make_scenario("methadone"), use_carried_days_methadone=1.0)
    people, log, cursor = np.zeros(1, PERSON), np.zeros(4, EVENT), np.array([0, 1], np.int64)
    person = people[0]
    person["time"], person["last_use"], person["use_carried"] = 100.0, 100.0 - days, 1 - carried
    start_induction(person, world.regimens[0], np.zeros(COUNTERS, np.int64), log, cursor)
    assert person["use_carried"] == carried
    assert person["use"] == (LAPSE_USE if carried else NO_USE)
