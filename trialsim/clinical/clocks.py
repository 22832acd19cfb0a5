"""Residual clocks: each kind of event fires when its cumulative hazard has used up a unit exponential.

The modified next-reaction method (Anderson 2007, J Chem Phys 127:214107, doi 10.1063/1.2799998). A clock has the
cumulative hazard coefficient * s**shape, with s the time since its origin: constant when shape is 1, Weibull otherwise.
A hazard that changes with state, drug level, tolerance or arm changes the coefficient only; what was spent stays spent.
"""

import math

from trialsim.clinical.compiled import compiled
from trialsim.clinical.streams import draw_exponential
from trialsim.clinical.vocabulary import NEVER, TICKS_PER_DAY


@compiled
def find_line_firing(rate: float, slope: float, residual: float) -> float:
    """Return the days until a clock of hazard rate + slope * s has spent its residual; NEVER if it never has."""
    square = rate * rate + 2.0 * slope * residual
    if square < 0.0:
        return NEVER
    return 2.0 * residual / (rate + math.sqrt(square))


@compiled
def raise_time(days: float, shape: float) -> float:
    """Return days**shape for days of 0 or more: the cumulative hazard of a Weibull clock with coefficient 1."""
    if days <= 0.0:
        return 0.0
    return math.exp(shape * math.log(days))


@compiled
def find_firing(power: float, hazard: float, shape: float) -> float:
    """Return the days since its origin at which a Weibull clock has spent `hazard` more, from days**shape = power."""
    return math.exp(math.log(power + hazard) / shape)


@compiled
def round_tick(time: float) -> float:
    """Return a time (days) rounded up to whole ticks of 2^-20 day (0.08 s), so that sums of times are exact."""
    if time >= NEVER:
        return NEVER
    return math.ceil(time * TICKS_PER_DAY) / TICKS_PER_DAY


@compiled
def draw_residual(seed: int, patient: int, clock: int, occurrence: int, replicate: int) -> float:
    """Return the unit exponential of a clock's occurrence: its address is (patient, clock, occurrence, replicate)."""
    return draw_exponential(seed, patient, clock, occurrence, replicate)
