"""From replicates to a summary: mean, 95% range, Monte Carlo error, and the published number beside each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.parameters.evidence import EvidenceRow
from trialsim.scenario.model import Scenario
from trialsim.trial.outcomes import Measured, Outcome
from trialsim.trial.power import find_power

type Values = npt.NDArray[np.float64]


def describe_values(values: Values) -> dict[str, float | None]:
    """Return mean, 95% range over replicates and the Monte Carlo standard error of the mean; None where undefined.

    Replicates without a value (a median that was not reached) are left out and counted as `undefined`.
    """
    known = values[np.isfinite(values)]
    missing = {"undefined": int(len(values) - len(known))} if len(known) < len(values) else {}
    if not len(known):
        return {"mean": None, "low": None, "high": None, "mcse": None, **missing}
    mcse = float(known.std(ddof=1) / np.sqrt(len(known))) if len(known) > 1 else None
    low, high = np.quantile(known, [0.025, 0.975])
    return {"mean": float(known.mean()), "low": float(low), "high": float(high), "mcse": mcse, **missing}


def read_published(row: EvidenceRow, unit: str) -> float | None:
    """Return a row's number in an outcome's unit: counts as counts, shares as events / n."""
    if unit == "count per trial":
        return row.events if row.events is not None else row.value
    if row.events is not None and row.n:
        return row.events / row.n
    return row.value


def describe_published(row: EvidenceRow, unit: str) -> dict[str, Any]:
    """Return the published value, its words (counts where printed) and its source."""
    counts = f"{row.events:g}/{row.n:g}" if row.events is not None and row.n else ""
    source = " ".join(part for part in (row.study, row.doi) if part)
    return {
        "published": read_published(row, unit),
        "published_text": counts or (f"{row.value:g}" if row.value is not None else ""),
        "published_source": f"{source} [{row.row}]",
    }


def tabulate_arms(
    scenario: Scenario,
    outcomes: Sequence[Outcome],
    measured: Sequence[Sequence[Mapping[str, Measured]]],
    rows: Mapping[tuple[str, str], EvidenceRow],
) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the comparison table {arm: {outcome: cells}}; measured[replicate][arm] maps outcomes to numbers."""
    table: dict[str, dict[str, dict[str, Any]]] = {}
    for code, arm in enumerate(scenario.arms):
        table[arm.name] = {}
        for outcome in outcomes:
            if outcome.name not in measured[0][code]:
                continue
            values = np.array([replicate[code][outcome.name].value for replicate in measured])
            cells: dict[str, Any] = {**describe_values(values), "unit": outcome.unit}
            # Under every arm live all participants: a count of them is no count of a randomised arm.
            counted = scenario.mode == "counterfactual" and outcome.unit == "count per trial"
            row = None if counted else rows.get((arm.name, outcome.name))
            cells |= {"published": None, "published_text": "", "published_source": ""}
            if row is not None:
                cells |= describe_published(row, outcome.unit)
            table[arm.name][outcome.name] = {**cells, "inside": is_inside(cells)}
    return table


def is_inside(cells: Mapping[str, Any]) -> bool | None:
    """Return whether the published number lies in the simulated 95% range; None where either is missing."""
    if cells["published"] is None or cells["low"] is None:
        return None
    return bool(cells["low"] <= cells["published"] <= cells["high"])


def tabulate_differences(
    scenario: Scenario,
    outcomes: Sequence[Outcome],
    measured: Sequence[Sequence[Mapping[str, Measured]]],
    pairs: Mapping[tuple[int, int, str], tuple[int, int]],
) -> list[dict[str, Any]]:
    """Return arm minus comparator for every pair of arms and outcome, with averted and caused pairs where known.

    pairs: {(arm, comparator, outcome): (averted, caused)} summed over replicates, in counterfactual mode only.
    Randomised trials have the power of each share of people instead: in counterfactual mode the arms are no samples.
    """
    table = []
    for a in range(len(scenario.arms)):
        for b in range(a + 1, len(scenario.arms)):
            for outcome in outcomes:
                if outcome.name not in measured[0][a] or outcome.name not in measured[0][b]:
                    continue
                values = np.array([r[a][outcome.name].value - r[b][outcome.name].value for r in measured])
                averted, caused = pairs.get((a, b, outcome.name), (None, None))
                first, second = ([replicate[arm][outcome.name] for replicate in measured] for arm in (a, b))
                tested = scenario.mode == "randomised" and outcome.unit == "proportion"
                table.append(
                    {
                        "arm": scenario.arms[a].name,
                        "comparator": scenario.arms[b].name,
                        "outcome": outcome.name,
                        **describe_values(values),
                        "unit": outcome.unit,
                        "averted": averted,
                        "caused": caused,
                        **((find_power(first, second) if tested else None) or {}),
                    }
                )
    return table
