"""From counts to the numbers of a summary: outcomes by policy, differences between policies, one row a group."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from trialsim.clinical.tallies import LIVES
from trialsim.clinical.vocabulary import MEDICATIONS
from trialsim.policy.counts import Counts
from trialsim.policy.estimates import Ratio, describe_difference, describe_ratio
from trialsim.policy.outcomes import Outcome, find_ratios
from trialsim.scenario.model import Scenario

if TYPE_CHECKING:
    import polars as pl

type Ratios = Mapping[str, Sequence[Ratio]]

COMPARED: Final = (
    "deaths_per_1000_py",
    "overdose_deaths_per_1000_py",
    "deaths_by_horizon",
    "overdose_deaths_by_horizon",
    "life_years",
)


def estimate_outcomes(outcomes: Sequence[Outcome], counts: Counts) -> dict[str, list[Ratio]]:
    """Return every outcome's ratio under each policy, by name of the outcome."""
    return {outcome.name: find_ratios(outcome, counts) for outcome in outcomes}


def tabulate_policies(scenario: Scenario, outcomes: Sequence[Outcome], ratios: Ratios) -> dict[str, Any]:
    """Return {policy: {outcome: cells}} with mean, low, high, mcse (None where undefined) and unit."""
    return {
        arm.name: {
            outcome.name: {
                **describe_ratio(ratios[outcome.name][j], outcome.counted, find_highest(outcome)),
                "unit": outcome.unit,
            }
            for outcome in outcomes
        }
        for j, arm in enumerate(scenario.arms)
    }


def find_highest(outcome: Outcome) -> float:
    """Return the largest value that an outcome can have: 1 for a proportion."""
    return 1.0 if outcome.unit == "proportion" else float("inf")


def find_comparator(scenario: Scenario) -> int:
    """Return the policy that others are compared with first: the one without medication, else the file's first."""
    none = [j for j, arm in enumerate(scenario.arms) if arm.medication == MEDICATIONS[0]]
    return none[0] if none else 0


def list_pairs(scenario: Scenario) -> list[tuple[int, int]]:
    """Return every pair as (policy, comparator), those against the main comparator first, then in the file's order."""
    main = find_comparator(scenario)
    others = [j for j in range(len(scenario.arms)) if j != main]
    return [(j, main) for j in others] + [(b, a) for k, a in enumerate(others) for b in others[k + 1 :]]


def tabulate_differences(
    scenario: Scenario, outcomes: Sequence[Outcome], counts: Counts, ratios: Ratios
) -> list[dict[str, Any]]:
    """Return policy minus comparator for every pair and compared outcome, in the same people.

    averted, caused: people dead of the outcome's cause at the end of follow-up under the comparator and not under the
    policy, and the reverse; None where the outcome is no death.
    """
    by_name = {outcome.name: outcome for outcome in outcomes}
    table = []
    for name in COMPARED:
        cause, unit = by_name[name].cause, by_name[name].unit
        for policy, comparator in list_pairs(scenario):
            table.append(
                {
                    "policy": scenario.arms[policy].name,
                    "comparator": scenario.arms[comparator].name,
                    "outcome": name,
                    **describe_difference(ratios[name][policy], ratios[name][comparator]),
                    "averted": None if cause is None else int(counts.pairs[comparator, policy, cause]),
                    "caused": None if cause is None else int(counts.pairs[policy, comparator, cause]),
                    "unit": unit,
                }
            )
    return table


def tabulate_groups(scenario: Scenario, outcomes: Sequence[Outcome], counts: Counts) -> "pl.DataFrame":
    """Return outcomes.parquet of a cohort, one row a group of patients, policy and outcome.

    `replicate` holds the group (patient modulo 100), so that every Monte Carlo error can be taken anew from the table.
    """
    import polars as pl

    from trialsim.runs.columns import TABLES
    from trialsim.runs.tables import cast_columns

    rows = [
        _describe_group(group, arm.name, outcome, int(outcome.events[group, j]), int(outcome.amount[group, j]))
        for group in range(len(counts.tally))
        if counts.tally[group, 0, LIVES] > 0
        for j, arm in enumerate(scenario.arms)
        for outcome in outcomes
    ]
    return cast_columns(pl.DataFrame(rows, orient="row"), TABLES["outcomes"])


def _describe_group(group: int, policy: str, outcome: Outcome, events: int, amount: int) -> dict[str, Any]:
    return {
        "replicate": group,
        "arm": policy,
        "outcome": outcome.name,
        "events": events / outcome.event_unit,
        "denominator": amount / outcome.amount_unit,
        "value": (events / outcome.event_unit) / (amount / outcome.amount_unit) if amount else float("nan"),
    }
