"""Living many lives with the compiled kernel, and what is kept of each."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.clinical.compiled import compiled
from trialsim.clinical.kernel import live
from trialsim.clinical.person import begin
from trialsim.clinical.records import EVENT, PERSON
from trialsim.clinical.tallies import COUNTERS, EVENTS_LOGGED, LIVES

# Blockade and susceptibility may move by this much within a panel; a test halves it (kernel contract, point 2).
PANEL_CHANGE: Final = 0.2
# Lives are tallied in this many groups of patients; the spread between groups gives Monte Carlo errors.
GROUPS: Final = 100
# Room for events that a log reserves at first; a log that runs over is enlarged.
EVENTS_PER_LIFE: Final = 64

OUTCOME: Final = np.dtype(
    [(name, "f8") for name in ("death", "first_dose", "last_dose", "stopped")]
    + [(name, "i8") for name in ("in_treatment_ticks", "out_of_treatment_ticks", "log_start", "log_end")]
    + [("patient", "u4"), ("replicate", "u4"), ("arm", "u2"), ("overdoses", "u2"), ("fatal", "u1"), ("state", "u1")]
)


@dataclass(frozen=True, slots=True)
class World:
    """Everything that is the same for all lives of a run: records, life table, seed, days and precision."""

    regimens: npt.NDArray[Any]
    parameters: npt.NDArray[Any]
    life_table: npt.NDArray[np.float64]
    seed: int
    horizon: float
    offered_until: float
    change: float = PANEL_CHANGE
    groups: int = GROUPS


@dataclass(frozen=True, slots=True)
class Lives:
    """What some lives left: OUTCOME records, an int64 tally [groups, arms, COUNTERS], and EVENT records (or none)."""

    outcomes: npt.NDArray[Any]
    tally: npt.NDArray[np.int64]
    log: npt.NDArray[Any]


@compiled
def keep_outcome(outcome: Any, person: Any, log_start: int, log_end: int) -> None:
    """Copy what is kept of a finished life."""
    outcome["patient"] = person["patient"]
    outcome["replicate"] = person["replicate"]
    outcome["arm"] = person["arm"]
    outcome["death"] = person["death"]
    outcome["fatal"] = person["fatal"]
    outcome["overdoses"] = person["overdoses"]
    outcome["state"] = person["state"]
    outcome["first_dose"] = person["first_dose"]
    outcome["last_dose"] = person["last_dose"]
    outcome["stopped"] = person["stopped"]
    outcome["in_treatment_ticks"] = person["in_treatment_ticks"]
    outcome["out_of_treatment_ticks"] = person["out_of_treatment_ticks"]
    outcome["log_start"] = log_start
    outcome["log_end"] = log_end


@compiled
def live_one(
    person: Any,
    baseline: Any,
    arm: int,
    regimens: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    horizon: float,
    offered_until: float,
    change: float,
    tally: Any,
    outcome: Any,
    log: Any,
    cursor: Any,
) -> None:
    """Live one patient's life under one arm and keep its outcome."""
    start = cursor[0]
    row = tally[baseline["patient"] % len(tally), arm]
    regimen = regimens[arm]
    begin(person, baseline, arm, regimen, parameters, seed, horizon, offered_until, log, cursor)
    live(person, regimen, parameters, life_table, seed, change, row, log, cursor)
    row[LIVES] += 1
    row[EVENTS_LOGGED] += person["logged"]
    keep_outcome(outcome, person, start, cursor[0])


@compiled
def live_batch(
    people: Any,
    baselines: Any,
    arm_of: Any,
    regimens: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    horizon: float,
    offered_until: float,
    change: float,
    tally: Any,
    outcomes: Any,
    log: Any,
    cursor: Any,
) -> None:
    """Live every baseline's life under its arm, or under every arm in turn where arm_of is -1."""
    k = 0
    for i in range(len(baselines)):
        for arm in range(len(regimens)):
            if arm_of[i] == arm or arm_of[i] < 0:
                live_one(
                    people[0],
                    baselines[i],
                    arm,
                    regimens,
                    parameters[0],
                    life_table,
                    seed,
                    horizon,
                    offered_until,
                    change,
                    tally,
                    outcomes[k],
                    log,
                    cursor,
                )
                k += 1


def count_lives(arm_of: npt.NDArray[np.int64], arms: int) -> int:
    """Return how many lives an assignment asks for: one a patient, or one an arm where it is -1."""
    return int(np.where(arm_of < 0, arms, 1).sum())


def simulate_batch(world: World, baselines: npt.NDArray[Any], arm_of: npt.NDArray[np.int64], keep_log: bool) -> Lives:
    """Live lives in which every request is granted at once.

    baselines: BASELINE records; arm_of: int64 of the same length, an arm's number or -1 for every arm. A log that turns
    out too short is enlarged and the lives are lived again: they are the same lives.
    """
    arms = len(world.regimens)
    lives = count_lives(arm_of, arms)
    capacity = EVENTS_PER_LIFE * lives if keep_log else 0
    while True:
        outcomes = np.zeros(lives, OUTCOME)
        tally = np.zeros((world.groups, arms, COUNTERS), np.int64)
        log = np.zeros(capacity, EVENT)
        cursor = np.array([0, 1 if keep_log else 0], np.int64)
        live_batch(
            np.zeros(1, PERSON),
            baselines,
            arm_of,
            world.regimens,
            world.parameters,
            world.life_table,
            world.seed,
            world.horizon,
            world.offered_until,
            world.change,
            tally,
            outcomes,
            log,
            cursor,
        )
        if cursor[0] <= capacity:
            return Lives(outcomes, tally, log[: cursor[0]])
        capacity = int(cursor[0])
