"""What each medication is, apart from its numbers: kind, form, entry, and which parameters apply to it.

A field that does not apply to a medication has no parameter; the kernel then reads its neutral value.
"""

from dataclasses import dataclass
from typing import Final

DRUG: Final = ("dose", "level_ec50", "blockade_max")
DETOXIFIED: Final = (
    "opioid_free_days",
    "opioid_free_shape",
    "withdrawal_leaving_rate",
    "induction_days",
    "induction_failing_rate",
)
STARTED: Final = ("induction_days", "induction_failing_rate")
STAYING: Final = (
    "covered_days",
    "discontinuation_rate",
    "discontinuation_shape",
    "discontinuation_ratio_lapse",
    "lapse_rate",
    "relapse_rate",
)
DAILY: Final = ("adherence", "miss_rate", "gap_days")
AGONIST_RISK: Final = ("tolerance_maintained", "overdose_ratio_maintained", "use_carried_days")
FIRST_WEEKS: Final = ("overdose_ratio_first_weeks", "first_weeks_days")
INTERVAL: Final = ("dose_interval_days",)

# What the kernel reads where a field does not apply: nothing happens, ratios are 1, divisions stay defined.
NEUTRAL: Final = {
    "dose_interval_days": 1.0,
    "level_ec50": 1.0,
    "opioid_free_days": 1.0,
    "opioid_free_shape": 1.0,
    "discontinuation_shape": 1.0,
    "discontinuation_ratio_lapse": 1.0,
    "gap_days": 1.0,
    "adherence": 1.0,
    "overdose_ratio_first_weeks": 1.0,
}


@dataclass(frozen=True, slots=True)
class Medication:
    """One medication: its kind, whether it is taken daily, how care begins, and its parameters' field names.

    dose_first: the first dose begins induction (agonists) rather than ends it (antagonists, after a challenge).
    components: number of exponentials in its level curve (0 to 7).
    """

    id: str
    label: str
    kind: str
    daily: bool
    needs_withdrawal: bool
    dose_first: bool
    injected: bool
    components: int
    fields: tuple[str, ...]


MEDICATIONS: Final[dict[str, Medication]] = {
    medication.id: medication
    for medication in (
        Medication("none", "No treatment", "none", False, False, False, False, 0, ()),
        Medication("counselling", "Counselling alone", "support", False, False, False, False, 0, INTERVAL + STAYING),
        Medication("placebo", "Placebo", "support", False, True, False, True, 0, INTERVAL + DETOXIFIED + STAYING),
        Medication(
            "oral_naltrexone",
            "Oral naltrexone",
            "antagonist",
            True,
            True,
            False,
            False,
            3,
            DRUG + DETOXIFIED + STAYING + DAILY,
        ),
        Medication(
            "xr_naltrexone",
            "XR-naltrexone",
            "antagonist",
            False,
            True,
            False,
            True,
            7,
            INTERVAL + DRUG + DETOXIFIED + STAYING,
        ),
        Medication(
            "implant_naltrexone",
            "Naltrexone implant",
            "antagonist",
            False,
            True,
            False,
            True,
            2,
            INTERVAL + DRUG + DETOXIFIED + STAYING,
        ),
        Medication(
            "sublingual_buprenorphine",
            "Sublingual buprenorphine",
            "partial_agonist",
            True,
            True,
            True,
            False,
            1,
            DRUG + DETOXIFIED + STAYING + DAILY + AGONIST_RISK + FIRST_WEEKS,
        ),
        Medication(
            "xr_buprenorphine",
            "XR-buprenorphine",
            "partial_agonist",
            False,
            True,
            True,
            True,
            2,
            INTERVAL + DRUG + DETOXIFIED + STAYING + AGONIST_RISK,
        ),
        Medication(
            "methadone",
            "Methadone",
            "agonist",
            True,
            False,
            True,
            False,
            1,
            DRUG + STARTED + STAYING + DAILY + AGONIST_RISK + FIRST_WEEKS,
        ),
    )
}


def list_parameter_names(medication: Medication) -> tuple[str, ...]:
    """Return the names of every parameter that a medication has, `<field>_<medication>`."""
    curve = [f"level_{part}_{j}" for j in range(1, medication.components + 1) for part in ("amplitude", "decay_rate")]
    return tuple(f"{field}_{medication.id}" for field in (*medication.fields, *curve))
