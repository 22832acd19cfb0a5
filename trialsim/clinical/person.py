"""The beginning of a life: one baseline patient under one arm."""

import math
from typing import Any, Final

from trialsim.clinical.compiled import compiled
from trialsim.clinical.events import request_entry, write_event
from trialsim.clinical.records import COMPONENTS
from trialsim.clinical.streams import STREAM_FRAILTY, draw_normal
from trialsim.clinical.vocabulary import (
    ABSTINENT,
    CLOCK_COUNT,
    KIND_NONE,
    NEVER,
    NO_RESOURCE,
    NO_USE,
    REGULAR_USE,
    START,
    USING,
)

# How time zero finds the patient.
START_USING: Final = 0
START_WITHDRAWAL: Final = 1
START_ABSTINENT: Final = 2
START_RELEASED: Final = 3
STARTS: Final = ("using", "withdrawal", "abstinent", "incarcerated")


@compiled
def draw_frailty(seed: int, patient: int, index: int, replicate: int, sd: float) -> float:
    """Return a log-normal multiplier of mean 1 with the given standard deviation of its logarithm."""
    return math.exp(sd * draw_normal(seed, patient, STREAM_FRAILTY, index, replicate) - 0.5 * sd * sd)


@compiled
def copy_covariates(person: Any, baseline: Any) -> None:
    """Copy what the kernel needs of a baseline record into the person."""
    person["patient"] = baseline["patient"]
    person["replicate"] = baseline["replicate"]
    person["age"] = baseline["age"]
    person["male"] = int(baseline["male"])
    person["setting"] = int(baseline["setting"])
    person["era"] = int(baseline["era"])
    person["injection"] = baseline["injection"]
    person["unstable_housing"] = baseline["unstable_housing"]
    person["liver_disease"] = baseline["liver_disease"]
    person["uses_alone"] = baseline["uses_alone"]
    person["naloxone_coverage"] = baseline["naloxone_coverage"]


@compiled
def clear_times(person: Any, horizon: float, offered_until: float) -> None:
    """Reset times and clocks: nothing has happened yet."""
    person["time"] = 0.0
    person["state_since"] = 0.0
    person["episode_start"] = NEVER
    person["first_dose"] = NEVER
    person["last_dose"] = -NEVER
    person["covered_until"] = -1.0
    person["stopped"] = NEVER
    person["released"] = -NEVER
    person["dose_due"] = NEVER
    person["phase_end"] = NEVER
    person["horizon"] = horizon
    person["offered_until"] = offered_until
    person["death"] = NEVER
    for j in range(COMPONENTS):
        person["level"][j] = 0.0
    for clock in range(CLOCK_COUNT):
        person["residual"][clock] = 0.0
        person["occurrence"][clock] = 0
        person["origin"][clock] = 0.0
        person["power_time"][clock] = -1.0


@compiled
def clear_counts(person: Any) -> None:
    """Reset counts, flags and the present dosing."""
    person["gap"] = 0
    person["use_carried"] = 0
    person["pending"] = NO_RESOURCE
    person["logged"] = 0
    person["done"] = 0
    person["fatal"] = 0
    person["overdoses"] = 0
    person["in_treatment_ticks"] = 0
    person["out_of_treatment_ticks"] = 0
    person["dosing"] = 0.0
    person["tolerance_target"] = 0.0


@compiled
def set_start(person: Any, start: int, opioid_free_days: float, loss_days: float) -> None:
    """Set state, use and tolerance at time zero; tolerance has faded over the opioid-free days."""
    if start == START_USING:
        person["state"] = USING
        person["use"] = REGULAR_USE
        person["last_use"] = 0.0
        person["unprotected_since"] = 0.0
        person["tolerance"] = 1.0
        return
    person["state"] = ABSTINENT
    person["use"] = NO_USE
    person["last_use"] = -opioid_free_days
    person["unprotected_since"] = -opioid_free_days
    person["tolerance"] = math.exp(-opioid_free_days / loss_days)
    if start == START_RELEASED:
        person["released"] = 0.0
        person["unprotected_since"] = 0.0
        person["tolerance"] = 0.0


@compiled
def begin(
    person: Any,
    baseline: Any,
    arm: int,
    regimen: Any,
    parameters: Any,
    seed: int,
    horizon: float,
    offered_until: float,
    log: Any,
    cursor: Any,
) -> None:
    """Begin a life under an arm at time zero, when the arm's medication, if any, is asked for."""
    copy_covariates(person, baseline)
    clear_times(person, horizon, offered_until)
    clear_counts(person)
    person["arm"] = arm
    patient, replicate = person["patient"], person["replicate"]
    person["frailty_overdose"] = draw_frailty(seed, patient, 0, replicate, parameters["frailty_sd_overdose"])
    person["frailty_leaving"] = draw_frailty(seed, patient, 1, replicate, parameters["frailty_sd_leaving"])
    set_start(person, int(baseline["start"]), baseline["opioid_free_days"], parameters["tolerance_loss_days"])
    write_event(person, START, log, cursor)
    if regimen["kind"] != KIND_NONE:
        request_entry(person, regimen, log, cursor)
