"""From parameter values and a scenario's arms to the records that the kernel reads."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.clinical.records import (
    LIFE_TABLE_AGES,
    OBSERVATION,
    OBSERVATION_NAMES,
    PARAMETER_NAMES,
    PARAMETERS,
    REGIMEN,
    REGIMEN_PARAMETERS,
)
from trialsim.clinical.vocabulary import BED, DOSING_SLOT, INJECTION_SLOT, KINDS, NO_RESOURCE
from trialsim.parameters.life_table import read_life_table
from trialsim.parameters.medications import MEDICATIONS, NEUTRAL, Medication
from trialsim.scenario.model import Arm, CustomMedication, Scenario

LAPSE_REFERENCE_DAYS: Final = 28.0
"""Rates of a lapse are those four weeks after the last use."""

type Records = npt.NDArray[Any]


def build_parameters(values: Mapping[str, float]) -> Records:
    """Return the population-level parameters as one record (shape [1])."""
    record = np.zeros(1, PARAMETERS)
    for name in PARAMETER_NAMES:
        record[name] = values[name]
    rate, shape = record["relapse_rate_off_medication"], record["relapse_shape_off_medication"]
    record["relapse_coefficient_off_medication"] = rate**shape
    off = values["lapse_rate_off_medication"]
    record["lapse_coefficient_off_medication"] = find_lapse_coefficient(off, values["lapse_shape"])
    return record


def find_lapse_coefficient(rate: float, shape: float) -> float:
    """Return the coefficient of the Weibull clock whose hazard is `rate` (per day) `LAPSE_REFERENCE_DAYS` after use."""
    return rate * LAPSE_REFERENCE_DAYS ** (1.0 - shape) / shape


def build_observation(values: Mapping[str, float]) -> Records:
    """Return the parameters of what the trial sees as one record (shape [1])."""
    record = np.zeros(1, OBSERVATION)
    for name in OBSERVATION_NAMES:
        record[name] = values[name]
    return record


def find_medication(scenario: Scenario, name: str) -> tuple[Medication, Mapping[str, float]]:
    """Return the built-in medication behind a name and the fields that the scenario overrides."""
    custom: dict[str, CustomMedication] = {item.id: item for item in scenario.medications}
    if name in custom:
        return MEDICATIONS[custom[name].like], custom[name].overrides
    return MEDICATIONS[name], {}


def fill_curve(record: Records, medication: Medication, values: Mapping[str, float]) -> None:
    """Set the level curve of a medication in its REGIMEN record (shape [1])."""
    record["components"] = medication.components
    record["decay_rate"] = 1.0
    for j in range(medication.components):
        record["amplitude"][0, j] = values[f"level_amplitude_{j + 1}_{medication.id}"]
        record["decay_rate"][0, j] = values[f"level_decay_rate_{j + 1}_{medication.id}"]
    record["steady_level"] = record["amplitude"] / record["decay_rate"]


def _fill_numbers(record: Records, medication: Medication, values: Mapping[str, float]) -> None:
    for field in REGIMEN_PARAMETERS:
        record[field] = values[f"{field}_{medication.id}"] if field in medication.fields else NEUTRAL.get(field, 0.0)
    fill_curve(record, medication, values)


def _fill_structure(record: Records, medication: Medication) -> None:
    record["kind"] = KINDS.index(medication.kind)
    record["daily"] = medication.daily
    record["needs_withdrawal"] = medication.needs_withdrawal
    record["dose_first"] = medication.dose_first


def _apply_arm(record: Records, arm: Arm, values: Mapping[str, float]) -> None:
    if arm.dose_mg is not None:
        record["dose"] = arm.dose_mg
    if arm.procedure == "rapid":
        record["opioid_free_days"] *= values["opioid_free_days_ratio_rapid"]
        record["withdrawal_leaving_rate"] *= values["withdrawal_leaving_ratio_rapid"]
    if arm.outpatient:
        record["withdrawal_leaving_rate"] *= values["withdrawal_leaving_ratio_outpatient"]
    shape = record["discontinuation_shape"]
    if arm.contingency:
        record["discontinuation_rate"] *= values["discontinuation_ratio_contingency"] ** (1.0 / shape)
    if arm.supervised:
        record["discontinuation_rate"] *= values["discontinuation_ratio_supervised"] ** (1.0 / shape)


def _set_resources(record: Records, medication: Medication, arm: Arm, scenario: Scenario) -> None:
    beds = any(site.beds is not None for site in scenario.sites)
    slots = any(site.dosing_slots is not None for site in scenario.sites)
    injections = any(site.injection_slots is not None for site in scenario.sites)
    inpatient = medication.needs_withdrawal and not medication.dose_first and not arm.outpatient
    record["entry_resource"] = NO_RESOURCE
    if beds and inpatient:
        record["entry_resource"] = BED
    elif slots and medication.daily:
        record["entry_resource"] = DOSING_SLOT
    record["dose_resource"] = INJECTION_SLOT if injections and medication.injected else NO_RESOURCE


def build_regimen(scenario: Scenario, arm: Arm, values: Mapping[str, float]) -> Records:
    """Return one arm's medication, with its procedure and modifiers applied, as one record (shape [1])."""
    medication, overrides = find_medication(scenario, arm.medication)
    record = np.zeros(1, REGIMEN)
    _fill_numbers(record, medication, values)
    _fill_structure(record, medication)
    for field, value in overrides.items():
        record[field] = value
    _apply_arm(record, arm, values)
    _set_resources(record, medication, arm, scenario)
    record["discontinuation_coefficient"] = record["discontinuation_rate"] ** record["discontinuation_shape"]
    record["relapse_coefficient"] = record["relapse_rate"] ** values["relapse_shape"]
    record["lapse_coefficient"] = find_lapse_coefficient(record["lapse_rate"].item(), values["lapse_shape"])
    record["opioid_free_coefficient"] = record["opioid_free_days"] ** -record["opioid_free_shape"]
    return record


def build_regimens(scenario: Scenario, values: Mapping[str, float]) -> Records:
    """Return one regimen record an arm, in the order of the scenario's arms."""
    return np.concatenate([build_regimen(scenario, arm, values) for arm in scenario.arms])


def tabulate_life_table(country: str = "United States") -> npt.NDArray[np.float64]:
    """Return daily death rates of the general population, [female 0 or male 1, age 0 to 110]; InputError if unknown."""
    table = read_life_table(country)
    return np.array([table.female[:LIFE_TABLE_AGES], table.male[:LIFE_TABLE_AGES]])
