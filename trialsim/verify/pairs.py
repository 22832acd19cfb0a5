"""The same people under two arms: equal arms are equal, labels do not matter, a lower hazard of death harms nobody."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import numpy as np

from trialsim.engine.lives import World
from trialsim.engine.setup import build_observation
from trialsim.engine.world import list_values
from trialsim.parameters import read_parameters
from trialsim.scenario import Scenario
from trialsim.trial.outcomes import Measured, measure_trial
from trialsim.trial.simulate import Chunk
from trialsim.verify.check import Check, report_exact
from trialsim.verify.kernel import Kernel
from trialsim.verify.worlds import BUSY, Records, live_everyone, make_scenario, make_world

PEOPLE: Final = 2000
PAIR: Final = ("xr_naltrexone", "sublingual_buprenorphine")
# What an outcome record says of a life, apart from whose it is and where its log stands.
LIVED: Final = (
    "death",
    "first_dose",
    "last_dose",
    "stopped",
    "in_treatment_ticks",
    "out_of_treatment_ticks",
    "overdoses",
    "fatal",
    "state",
)


def simulate_trial(kernel: Kernel, medications: tuple[str, ...]) -> tuple[Records, list[dict[str, Measured]]]:
    """Return outcome records and each arm's measured outcomes of one trial in which everyone lives in every arm."""
    scenario: Scenario = make_scenario(medications, participants=PEOPLE)
    world = make_world(scenario, **BUSY)
    observation = build_observation(list_values(read_parameters()))
    seen = kernel.simulate_chunk(world, observation, scenario, "batch", False, Chunk(0, 0, PEOPLE))
    return seen.outcomes, measure_trial(scenario, seen, (0,) * len(medications))


def count_differences(a: Records, b: Records, first: dict[str, Measured], second: dict[str, Measured]) -> int:
    """Return how many lives and measured outcomes of two arms differ in anything."""
    lives = np.zeros(len(a), np.bool_)
    for field in LIVED:
        lives |= a[field] != b[field]
    measured = sum(repr(first[name]) != repr(second[name]) for name in first)
    return int(lives.sum()) + measured + len(first.keys() ^ second.keys())


def check_identical(name: str, kernel: Kernel) -> Check:
    """See that two identical arms differ in nothing, and that two medications differ in something."""
    wrong = 0
    for medication in PAIR:
        lives, measured = simulate_trial(kernel, (medication, medication))
        wrong += count_differences(lives[lives["arm"] == 0], lives[lives["arm"] == 1], *measured)
    lives, measured = simulate_trial(kernel, PAIR)
    seen = count_differences(lives[lives["arm"] == 0], lives[lives["arm"] == 1], *measured)
    return report_exact(name, wrong, f"lives and outcomes, {len(measured[0])} kinds, {PEOPLE} people", seen)


def check_swapped(name: str, kernel: Kernel) -> Check:
    """See that swapping the arms swaps the results and changes nothing else."""
    lives, measured = simulate_trial(kernel, PAIR)
    others, swapped = simulate_trial(kernel, PAIR[::-1])
    wrong = seen = 0
    for arm in (0, 1):
        mine = lives[lives["arm"] == arm]
        wrong += count_differences(mine, others[others["arm"] == 1 - arm], measured[arm], swapped[1 - arm])
        seen += count_differences(mine, others[others["arm"] == arm], measured[arm], swapped[arm])
    return report_exact(name, wrong, f"lives and outcomes of {PEOPLE} people under two arms and the swapped two", seen)


def count_pairs(kernel: Kernel, change: Callable[[World], Any]) -> tuple[int, int]:
    """Return deaths averted and deaths caused, in the same people, by a change of the world."""
    scenario = make_scenario()
    world = make_world(scenario, **BUSY)
    better = replace(world, parameters=world.parameters.copy())
    change(better)
    before, after = (live_everyone(kernel.simulate_batch, scenario, each, PEOPLE)[1] for each in (world, better))
    dead, still = before.outcomes["fatal"] > 0, after.outcomes["fatal"] > 0
    return int((dead & ~still).sum()), int((still & ~dead).sum())


def _halve(*names: str) -> Callable[[World], None]:
    def change(world: World) -> None:
        for each in names:
            world.parameters[each] *= 0.5

    return change


def check_harmless(name: str, kernel: Kernel) -> Check:
    """See that halving a hazard of death, by overdose or from other causes, kills nobody; count deaths averted."""
    other = count_pairs(kernel, _halve("smr_using", "smr_in_treatment", "smr_abstinent", "smr_incarcerated"))
    overdose = count_pairs(kernel, _halve("overdose_fatal_share"))
    averted, caused = (a + b for a, b in zip(other, overdose, strict=True))
    detail = f"deaths caused; averted {other[0]} (other causes) and {overdose[0]} (overdose)"
    return report_exact(name, caused, detail, min(averted, other[0], overdose[0]))
