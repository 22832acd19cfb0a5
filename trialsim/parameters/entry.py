"""What a parameter table holds: one entry a parameter, and the words that an entry may use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass

UNITS: Mapping[str, str] = {
    "per day": "events of one person per day",
    "days": "days",
    "ratio": "a pure number, 1 meaning no effect or no change",
    "proportion": "a share from 0 to 1",
    "shape": "shape of a Weibull time, 1 meaning a constant hazard",
    "log sd": "standard deviation of a logarithm",
    "mg": "milligrams",
    "ng/mL": "nanograms per millilitre of plasma",
    "ng/mL per mg": "plasma level that each milligram of a dose adds",
    "count": "a whole or mean number of things",
}

DISTRIBUTIONS: Mapping[str, str] = {
    "log-normal": "normal on the logarithmic scale",
    "logit-normal": "normal on the log-odds scale",
    "normal": "normal",
    "beta": "beta, with the value as mean",
    "fixed": "no uncertainty is expressed",
}

OBTAINED: Mapping[str, str] = {
    "evidence": "taken from published numbers",
    "pooled": "pooled from published numbers by `trialsim evidence`: its value in a new setting",
    "calibrated": "posterior, given the targets of `trialsim calibrate`; value and limits are those of its joint draws",
    "fitted": "chosen so that the simulation meets published numbers",
    "same": "value and draws of another parameter (`same_as`): nothing published tells the two apart",
    "fixed": "true by definition or by the label of a product",
    "assumption": "no number was found; a judgement",
    "scenario": "set by the scenario file",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One parameter: its best value, the 95% limits `low` and `high`, and where it comes from.

    `unit` is a key of UNITS, `distribution` of DISTRIBUTIONS, `obtained` of OBTAINED. No value outside `range_low` to
    `range_high` (both inclusive, infinite where there is no bound) is allowed anywhere. `fitted_to` names the published
    numbers that a fitted value was chosen to meet; `source_rows` are ids of rows in the evidence tables; `unknown` says
    what the number does not know; `source` is what a scenario gave as its reason, empty in the table itself; `same_as`
    names the parameter whose value and draws this one shares, else it is empty.
    """

    name: str
    value: float
    low: float
    high: float
    distribution: str
    unit: str
    range_low: float
    range_high: float
    obtained: str
    fitted_to: str
    source_rows: tuple[str, ...]
    meaning: str
    unknown: str
    source: str = ""
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class ParameterTable:
    """Every parameter by name, in the order of the file; `file` is what to call the table in an error."""

    entries: Mapping[str, Entry]
    file: str


def stamp_table(table: ParameterTable) -> str:
    """Sixteen hexadecimal digits that change whenever anything in any entry does; the file name does not count."""
    text = "\n".join(repr(astuple(table.entries[name])) for name in sorted(table.entries))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
