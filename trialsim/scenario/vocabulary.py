"""The words that a scenario file may use: codes, covariates with their ranges, outcomes of published numbers."""

from dataclasses import dataclass
from typing import Literal

MEDICATIONS = (
    "none",
    "counselling",
    "placebo",
    "oral_naltrexone",
    "xr_naltrexone",
    "implant_naltrexone",
    "sublingual_buprenorphine",
    "xr_buprenorphine",
    "methadone",
)
PROCEDURES = ("standard", "rapid")
SETTINGS = ("trial", "routine", "release")
STARTS = ("using", "withdrawal", "abstinent", "incarcerated")
ERAS = ("heroin", "fentanyl")
PRIMARY_OPIOIDS = ("heroin", "fentanyl", "prescription")


@dataclass(frozen=True, slots=True)
class CovariateRule:
    """What a covariate may be: a share of people (yes/no), a number from `low` to `high`, or one of `codes`."""

    name: str
    kind: Literal["share", "number", "code"]
    unit: str
    low: float
    high: float
    codes: tuple[str, ...]
    meaning: str


def _share(name: str, meaning: str) -> CovariateRule:
    return CovariateRule(name, "share", "share of people", 0.0, 1.0, (), meaning)


COVARIATES = (
    CovariateRule("age", "number", "years", 12.0, 100.0, (), "age at time zero"),
    _share("male", "recorded as male"),
    CovariateRule("primary_opioid", "code", "", 0.0, 0.0, PRIMARY_OPIOIDS, "the opioid used most"),
    _share("injection", "injects opioids"),
    CovariateRule("use_days", "number", "days of the last 30", 0.0, 30.0, (), "days of opioid use before entry"),
    _share("unstable_housing", "homeless or unstably housed"),
    _share("prior_treatment", "treated for opioid use disorder before"),
    _share("liver_disease", "liver disease that bears on the choice of medication"),
    _share("uses_alone", "usually uses opioids alone"),
    CovariateRule(
        "opioid_free_days", "number", "days", 0.0, 365.0, (), "days without any opioid at time zero"
    ),
)
STRATA = ("site", "primary_opioid", "male", "injection", "unstable_housing", "prior_treatment", "use_days")
