"""Drug level at the effect site and receptor blockade.

A dose adds amplitude * dose to every component of the level, and each component decays exponentially: a linear
compartment model written in its eigenmodes, so that any history of doses has a closed form (Gibaldi and Perrier 1982,
Pharmacokinetics, 2nd ed., chapter 2). Daily dosing is its constant infusion of dose * adherence per day. Blockade
follows the level L (ng/mL) by an Emax curve, blockade_max * L / (L + level_ec50).
"""

import math
from typing import Any, Final

from trialsim.clinical.compiled import compiled

# Levels nearer to equilibrium than this (ng/mL) are taken as there: 10,000 times below what blocks a receptor.
NEGLIGIBLE: Final = 1e-6


@compiled
def add_dose(person: Any, regimen: Any, dose: float) -> None:
    """Add a dose (mg) to the person's level at the effect site (ng/mL, one value a component)."""
    for j in range(regimen["components"]):
        person["level"][j] += regimen["amplitude"][j] * dose


@compiled
def find_steady_level(regimen: Any, j: int, dosing: float) -> float:
    """Return component j of the level (ng/mL) that daily dosing (mg per day) holds at equilibrium."""
    return float(regimen["steady_level"][j] * dosing)


@compiled
def is_drug_free(person: Any, regimen: Any) -> bool:
    """Return whether no drug is on board and none is being taken."""
    if person["dosing"] > 0.0:
        return False
    for j in range(regimen["components"]):
        if person["level"][j] != 0.0:
            return False
    return True


@compiled
def move_level(person: Any, regimen: Any, days: float) -> None:
    """Let the level run on for some days under the present dosing, exactly."""
    dosing = person["dosing"]
    for j in range(regimen["components"]):
        steady = find_steady_level(regimen, j, dosing)
        excess = person["level"][j] - steady
        if excess > NEGLIGIBLE or excess < -NEGLIGIBLE:
            person["level"][j] = steady + excess * math.exp(-regimen["decay_rate"][j] * days)
        else:
            person["level"][j] = steady


@compiled
def find_level(person: Any, regimen: Any, days: float) -> float:
    """Return the level (ng/mL, not below 0) that the person will have in some days under the present dosing."""
    start_decay(person, regimen, days)
    return find_later_levels(person, regimen)[0]


@compiled
def find_present_level(person: Any, regimen: Any) -> float:
    """Return the level (ng/mL, not below 0) that the person has now."""
    level = 0.0
    for j in range(regimen["components"]):
        level += person["level"][j]
    return max(level, 0.0)


@compiled
def start_decay(person: Any, regimen: Any, days: float) -> None:
    """Set the share of each component's distance from its equilibrium left after some days (`person["decay"]`)."""
    for j in range(regimen["components"]):
        excess = person["level"][j] - find_steady_level(regimen, j, person["dosing"])
        away = excess > NEGLIGIBLE or excess < -NEGLIGIBLE
        person["decay"][j] = math.exp(-regimen["decay_rate"][j] * days) if away else 0.0


@compiled
def halve_decay(person: Any, regimen: Any) -> None:
    """Set the shares that are left after half as many days: their square roots."""
    for j in range(regimen["components"]):
        person["decay"][j] = math.sqrt(person["decay"][j])


@compiled
def find_later_levels(person: Any, regimen: Any) -> tuple[float, float]:
    """Return the levels (ng/mL, not below 0) after the days of `start_decay`, and after twice as many."""
    dosing, once, twice = person["dosing"], 0.0, 0.0
    for j in range(regimen["components"]):
        steady = find_steady_level(regimen, j, dosing)
        excess, left = person["level"][j] - steady, person["decay"][j]
        once += steady + excess * left
        twice += steady + excess * left * left
    return max(once, 0.0), max(twice, 0.0)


@compiled
def find_level_slope(person: Any, regimen: Any) -> float:
    """Return how fast the person's level changes now (ng/mL per day)."""
    slope = 0.0
    for j in range(regimen["components"]):
        excess = person["level"][j] - find_steady_level(regimen, j, person["dosing"])
        slope -= regimen["decay_rate"][j] * excess
    return slope


@compiled
def find_occupancy(level: float, ec50: float) -> float:
    """Return the share of receptors occupied (0 to 1) at a level, half at ec50 (both ng/mL)."""
    return level / (level + ec50)
