"""The columns of an evidence table: their one name each, and the other names under which they are met."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

TEXTS: Final = (
    "row",
    "study",
    "treatment",
    "comparator",
    "scale",
    "topic",
    "outcome",
    "timepoint",
    "design",
    "risk_of_bias",
    "overlap_group",
    "period",
    "citation",
    "note",
    "exclude",
    "verified",
)
NUMBERS: Final = (
    "events",
    "n",
    "person_years",
    "mean",
    "sd",
    "estimate",
    "se",
    "ci_low",
    "ci_high",
    "follow_up_years",
)
ALIASES: Final = {
    "arm": "treatment",
    "control": "comparator",
    "reference": "comparator",
    "measure": "scale",
    "value": "estimate",
    "doi": "citation",
    "pmid": "citation",
    "doi_or_pmid": "citation",
    "total": "n",
    "py": "person_years",
    "std_err": "se",
    "standard_error": "se",
    "excluded": "exclude",
}
PERSON_TIME: Final = {"person_days": 365.25, "person_weeks": 365.25 / 7, "person_months": 12.0}
"""Columns of person-time in another unit, and how many of them make a person-year."""
KNOWN: Final = (*TEXTS, *NUMBERS, "ci_level")

type Change = Callable[[float], float]


def _same(x: float) -> float:
    return x


def _logit(x: float) -> float:
    return math.log(x / (1 - x))


def _per(years: float) -> Change:
    return lambda x: math.log(x / years)


SCALES: Final[Mapping[str, tuple[str, Change]]] = {
    **dict.fromkeys(("or", "odds_ratio"), ("log_odds_ratio", math.log)),
    **dict.fromkeys(("rr", "risk_ratio", "relative_risk"), ("log_risk_ratio", math.log)),
    **dict.fromkeys(("hr", "hazard_ratio"), ("log_hazard_ratio", math.log)),
    **dict.fromkeys(("irr", "rate_ratio"), ("log_rate_ratio", math.log)),
    "log_or": ("log_odds_ratio", _same),
    "log_rr": ("log_risk_ratio", _same),
    "log_hr": ("log_hazard_ratio", _same),
    "log_irr": ("log_rate_ratio", _same),
    "rd": ("risk_difference", _same),
    "md": ("mean_difference", _same),
    **dict.fromkeys(("smd", "hedges_g"), ("standardised_mean_difference", _same)),
    "proportion": ("logit_proportion", _logit),
    "rate_per_1000py": ("log_rate", _per(1000.0)),
    "rate_per_1000_person_years": ("log_rate", _per(1000.0)),
    "rate_per_100py": ("log_rate", _per(100.0)),
    "rate_per_100_person_years": ("log_rate", _per(100.0)),
}
"""Usual words for the scale of a printed estimate: our measure, and the way from the printed number to its scale."""


def fold_name(name: str) -> str:
    """A header as it is compared: lower case, spaces and hyphens as underscores."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")
