"""Closed forms by matrix exponential: every scenario with constant hazards, and a world where all can happen."""

from pathlib import Path

import numpy as np

from trialsim.clinical.person import STARTS
from trialsim.engine.lives import Lives, World
from trialsim.engine.population import draw_baseline
from trialsim.scenario import Scenario
from trialsim.verify.check import Check, report_scores
from trialsim.verify.kernel import Kernel
from trialsim.verify.occupancy import PROFILE, STEPS, Records, score_lives
from trialsim.verify.twin import reduce_world
from trialsim.verify.worlds import BUSY, SEED, YEAR, make_scenario, make_world, read_world

# Lives a scenario, over all its arms, and lives an arm where every transition is common.
SCENARIO_LIVES = 40_000
BUSY_PEOPLE = 6_000
PROFILES = 12
DETAIL = f"occupancy at {STEPS} times, days by state, deaths by cause and events against the matrix exponential"


def _score_world(name: str, kernel: Kernel, world: World, baselines: Records, detail: str) -> Check:
    lives: Lives = kernel.simulate_batch(world, baselines, np.full(len(baselines), -1), True)
    scores = [each for arm in range(len(world.regimens)) for each in score_lives(world, arm, baselines, lives)]
    return report_scores(name, scores, f"{len(lives.outcomes)} lives, {detail}")


def check_scenario(name: str, kernel: Kernel, path: Path) -> Check:
    """Compare a shipped scenario, reduced to constant hazards, with its exact twin."""
    scenario, world = read_world(path)
    people = SCENARIO_LIVES // len(scenario.arms)
    baselines = draw_baseline(scenario.population, world.seed, range(people), 0)
    return _score_world(name, kernel, reduce_world(world), baselines, DETAIL)


def draw_profiles(scenario: Scenario, people: int, start: str | None = None) -> Records:
    """Return people of a few kinds that between them have every setting, era, start and yes/no covariate."""
    baselines = draw_baseline(scenario.population, scenario.seed, range(people), 0)
    generator = np.random.default_rng(SEED)
    kinds = {name: generator.integers(0, 2, PROFILES).astype(np.float64) for name in PROFILE}
    kinds["setting"] = np.arange(PROFILES) % 3.0
    kinds["naloxone_coverage"] *= 0.4
    kinds["start"] = (
        (np.arange(PROFILES) // 3) % len(STARTS) if start is None else np.full(PROFILES, STARTS.index(start))
    )
    for name, values in kinds.items():
        baselines[name] = values[np.arange(people) % PROFILES]
    return baselines


def check_busy(name: str, kernel: Kernel, induction_days: float, carried_days: float) -> Check:
    """Compare a world in which every transition is common, under every medication, with its exact twin."""
    scenario = make_scenario()
    world = reduce_world(make_world(scenario, **BUSY), induction_days, carried_days)
    baselines = draw_profiles(scenario, BUSY_PEOPLE)
    return _score_world(name, kernel, world, baselines, f"{DETAIL}; {YEAR:.0f} days")
