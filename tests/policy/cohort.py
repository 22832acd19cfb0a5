"""A small cohort of the shipped scenario, and ways to change it."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from trialsim.engine.world import build_world, list_values
from trialsim.parameters import read_parameters
from trialsim.parameters.entry import ParameterTable
from trialsim.policy.counts import Counts, count_cohort, cut_time
from trialsim.scenario import read_scenario
from trialsim.scenario.model import Scenario

ROOT = Path(__file__).parents[2]


@cache
def read_table() -> ParameterTable:
    return read_parameters()


@cache
def read_shipped() -> Scenario:
    return read_scenario(ROOT / "scenarios" / "us-five-year.yaml")


def make_cohort(*names: str, participants: int = 2_000, years: float = 2.0) -> Scenario:
    """The shipped cohort with these policies only, fewer people and a shorter time."""
    shipped = read_shipped()
    by_name = {arm.name: arm for arm in shipped.arms}
    return replace(
        shipped,
        arms=tuple(by_name[name] for name in names),
        participants=participants,
        follow_up_days=365.25 * years,
        horizons_days=(365.25, 365.25 * years),
    )


def count_people(scenario: Scenario, seed: int = 7, **values: float) -> tuple[Counts, np.ndarray]:
    """Counts of a cohort with some parameters changed, and the ends of its time bins."""
    world = build_world(scenario, {**list_values(read_table()), **values}, seed)
    ends = cut_time(scenario.follow_up_days, scenario.horizons_days)
    return count_cohort(world, scenario.population, scenario.participants, ends, 1), ends
