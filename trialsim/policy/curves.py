"""Survival curves of a cohort: nobody is lost, so survival is the share alive, known at the end of every time bin."""

from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.clinical.tallies import LIVES
from trialsim.policy.counts import DAYS_A_WEEK, LONGEST_IN_WEEKS, OVERDOSE, Counts
from trialsim.policy.estimates import Z95
from trialsim.policy.outcomes import DAYS_A_YEAR
from trialsim.scenario.model import Scenario

type Floats = npt.NDArray[np.float64]

MONTH_OF_WEEKS = 28.0


def list_ticks(follow_up: float) -> list[float]:
    """Return the days at which numbers at risk are given: every 4 weeks up to two years, then every year."""
    step = MONTH_OF_WEEKS if follow_up <= LONGEST_IN_WEEKS else DAYS_A_YEAR
    return [step * k for k in range(int(follow_up / step) + 1)]


def estimate_curve(events: npt.NDArray[np.int64], people: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
    """Return the share without the event at the end of each bin, with its 95% Monte Carlo interval (0 to 1).

    events: int64[groups, bins]; people: int64[groups], each above 0. The error is the jackknife's, as in `estimates`;
    with a single group the interval is the estimate.
    """
    gone, groups = events.cumsum(axis=1), len(people)
    share = 1.0 - gone.sum(axis=0) / people.sum()
    if groups < 2:
        return share, share, share
    without = (gone.sum(axis=0) - gone) / (people.sum() - people)[:, None]
    error = np.sqrt((groups - 1) / groups * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    return share, np.maximum(share - Z95 * error, 0.0), np.minimum(share + Z95 * error, 1.0)


def tabulate_curve(counts: Counts, policy: int, causes: list[int], ends: Floats) -> dict[str, list[float]]:
    """Return one policy's curve; times in weeks from 0, numbers at risk are people alive."""
    people = counts.tally[:, policy, LIVES]
    lived = people > 0
    deaths = counts.deaths[lived, policy]
    share, low, high = estimate_curve(deaths[..., causes].sum(axis=2), people[lived])
    alive = people.sum() - np.concatenate([[0], deaths.sum(axis=(0, 2)).cumsum()])
    ticks = list_ticks(float(ends[-1]))
    return {
        "time": [0.0, *(round(float(day) / DAYS_A_WEEK, 6) for day in ends)],
        "survival": [1.0, *share.tolist()],
        "low": [1.0, *low.tolist()],
        "high": [1.0, *high.tolist()],
        "at_risk_time": [round(day / DAYS_A_WEEK, 6) for day in ticks],
        "at_risk": [int(alive[np.searchsorted(ends, day) + 1 if day > 0 else 0]) for day in ticks],
    }


def tabulate_curves(scenario: Scenario, counts: Counts, ends: Floats) -> list[dict[str, Any]]:
    """Return the curves of the report: alive, and not dead by overdose (deaths of other causes compete)."""
    kinds = (
        ("survival", "Alive", [0, 1]),
        ("overdose_survival", "Not dead by overdose (people dead of other causes stay in the denominator)", [OVERDOSE]),
    )
    return [
        {
            "name": name,
            "label": label,
            "ylabel": "Share",
            "arms": {arm.name: tabulate_curve(counts, j, causes, ends) for j, arm in enumerate(scenario.arms)},
        }
        for name, label, causes in kinds
    ]
