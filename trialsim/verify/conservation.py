"""Conservation: everyone in one state at a time, person-time that adds up to the tick, deaths that add up."""

from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.clinical.tallies import (
    COVERED_BINS,
    EVENTS_LOGGED,
    LIVES,
    OTHER_DEATHS_IN,
    OTHER_DEATHS_OUT,
    OVERDOSE_DEATHS_IN,
    OVERDOSE_DEATHS_OUT,
    OVERDOSES_IN,
    OVERDOSES_OUT,
    START_BINS,
    STOP_BINS,
    TICKS_IN_STATE,
    TICKS_IN_TREATMENT,
    TICKS_OUT_OF_TREATMENT,
)
from trialsim.clinical.vocabulary import DEAD, OTHER_DEATH, OVERDOSE, OVERDOSE_DEATH, STATES, TICKS_PER_DAY
from trialsim.engine.lives import Lives
from trialsim.verify.check import Check, report_exact
from trialsim.verify.kernel import Kernel
from trialsim.verify.worlds import BUSY, count_life_ticks, live_everyone, make_scenario, make_world

PEOPLE = 1000


def _live(kernel: Kernel) -> tuple[Lives, float]:
    scenario = make_scenario()
    world = make_world(scenario, **BUSY)
    return live_everyone(kernel.simulate_batch, scenario, world, PEOPLE)[1], world.horizon


def rebuild_state_ticks(lives: Lives, horizon: float) -> npt.NDArray[np.int64]:
    """Return the ticks that all lives spent in each state (the dead excepted), rebuilt from the event log alone."""
    days = np.rint(lives.log["day"] * TICKS_PER_DAY).astype(np.int64)
    ends = np.append(days[1:], 0)
    ends[lives.outcomes["log_end"] - 1] = round(horizon * TICKS_PER_DAY)
    states = lives.log["state"]
    return np.array([(ends - days)[states == state].sum() for state in range(DEAD)], np.int64)


def check_states(name: str, kernel: Kernel) -> Check:
    """See that every life is in exactly one state at any time: no gap, no overlap and no life after death."""
    lives, horizon = _live(kernel)
    outcomes, log = lives.outcomes, lives.log
    same = np.diff(log["patient"].astype(np.int64) * 64 + log["arm"]) == 0
    backwards = int((np.diff(log["day"])[same] < 0).sum())
    skipped = int((np.diff(log["occurrence"].astype(np.int64))[same] != 1).sum())
    undead = int((log["state"][:-1][same] == DEAD).sum())
    dead = log["state"][outcomes["log_end"] - 1] == DEAD
    torn = int((dead != (outcomes["fatal"] > 0)).sum() + (dead != (outcomes["state"] == DEAD)).sum())
    rebuilt = rebuild_state_ticks(lives, horizon)
    tallied = lives.tally.sum(axis=(0, 1))[TICKS_IN_STATE : TICKS_IN_STATE + DEAD]
    torn += int((rebuilt != tallied).sum()) + int(lives.tally[..., LIVES].sum() != len(outcomes))
    wrong = backwards + skipped + undead + torn + int(lives.tally[..., EVENTS_LOGGED].sum() != len(log))
    return report_exact(
        name, wrong, f"{len(log)} events of {len(outcomes)} lives; ticks in each of {DEAD} states", dead.sum()
    )


def check_person_time(name: str, kernel: Kernel) -> Check:
    """See that ticks in and out of treatment, by state and by time since start, add up to those lived."""
    lives, horizon = _live(kernel)
    lived = count_life_ticks(lives.outcomes, horizon)
    inside, outside = lives.outcomes["in_treatment_ticks"], lives.outcomes["out_of_treatment_ticks"]
    total = lives.tally.sum(axis=(0, 1))
    starts = total[START_BINS:STOP_BINS:3].sum()
    gaps = (
        np.abs(inside + outside - lived).sum(),
        abs(total[TICKS_IN_STATE : TICKS_IN_STATE + len(STATES)].sum() - lived.sum()),
        abs(total[TICKS_IN_TREATMENT] - inside.sum()) + abs(total[TICKS_OUT_OF_TREATMENT] - outside.sum()),
        abs(starts - total[TICKS_IN_TREATMENT]),
    )
    return report_exact(
        name, sum(map(int, gaps)), f"ticks of {lived.sum() / TICKS_PER_DAY:.0f} days lived", inside.sum()
    )


def count_deaths(lives: Lives) -> dict[str, tuple[int, ...]]:
    """Return deaths and overdoses as outcomes, event log and tallies have them: the same number several times."""
    total = lives.tally.sum(axis=(0, 1))
    fatal, event = lives.outcomes["fatal"], lives.log["event"]
    starts, stops = (total[first:last] for first, last in ((START_BINS, STOP_BINS), (STOP_BINS, COVERED_BINS)))

    def count(cause: int, clock: int, inside: int, outside: int) -> tuple[int, ...]:
        return int((fatal == cause).sum()), int((event == clock).sum()), int(total[inside] + total[outside])

    return {
        "overdose": count(1, OVERDOSE_DEATH, OVERDOSE_DEATHS_IN, OVERDOSE_DEATHS_OUT),
        "other": count(2, OTHER_DEATH, OTHER_DEATHS_IN, OTHER_DEATHS_OUT),
        "survived": (
            int(lives.outcomes["overdoses"].sum()),
            int((event == OVERDOSE).sum()),
            int(total[OVERDOSES_IN] + total[OVERDOSES_OUT]),
        ),
        "in treatment": (int(total[OVERDOSE_DEATHS_IN]), int(starts[1::3].sum())),
        "in treatment, other": (int(total[OTHER_DEATHS_IN]), int(starts[2::3].sum())),
        "all": (int((fatal > 0).sum()), int((lives.outcomes["death"] < 1e18).sum())),
        "since stop": (min(int(stops[1::3].sum()), int(total[OVERDOSE_DEATHS_OUT])), int(stops[1::3].sum())),
    }


def check_deaths(name: str, kernel: Kernel) -> Check:
    """See that deaths by cause are the same in outcomes, log and tallies, and add up."""
    lives, _ = _live(kernel)
    counts: dict[str, Any] = count_deaths(lives)
    wrong = sum(max(each) - min(each) for each in counts.values())
    seen = min(counts["overdose"][0], counts["other"][0])
    return report_exact(name, wrong, f"deaths by overdose {counts['overdose'][0]}, others {counts['other'][0]}", seen)
