"""Deaths by time since treatment started and since it stopped."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from trialsim.clinical.tallies import LIVES, START_BINS, START_EDGES, STOP_BINS, STOP_EDGES
from trialsim.policy.counts import Counts
from trialsim.policy.estimates import describe_ratio, find_ratio
from trialsim.policy.outcomes import TICKS_PER_1000_YEARS
from trialsim.scenario.model import Scenario


def list_bins(edges: tuple[float, ...]) -> list[tuple[float, float | None]]:
    """Return the bins between rising edges as (from, to) in days; the last one is open."""
    return [*pairwise(edges), (edges[-1], None)]


def list_since(counts: Counts, policy: int, first: int, edges: tuple[float, ...]) -> Iterator[dict[str, Any]]:
    """Yield one row a bin: days from and to (None: open), counts, person-years, rates, and errors by group.

    The tally keeps three counters a bin from `first` on: ticks of person-time, overdose deaths, other deaths. mcse is
    that of the all-cause rate.
    """
    rows = counts.tally[counts.tally[:, policy, LIVES] > 0, policy]
    for number, (start, end) in enumerate(list_bins(edges)):
        ticks, overdose, other = (rows[:, first + 3 * number + k] for k in range(3))
        deaths = find_ratio(overdose + other, ticks, amount_unit=TICKS_PER_1000_YEARS)
        poisoned = find_ratio(overdose, ticks, amount_unit=TICKS_PER_1000_YEARS)
        every, some = describe_ratio(deaths, True), describe_ratio(poisoned, True)
        yield {
            "from_day": start,
            "to_day": end,
            "deaths": int(np.sum(overdose + other)),
            "overdose_deaths": int(np.sum(overdose)),
            "person_years": 1000.0 * deaths.amount,
            "deaths_per_1000_py": every["mean"],
            "overdose_deaths_per_1000_py": some["mean"],
            "low": every["low"],
            "high": every["high"],
            "mcse": every["mcse"],
            "overdose_mcse": some["mcse"],
        }


def tabulate_since(scenario: Scenario, counts: Counts, first: int, edges: tuple[float, ...]) -> dict[str, Any]:
    """Return the rows of every policy by name; an empty list for a policy without any such person-time."""
    table = {}
    for policy, arm in enumerate(scenario.arms):
        rows = list(list_since(counts, policy, first, edges))
        table[arm.name] = rows if any(row["person_years"] > 0 for row in rows) else []
    return table


def tabulate_since_start(scenario: Scenario, counts: Counts) -> dict[str, Any]:
    """Return deaths while in treatment by time since the first dose of the episode."""
    return tabulate_since(scenario, counts, START_BINS, START_EDGES)


def tabulate_since_stop(scenario: Scenario, counts: Counts) -> dict[str, Any]:
    """Return deaths after a stop, until treatment is started anew, by time since that stop."""
    return tabulate_since(scenario, counts, STOP_BINS, STOP_EDGES)
