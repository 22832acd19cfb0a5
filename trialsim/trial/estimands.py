"""The endpoint's effect under each estimand, known because every person lives under every arm (ICH E9(R1)).

Counterfactual mode only. An arm's effect against a comparator is a difference of shares with the endpoint's event:

    as_randomised         everyone (treatment policy strategy)
    composite             everyone; not to be inducted counts as the event (composite strategy)
    inducted_under_both   people who would be inducted under either arm (principal stratum strategy)
    inducted_in_each_arm  the inducted of one arm against those of the other: what a comparison of the inducted finds
                          in a trial. It is no estimand, as the two are different people; its distance from
                          inducted_under_both is its bias.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.scenario.model import Scenario
from trialsim.trial.observe import DAYS_A_WEEK
from trialsim.trial.outcomes import find_inducted
from trialsim.trial.simulate import Observed
from trialsim.trial.summary import describe_values

type Flags = npt.NDArray[np.bool_]
type Values = npt.NDArray[np.float64]

BOTH: Final = "inducted_under_both"
EACH: Final = "inducted_in_each_arm"
ESTIMANDS: Final = {
    "as_randomised": "All, as randomised (treatment policy)",
    "composite": "All; not inducted counts as the event (composite)",
    BOTH: "Those who would be inducted under either arm (principal stratum)",
    EACH: "The inducted of each arm: different people, no estimand",
}
STRATA: Final = ("both", "arm_only", "comparator_only", "neither")


def tabulate_estimands(scenario: Scenario, lives: Observed) -> list[dict[str, Any]]:
    """Return one mapping a pair of arms: effects by estimand, the bias of comparing the inducted, and the share of
    people inducted under both arms, either or neither.

    Empty unless the mode is counterfactual and the endpoint is a weekly one. Each number has mean, 95% range over
    replicates and Monte Carlo error; a stratum that a replicate lacks leaves it out.
    """
    if scenario.mode != "counterfactual" or scenario.endpoint in (None, "retention"):
        return []
    shape = (scenario.replicates, scenario.participants, len(scenario.arms))
    event = lives.relapse_event.reshape(shape)
    inducted = find_inducted(lives, scenario.endpoint_week * DAYS_A_WEEK).reshape(shape)
    return [
        {
            "arm": scenario.arms[a].name,
            "comparator": scenario.arms[b].name,
            "outcome": f"relapse_by_week_{scenario.endpoint_week}",
            **describe_pair(event[:, :, a], event[:, :, b], inducted[:, :, a], inducted[:, :, b]),
        }
        for a in range(len(scenario.arms))
        for b in range(a + 1, len(scenario.arms))
    ]


def describe_pair(event: Flags, other: Flags, inducted: Flags, other_inducted: Flags) -> dict[str, Any]:
    """Return effects, bias and strata of one arm against a comparator (`other`); flags are [replicates, people]."""
    both = inducted & other_inducted
    everyone = np.ones_like(both)
    effects = {
        "as_randomised": _find_share(event, everyone) - _find_share(other, everyone),
        "composite": _find_share(event | ~inducted, everyone) - _find_share(other | ~other_inducted, everyone),
        BOTH: _find_share(event, both) - _find_share(other, both),
        EACH: _find_share(event, inducted) - _find_share(other, other_inducted),
    }
    strata = (both, inducted & ~other_inducted, ~inducted & other_inducted, ~inducted & ~other_inducted)
    return {
        "effects": {
            name: {"label": label, **describe_values(effects[name]), "unit": "proportion"}
            for name, label in ESTIMANDS.items()
        },
        "bias": {**describe_values(effects[EACH] - effects[BOTH]), "unit": "proportion"},
        "inducted": {
            name: {**describe_values(_find_share(stratum, everyone)), "unit": "proportion"}
            for name, stratum in zip(STRATA, strata, strict=True)
        },
    }


def _find_share(hit: Flags, among: Flags) -> Values:
    """Return each replicate's share of hits among some of its people; NaN where there are none."""
    with np.errstate(invalid="ignore"):
        return np.asarray((hit & among).sum(axis=1) / among.sum(axis=1))
