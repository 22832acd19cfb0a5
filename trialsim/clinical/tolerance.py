"""Tolerance to opioids: exponential movement towards what exposure maintains.

d tolerance / dt = (target - tolerance) / T with T one time constant for loss and another for regain. No kinetics have
been measured in people; both constants are wide assumptions (clinical-model: mechanism 2).
"""

import math
from typing import Any

from trialsim.clinical.compiled import compiled
from trialsim.clinical.vocabulary import (
    LAPSE_USE,
    REGULAR_USE,
    USING,
    WAITING,
)


@compiled
def move_tolerance(tolerance: float, target: float, loss_days: float, regain_days: float, days: float) -> float:
    """Return tolerance (0 none to 1 full) after some days of moving towards a constant target."""
    gap = tolerance - target
    return target + gap * find_tolerance_left(gap, loss_days, regain_days, days)


@compiled
def find_tolerance_left(gap: float, loss_days: float, regain_days: float, days: float) -> float:
    """Return the share of a gap (tolerance less its target) that is left after some days, 1 where there is none."""
    return math.exp(-days / (loss_days if gap > 0.0 else regain_days)) if gap != 0.0 else 1.0


@compiled
def find_tolerance_target(person: Any, regimen: Any, parameters: Any, occupancy: float, blockade: float) -> float:
    """Return the tolerance (0 to 1) that present exposure maintains: unblocked use or the agonist, the larger."""
    state = person["state"]
    exposure = 0.0
    if state == USING or state == WAITING or person["use"] == REGULAR_USE:
        exposure = 1.0
    elif person["use"] == LAPSE_USE:
        exposure = parameters["tolerance_lapse"]
    return max(exposure * (1.0 - blockade), regimen["tolerance_maintained"] * occupancy)
