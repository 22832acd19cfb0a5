"""What a cohort's outcomes and differences vary by over joint draws of the parameters, apart from Monte Carlo error.

Every draw is lived by the same people with the same luck, fewer than in the main cohort but enough that chance adds
little to the spread between draws (O'Hagan, Stevenson and Madan 2007, doi 10.1002/hec.1199).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.engine.world import build_world
from trialsim.parameters.draws import draw_parameters
from trialsim.parameters.entry import ParameterTable
from trialsim.policy.counts import count_cohort
from trialsim.policy.outcomes import find_ratios, list_outcomes
from trialsim.runs.chunks import run_chunks
from trialsim.runs.progress import show_progress
from trialsim.scenario.model import Scenario

MOST_PEOPLE: Final = 5_000

type Values = Mapping[str, Sequence[float]]


def measure_draw(scenario: Scenario, ends: npt.NDArray[np.float64], people: int, values: Mapping[str, float]) -> Values:
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
    ends: npt.NDArray[np.float64],
    draws: int,
    workers: int | None,
    quiet: bool,
) -> list[Values]:
    """Return the outcomes of each draw; every interval that a summary shows is a quantile over these."""
    people = min(scenario.participants, MOST_PEOPLE)
    drawn = draw_parameters(table, draws, scenario.seed)
    rows = [dict(zip(drawn.names, map(float, row), strict=True)) for row in drawn.values]
    measure = partial(measure_draw, scenario, ends, people)
    with show_progress("Drawing parameters", "draws", quiet=quiet) as progress:
        return list(run_chunks(measure, rows, workers, progress))


def describe_range(values: Sequence[float], mcse: float | None) -> dict[str, Any]:
    """Return mean, 95% limits and number of draws, and parameters' share of the variance beside Monte Carlo error's."""
    known = np.array([value for value in values if np.isfinite(value)])
    if not len(known):
        return {"mean": None, "low": None, "high": None, "draws": 0, "share_of_variance": None}
    low, high = np.quantile(known, [0.025, 0.975])
    spread = float(known.var())
    whole = spread + (mcse or 0.0) ** 2
    share = spread / whole if whole > 0.0 else None
    mean = float(known.mean())
    return {"mean": mean, "low": float(low), "high": float(high), "draws": len(known), "share_of_variance": share}


def add_parameter_ranges(summary: dict[str, Any], scenario: Scenario, drawn: Sequence[Values]) -> None:
    """Set `parameter_range` in every cell of the summary's outcomes and differences."""
    by_outcome: dict[str, list[Sequence[float]]] = defaultdict(list)
    for values in drawn:
        for name, row in values.items():
            by_outcome[name].append(row)
    for j, arm in enumerate(scenario.arms):
        for name, cells in summary["policies"][arm.name].items():
            cells["parameter_range"] = describe_range([row[j] for row in by_outcome[name]], cells["mcse"])
    places = {arm.name: j for j, arm in enumerate(scenario.arms)}
    for cells in summary["differences"]:
        one, other = places[cells["policy"]], places[cells["comparator"]]
        differences = [row[one] - row[other] for row in by_outcome[cells["outcome"]]]
        cells["parameter_range"] = describe_range(differences, cells["mcse"])
    summary["parameter_uncertainty"] = {
        "draws": len(drawn),
        "people_per_draw": min(scenario.participants, MOST_PEOPLE),
    }
