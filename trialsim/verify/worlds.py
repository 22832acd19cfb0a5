"""Worlds that checks are run in: the shipped scenarios, and a laboratory in which every medication is an arm."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import trialsim
from trialsim.clinical.vocabulary import MEDICATIONS, NEVER, TICKS_PER_DAY
from trialsim.engine.lives import Lives, World
from trialsim.engine.population import draw_baseline
from trialsim.engine.world import build_world, list_values
from trialsim.parameters import override_parameters, read_parameters
from trialsim.scenario import Scenario, parse_scenario, read_scenario
from trialsim.scenario.model import Allocation, Arm, Fixed

type Records = npt.NDArray[Any]

SEED: Final = 20_260_101
YEAR: Final = 365.25
DAILY: Final = ("oral_naltrexone", "sublingual_buprenorphine", "methadone")
ANTAGONISTS: Final = ("oral_naltrexone", "xr_naltrexone", "implant_naltrexone")

# The laboratory: what stands here is replaced by a check where it matters.
LABORATORY: Final = """
name: laboratory
kind: trial
title: Laboratory
description: Every medication in the same people
sources: ["10.1111/none"]
seed: 20260101
mode: counterfactual
replicates: 1
participants: 100
population:
  age: {mean: 35, sd: 10, low: 18, high: 70}
  male: 0.6
  primary_opioid: {choices: {heroin: 0.5, fentanyl: 0.5}}
  injection: 0.6
  use_days: 25
  unstable_housing: 0.3
  prior_treatment: 0.6
  liver_disease: 0.1
  uses_alone: 0.5
  opioid_free_days: 0
  setting: routine
  start: using
  era: heroin
  naloxone_coverage: 0.3
arms:
  one: {medication: none}
  other: {medication: methadone}
allocation: {ratio: {one: 1, other: 1}, block_size: 2, strata: []}
accrual: {duration: 90 days}
sites: [{name: one}]
visits: {every: 1 week, count: 24}
endpoint: relapse_ctnFiftyOne_2018
endpoint_week: 24
estimand:
  population: all randomised
  treatment: as assigned
  variable: relapse
  intercurrent_events: {death: composite}
  summary: difference in proportions
retreatment: {until: 0 days}
follow_up: 1 year
"""

# Rates at which most things happen to most people within a year, so that a wrong number shows in few lives.
BUSY: Final[Mapping[str, float]] = {
    "overdose_rate_regular_use": 0.004,
    "treatment_seeking_rate_using": 0.03,
    "treatment_seeking_rate_abstinent": 0.01,
    "spontaneous_abstinence_rate": 0.01,
    "arrest_rate": 0.004,
    "release_rate": 0.02,
    "overdose_ratio_incarcerated": 0.3,
}


def find_scenarios() -> tuple[Path, ...]:
    """Return the shipped scenario files: inside the installed package, else beside it in a checkout; maybe none."""
    package = Path(trialsim.__file__).parent
    folders = (package / "scenarios", package.parent / "scenarios")
    found = next((folder for folder in folders if folder.is_dir()), None)
    return tuple(sorted(found.glob("*.yaml"))) if found else ()


def read_world(path: Path) -> tuple[Scenario, World]:
    """Return a scenario and its world, its own parameters applied."""
    scenario = read_scenario(path)
    table = override_parameters(read_parameters(), scenario.parameters, scenario.path)
    return scenario, build_world(scenario, list_values(table), scenario.seed)


def make_scenario(arms: tuple[str, ...] = MEDICATIONS, days: float = YEAR, **changes: Any) -> Scenario:
    """Return the laboratory: one arm a medication, everyone under every arm, re-entry for ever; fields can be changed.

    A medication that is named twice becomes two arms.
    """
    scenario = parse_scenario(LABORATORY)
    named = tuple(Arm(f"{medication}-{index}", medication) for index, medication in enumerate(arms))
    blocks = Allocation((1,) * len(arms), len(arms), ())
    return replace(
        scenario, **{"arms": named, "allocation": blocks, "follow_up_days": days, "reentry": True, **changes}
    )


def change_population(scenario: Scenario, **changes: Any) -> Scenario:
    """Return the scenario with another population: a setting, start or era, or the share of a yes/no covariate."""
    laws = {name: Fixed(value) for name, value in changes.items() if name in scenario.population.covariates}
    fields = {name: value for name, value in changes.items() if name not in laws}
    population = replace(scenario.population, covariates={**scenario.population.covariates, **laws}, **fields)
    return replace(scenario, population=population)


def set_fields(values: Mapping[str, float], fields: Mapping[str, float]) -> dict[str, float]:
    """Return parameter values in which these parameters, or these fields of every medication, are replaced."""
    out = dict(values)
    for field, value in fields.items():
        named = [name for name in out if name == field or name.removeprefix(f"{field}_") in MEDICATIONS]
        out.update(dict.fromkeys(named, value))
    return out


def make_world(scenario: Scenario, **fields: float) -> World:
    """Return the laboratory's world with the table's values, some parameters or fields of every medication replaced."""
    return build_world(scenario, set_fields(list_values(read_parameters()), fields), scenario.seed)


def live_everyone(
    simulate: Callable[..., Lives], scenario: Scenario, world: World, people: int
) -> tuple[Records, Lives]:
    """Return baselines (BASELINE records) and lives, with their log, of so many people under every arm."""
    baselines = draw_baseline(scenario.population, world.seed, range(people), 0)
    return baselines, simulate(world, baselines, np.full(people, -1), True)


def count_life_ticks(outcomes: Records, horizon: float) -> npt.NDArray[np.int64]:
    """Return each life's length in whole ticks: to death or to the end of follow-up."""
    ends = np.where(outcomes["death"] >= NEVER, horizon, outcomes["death"])
    return np.rint(ends * TICKS_PER_DAY).astype(np.int64)
