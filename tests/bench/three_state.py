"""The three-state workload through the functions of the clinical kernel: its clocks, addresses and event log.

Treated and untreated people move back and forth and die: 0.5 a year from treated to untreated, 1.0 back, deaths 0.01
and 0.03 a year. Nothing is special to it: hazards are set, the next clock is found, hazards are spent and events are
written by the same functions as in a clinical life, on the same person record, with common random numbers by address.
"""

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from trialsim.clinical.clocks import draw_residual, round_tick
from trialsim.clinical.compiled import compiled
from trialsim.clinical.events import write_event
from trialsim.clinical.hazards import set_constant
from trialsim.clinical.kernel import find_next_clock, spend_clocks
from trialsim.clinical.records import EVENT, PERSON
from trialsim.clinical.vocabulary import CLOCK_COUNT, DEAD, DISCONTINUE, HORIZON, MAINTAINED, OTHER_DEATH, SEEK, USING

YEAR: Final = 365.25
YEARS: Final = 10.0
STOP_RATE: Final = 0.5 / YEAR
START_RATE: Final = 1.0 / YEAR
DEATH_RATE_TREATED: Final = 0.01 / YEAR
DEATH_RATE_UNTREATED: Final = 0.03 / YEAR
EVENTS_RESERVED: Final = 16


@compiled
def plan_move(person: Any, seed: int) -> None:
    """Set the hazards of the present state and find what happens next, and when."""
    person["active_count"] = 0
    if person["state"] == MAINTAINED:
        set_constant(person, OTHER_DEATH, DEATH_RATE_TREATED)
        set_constant(person, DISCONTINUE, STOP_RATE)
    else:
        set_constant(person, OTHER_DEATH, DEATH_RATE_UNTREATED)
        set_constant(person, SEEK, START_RATE)
    person["next_time"] = person["horizon"]
    person["next_clock"] = HORIZON
    find_next_clock(person, seed)
    person["next_time"] = round_tick(person["next_time"])


@compiled
def move(person: Any, seed: int, log: Any, cursor: Any) -> None:
    """Let the planned event happen: spend the clocks, draw the fired one anew, change state, write the record."""
    spend_clocks(person, person["time"], person["next_time"])
    person["time"] = person["next_time"]
    clock = person["next_clock"]
    number = person["occurrence"][clock]
    person["residual"][clock] = draw_residual(seed, person["patient"], clock, number, person["replicate"])
    person["occurrence"][clock] = number + 1
    if clock == OTHER_DEATH:
        person["state"] = DEAD
    else:
        person["state"] = USING if clock == DISCONTINUE else MAINTAINED
    write_event(person, clock, log, cursor)


@compiled
def live_three_states(people: Any, count: int, seed: int, horizon: float, log: Any, cursor: Any) -> int:
    """Live `count` lives from treatment on and return how many end in death within the horizon (days)."""
    deaths = 0
    person = people[0]
    person["horizon"] = horizon
    for patient in range(count):
        person["patient"] = patient
        person["time"] = 0.0
        person["state"] = MAINTAINED
        person["logged"] = 0
        for clock in range(CLOCK_COUNT):
            person["occurrence"][clock] = 0
        plan_move(person, seed)
        while person["next_clock"] != HORIZON:
            move(person, seed, log, cursor)
            if person["state"] == DEAD:
                deaths += 1
                break
            plan_move(person, seed)
    return deaths


def simulate_three_states(count: int, seed: int) -> tuple[int, npt.NDArray[Any]]:
    """Return deaths within ten years among `count` people, and the event log."""
    log, cursor = np.zeros(EVENTS_RESERVED * count, EVENT), np.array([0, 1], np.int64)
    deaths = live_three_states(np.zeros(1, PERSON), count, seed, YEARS * YEAR, log, cursor)
    return deaths, log[: cursor[0]]


def find_exact_answers() -> tuple[float, float]:
    """Return the exact share of dead after ten years and the exact mean number of events, by the matrix exponential."""
    generator = np.array(
        [
            [-(STOP_RATE + DEATH_RATE_TREATED), STOP_RATE, DEATH_RATE_TREATED, STOP_RATE + DEATH_RATE_TREATED],
            [START_RATE, -(START_RATE + DEATH_RATE_UNTREATED), DEATH_RATE_UNTREATED, START_RATE + DEATH_RATE_UNTREATED],
            [0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0],
        ]
    )
    # The fourth column adds up the intensity of events of either kind while alive, deaths included.
    after = expm(generator * YEARS * YEAR)[0]
    return float(after[2]), float(after[3])


def find_tolerance(share: float, count: int) -> float:
    """Return four binomial standard errors of a share among `count` people."""
    return 4.0 * math.sqrt(share * (1.0 - share) / count)
