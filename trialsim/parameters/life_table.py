"""Death rates of the general population by sex and single year of age."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from trialsim.parameters.evidence import FILE, find_evidence_file
from trialsim.problems import InputError, Problem, nearest_name

AGES = 111  # 0 to 110 years
DAYS_A_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class LifeTable:
    """Deaths per person and day in the general population; `female[a]`, `male[a]` at a completed years, 0 to 110.

    The tables start at 15: younger ages hold the rate at 15, which no adult scenario reads. `year` is the calendar
    year, or the middle of the five years that the rates are from.
    """

    country: str
    year: int
    source: str
    female: tuple[float, ...]
    male: tuple[float, ...]


def read_life_table(country: str = "United States") -> LifeTable:
    """The life table of one country; raises InputError that names the nearest country where there is none."""
    with find_evidence_file("life-table.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    own = [row for row in rows if row["country"] == country]
    if not own:
        countries = sorted({row["country"] for row in rows})
        nearest = nearest_name(country, countries)
        raise InputError(
            [Problem(f"{FILE}/life-table.csv", None, country, "has no life table", ", ".join(countries), nearest)]
        )
    first = own[0]
    return LifeTable(country, int(first["year"]), first["source"], _spell_out(own, "female"), _spell_out(own, "male"))


def _spell_out(rows: list[dict[str, str]], sex: str) -> tuple[float, ...]:
    """One rate per day for each single year of age."""
    groups = [row for row in rows if row["sex"] == sex]
    youngest = min(int(row["age_low"]) for row in groups)
    by_age = {
        age: float(row["death_rate_per_1000"]) / 1000.0 / DAYS_A_YEAR
        for row in groups
        for age in range(int(row["age_low"]), int(row["age_high"]) + 1)
    }
    return tuple(by_age[max(age, youngest)] for age in range(AGES))
