"""Counts and person-time while a life is lived: integers only, so that the order of lives never matters.

A tally is an int64 array [group, arm, COUNTERS]; times are ticks of 2^-20 day.
"""

from typing import Any, Final

import numpy as np

from trialsim.clinical.compiled import compiled
from trialsim.clinical.vocabulary import NEVER, TICKS_PER_DAY

# Days since the first dose of the treatment episode, in treatment; and days since the medication was stopped. What of
# the former lies after the stop, while cover runs on, has bins of its own: registers count it as out of treatment.
START_EDGES: Final = (0.0, 28.0, 182.625, 365.25, 730.5)
STOP_EDGES: Final = (0.0, 14.0, 28.0, 84.0, 182.625, 365.25)

TICKS_IN_STATE: Final = 0
TICKS_IN_TREATMENT: Final = 8
TICKS_OUT_OF_TREATMENT: Final = 9
OVERDOSE_DEATHS_IN: Final = 10
OVERDOSE_DEATHS_OUT: Final = 11
OTHER_DEATHS_IN: Final = 12
OTHER_DEATHS_OUT: Final = 13
OVERDOSES_IN: Final = 14
OVERDOSES_OUT: Final = 15
LIVES: Final = 16
FIRST_DOSES: Final = 17
STOPS: Final = 18
EVENTS_LOGGED: Final = 19
KERNEL_STEPS: Final = 20
START_BINS: Final = 24
STOP_BINS: Final = START_BINS + 3 * len(START_EDGES)
COVERED_BINS: Final = STOP_BINS + 3 * len(STOP_EDGES)
COUNTERS: Final = COVERED_BINS + 3 * len(START_EDGES)

_START = np.array([*START_EDGES, NEVER])
_STOP = np.array([*STOP_EDGES, NEVER])


@compiled
def count_ticks(days: float) -> int:
    """Return a duration that is a multiple of 2^-20 day as whole ticks."""
    return int(np.int64(days * TICKS_PER_DAY + 0.5))


@compiled
def spread_time(row: Any, first: int, edges: Any, start: float, end: float) -> None:
    """Add the time between two ages (days since an origin) to the bins that they cross; bins stand 3 counters apart."""
    for j in range(len(edges) - 1):
        if edges[j] >= end:
            break
        if edges[j + 1] > start:
            low, high = max(start, edges[j]), min(end, edges[j + 1])
            row[first + 3 * j] += count_ticks(high) - count_ticks(low)


@compiled
def find_bin(edges: Any, age: float) -> int:
    """Return the bin of an age (days since an origin, 0 or more)."""
    j = 0
    while j < len(edges) - 2 and age >= edges[j + 1]:
        j += 1
    return j


@compiled
def tally_time(row: Any, person: Any, start: float, end: float) -> None:
    """Add the person-time from start to end (days) to state, in or out of treatment, and time since start and stop."""
    if end <= start:
        return
    ticks = count_ticks(end - start)
    row[TICKS_IN_STATE + person["state"]] += ticks
    covered = min(max(person["covered_until"], start), end)
    inside = count_ticks(covered - start)
    row[TICKS_IN_TREATMENT] += inside
    row[TICKS_OUT_OF_TREATMENT] += ticks - inside
    person["in_treatment_ticks"] += inside
    person["out_of_treatment_ticks"] += ticks - inside
    if covered > start:
        begun = person["episode_start"]
        spread_time(row, START_BINS, _START, start - begun, covered - begun)
        if person["stopped"] < covered:
            spread_time(row, COVERED_BINS, _START, max(start, person["stopped"]) - begun, covered - begun)
    if person["stopped"] < NEVER and end > person["stopped"]:
        low = max(start, person["stopped"])
        spread_time(row, STOP_BINS, _STOP, low - person["stopped"], end - person["stopped"])


@compiled
def is_in_treatment(person: Any) -> bool:
    """Return whether the person is in treatment now: from the first dose until cover ends, the end included."""
    return bool(person["time"] <= person["covered_until"])


@compiled
def tally_death(row: Any, person: Any, overdose: int) -> None:
    """Count a death, by cause (overdose 1 or 0), in or out of treatment, and by time since start and since stop."""
    inside = is_in_treatment(person)
    cause = OVERDOSE_DEATHS_IN if overdose else OTHER_DEATHS_IN
    row[cause + (0 if inside else 1)] += 1
    offset = 1 if overdose else 2
    stopped = person["stopped"] <= person["time"]
    if inside:
        place = 3 * find_bin(_START, person["time"] - person["episode_start"]) + offset
        row[START_BINS + place] += 1
        if stopped:
            row[COVERED_BINS + place] += 1
    if stopped:
        row[STOP_BINS + 3 * find_bin(_STOP, person["time"] - person["stopped"]) + offset] += 1
