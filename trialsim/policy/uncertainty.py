"""What a cohort's outcomes and differences vary by over joint draws of the parameters, apart from Monte Carlo error.

Every draw is lived by the same people with the same luck, fewer than in the main cohort but enough that chance adds
little to the spread between draws (O'Hagan, Stevenson and Madan 2007, doi 10.1002/hec.1199); what luck they share is
taken out (`remove_luck`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.engine.world import build_world, list_values
from trialsim.parameters.draws import draw_parameters
from trialsim.parameters.entry import ParameterTable
from trialsim.policy.counts import count_cohort
from trialsim.policy.outcomes import find_ratios, list_outcomes
from trialsim.runs.chunks import run_chunks
from trialsim.runs.progress import show_progress
from trialsim.runs.ranges import remove_luck
from trialsim.scenario.model import Scenario

MOST_PEOPLE: Final = 5_000

type Floats = npt.NDArray[np.float64]
type Values = Mapping[str, Sequence[float]]


def measure_draw(scenario: Scenario, ends: Floats, people: int, values: Mapping[str, float]) -> Values:
    """Return every outcome under each policy, {outcome: one value a policy}, under one draw of the parameters."""
    world = build_world(scenario, values, scenario.seed)
    counts = count_cohort(world, scenario.population, people, ends, 1)
    return {
        outcome.name: [ratio.value for ratio in find_ratios(outcome, counts)]
        for outcome in list_outcomes(counts, ends, scenario.horizons_days)
    }


def draw_outcomes(
    scenario: Scenario,
    table: ParameterTable,
    ends: Floats,
    draws: int,
    workers: int | None,
    quiet: bool,
) -> list[Values]:
    """Return the outcomes at the best values, then those of each draw, all lived by the same people."""
    people = min(scenario.participants, MOST_PEOPLE)
    drawn = draw_parameters(table, draws, scenario.seed)
    rows = [list_values(table), *(dict(zip(drawn.names, map(float, row), strict=True)) for row in drawn.values)]
    measure = partial(measure_draw, scenario, ends, people)
    with show_progress("Drawing parameters", "draws", quiet=quiet) as progress:
        return list(run_chunks(measure, rows, workers, progress))


def describe_range(values: Floats, mcse: float | None) -> dict[str, Any]:
    """Return mean, 95% limits and number of draws, and parameters' share of the variance beside Monte Carlo error's."""
    known = values[np.isfinite(values)]
    if not len(known):
        return {"mean": None, "low": None, "high": None, "draws": 0, "share_of_variance": None}
    low, high = np.quantile(known, [0.025, 0.975])
    spread = float(known.var())
    whole = spread + (mcse or 0.0) ** 2
    share = spread / whole if whole > 0.0 else None
    mean = float(known.mean())
    return {"mean": mean, "low": float(low), "high": float(high), "draws": len(known), "share_of_variance": share}


def add_parameter_ranges(summary: dict[str, Any], scenario: Scenario, drawn: Sequence[Values]) -> None:
    """Set `parameter_range` in every cell of the summary's outcomes and differences.

    drawn: as from `draw_outcomes`, the best values first.
    """
    best, *draws = drawn
    moved: dict[tuple[str, str], Floats] = {}
    for j, arm in enumerate(scenario.arms):
        for name, cells in summary["policies"][arm.name].items():
            values = [row[name][j] for row in draws if name in row]
            at_best = best[name][j] if name in best else math.nan
            moved[arm.name, name] = remove_luck(values, at_best, cells["mean"], cells["unit"])
            cells["parameter_range"] = describe_range(moved[arm.name, name], cells["mcse"])
    for cells in summary["differences"]:
        one, other = (moved[cells[role], cells["outcome"]] for role in ("policy", "comparator"))
        cells["parameter_range"] = describe_range(one - other, cells["mcse"])
    summary["parameter_uncertainty"] = {
        "draws": len(draws),
        "people_per_draw": min(scenario.participants, MOST_PEOPLE),
    }
