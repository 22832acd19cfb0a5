"""The columns of an evidence table: their one name each, and the other names under which they are met."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from meta.measures import MEASURES

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

RATIOS: Final = {
    **dict.fromkeys(("or", "odds_ratio"), "log_odds_ratio"),
    **dict.fromkeys(("rr", "risk_ratio", "relative_risk"), "log_risk_ratio"),
    **dict.fromkeys(("hr", "hazard_ratio"), "log_hazard_ratio"),
    **dict.fromkeys(("irr", "rar", "rate_ratio", "incidence_rate_ratio"), "log_rate_ratio"),
}
"""Usual words for ratios, in lower case; with ``log`` or ``ln`` before them they are on the analysis scale."""
DIFFERENCES: Final = {
    "rd": "risk_difference",
    "md": "mean_difference",
    **dict.fromkeys(("smd", "hedges_g"), "standardised_mean_difference"),
    **dict.fromkeys(("standardized_mean_difference",), "standardised_mean_difference"),
}

type Change = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Scale:
    """What a printed word for a scale means: our measure (the word itself where it is not known), and the way from
    a printed number to that measure's scale, None where it is on it already.
    """

    measure: str
    change: Change | None = None
    known: bool = True


@lru_cache(maxsize=1000)
def find_scale(printed: str) -> Scale:
    """The scale that a word of the column `scale` means: a measure of ours, OR, log OR, aHR, rate per 1000 py, ..."""
    word = re.sub(r"_+", "_", re.sub(r"[()]", "_", fold_name(printed))).strip("_")
    if word in MEASURES or not word:
        return Scale(word)
    if word in DIFFERENCES:
        return Scale(DIFFERENCES[word])
    if word == "proportion":
        return Scale("logit_proportion", _logit)
    per = re.fullmatch(r"rate_per_(\d{1,9})_?(py|person_years)", word)
    if per and float(per[1]) > 0:
        return Scale("log_rate", _per(float(per[1])))
    ratio = re.fullmatch(r"(log|ln)?_?(?:adjusted_|a(?!rr$))?(.+)", word)
    if ratio and ratio[2] in RATIOS:
        return Scale(RATIOS[ratio[2]], None if ratio[1] else math.log)
    return Scale(printed, known=False)


def _logit(x: float) -> float:
    return math.log(x / (1 - x))


def _per(years: float) -> Change:
    return lambda x: math.log(x / years)


def fold_name(name: str) -> str:
    """A header as it is compared: lower case, spaces and hyphens as underscores."""
    return name.strip().lower().replace("-", "_").replace(" ", "_")
