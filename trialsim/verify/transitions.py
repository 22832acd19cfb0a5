"""The clinical model with constant hazards as a table: who may go where, at which product of named numbers.

Written from the description of the model and the meaning of its parameters, not from the kernel, so that the two can
disagree. A rate is the product of the numbers named in its row; `find_numbers` gives each name its value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from trialsim.clinical.records import PARAMETER_NAMES, REGIMEN_PARAMETERS
from trialsim.clinical.vocabulary import ERAS, KINDS, SETTINGS


class Place(NamedTuple):
    """Where a person is: state, illicit use, in a gap of daily doses, and whether a first dose was ever given."""

    state: str
    use: str
    gap: bool
    treated: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of transition: from these states (and use, and gap; None: any) at this rate to that state and use.

    to: a state, "entry" (wherever a request for treatment leads), "dose" (wherever readiness leads), or "same";
    to_use: none, lapse, regular, or "same" (regular use ends all the same where the state does not go with it).
    """

    event: str
    states: tuple[str, ...]
    rate: tuple[str, ...]
    to: str = "same"
    to_use: str = "same"
    use: str | None = None
    gap: bool | None = None
    to_gap: bool | None = None


_ALIVE: Final = ("using", "withdrawal", "induction", "maintained", "abstinent", "incarcerated")
_ON: Final = ("induction", "maintained")
# Overdoses: exposure where the person is, times what is the same everywhere.
_EXPOSED: Final = (
    (("using",), "regular", "one"),
    ((*_ON, "abstinent"), "lapse", "overdose_ratio_lapse"),
    (_ON, "none", "overdose_ratio_maintained"),
    (("incarcerated",), "none", "overdose_ratio_incarcerated"),
)
_OVERDOSE: Final = ("overdose_rate_regular_use", "supply", "route")
_OTHER: Final = (
    (("using", "withdrawal"), "smr_using"),
    (_ON, "smr_in_treatment"),
    (("abstinent",), "smr_abstinent"),
    (("incarcerated",), "smr_incarcerated"),
)

TRANSITIONS: Final[tuple[Row, ...]] = (
    *(Row("overdose_death", at, (*_OVERDOSE, x, "fatal"), "dead_overdose", "none", use) for at, use, x in _EXPOSED),
    *(Row("overdose", at, (*_OVERDOSE, x, "survived"), use=use) for at, use, x in _EXPOSED),
    *(Row("other_death", at, ("population_death_rate", x, "liver"), "dead_other", "none") for at, x in _OTHER),
    Row("seek", ("using",), ("seeking_using",), "entry"),
    Row("seek", ("abstinent",), ("seeking_abstinent",), "entry"),
    Row("ready", ("withdrawal",), ("opioid_free_rate",), "dose"),
    Row("leave", ("withdrawal",), ("withdrawal_leaving_rate",), "using", "regular"),
    Row("induction_fail", ("induction",), ("induction_failing_rate",), "using", "regular", to_gap=False),
    Row("discontinue", ("maintained",), ("discontinuation_rate", "leaving"), "abstinent", use="none", to_gap=False),
    Row(
        "discontinue",
        ("maintained",),
        ("discontinuation_rate", "leaving", "discontinuation_ratio_lapse"),
        "abstinent",
        use="lapse",
        to_gap=False,
    ),
    Row("lapse", ("maintained",), ("lapse_rate",), to_use="lapse", use="none"),
    Row("lapse", ("abstinent",), ("lapse_rate_off_medication",), to_use="lapse", use="none"),
    Row("lapse_end", ("induction", "maintained", "abstinent"), ("lapse_end_rate",), to_use="none", use="lapse"),
    Row("relapse", ("maintained",), ("relapse_rate", "housing"), "using", "regular", "none", to_gap=False),
    Row(
        "relapse",
        ("maintained",),
        ("relapse_rate", "housing", "relapse_ratio_lapse"),
        "using",
        "regular",
        "lapse",
        to_gap=False,
    ),
    Row("relapse", ("abstinent",), ("relapse_rate_off_medication",), "using", "regular", "none"),
    Row("relapse", ("abstinent",), ("relapse_rate_off_medication", "relapse_ratio_lapse"), "using", "regular", "lapse"),
    Row("abstain", ("using",), ("spontaneous_abstinence_rate",), "abstinent", "none"),
    Row("arrest", ("using", "abstinent"), ("arrest_rate",), "incarcerated", "none"),
    Row("release", ("incarcerated",), ("release_rate",), "abstinent", "none"),
    Row("miss", ("maintained",), ("missing_rate",), gap=False, to_gap=True),
    Row("resume", ("maintained",), ("resuming_rate",), gap=True, to_gap=False),
)


def _name_code(names: tuple[str, ...], code: Any) -> str:
    return names[int(code)]


def _find_person_numbers(numbers: Mapping[str, float], kind: str, person: Any) -> dict[str, float]:
    rival = "antagonist" if kind == "antagonist" else "agonist"
    housing = numbers[f"unstable_housing_ratio_{rival}"] if person["unstable_housing"] and kind != "none" else 1.0
    setting = _name_code(SETTINGS, person["setting"])
    # Some settings have one ratio for all medications, others one for antagonists and one for the rest.
    named = (f"discontinuation_ratio_{setting}_{rival}", f"discontinuation_ratio_{setting}", "one")
    ratio = next(name for name in named if name in numbers)
    share = numbers["overdose_fatal_share"] * (1.0 - numbers["naloxone_effect"] * float(person["naloxone_coverage"]))
    fatal = min(0.95, share * (numbers["overdose_fatal_ratio_alone"] if person["uses_alone"] else 1.0))
    return {
        "supply": numbers["era_ratio_fentanyl"] if _name_code(ERAS, person["era"]) == "fentanyl" else 1.0,
        "route": numbers["overdose_ratio_injection"] if person["injection"] else 1.0,
        "fatal": fatal,
        "survived": 1.0 - fatal,
        "liver": numbers["smr_ratio_liver_disease"] if person["liver_disease"] else 1.0,
        "housing": housing,
        "leaving": housing * numbers[ratio],
    }


def find_numbers(regimen: Any, parameters: Any, death_rate: float, person: Any) -> dict[str, float]:
    """Return the value of every name that a rate may use, for one medication and one person's covariates.

    regimen, parameters, person: one REGIMEN, PARAMETERS and BASELINE record; death_rate: of the general population, per
    day.
    """
    numbers = {name: float(parameters[name]) for name in PARAMETER_NAMES}
    numbers |= {"one": 1.0} | {name: float(regimen[name]) for name in REGIMEN_PARAMETERS}
    daily = regimen["daily"] > 0
    return numbers | {
        "population_death_rate": death_rate,
        "opioid_free_rate": 1.0 / numbers["opioid_free_days"],
        "missing_rate": numbers["miss_rate"] if daily else 0.0,
        "resuming_rate": 1.0 / numbers["gap_days"] if daily else 0.0,
        **_find_person_numbers(numbers, _name_code(KINDS, regimen["kind"]), person),
    }


def find_seeking(numbers: Mapping[str, float], setting: str, treated: bool, offered: bool) -> dict[str, float]:
    """Return the rates of asking for treatment: in a trial only before any first dose, anywhere only while offered."""
    if setting == "trial":
        rate = 0.0 if treated else numbers["treatment_seeking_rate_trial"]
        using = abstinent = rate
    else:
        using = numbers["treatment_seeking_rate_using"]
        abstinent = numbers["treatment_seeking_rate_abstinent"]
    return {"seeking_using": using * offered, "seeking_abstinent": abstinent * offered}
