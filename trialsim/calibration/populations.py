"""The populations behind the targets: scenarios lived under one set of parameter values, with the same luck in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

import trialsim
from trialsim.calibration.statistics import Pair, measure_cohort_component, measure_trial_component
from trialsim.calibration.targets import ANY_ARM, FILE, Component
from trialsim.engine.lives import simulate_batch
from trialsim.engine.population import draw_baseline
from trialsim.engine.setup import build_observation
from trialsim.engine.world import build_world
from trialsim.problems import InputError, Problem, nearest_name
from trialsim.scenario.model import Scenario
from trialsim.scenario.read import read_scenario
from trialsim.trial.outcomes import select_lives
from trialsim.trial.simulate import Chunk, simulate_chunk

# Lives under each arm of a trial's scenario for one set of values; cohorts have the size of their file.
TRIAL_PEOPLE: Final = 400


@dataclass(frozen=True, slots=True)
class Populations:
    """The scenarios that the components need, by name."""

    scenarios: Mapping[str, Scenario]
    components: tuple[Component, ...]


def find_scenario_files() -> dict[str, Path]:
    """Return the scenario files that ship, the calibration's own among them, by name."""
    package = Path(trialsim.__file__).parent
    for folder in (package / "scenarios", package.parent / "scenarios"):
        if folder.is_dir():
            return {path.stem: path for path in sorted(folder.rglob("*.yaml"))}
    return {}


def read_populations(components: Sequence[Component]) -> Populations:
    """Return the scenarios of the components; raises InputError for a population or an arm that no scenario has."""
    files, problems = find_scenario_files(), []
    scenarios: dict[str, Scenario] = {}
    for component in components:
        name = component.population
        if name not in files:
            problems.append(Problem(FILE, None, name, "is no shipped scenario", "", nearest_name(name, files)))
            continue
        scenario = scenarios.setdefault(name, read_scenario(files[name]))
        arms = [arm.name for arm in scenario.arms]
        known = [*arms, ANY_ARM] if scenarios[name].kind == "cohort" else arms
        if component.arm not in known:
            nearest = nearest_name(component.arm, known)
            problems.append(Problem(FILE, None, component.arm, f"is no arm of {name}", "", nearest))
    if problems:
        raise InputError(problems)
    return Populations(scenarios, tuple(components))


def simulate_components(
    populations: Populations, values: Mapping[str, float], seed: int, scale: float = 1.0
) -> npt.NDArray[np.float64]:
    """Return [components, 2]: events and what they are counted over, under one set of parameter values.

    Every set of values meets the same people with the same luck (one seed). scale: multiplies the number of people. A
    scenario's own parameters (values fitted to that one trial) are left out: what is asked is what the values say of
    it.
    """
    out = np.zeros((len(populations.components), 2))
    for name, scenario in populations.scenarios.items():
        mine = [(i, part) for i, part in enumerate(populations.components) if part.population == name]
        measure = _measure_cohort if scenario.kind == "cohort" else _measure_trial
        for (i, _), pair in zip(mine, measure(scenario, [part for _, part in mine], values, seed, scale), strict=True):
            out[i] = pair
    return out


def _measure_trial(
    scenario: Scenario, components: Sequence[Component], values: Mapping[str, float], seed: int, scale: float
) -> list[Pair]:
    people = int(TRIAL_PEOPLE * scale)
    own = replace(scenario, participants=people, seed=seed, mode="counterfactual", replicates=1)
    world = build_world(own, values, seed)
    lives = simulate_chunk(world, build_observation(values), own, "batch", False, Chunk(0, 0, people))
    names = [arm.name for arm in own.arms]
    arms = {name: select_lives(lives, lives.outcomes["arm"] == code) for code, name in enumerate(names)}
    return [measure_trial_component(part, arms[part.arm]) for part in components]


def _measure_cohort(
    scenario: Scenario, components: Sequence[Component], values: Mapping[str, float], seed: int, scale: float
) -> list[Pair]:
    people = int(scenario.participants * scale)
    world = build_world(scenario, values, seed)
    baselines = draw_baseline(scenario.population, seed, range(people), 0)
    lives = simulate_batch(world, baselines, np.full(people, -1, np.int64), False)
    places: dict[str, tuple[int, ...]] = {arm.name: (code,) for code, arm in enumerate(scenario.arms)}
    places[ANY_ARM] = tuple(range(len(scenario.arms)))
    return [measure_cohort_component(part, places[part.arm], lives) for part in components]
