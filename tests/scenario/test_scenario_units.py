"""Durations, rates, doses and shares: exact conversions, and one clear error for everything else."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsim.scenario.units import (
    DAYS,
    Quantity,
    UnitError,
    read_dose,
    read_duration,
    read_number,
    read_quantity,
    read_rate,
    read_share,
)

READERS: list[Callable[[str], float | Quantity]] = [
    read_number,
    read_share,
    read_duration,
    read_rate,
    read_dose,
    read_quantity,
]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("3 days", 3.0),
        ("1 day", 1.0),
        ("4 weeks", 28.0),
        ("12 hours", 0.5),
        ("12 months", 365.25),
        ("28 months", 852.25),
        ("1 year", 365.25),
        ("0.5  years", 182.625),
        ("0 days", 0.0),
    ],
)
def test_durations_are_days(text: str, days: float) -> None:
    assert read_duration(text) == days


@pytest.mark.parametrize(
    ("text", "per_day"),
    [
        ("36.1 per 1000 person-years", 36.1 / 365_250),
        ("0.5 per 100 days", 0.005),
        ("2 per week", 2 / 7),
        ("10 per 100 person-years", 10 / 36_525),
        ("1 per person-month", 12 / 365.25),
        ("0 per day", 0.0),
    ],
)
def test_rates_are_per_day(text: str, per_day: float) -> None:
    assert read_rate(text) == pytest.approx(per_day, rel=4 * 2**-52)  # two roundings on either side


def test_doses_are_milligrams() -> None:
    assert (read_dose("380 mg"), read_dose("1.5 g"), read_dose("250 ug")) == (380.0, 1500.0, 0.25)


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("0.25", Quantity(0.25, "number")),
        ("1/4", Quantity(0.25, "number")),
        ("2 weeks", Quantity(14.0, "days")),
        ("1 per day", Quantity(1.0, "per day")),
        ("50 mg", Quantity(50.0, "mg")),
        ("2 ng/mL", Quantity(2.0, "ng/mL")),
    ],
)
def test_quantities_say_what_they_measure(text: str, quantity: Quantity) -> None:
    assert read_quantity(text) == quantity


@pytest.mark.parametrize(
    ("reader", "text", "message", "nearest"),
    [
        (read_duration, "4", "has no unit", ""),
        (read_duration, "4 weaks", "unknown unit", "weeks"),
        (read_duration, "four weeks", "no number with a unit", ""),
        (read_duration, "-4 weeks", "negative", ""),
        (read_duration, "1e309 weeks", "too large", ""),
        (read_duration, "1e308 years", "too large", ""),
        (read_duration, "nan days", "no number with a unit", ""),
        (read_rate, "5", "no rate", ""),
        (read_rate, "5 weeks", "no rate", ""),
        (read_rate, "5 per 1000 person-yaers", "unknown unit", "years"),
        (read_rate, "-5 per year", "negative", ""),
        (read_rate, "5 per 0 years", "not positive", ""),
        (read_rate, "5 per -1 years", "not positive", ""),
        (read_rate, "1e300 per 1e-300 days", "too large", ""),
        (read_dose, "380", "has no unit", ""),
        (read_dose, "380 mgs", "unknown unit", "mg"),
        (read_share, "7/5", "outside 0 to 1", ""),
        (read_share, "1/0", "divides by zero", ""),
        (read_share, "-0.1", "outside 0 to 1", ""),
        (read_number, "inf", "no number", ""),
        (read_number, "１２", "no number", ""),
    ],
)
def test_other_texts_are_errors(reader: Callable[[str], float], text: str, message: str, nearest: str) -> None:
    with pytest.raises(UnitError, match=message) as caught:
        reader(text)
    assert caught.value.nearest == nearest
    assert caught.value.expected


@given(st.text(max_size=30) | st.from_regex(r"[-0-9.e/ ]{0,8} (per )?[0-9]{0,3} ?(weeks|mg|days|years|ng/mL)"))
def test_readers_give_a_finite_number_or_a_unit_error(text: str) -> None:
    for reader in READERS:
        try:
            value = reader(text)
        except UnitError:
            continue
        number = value.value if isinstance(value, Quantity) else value
        assert math.isfinite(number)


@given(st.floats(0, 1e6), st.sampled_from(sorted(DAYS)), st.floats(1e-3, 1e6))
def test_rate_is_the_number_divided_by_the_duration(number: float, unit: str, per: float) -> None:
    assert read_rate(f"{number!r} per {per!r} {unit}s") == number / read_duration(f"{per!r} {unit}s")
