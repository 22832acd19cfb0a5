"""Use and relapse off medication, before calibration, against the cohort that their parameters are taken from."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from tests.engine.worlds import make_population, make_scenario, make_world, simulate
from trialsim.clinical.vocabulary import RELAPSE
from trialsim.engine.world import list_values
from trialsim.parameters import read_parameters
from trialsim.scenario.model import Fixed
from trialsim.trial.simulate import Observed

PEOPLE = 8000
# Smyth 2010, PMID 20669601: of 109 people after residential detoxification; "18 to 36 months" taken as 27.
COHORT = 109
WEEK, MONTH, LATER = 7.0, 30.4, 820.0
USED = {WEEK: 72, MONTH: 87}
RELAPSED = {WEEK: 64, MONTH: 77, LATER: 99}


@pytest.fixture(scope="module")
def lives() -> Observed:
    population = make_population(start="abstinent", opioid_free_days=Fixed(0.0))
    scenario = make_scenario("none", participants=PEOPLE, population=population)
    scenario = replace(scenario, follow_up_days=900.0)
    return simulate(scenario, "batch", make_world(scenario, **list_values(read_parameters(calibrated=False))))


def check_within(simulated: float, count: int) -> None:
    interval = stats.binomtest(count, COHORT).proportion_ci(0.95, "exact")
    assert interval.low < simulated < interval.high


@pytest.mark.parametrize("day", USED)
def test_as_many_have_used_as_in_the_cohort(lives: Observed, day: float) -> None:
    check_within(float((lives.courses["first_use_day"] <= day).mean()), USED[day])


@pytest.mark.parametrize("day", RELAPSED)
def test_as_many_have_relapsed_as_in_the_cohort(lives: Observed, day: float) -> None:
    first = np.full(PEOPLE, np.inf)
    for i, outcome in enumerate(lives.outcomes):
        log = lives.log[outcome["log_start"] : outcome["log_end"]]
        days = log["day"][log["event"] == RELAPSE]
        first[i] = days[0] if len(days) else np.inf
    check_within(float((first <= day).mean()), RELAPSED[day])
