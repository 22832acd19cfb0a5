"""The table of effects by estimand, where every person lived under every arm."""

from collections.abc import Mapping
from typing import Any

from trialsim.report.tables import Cell, Group, Row, Table, number
from trialsim.report.text import format_estimate

STRATA = {
    "both": "under both arms",
    "arm_only": "under the first only",
    "comparator_only": "under the second only",
    "neither": "under neither",
}


def estimand_effects(summary: Mapping[str, Any], labels: Mapping[str, str]) -> Table | None:
    """Effects by estimand for each pair of arms; None where they are not known (randomised, or no weekly endpoint)."""
    pairs = summary.get("estimands") or []
    if not pairs:
        return None
    groups = tuple(_pair_group(pair, labels) for pair in pairs)
    columns = ("Whom it compares", "Difference", "95% range", "Monte Carlo error")
    return Table("The endpoint's effect by estimand", columns, groups)


def _pair_group(pair: Mapping[str, Any], labels: Mapping[str, str]) -> Group:
    first, second = (str(labels.get(pair[end], pair[end])) for end in ("arm", "comparator"))
    rows = [_effect_row(str(effect["label"]), effect) for effect in pair["effects"].values()]
    rows.append(_effect_row("Bias of comparing the inducted, against the principal stratum", pair["bias"]))
    shares = "; ".join(f"{format_estimate(pair['inducted'][name]).mean} {words}" for name, words in STRATA.items())
    return Group(f"{first} minus {second}", tuple(rows), f"Inducted: {shares}.")


def _effect_row(label: str, effect: Mapping[str, Any]) -> Row:
    estimate = format_estimate(effect, difference=True)
    return Row(Cell(label), (number(estimate.mean), number(estimate.range), number(estimate.error)))
