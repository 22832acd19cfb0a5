"""The two medians of a time to relapse: of everyone (Kaplan-Meier), and of those who relapsed."""

from dataclasses import replace

import numpy as np
import pytest

from tests.engine.worlds import make_scenario, make_world, simulate
from trialsim.trial.outcomes import measure_arm


@pytest.mark.parametrize(
    ("weeks", "events", "everyone", "relapsed"),
    [
        ([2, 4, 6, 24, 24, 24], [True, True, True, False, False, False], 6.0, 4.0),
        ([2, 4, 24, 24, 24, 24], [True, True, False, False, False, False], np.nan, 3.0),
        ([24, 24, 24, 24, 24, 24], [False] * 6, np.nan, np.nan),
    ],
)
def test_who_never_relapses_counts_in_one_median_and_not_in_the_other(
    weeks: list[float], events: list[bool], everyone: float, relapsed: float
) -> None:
    scenario = make_scenario("none", participants=6)
    lives = simulate(scenario, "batch", make_world(scenario))
    lives = replace(lives, relapse_week=np.array(weeks, np.float64), relapse_event=np.array(events))
    found = measure_arm(scenario, lives, 0)
    assert found["median_weeks_to_relapse"].value == pytest.approx(everyone, nan_ok=True)
    assert found["median_weeks_to_relapse_of_relapsed"].value == pytest.approx(relapsed, nan_ok=True)
