"""The outcomes of a cohort: each a ratio of two counts by group of patients."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.clinical.tallies import (
    COUNTERS,
    COVERED_BINS,
    FIRST_DOSES,
    LIVES,
    OTHER_DEATHS_IN,
    OTHER_DEATHS_OUT,
    OVERDOSE_DEATHS_IN,
    OVERDOSE_DEATHS_OUT,
    OVERDOSES_IN,
    OVERDOSES_OUT,
    TICKS_IN_TREATMENT,
    TICKS_OUT_OF_TREATMENT,
)
from trialsim.clinical.vocabulary import TICKS_PER_DAY
from trialsim.policy.counts import ANY, DAYS_A_MONTH, DAYS_A_WEEK, OTHER, OVERDOSE, Counts
from trialsim.policy.estimates import Integers, Ratio, find_ratio

DAYS_A_YEAR: Final = 365.25
TICKS_PER_YEAR: Final = TICKS_PER_DAY * DAYS_A_YEAR
TICKS_PER_1000_YEARS: Final = 1000.0 * TICKS_PER_YEAR
PER_1000_YEARS: Final = "per 1,000 person-years"
ALL, IN, OUT = "", "_in_treatment", "_out_of_treatment"
PLACES: Final = {ALL: "", IN: ", in treatment", OUT: ", out of treatment"}
UNTIL: Final = "_until_last_dose"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One outcome of every policy.

    events / amount, int64[groups, policies], in event_unit and amount_unit each. `counted`: chance events, of which
    none seen does not mean that there are none. `cause`: which pairs of lives belong to it (`Counts.pairs`), or None.
    """

    name: str
    label: str
    unit: str
    definition: str
    events: Integers
    amount: Integers
    event_unit: float = 1.0
    amount_unit: float = 1.0
    counted: bool = False
    cause: int | None = None


def find_ratios(outcome: Outcome, counts: Counts) -> list[Ratio]:
    """Return the outcome's ratio under each policy; groups without people (a tiny cohort) are left out."""
    lived = counts.tally[:, 0, LIVES] > 0
    return [
        find_ratio(outcome.events[lived, j], outcome.amount[lived, j], outcome.event_unit, outcome.amount_unit)
        for j in range(outcome.events.shape[1])
    ]


def _sum(counts: Counts, *counters: int) -> Integers:
    return np.asarray(counts.tally[..., list(counters)].sum(axis=-1), np.int64)


def _rate(
    counts: Counts, name: str, words: str, counters: Sequence[int], suffix: str, cause: int | None = None
) -> Outcome:
    """Events per 1,000 person-years, in treatment (the first half of the counters), out of it (the second), or both."""
    half = len(counters) // 2
    events = {ALL: counters, IN: counters[:half], OUT: counters[half:]}[suffix]
    time = {
        ALL: (TICKS_IN_TREATMENT, TICKS_OUT_OF_TREATMENT),
        IN: (TICKS_IN_TREATMENT,),
        OUT: (TICKS_OUT_OF_TREATMENT,),
    }
    place = PLACES[suffix]
    return Outcome(
        f"{name}_per_1000_py{suffix}",
        f"{words} per 1,000 person-years{place}",
        PER_1000_YEARS,
        f"{words} divided by the time lived{place.replace(',', '')} within follow-up.",
        _sum(counts, *events),
        _sum(counts, *time[suffix]),
        amount_unit=TICKS_PER_1000_YEARS,
        counted=True,
        cause=cause,
    )


def _rate_until_last_dose(
    counts: Counts, name: str, words: str, inside: Sequence[int], places: Sequence[int]
) -> Outcome:
    """Deaths in treatment until it is stopped per 1,000 person-years: without the days of cover after the stop.

    inside: counters of these deaths in treatment; places: of them in each of the bins after the stop (0 is the time).
    """
    covered = counts.tally[..., COVERED_BINS:COUNTERS]
    return Outcome(
        f"{name}_per_1000_py{UNTIL}",
        f"{words} per 1,000 person-years, until the last dose",
        PER_1000_YEARS,
        f"{words} from a first dose until treatment is stopped divided by that time, as registers count that end "
        "treatment with its last dose or prescription; the days after it that count as in treatment are left out.",
        _sum(counts, *inside) - sum(covered[..., place::3].sum(axis=-1) for place in places),
        _sum(counts, TICKS_IN_TREATMENT) - covered[..., 0::3].sum(axis=-1),
        amount_unit=TICKS_PER_1000_YEARS,
        counted=True,
    )


def list_rates(counts: Counts) -> Iterator[Outcome]:
    """Yield deaths, overdose deaths and non-fatal overdoses per 1,000 person-years: in all, in and out of treatment,
    and deaths until the last dose.
    """
    overdose, other = (OVERDOSE_DEATHS_IN, OVERDOSE_DEATHS_OUT), (OTHER_DEATHS_IN, OTHER_DEATHS_OUT)
    deaths = (overdose[0], other[0], overdose[1], other[1])
    for suffix in PLACES:
        yield _rate(counts, "deaths", "Deaths", deaths, suffix, ANY if suffix == ALL else None)
    yield _rate_until_last_dose(counts, "deaths", "Deaths", (OVERDOSE_DEATHS_IN, OTHER_DEATHS_IN), (1, 2))
    for suffix in PLACES:
        yield _rate(counts, "overdose_deaths", "Overdose deaths", overdose, suffix, OVERDOSE if suffix == ALL else None)
    yield _rate_until_last_dose(counts, "overdose_deaths", "Overdose deaths", (OVERDOSE_DEATHS_IN,), (1,))
    for suffix in PLACES:
        yield _rate(counts, "nonfatal_overdoses", "Non-fatal overdoses", (OVERDOSES_IN, OVERDOSES_OUT), suffix)


def name_days(days: float) -> tuple[str, str]:
    """Return a duration for a name and in words: `1_year`, `1 year`; whole years, months or weeks, else days."""
    for length, unit in ((DAYS_A_YEAR, "year"), (DAYS_A_MONTH, "month"), (DAYS_A_WEEK, "week"), (1.0, "day")):
        number = days / length
        if number == int(number):
            words = f"{int(number)} {unit}{'' if number == 1 else 's'}"
            return words.replace(" ", "_"), words
    return f"{days:g}_days".replace(".", "_"), f"{days:g} days"


def list_shares_dead(counts: Counts, ends: npt.NDArray[np.float64], horizons: Sequence[float]) -> Iterator[Outcome]:
    """Yield shares of people dead by the end of follow-up, then by each earlier horizon (days), by cause."""
    follow_up = float(ends[-1])
    causes = (("deaths", "Dead", [OVERDOSE, OTHER], ANY), ("overdose_deaths", "Dead by overdose", [OVERDOSE], OVERDOSE))
    for horizon in (follow_up, *(day for day in horizons if day < follow_up)):
        key, words = name_days(horizon)
        for name, label, which, cause in (*causes, ("other_deaths", "Dead of other causes", [OTHER], OTHER)):
            until = int(np.searchsorted(ends, horizon)) + 1
            yield Outcome(
                f"{name}_by_{'horizon' if horizon == follow_up else key}",
                f"{label} by {words}",
                "proportion",
                f"Share of all people who died{label.removeprefix('Dead')} within {words} of the start.",
                counts.deaths[:, :, :until, which].sum(axis=(2, 3)),
                _sum(counts, LIVES),
                counted=True,
                cause=cause if horizon == follow_up else None,
            )


def list_times(counts: Counts) -> Iterator[Outcome]:
    """Yield years lived and in treatment, starts of treatment, and the share ever treated; all per person."""
    people = _sum(counts, LIVES)
    years = "years per person"
    lived = _sum(counts, TICKS_IN_TREATMENT, TICKS_OUT_OF_TREATMENT)
    treated = _sum(counts, TICKS_IN_TREATMENT)
    yield Outcome(
        "life_years",
        "Years lived",
        years,
        "Mean time lived per person within follow-up; not discounted.",
        lived,
        people,
        TICKS_PER_YEAR,
    )
    yield Outcome(
        "years_in_treatment",
        "Years in treatment",
        years,
        "Mean time in treatment per person within follow-up.",
        treated,
        people,
        TICKS_PER_YEAR,
    )
    yield Outcome(
        "treatment_starts_per_person",
        "Starts of treatment",
        "per person",
        "Mean number of treatment episodes, counted at their first dose.",
        _sum(counts, FIRST_DOSES),
        people,
    )
    yield Outcome(
        "share_ever_treated",
        "Ever treated",
        "proportion",
        "Share of all people who had a first dose within follow-up.",
        counts.treated,
        people,
    )


def list_outcomes(counts: Counts, ends: npt.NDArray[np.float64], horizons: Sequence[float]) -> tuple[Outcome, ...]:
    """Return every outcome, in the order in which reports show them."""
    return (*list_rates(counts), *list_shares_dead(counts, ends, horizons), *list_times(counts))
