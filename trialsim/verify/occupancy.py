"""Simulated lives against their exact twin: occupancy at many times, days in each state, deaths by cause, events."""

from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.clinical.records import BASELINE
from trialsim.clinical.tallies import TICKS_IN_STATE
from trialsim.clinical.vocabulary import STATES, TICKS_PER_DAY, USES
from trialsim.engine.lives import Lives, World
from trialsim.verify.check import Numbers, score_counts, score_means, score_shares
from trialsim.verify.twin import CLOCKS, Expected, solve_life

type Records = npt.NDArray[Any]

STEPS = 12
# Covariates on which a constant hazard may depend; people who share them share a twin.
PROFILE = (
    "male",
    "injection",
    "unstable_housing",
    "liver_disease",
    "uses_alone",
    "setting",
    "era",
    "naloxone_coverage",
    "start",
)


def find_last_events(outcomes: Records, log: Records, time: float) -> npt.NDArray[np.int64]:
    """Return the place in the log of each life's last event up to a time (days); every life begins with one."""
    before = np.concatenate([[0], np.cumsum(log["day"] <= time)])
    counts = before[outcomes["log_end"]] - before[outcomes["log_start"]]
    return np.asarray(outcomes["log_start"] + counts - 1)


def count_places(outcomes: Records, log: Records, time: float) -> npt.NDArray[np.int64]:
    """Return how many lives are in each state and use at a time (shape [states, uses])."""
    last = log[find_last_events(outcomes, log, time)]
    codes = last["state"].astype(np.int64) * len(USES) + last["use"]
    return np.bincount(codes, minlength=len(STATES) * len(USES)).reshape(len(STATES), len(USES))


def count_events(outcomes: Records, log: Records) -> npt.NDArray[np.int64]:
    """Return how often each clock fired in each life (shape [lives, clocks]); lives must be in the order of the log."""
    life = np.repeat(np.arange(len(outcomes)), outcomes["log_end"] - outcomes["log_start"])
    out = np.zeros((len(outcomes), len(CLOCKS)), np.int64)
    clocks = log["event"] < len(CLOCKS)
    np.add.at(out, (life[clocks], log["event"][clocks]), 1)
    return out


def solve_people(world: World, arm: int, baselines: Records, times: Numbers) -> Expected:
    """Return the exact expectations of the mean life of these people under one arm."""
    profiles, counts = np.unique(np.stack([baselines[name] for name in PROFILE], axis=1), axis=0, return_counts=True)
    parts = []
    for profile in profiles:
        person = np.zeros(1, BASELINE)
        for name, value in zip(PROFILE, profile, strict=True):
            person[name] = value
        parts.append(solve_life(world, arm, person[0], times))
    fields = ("occupancy", "days", "deaths", "events")
    return Expected(*(np.average([getattr(p, f) for p in parts], axis=0, weights=counts) for f in fields))


def list_times(world: World) -> Numbers:
    """Return the times (days) at which occupancy is compared: equal steps up to the horizon."""
    return np.linspace(0.0, world.horizon, STEPS + 1)[1:]


def score_lives(world: World, arm: int, baselines: Records, lives: Lives) -> list[Numbers]:
    """Return the standard scores of the lives of one arm (one a baseline, counterfactual) against their twin."""
    times = list_times(world)
    exact = solve_people(world, arm, baselines, times)
    mine = lives.outcomes["arm"] == arm
    outcomes, people = lives.outcomes[mine], int(mine.sum())
    counts = np.array([count_places(outcomes, lives.log, time) for time in times])
    deaths = [int((outcomes["fatal"] == cause).sum()) for cause in (1, 2)]
    events = count_events(lives.outcomes, lives.log)[mine]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.nan_to_num(events.var(axis=0) / events.mean(axis=0), nan=1.0)
    group = np.bincount(baselines["patient"] % world.groups, minlength=world.groups)
    alive = [k for k, state in enumerate(STATES) if state != "dead"]
    ticks = lives.tally[:, arm, TICKS_IN_STATE : TICKS_IN_STATE + len(alive)]
    days = ticks / TICKS_PER_DAY / group[:, None]
    return [
        score_shares(counts, people, exact.occupancy),
        score_shares(deaths, people, exact.deaths),
        score_counts(events.sum(axis=0), exact.events * people, spread),
        score_means(days, exact.days[alive]),
    ]
