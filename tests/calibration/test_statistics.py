"""The simulated counterparts of targets, each counted by hand on four lives."""

from typing import Any

import numpy as np
import pytest

from trialsim.calibration.statistics import measure_trial_component
from trialsim.calibration.targets import Component
from trialsim.clinical.records import BASELINE
from trialsim.clinical.vocabulary import NEVER
from trialsim.engine.lives import OUTCOME
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
