"""The CONSORT flow of the simulated trials: means over replicates, by arm."""

from collections import Counter
from typing import Any

import numpy as np

from trialsim.clinical.vocabulary import DISCONTINUE, EVENTS, INDUCTION_FAIL, LEAVE, NEVER, OTHER_DEATH, OVERDOSE_DEATH
from trialsim.scenario.model import Scenario
from trialsim.trial.observe import DAYS_A_WEEK
from trialsim.trial.outcomes import find_inducted
from trialsim.trial.simulate import Observed

FAILURES = {
    LEAVE: "left withdrawal management",
    INDUCTION_FAIL: "failed or refused at induction",
    -1: "still waiting or in withdrawal",
}
STOPS = {
    DISCONTINUE: "stopped the medication",
    EVENTS.index("relapse"): "relapsed to regular use",
    INDUCTION_FAIL: "failed during induction",
    OVERDOSE_DEATH: "died of an overdose",
    OTHER_DEATH: "died of another cause",
}


def _count_reasons(codes: Any, names: dict[int, str], replicates: int) -> dict[str, float]:
    counts = Counter(names.get(int(code), EVENTS[int(code)]) for code in codes)
    return {name: counts[name] / replicates for name in sorted(counts)}


def count_flow(lives: Observed, scenario: Scenario) -> dict[str, Any]:
    """Return one arm's flow as mean numbers of people a trial.

    Screening is not simulated: `screened` is the published trial's count, shared out by arm, or None. Analysed are all
    randomised: a missing test is part of the endpoint. Reasons for not being inducted name the first failure; for
    stopping, the first stop after the first dose.
    """
    replicates = scenario.replicates
    day = scenario.endpoint_week * DAYS_A_WEEK
    randomised = len(lives.outcomes) / replicates
    screened = scenario.screened and scenario.screened * randomised / scenario.participants
    inducted = find_inducted(lives, day)
    courses = lives.courses
    # Who stopped, came back and is on the medication at the end counts as retained.
    stopped = (courses["discontinuation_day"] < NEVER) & (courses["retained"] == 0)
    lost = courses["lost_day"] < NEVER
    return {
        "screened": screened,
        "randomised": randomised,
        "inducted": float(inducted.sum()) / replicates,
        "not_inducted": _count_reasons(courses["failure_event"][~inducted], FAILURES, replicates),
        "retained": float((courses["retained"] == 1).sum()) / replicates,
        "discontinued": _count_reasons(courses["discontinuation_event"][inducted & stopped], STOPS, replicates),
        "died": float((lives.outcomes["death"] <= day).sum()) / replicates,
        "lost_to_follow_up": float(lost.sum()) / replicates,
        "analysed": float(np.size(inducted)) / replicates,
    }
