"""Numbers of the parameter table that a scenario sets itself: names, units and ranges are those of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from trialsim.problems import nearest_name
from trialsim.scenario.model import Override
from trialsim.scenario.reader import Data
from trialsim.scenario.sheet import Sheet, note_at, quote
from trialsim.scenario.units import Quantity
from trialsim.scenario.vocabulary import MEDICATIONS

if TYPE_CHECKING:
    from trialsim.parameters.entry import Entry

_WRITTEN = {
    "per day": "a rate, such as '36.1 per 1000 person-years'",
    "days": "a duration, such as '4 weeks'",
    "mg": "a dose, such as '380 mg'",
    "ng/mL": "a level, such as '2 ng/mL'",
}


class Known(Protocol):
    """What is needed of an entry of the parameter table."""

    @property
    def unit(self) -> str:
        """The canonical unit."""

    @property
    def range_low(self) -> float:
        """The smallest value that makes sense."""

    @property
    def range_high(self) -> float:
        """The largest value that makes sense."""


def check_overrides(sheet: Sheet, data: Data) -> None:
    """`parameters` and the fields of `medications` exist in the parameter table, with its units and ranges."""
    parameters: Data = data.get("parameters") or {}
    medications: Data = data.get("medications") or {}
    if not parameters and not any(len(entry or {}) > 1 for entry in medications.values()):
        return
    from trialsim.parameters import read_parameters

    table = read_parameters(calibrated=False).entries
    for name, entry in parameters.items():
        for key in ("value", "low", "high"):
            if key == "value" or key in (entry or {}):
                _check(sheet, f"parameters.{name}", name, (entry or {}).get(key), table, f".{key}")
        if name in table and entry:
            _check_limits(sheet, f"parameters.{name}", entry, table[name])
    for name, entry in medications.items():
        like = (entry or {}).get("like")
        if like in MEDICATIONS:
            fields = fields_of(like, table)
            for field in entry.keys() - {"like"}:
                _check(sheet, f"medications.{name}.{field}", field, entry[field], fields)


def _check_limits(sheet: Sheet, path: str, entry: Data, known: Entry) -> None:
    """Both limits or none, around the value, such as the parameter's distribution can have."""
    from trialsim.parameters.checks import check_spread
    from trialsim.parameters.overrides import set_entry

    low, value, high = (entry.get(key) for key in ("low", "value", "high"))
    for key, limit, other in (("low", high, low), ("high", low, high)):
        if limit is not None and other is None:
            note_at(sheet, path, f"has one limit only: {quote(key)} is missing", "both limits, or none")
    if low is None or value is None or high is None:
        return
    if not low.value <= value.value <= high.value:
        note_at(sheet, f"{path}.value", "lies outside its limits", "low, value and high in this order")
        return
    for message, expected, _ in check_spread(set_entry(known, Override(value.value, low.value, high.value, ""))):
        note_at(sheet, path, message, expected)


def fields_of(medication: str, table: Mapping[str, Known]) -> dict[str, Known]:
    """The fields of a built-in medication's record: parameters named `<field>_<medication>`."""
    suffix = f"_{medication}"
    return {name.removesuffix(suffix): entry for name, entry in table.items() if name.endswith(suffix)}


def _check(
    sheet: Sheet, path: str, name: str, value: Quantity | None, table: Mapping[str, Known], inner: str = ""
) -> None:
    if name not in table:
        nearest = nearest_name(name, table)
        note_at(sheet, path, f"{quote(name)} is no parameter", "a name of the parameter table", nearest)
        return
    if value is None:
        return
    entry = table[name]
    plain = entry.unit not in _WRITTEN
    if value.unit != ("number" if plain else entry.unit):
        note_at(sheet, path + inner, "has the wrong unit", _WRITTEN.get(entry.unit, f"a plain number ({entry.unit})"))
    elif not entry.range_low <= value.value <= entry.range_high:
        expected = f"{entry.range_low:g} to {entry.range_high:g} {entry.unit}"
        note_at(sheet, path + inner, f"is {value.value:g} {entry.unit}, out of range", expected)
