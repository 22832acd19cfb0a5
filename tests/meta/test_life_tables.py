"""Death rates of the general population: every age once, and the life expectancies that were published from them."""

import csv
import itertools
import math
from pathlib import Path

import pytest

from trialsim.parameters import read_life_table
from trialsim.problems import InputError

PATH = Path(__file__).parents[2] / "meta" / "evidence" / "life-table.csv"
COUNTRIES = ("Australia", "Norway", "Russia", "United States")


def read_rows() -> list[dict[str, str]]:
    with PATH.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def expect_life(rates: tuple[float, ...], age: int) -> float:
    """Remaining years at `age` under daily rates that are constant within a year and after the last one."""
    alive, years = 1.0, 0.0
    for rate in rates[age:-1]:
        hazard = rate * 365.25
        years += alive * -math.expm1(-hazard) / hazard
        alive *= math.exp(-hazard)
    return years + alive / (rates[-1] * 365.25)


def test_each_country_and_sex_covers_every_adult_age_once() -> None:
    groups = itertools.groupby(read_rows(), key=lambda row: (row["country"], row["sex"]))
    seen = []
    for key, group in groups:
        seen.append(key)
        spans = [(int(row["age_low"]), int(row["age_high"])) for row in group]
        assert spans[0][0] == 15
        assert spans[-1] == (100, 120)
        assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(spans))
    assert sorted(seen) == sorted(itertools.product(COUNTRIES, ("female", "male")))


def test_every_rate_is_possible_and_cited() -> None:
    rows = read_rows()
    assert all(0.05 < float(row["death_rate_per_1000"]) < 1000.0 for row in rows)
    assert all(row["source"] for row in rows)
    assert len({(row["country"], row["year"]) for row in rows}) == len(COUNTRIES)


@pytest.mark.parametrize(
    ("sex", "age", "published"),
    # Arias and Xu 2022, NVSR 70(19), tables 2 and 3: expectation of life in 2019.
    [
        ("male", 20, 57.2),
        ("male", 40, 38.8),
        ("male", 65, 18.2),
        ("female", 20, 62.0),
        ("female", 40, 42.9),
        ("female", 65, 20.8),
    ],
)
def test_life_expectancy_is_the_published_one(sex: str, age: int, published: float) -> None:
    table = read_life_table("United States")
    rates = table.male if sex == "male" else table.female
    assert expect_life(rates, age) == pytest.approx(published, abs=0.05)  # printed to one decimal


@pytest.mark.parametrize("country", COUNTRIES)
def test_women_outlive_men_and_age_kills(country: str) -> None:
    table = read_life_table(country)
    assert len(table.male) == len(table.female) == 111
    assert expect_life(table.female, 20) > expect_life(table.male, 20)
    for rates in (table.male, table.female):
        assert rates[0] == rates[15]
        assert all(younger < older for younger, older in itertools.pairwise(rates[40:100:5]))


def test_an_unknown_country_is_an_error_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'Norway'"):
        read_life_table("Norwy")
