"""The simulated counterparts of targets, each counted by hand on four lives."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from trialsim.calibration.populations import read_populations, simulate_components
from trialsim.calibration.statistics import measure_trial_component
from trialsim.calibration.targets import ANY_ARM, Component
from trialsim.clinical.records import BASELINE
from trialsim.clinical.vocabulary import NEVER
from trialsim.engine.lives import OUTCOME
from trialsim.engine.world import list_values
from trialsim.parameters import read_parameters
from trialsim.problems import InputError
from trialsim.trial.observe import COURSE
from trialsim.trial.simulate import Observed

# Of four people the second is never inducted, the third stops on day 15, the fourth dies on day 20.
FIRST_DOSE = [1.0, NEVER, 8.0, 2.0]
STOPPED = [NEVER, NEVER, 15.0, NEVER]
DIED = [NEVER, NEVER, NEVER, 20.0]
WORDS = ["----", "oooo", "-+oo", "-ooo"]


def make_lives(**changes: Any) -> Observed:
    baselines, outcomes = np.zeros(4, BASELINE), np.zeros(4, OUTCOME)
    courses = np.zeros(4, COURSE)
    baselines["opioid_free_days"] = [7.0, 7.0, 18.0, 60.0]
    outcomes["first_dose"], outcomes["death"] = FIRST_DOSE, DIED
    outcomes["overdoses"], outcomes["fatal"] = [0, 2, 1, 0], [0, 0, 0, 1]
    courses["discontinuation_day"], courses["doses"] = STOPPED, [4, 0, 1, 2]
    courses["first_use_day"] = [NEVER, 3.0, 16.0, 12.0]
    parts: dict[str, Any] = {
        "baselines": baselines,
        "outcomes": outcomes,
        "courses": courses,
        "words": np.array([list(word.encode()) for word in WORDS], np.uint8),
        "site": np.zeros(4, np.int64),
        "stratum": np.array([""] * 4, np.object_),
        "arrival_day": np.zeros(4),
        "relapse_week": np.array([4.0, 1.0, 2.0, 3.0]),
        "relapse_event": np.array([False, True, True, True]),
        "tally": np.zeros((1, 1, 1), np.int64),
        "log": np.zeros(0),
        "waits": (),
    }
    return Observed(**{**parts, **changes})


@pytest.mark.parametrize(
    ("statistic", "at", "events", "number"),
    [
        ("inducted", "7", 2, 4),
        ("inducted", "14|7", 1, 2),
        ("injections", "2", 2, 4),
        ("injections", "2|1", 2, 3),
        ("retained", "2", 3, 4),
        ("retained", "3", 1, 4),
        ("retained", "3|0", 1, 3),
        ("letter", "o:3", 3, 4),
        ("letter", "-:1", 3, 4),
        ("relapse", "", 3, 4),
        ("relapse", "inducted", 2, 3),
        ("relapse", "by 2", 2, 4),
        ("relapse", "by 3|1", 2, 3),
        ("relapse", "by 3 of 7", 1, 2),
        ("relapse", "by 3 of 14-90", 2, 2),
        ("used", "2", 2, 4),
        ("used", "2 of 0-13", 1, 2),
        ("used", "2 of 14-90", 1, 2),
        ("completed negative", "4", 1, 4),
        ("completed negative", "1", 2, 4),
        ("overdoses", "", 4, 4),
        ("fatal overdoses", "", 1, 4),
    ],
)
def test_a_statistic_counts_what_its_words_say(statistic: str, at: str, events: float, number: float) -> None:
    component = Component("any", "xr_naltrexone", statistic, at)
    assert measure_trial_component(component, make_lives()) == (events, number)


def test_a_completer_with_a_missing_test_did_not_complete_without_one() -> None:
    """Krupitsky 2011, Table 2 of the post hoc analysis: no positive or missing test."""
    component = Component("any", "xr_naltrexone", "completed negative", "4")
    words = np.array([list(word.encode()) for word in ["--o-", "oooo", "-+oo", "-ooo"]], np.uint8)
    assert measure_trial_component(component, make_lives(words=words)) == (0, 4)


@pytest.mark.parametrize(
    ("at", "events", "number"),
    [
        ("positive", 2, 4),
        ("positive from 2", 1, 3),
        ("missing from 2", 1, 3),
        ("positive from 4", 1, 1),
        ("not negative after negative", 1, 1),
        ("not negative after negative from 4", 0, 0),
    ],
)
@pytest.mark.parametrize("arm", ["xr_naltrexone", "buprenorphine", "methadone"])
def test_tests_of_those_who_stayed_are_read_from_a_week_on(arm: str, at: str, events: float, number: float) -> None:
    """The first of the four is the only one who stays."""
    words = np.array([list(word.encode()) for word in ["+o-+", *WORDS[1:]]], np.uint8)
    assert measure_trial_component(Component("p", arm, "stayers", at), make_lives(words=words)) == (events, number)


def test_medications_that_a_cohort_did_not_tell_apart_are_counted_together() -> None:
    populations = read_populations([Component("agonist-cohort", "methadone", "death rate", "in")])
    arms = ("methadone", "buprenorphine", "any")
    places = [("death rate", "in"), ("overdose death rate", "off 0-28"), ("death rate", "since start 0-365")]
    parts = tuple(Component("agonist-cohort", arm, *place) for place in places for arm in arms)
    found = simulate_components(replace(populations, components=parts), list_values(read_parameters()), 3, 0.25)
    methadone, buprenorphine, together = found.reshape(len(places), len(arms), 2).transpose(1, 0, 2)
    assert (methadone[:, 0] + buprenorphine[:, 0]).min() > 0
    assert np.allclose(methadone + buprenorphine, together, rtol=1e-12)


def test_treatment_until_the_last_dose_does_not_depend_on_how_long_cover_is_said_to_last() -> None:
    """Without gaps in dosing, `in` is `on 0-` where cover ends with the last dose."""
    values = {**list_values(read_parameters()), "miss_rate_methadone": 0.0, "miss_rate_sublingual_buprenorphine": 0.0}
    without = {**values, "covered_days_methadone": 0.0, "covered_days_sublingual_buprenorphine": 0.0}
    words = ("in", "on 0-", "on 0-28", "on 28-", "off 0-28", "out")
    parts = tuple(Component("agonist-cohort", ANY_ARM, "death rate", word) for word in words)
    populations = replace(read_populations(parts), components=parts)
    found = (simulate_components(populations, each, 3) for each in (values, without))
    covered, bare = (dict(zip(words, each, strict=True)) for each in found)
    assert bare["in"] == pytest.approx(bare["on 0-"], rel=1e-12)
    for word in ("on 0-", "on 0-28", "on 28-", "off 0-28"):
        assert covered[word] == pytest.approx(bare[word], rel=1e-12)
    assert covered["on 0-28"] + covered["on 28-"] == pytest.approx(covered["on 0-"], rel=1e-12)
    assert (covered["in"] - covered["on 0-"]).min() > 0.0
    assert covered["in"] + covered["out"] == pytest.approx(bare["in"] + bare["out"], rel=1e-12)


def test_a_trial_has_no_arm_of_everyone() -> None:
    with pytest.raises(InputError, match="any: is no arm of xbot"):
        read_populations([Component("xbot", "any", "retained", "4")])
