"""Quantities written with their unit, as scenario files use them: `4 weeks`, `36.1 per 1000 person-years`, `380 mg`.

Every reader turns text into the units used inside: days, per day, milligrams, ng/mL. A month is 365.25/12 days, a year
365.25 days. Nothing here knows about files; a text that cannot be read raises `UnitError`.
"""

import math
import re
from dataclasses import dataclass

from trialsim.problems import nearest_name

DAYS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
MILLIGRAMS = {"mg": 1.0, "g": 1000.0, "ug": 0.001}
DURATION = "a number and a unit of time, such as '4 weeks', '28 months' or '3 days'"
RATE = "a rate, such as '36.1 per 1000 person-years', '0.5 per 100 days' or '2 per week'"
DOSE = "a dose, such as '380 mg'"
NUMBER = "a number, such as 0.25"

_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?"
NUMBER_PATTERN = re.compile(_NUMBER, re.ASCII)
_MEASURE = re.compile(rf"({_NUMBER})\s+(\S+)", re.ASCII)
_RATE = re.compile(rf"({_NUMBER})\s+per\s+(?:({_NUMBER})\s+)?(\S+)", re.ASCII)
_FRACTION = re.compile(r"(\d{1,12})\s*/\s*(\d{1,12})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value and what it measures: `days`, `per day`, `mg`, `ng/mL`, or `number` for a plain number."""

    value: float
    unit: str


class UnitError(ValueError):
    """A text that is no quantity of the wanted sort; `expected` and `nearest` help to correct it."""

    def __init__(self, message: str, expected: str, nearest: str = "") -> None:
        self.expected = expected
        self.nearest = nearest
        super().__init__(message)


def read_number(text: str) -> float:
    """A finite decimal number without unit; raises UnitError."""
    if not NUMBER_PATTERN.fullmatch(text):
        raise UnitError("is no number", NUMBER)
    return _finite(text, NUMBER)


def read_share(text: str) -> float:
    """A proportion from 0 to 1, as a decimal (`0.7`) or as a fraction of counts (`401/570`); raises UnitError."""
    expected = "a share from 0 to 1, such as 0.7 or 401/570"
    fraction = _FRACTION.fullmatch(text)
    if fraction and int(fraction[2]) == 0:
        raise UnitError("divides by zero", expected)
    if not fraction and not NUMBER_PATTERN.fullmatch(text):
        raise UnitError("is no number", expected)
    value = int(fraction[1]) / int(fraction[2]) if fraction else _finite(text, expected)
    if not 0.0 <= value <= 1.0:
        raise UnitError("is outside 0 to 1", expected)
    return value


def read_duration(text: str) -> float:
    """Days, 0 or more; raises UnitError."""
    number, unit = _split(text, DURATION)
    return _not_negative(number * _time_unit(unit, DURATION), DURATION)


def read_rate(text: str) -> float:
    """Events per day (of a person), 0 or more; raises UnitError."""
    match = _RATE.fullmatch(text)
    if not match:
        raise UnitError("is no rate", RATE)
    per = _finite(match[2], RATE) if match[2] else 1.0
    days = per * _time_unit(match[3].removeprefix("person-"), RATE)
    if not (math.isfinite(days) and days > 0):
        raise UnitError("counts per a time that is not positive", RATE)
    return _not_negative(_finite(match[1], RATE) / days, RATE)


def read_dose(text: str) -> float:
    """Milligrams, 0 or more; raises UnitError."""
    number, unit = _split(text, DOSE)
    if unit not in MILLIGRAMS:
        raise UnitError(f"has the unknown unit {unit[:40]!r}", DOSE, nearest_name(unit, MILLIGRAMS))
    return _not_negative(number * MILLIGRAMS[unit], DOSE)


def read_quantity(text: str) -> Quantity:
    """Whatever quantity the text is, with the unit used inside; raises UnitError."""
    if NUMBER_PATTERN.fullmatch(text):
        return Quantity(_finite(text, NUMBER), "number")
    if _FRACTION.fullmatch(text):
        return Quantity(read_share(text), "number")
    if " per " in text:
        return Quantity(read_rate(text), "per day")
    expected = "a number, a duration, a rate, a dose or a level in ng/mL"
    number, unit = _split(text, expected)
    if unit in MILLIGRAMS:
        return Quantity(read_dose(text), "mg")
    if unit.casefold() == "ng/ml":
        return Quantity(_not_negative(number, expected), "ng/mL")
    return Quantity(_not_negative(number * _time_unit(unit, expected), expected), "days")


def _split(text: str, expected: str) -> tuple[float, str]:
    if NUMBER_PATTERN.fullmatch(text):
        raise UnitError("has no unit", expected)
    match = _MEASURE.fullmatch(text)
    if not match:
        raise UnitError("is no number with a unit", expected)
    return _finite(match[1], expected), match[2]


def _time_unit(unit: str, expected: str) -> float:
    singular = unit.removesuffix("s")
    if singular not in DAYS:
        raise UnitError(f"has the unknown unit {unit[:40]!r}", expected, nearest_name(unit, (f"{u}s" for u in DAYS)))
    return DAYS[singular]


def _finite(text: str, expected: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise UnitError("is too large", expected)
    return number


def _not_negative(number: float, expected: str) -> float:
    if not math.isfinite(number):
        raise UnitError("is too large", expected)
    if number < 0:
        raise UnitError("is negative", expected)
    return number
