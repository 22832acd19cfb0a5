"""The words that a scenario file may use: codes, covariates with their ranges, outcomes of published numbers."""

from dataclasses import dataclass
from typing import Final, Literal

from trialsim.clinical import vocabulary as clinical

MEDICATIONS: Final = clinical.MEDICATIONS
SETTINGS: Final = clinical.SETTINGS
ERAS: Final = clinical.ERAS
MANAGED_WITHDRAWAL = (
    "placebo",
    "oral_naltrexone",
    "xr_naltrexone",
    "implant_naltrexone",
    "sublingual_buprenorphine",
    "xr_buprenorphine",
)
OPIOID_FREE_START = ("placebo", "oral_naltrexone", "xr_naltrexone", "implant_naltrexone")
WITHOUT_DOSE = ("none", "counselling", "placebo")
PROCEDURES = ("standard", "rapid")
STARTS = ("using", "withdrawal", "abstinent", "incarcerated")
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
    CovariateRule("opioid_free_days", "number", "days", 0.0, 365.0, (), "days without any opioid at time zero"),
)
STRATA = (
    "site",
    "primary_opioid",
    *(rule.name for rule in COVARIATES if rule.kind == "share"),
)

OUTCOMES = (
    "inducted",
    "relapse_by_week_N",
    "relapse_by_week_N_inducted",
    "retained",
    "retained_without_relapse",
    "all_injections",
    "nonfatal_overdoses",
    "fatal_overdoses",
    "overdoses",
    "deaths",
    "abstinent_weeks_share",
    "mean_days_retained",
    "median_weeks_to_relapse",
    "median_weeks_to_relapse_of_relapsed",
)
"""Outcomes of published numbers; N is the endpoint's week."""

ESTIMAND_POPULATIONS = ("all randomised", "inducted")
STRATEGIES = ("treatment policy", "hypothetical", "composite", "while on treatment", "principal stratum")
INTERCURRENT_EVENTS = (
    "treatment_discontinuation",
    "induction_failure",
    "switch_of_medication",
    "missed_visits",
    "loss_to_follow_up",
    "overdose",
    "incarceration",
    "death",
)
SUMMARIES = (
    "difference in proportions",
    "risk ratio",
    "odds ratio",
    "hazard ratio",
    "rate ratio",
    "difference in means",
    "difference in medians",
    "difference in restricted mean time",
)


def outcome_names(endpoint_week: int | None) -> tuple[str, ...]:
    """The valid outcomes for an endpoint read in this week; with None the N stays."""
    week = "N" if endpoint_week is None else str(endpoint_week)
    return tuple(outcome.replace("_N", f"_{week}") for outcome in OUTCOMES)
