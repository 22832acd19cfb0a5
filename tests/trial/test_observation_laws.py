"""What the trial sees: letters follow from the life, the test and attendance, each by its own law."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from tests.engine.worlds import make_population, make_scenario, make_world, read_values
from trialsim.clinical.vocabulary import ABSTINENT, DEAD, INCARCERATED, MAINTAINED, NO_USE, USING
from trialsim.engine.setup import build_observation
from trialsim.scenario.model import Fixed, Scenario
from trialsim.trial.observe import MISSING, MIXED, NEGATIVE, POSITIVE
from trialsim.trial.simulate import Chunk, Observed, simulate_chunk

PERFECT = {
    "visit_missed_share_in_treatment": 0.0,
    "visit_missed_share_lapse": 0.0,
    "visit_missed_share_off_treatment": 0.0,
    "visit_missed_share_using": 0.0,
    "visit_missed_log_sd": 0.0,
    "lost_to_follow_up_rate_off_treatment": 0.0,
    "lost_to_follow_up_rate_using": 0.0,
    "urine_sensitivity": 1.0,
    "urine_specificity": 1.0,
    "urine_window_days": 2.0,
    "urine_mixed_share": 0.0,
}
LUCK = 1e-6


def observe(scenario: Scenario, death_rate: float = 0.0, **observed: float) -> Observed:
    world = make_world(scenario)
    world.life_table[:] = death_rate
    observation = build_observation({**read_values(), **PERFECT, **observed})
    return simulate_chunk(world, observation, scenario, "batch", True, Chunk(0, 0, scenario.participants))


def list_weeks(lives: Observed) -> npt.NDArray[Any]:
    """State and use at every visit, and whether there was use within two days before it, from the event log."""
    weeks = lives.words.shape[1]
    out = np.zeros((len(lives.outcomes), weeks), dtype=[("state", "u1"), ("use", "u1"), ("recent", "?")])
    for i, outcome in enumerate(lives.outcomes):
        rows = lives.log[outcome["log_start"] : outcome["log_end"]]
        ends = np.append(rows["day"][1:], np.inf)
        for week in range(weeks):
            day = 7.0 * (week + 1)
            row = rows[np.searchsorted(rows["day"], day, side="right") - 1]
            recent = np.any((rows["use"] != NO_USE) & (rows["day"] <= day) & (ends > day - 2.0))
            out[i, week] = (row["state"], row["use"], recent)
    return out


def binomial_fits(hits: int, total: int, share: float) -> bool:
    return bool(stats.binomtest(hits, total, share).pvalue > LUCK)


def test_a_perfect_test_sees_use_and_nothing_else() -> None:
    lives = observe(make_scenario(participants=600))
    weeks = list_weeks(lives)
    seen = (weeks["state"] != DEAD) & (weeks["state"] != INCARCERATED)
    assert np.all(lives.words[seen] == np.where(weeks["recent"][seen], POSITIVE, NEGATIVE))
    assert np.all(lives.words[~seen] == MISSING)
    assert 0.1 < weeks["recent"].mean() < 0.9


def test_the_dead_miss_every_visit() -> None:
    lives = observe(make_scenario(participants=600), death_rate=0.002)
    days = 7.0 * np.arange(1, 25)
    dead = lives.outcomes["death"][:, None] <= days
    assert dead.sum() > 500
    assert np.all(lives.words[dead] == MISSING)
    assert np.all(np.diff(dead.astype(int), axis=1) >= 0)


def test_without_use_only_the_specificity_makes_a_positive() -> None:
    lives = observe(make_scenario(participants=1500), urine_specificity=0.9)
    weeks = list_weeks(lives)
    clean = ~weeks["recent"] & (lives.words != MISSING)
    assert binomial_fits(int((lives.words[clean] == POSITIVE).sum()), int(clean.sum()), 0.1)
    assert np.all(lives.words[weeks["recent"] & (lives.words != MISSING)] == POSITIVE)


def test_sensitivity_and_mixed_results_are_shares_of_tests_after_use() -> None:
    lives = observe(make_scenario(participants=1500), urine_sensitivity=0.8, urine_mixed_share=0.25)
    used = list_weeks(lives)["recent"] & (lives.words != MISSING)
    letters = lives.words[used]
    assert binomial_fits(int((letters == NEGATIVE).sum()), len(letters), 0.2)
    assert binomial_fits(int((letters == MIXED).sum()), int((letters != NEGATIVE).sum()), 0.25)


def test_visits_are_missed_by_state() -> None:
    lives = observe(
        make_scenario("methadone", participants=1500, population=make_population(start="using")),
        visit_missed_share_in_treatment=0.1,
        visit_missed_share_lapse=0.3,
        visit_missed_share_using=0.6,
    )
    weeks = list_weeks(lives)
    lapsing = weeks["use"] != NO_USE
    shares = {0.1: (weeks["state"] == MAINTAINED) & ~lapsing, 0.3: (weeks["state"] == MAINTAINED) & lapsing}
    shares[0.6] = weeks["state"] == USING
    for share, there in shares.items():
        assert there.sum() > 200
        assert binomial_fits(int((lives.words[there] == MISSING).sum()), int(there.sum()), share), share


def test_who_is_lost_is_not_seen_again_unless_treated() -> None:
    lives = observe(make_scenario("none", participants=800), lost_to_follow_up_rate_using=0.01)
    lost = lives.courses["lost_day"]
    after = 7.0 * np.arange(1, 25) >= lost[:, None]
    assert after.any(axis=1).sum() > 200
    assert np.all(lives.words[after] == MISSING)
    # Of a constant rate, 1 - exp(-0.01 * 7) leave before each visit that finds them using.
    using = list_weeks(lives)["state"] == USING
    at_risk = using & (7.0 * np.arange(1, 25) <= lost[:, None])
    left = using & (7.0 * np.arange(1, 25) == lost[:, None])
    assert binomial_fits(int(left.sum()), int(at_risk.sum()), 1 - np.exp(-0.07))


def test_observation_changes_no_life() -> None:
    scenario = make_scenario(participants=200)
    a, b = observe(scenario), observe(scenario, urine_sensitivity=0.5, visit_missed_share_using=0.9)
    assert a.log.tobytes() == b.log.tobytes()
    assert a.words.tobytes() != b.words.tobytes()


def test_people_differ_in_how_often_they_miss() -> None:
    shares = {"visit_missed_share_in_treatment": 0.3, "visit_missed_share_lapse": 0.3, "visit_missed_share_using": 0.3}
    shares["visit_missed_share_off_treatment"] = 0.3
    spread = []
    for sd in (0.0, 1.5):
        lives = observe(make_scenario(participants=600), **shares, visit_missed_log_sd=sd)
        whole = lives.outcomes["death"] > 1e9
        spread.append(float(np.var((lives.words[whole] == MISSING).mean(axis=1))))
    # Independent misses have the binomial variance 0.3 * 0.7 / 24 = 0.00875, prison apart.
    assert spread[1] > 2 * spread[0]


@pytest.mark.parametrize(("medication", "letter"), [("counselling", NEGATIVE), ("methadone", MISSING)])
def test_who_leaves_counselling_still_comes_and_who_leaves_medication_does_not(medication: str, letter: int) -> None:
    """Visits off treatment are all missed here; those of people who left counselling and do not use are not."""
    population = make_population(start="abstinent", opioid_free_days=Fixed(30.0))
    scenario = make_scenario(medication, participants=600, population=population)
    lives = observe(scenario, visit_missed_share_off_treatment=1.0)
    weeks = list_weeks(lives)
    days = 7.0 * np.arange(1, 25)
    left = (weeks["state"] == ABSTINENT) & ~weeks["recent"] & (lives.outcomes["first_dose"][:, None] <= days)
    assert left.sum() > 100
    assert np.all(lives.words[left] == letter)
