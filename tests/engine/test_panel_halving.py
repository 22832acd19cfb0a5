"""Panels are short enough: halving them moves no outcome by a tenth of its Monte Carlo error at 100,000 patients."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from trialsim.engine.lives import PANEL_CHANGE, World, simulate_batch
from trialsim.engine.population import draw_baseline
from trialsim.engine.world import build_world, list_values
from trialsim.parameters import read_parameters
from trialsim.scenario import read_scenario
from trialsim.scenario.model import Scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PATIENTS, CHUNK = 200_000, 20_000
REFERENCE = 100_000
ALLOWED = 0.1
# Nine measures in each of eight arms are compared: chance moves one beyond this many of its errors once in 200 runs.
ERRORS = 4.0


def measure_lives(scenario: Scenario, world: World, first: int) -> dict[str, npt.NDArray[np.float64]]:
    """Measures of each life, [patients, arms]."""
    baselines = draw_baseline(scenario.population, scenario.seed, range(first, first + CHUNK), 0)
    lives = simulate_batch(world, baselines, np.full(CHUNK, -1), False).outcomes
    measures = {
        "deaths": lives["fatal"] > 0,
        "overdose deaths": lives["fatal"] == 1,
        "overdoses": lives["overdoses"],
        "first dose": lives["first_dose"] <= world.horizon,
        "treated": lives["in_treatment_ticks"] / 2**20,
        "alive": (lives["in_treatment_ticks"] + lives["out_of_treatment_ticks"]) / 2**20,
        **{f"ends in state {state}": lives["state"] == state for state in (0, 4, 5)},
    }
    return {name: np.asarray(values, np.float64).reshape(CHUNK, -1) for name, values in measures.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["xbot", "us-five-year"])
def test_halving_the_panels_moves_no_outcome(name: str) -> None:
    scenario = read_scenario(SCENARIOS / f"{name}.yaml")
    world = build_world(scenario, list_values(read_parameters()), scenario.seed)
    finer = replace(world, change=PANEL_CHANGE / 2)
    sums: dict[str, list[npt.NDArray[np.float64]]] = {}
    for first in range(0, PATIENTS, CHUNK):
        coarse, fine = measure_lives(scenario, world, first), measure_lives(scenario, finer, first)
        for measure, values in coarse.items():
            shift = values - fine[measure]
            part = np.stack([shift.sum(0), (shift**2).sum(0), values.sum(0), (values**2).sum(0)])
            sums.setdefault(measure, []).append(part)
    shifts = {}
    for measure, parts in sums.items():
        mean, square, level, level_square = np.sum(parts, axis=0) / PATIENTS
        monte_carlo = np.sqrt(np.maximum(level_square - level**2, 1e-30) / REFERENCE)
        own = np.sqrt(np.maximum(square - mean**2, 0.0) / PATIENTS)
        for arm, (ratio, error) in enumerate(zip(mean / monte_carlo, own / monte_carlo, strict=True)):
            print(f"{name} {scenario.arms[arm].name:20} {measure:16} {ratio:+.3f} (error {error:.3f})")
            shifts[measure, arm] = math.copysign(max(abs(ratio) - ERRORS * error, 0.0), ratio)
    assert {where: shift for where, shift in shifts.items() if abs(shift) > ALLOWED} == {}
