"""Readings from a drug's level curve, by the functions that the kernel itself uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.clinical.pharmacology import add_dose, find_level, find_occupancy, move_level
from trialsim.clinical.records import PERSON, REGIMEN
from trialsim.engine.setup import fill_curve
from trialsim.parameters.medications import MEDICATIONS

# Plasma naltrexone that blocks 25 mg of intravenous heroin (ng/mL): evidence row castillo-2024-1.
BLOCKING_LEVEL: Final = 2.0
STEPS_A_DAY: Final = 96
LAST_DAY: Final = 400
DAYS_TO_STEADY: Final = 60


@dataclass(frozen=True, slots=True)
class Drug:
    """A medication's REGIMEN record (shape [1]), filled as far as drug levels go."""

    regimen: npt.NDArray[Any]


def build_drug(name: str, values: Mapping[str, float]) -> Drug:
    """Return what the kernel's drug functions read of a built-in medication, with the given parameter values."""
    regimen = np.zeros(1, REGIMEN)
    fill_curve(regimen, MEDICATIONS[name], values)
    for field in ("level_ec50", "blockade_max"):
        regimen[field] = values[f"{field}_{name}"]
    return Drug(regimen)


def _take(drug: Drug, dose: float) -> npt.NDArray[Any]:
    person = np.zeros(1, PERSON)
    add_dose(person[0], drug.regimen[0], dose)
    return person


def _block(drug: Drug, level: float) -> float:
    record = drug.regimen[0]
    return float(record["blockade_max"] * find_occupancy(level, record["level_ec50"]))


def list_levels(drug: Drug, dose: float, days: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the level (ng/mL) at some days after one dose (mg)."""
    person = _take(drug, dose)
    return np.array([find_level(person[0], drug.regimen[0], day) for day in days])


def find_blockade(drug: Drug, dose: float, days: float) -> float:
    """Return the share of receptors blocked (0 to 1) some days after one dose (mg)."""
    return _block(drug, find_level(_take(drug, dose)[0], drug.regimen[0], days))


def find_daily_blockade(drug: Drug, dose: float, days: float) -> float:
    """Return the share blocked (0 to 1) some days after the last of many daily doses (mg), each taken at once."""
    person = np.zeros(1, PERSON)
    for _ in range(DAYS_TO_STEADY):
        move_level(person[0], drug.regimen[0], 1.0)
        add_dose(person[0], drug.regimen[0], dose)
    return _block(drug, find_level(person[0], drug.regimen[0], days))


def find_dosing_blockade(drug: Drug, dose: float) -> float:
    """Return the share blocked (0 to 1) at the equilibrium of daily dosing (mg), to the kernel an infusion."""
    person = np.zeros(1, PERSON)
    person["dosing"] = dose
    return _block(drug, find_level(person[0], drug.regimen[0], 1e6))


def find_half_time(drug: Drug) -> float:
    """Return the hours in which blockade halves from 48 h after 50 mg, the first point of its published decline."""
    days = np.arange(2.0, 14.0, 1.0 / STEPS_A_DAY)
    blocked = np.array([_block(drug, level) for level in list_levels(drug, 50.0, days)])
    return float(24.0 * (days[blocked <= 0.5 * blocked[0]][0] - 2.0))


def find_peak_time(drug: Drug, dose: float, start: float, end: float) -> float:
    """Return the day of the highest level that is a peak, between two days after a dose (mg); NaN without one."""
    days = np.arange(start, end, 1.0 / STEPS_A_DAY)
    levels = list_levels(drug, dose, days)
    peaks = np.flatnonzero((levels[1:-1] > levels[:-2]) & (levels[1:-1] >= levels[2:])) + 1
    return float(days[peaks[np.argmax(levels[peaks])]]) if len(peaks) else float("nan")


def find_turning_time(drug: Drug, dose: float) -> float:
    """Return the day from which the level (after a dose in mg) only falls."""
    days = np.arange(0.0, 60.0, 1.0 / STEPS_A_DAY)
    rising = np.flatnonzero(np.diff(list_levels(drug, dose, days)) > 0.0)
    return float(days[rising[-1] + 1])


def find_half_life(drug: Drug, dose: float, start: float, end: float) -> float:
    """Return the mean half-life (days) of the level between two days after a dose (mg)."""
    first, last = list_levels(drug, dose, np.array([start, end]))
    return float((end - start) * np.log(2.0) / np.log(first / last))


def find_average_level(drug: Drug, dose: float, days: float) -> float:
    """Return the mean level (ng/mL) over some days after a dose (mg)."""
    middles = (np.arange(days * STEPS_A_DAY) + 0.5) / STEPS_A_DAY
    return float(list_levels(drug, dose, middles).mean())


def find_days_above(drug: Drug, dose: float, level: float) -> float:
    """Return the last day after a dose (mg) on which the level (ng/mL) is reached; 0 where it never is."""
    days = np.arange(0.0, LAST_DAY, 0.25)
    reached = days[list_levels(drug, dose, days) >= level]
    return float(reached[-1]) if len(reached) else 0.0


def find_days_blocked(drug: Drug, dose: float, blockade: float) -> float:
    """Return the last day after a dose (mg) on which so large a share (0 to 1) is blocked; 0 where it never is."""
    record = drug.regimen[0]
    share = blockade / float(record["blockade_max"])
    return find_days_above(drug, dose, float(record["level_ec50"]) * share / (1.0 - share))
