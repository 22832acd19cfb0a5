"""Estimates with their Monte Carlo error, from the spread between groups of patients.

People are dealt into 100 groups by their number (patient modulo 100), and every count is kept by group. An outcome is
a ratio of two sums (deaths / person-years, deaths / people). Its error comes from the delete-one-group jackknife: the
ratio is taken anew without each group in turn, and

    variance = (G - 1) / G * sum over groups of (ratio without the group - mean of these)^2

(Tukey 1958; Efron and Stein 1981, doi 10.1214/aos/1176345462). Numerator and denominator move together in it, as they
do in truth: who dies early adds less person-time. People are independent of each other, so groups are.

A difference between two policies is treated in the same way, as one number that is computed without each group in turn.
Each group holds the same people with the same luck under both policies (common random numbers), so that what both have
in common cancels inside each group before the spread is taken, and the error is that of the paired difference.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Integers = npt.NDArray[np.int64]
type Cells = dict[str, float | None]

Z95: Final = 1.959963984540054
# Upper 95% limit (two-sided) of a Poisson mean when nothing was counted: -log(0.025).
POISSON_LIMIT: Final = 3.688879454113936


@dataclass(frozen=True, slots=True)
class Ratio:
    """An outcome of one policy: total events / total amount, and the same without each group (shape [groups]).

    amount: in the unit that the ratio divides by. `value` is NaN where amount is 0. A single group gives no errors.
    """

    events: float
    amount: float
    value: float
    without: Floats


def find_ratio(events: Integers, amount: Integers, event_unit: float = 1.0, amount_unit: float = 1.0) -> Ratio:
    """Return the ratio of two counts by group (int64[groups]); sums stay integers until they are divided by units.

    Groups without people must be left out by the caller: each one that is handed in counts as an observation.
    """
    total, whole = int(events.sum()), int(amount.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        without = ((total - events) / event_unit) / ((whole - amount) / amount_unit)
    value = (total / event_unit) / (whole / amount_unit) if whole else float("nan")
    return Ratio(total / event_unit, whole / amount_unit, value, np.asarray(without, np.float64))


def find_error(without: Floats) -> float | None:
    """Return the jackknife standard error of values without each group; None where it is undefined."""
    groups = len(without)
    if groups < 2 or not np.isfinite(without).all():
        return None
    return float(np.sqrt((groups - 1) / groups * ((without - without.mean()) ** 2).sum()))


def describe_ratio(ratio: Ratio, counted: bool, highest: float = float("inf")) -> Cells:
    """Return mean, 95% Monte Carlo interval (mean -/+ 1.96 errors, from 0 to `highest`) and error; None if undefined.

    counted: whether events are rare chance events, so that none seen does not mean that there can be none. Then the
    interval of a zero ends at the exact Poisson limit, and the error, of which the spread says nothing, is None.
    """
    if np.isnan(ratio.value):
        return {"mean": None, "low": None, "high": None, "mcse": None}
    if counted and ratio.events == 0:
        return {"mean": 0.0, "low": 0.0, "high": min(POISSON_LIMIT / ratio.amount, highest), "mcse": None}
    cells = describe_value(ratio.value, find_error(ratio.without))
    if cells["low"] is None or cells["high"] is None:
        return cells
    return {**cells, "low": max(0.0, cells["low"]), "high": min(highest, cells["high"])}


def describe_difference(first: Ratio, second: Ratio) -> Cells:
    """Return first minus second, paired by group; None where either is undefined."""
    if np.isnan(first.value) or np.isnan(second.value):
        return {"mean": None, "low": None, "high": None, "mcse": None}
    return describe_value(first.value - second.value, find_error(first.without - second.without))


def describe_value(value: float, error: float | None) -> Cells:
    """Return a value with its error and interval as plain numbers."""
    if error is None:
        return {"mean": value, "low": None, "high": None, "mcse": None}
    return {"mean": value, "low": value - Z95 * error, "high": value + Z95 * error, "mcse": error}
