"""The range of each outcome over the uncertainty of the parameters, apart from the chance of one trial.

Every draw of the parameters is lived by the same patients with the same luck; an outcome's mean under that draw is
taken over enough patients that little chance of the trial is left in it (O'Hagan, Stevenson and Madan 2007,
doi 10.1002/hec.1199, keep the two orders of uncertainty apart), and what luck they share is taken out (`remove_luck`).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import numpy as np

from trialsim.engine.setup import build_observation
from trialsim.engine.world import build_world, list_values
from trialsim.parameters.draws import draw_parameters
from trialsim.parameters.entry import ParameterTable
from trialsim.runs.chunks import run_chunks
from trialsim.runs.progress import show_progress
from trialsim.runs.ranges import remove_luck
from trialsim.scenario.model import Scenario
from trialsim.trial.outcomes import find_scheduled, list_outcomes, measure_trial
from trialsim.trial.simulate import Chunk, simulate_chunk

# Fatal overdoses are few, 2 to 4 in 1,000 patients of X:BOT and START: of 2,000 patients a draw would hold a handful.
LEAST_PATIENTS: Final = 8000


def enlarge_trial(scenario: Scenario, engine: str) -> Scenario:
    """Return the scenario with enough patients in its one replicate; queues need the trial's own size."""
    if engine == "des":
        return replace(scenario, replicates=1)
    return replace(scenario, replicates=1, participants=max(scenario.participants, LEAST_PATIENTS))


def measure_draw(scenario: Scenario, engine: str, size: float, values: Mapping[str, float]) -> list[dict[str, float]]:
    """Return each arm's outcomes under one draw of the parameters; counts are scaled to a trial of the real size."""
    world = build_world(scenario, values, scenario.seed)
    schedules = tuple(
        find_scheduled(scenario, arm, float(world.regimens["dose_interval_days"][code]))
        for code, arm in enumerate(scenario.arms)
    )
    everyone = Chunk(0, 0, scenario.participants)
    lives = simulate_chunk(world, build_observation(values), scenario, engine, False, everyone)
    counts = {outcome.name for outcome in list_outcomes(scenario) if outcome.unit == "count per trial"}
    return [
        {name: cell.value * (size if name in counts else 1.0) for name, cell in arm.items()}
        for arm in measure_trial(scenario, lives, schedules)
    ]


def estimate_parameter_range(
    scenario: Scenario,
    table: ParameterTable,
    engine: str,
    draws: int,
    workers: int | None,
    quiet: bool,
    main: Mapping[str, Mapping[str, Mapping[str, Any]]],
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return {arm: {outcome: {"low", "high", "draws", "mean", "variance"}}}: the outcomes' means over parameter draws.

    main: {arm: {outcome: {"mean", ...}}} of the run, at the best values. low and high hold the middle 95%. Draws in
    which an outcome is undefined are left out of it; `draws` counts those that are in.
    """
    large = enlarge_trial(scenario, engine)
    drawn = draw_parameters(table, draws, scenario.seed)
    rows = [list_values(table), *(dict(zip(drawn.names, map(float, row), strict=True)) for row in drawn.values)]
    measure = partial(measure_draw, large, engine, scenario.participants / large.participants)
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    with show_progress("Drawing parameters", "draws", quiet=quiet) as progress:
        for arms in run_chunks(measure, rows, workers, progress):
            for arm, outcomes in zip(scenario.arms, arms, strict=True):
                for name, value in outcomes.items():
                    found[arm.name, name].append(value)
    ranges: dict[str, dict[str, dict[str, Any]]] = {arm.name: {} for arm in scenario.arms}
    units = {outcome.name: outcome.unit for outcome in list_outcomes(scenario)}
    for (arm_name, name), (best, *values) in found.items():
        moved = remove_luck(values, best, main[arm_name][name]["mean"], units[name])
        known = moved[np.isfinite(moved)]
        low, high = np.quantile(known, [0.025, 0.975]) if len(known) else (None, None)
        ranges[arm_name][name] = {
            "low": None if low is None else float(low),
            "high": None if high is None else float(high),
            "draws": len(known),
            "mean": float(known.mean()) if len(known) else None,
            "variance": float(known.var()) if len(known) else None,
        }
    return ranges
