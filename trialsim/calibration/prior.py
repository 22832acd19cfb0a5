"""The prior of the calibrated parameters, and the scale on which they are sampled.

Each parameter is a function of a standard normal coordinate: the coordinate's probability is the prior's. So the prior
of all coordinates is a standard normal, and a coordinate of 1.96 is the prior's upper 95% limit. `priors.csv` lists
the calibrated parameters: with limits where the parameter table's own rest on targets (no row may count twice), else
the table's are kept.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.parameters.entry import Entry, ParameterTable
from trialsim.parameters.evidence import find_evidence_file
from trialsim.parameters.follow import list_followers
from trialsim.parameters.spread import find_probability, find_quantile
from trialsim.problems import InputError, Problem, nearest_name

FILE: Final = "meta/evidence/calibration/priors.csv"
# What priors.csv says of parameters that keep the limits of the parameter table.
TABLES_OWN: Final = "as in the parameter table"

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Prior:
    """The calibrated parameters: entries whose value and limits are those of the prior, and the reason for each.

    followers: parameters that share a calibrated one's value, each with the one that it follows.
    """

    entries: Mapping[str, Entry]
    reasons: Mapping[str, str]
    followers: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters in the order of their coordinates."""
        return tuple(self.entries)


def read_prior(table: ParameterTable) -> Prior:
    """Return the prior; raises InputError for a parameter that the table does not have or may not vary."""
    entries: dict[str, Entry] = {}
    reasons, problems = {}, []
    with find_evidence_file("calibration/priors.csv").open(encoding="utf-8") as stream:
        for line, cells in enumerate(csv.DictReader(stream), start=2):
            name = cells["name"]
            if name not in table.entries:
                problems.append(Problem(FILE, line, name, "is no parameter", "", nearest_name(name, table.entries)))
                continue
            entries[name] = _make_entry(table.entries[name], cells)
            reasons[name] = cells["reason"]
            if entries[name].same_as:
                problems.append(Problem(FILE, line, name, f"follows {entries[name].same_as}: calibrate that one"))
            if entries[name].distribution == "fixed":
                problems.append(Problem(FILE, line, name, "is fixed: there is nothing to calibrate"))
    if problems:
        raise InputError(problems)
    followers = {name: other for name, other in list_followers(table).items() if other in entries}
    return Prior(entries, reasons, followers)


def _make_entry(entry: Entry, cells: Mapping[str, str]) -> Entry:
    if not cells["value"]:
        return entry
    return replace(entry, value=float(cells["value"]), low=float(cells["low"]), high=float(cells["high"]))


def find_values(prior: Prior, points: Floats) -> Floats:
    """Return parameter values [rows, parameters] at coordinates of the same shape."""
    from scipy.special import ndtr

    values = np.empty_like(points)
    for column, entry in enumerate(prior.entries.values()):
        floor, ceiling = find_probability(entry, entry.range_low), find_probability(entry, entry.range_high)
        share = np.clip(ndtr(points[:, column]), 1e-12, 1.0 - 1e-12)
        drawn = find_quantile(entry, floor + share * (ceiling - floor))
        values[:, column] = np.clip(drawn, entry.range_low, entry.range_high)
    return values


def fill_values(prior: Prior, best: Mapping[str, float], row: Floats) -> dict[str, float]:
    """Return every parameter's value: the calibrated ones and what follows them from a row of `find_values`, the others
    at their best.
    """
    own = dict(zip(prior.names, map(float, row), strict=True))
    return {**best, **own, **{name: own[other] for name, other in prior.followers.items()}}
