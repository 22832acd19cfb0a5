"""Residual clocks: each kind of event fires when its cumulative hazard has used up a unit exponential.

The modified next-reaction method (Anderson 2007, J Chem Phys 127:214107, doi 10.1063/1.2799998). A clock has the cumulative
hazard coefficient * s**shape, with s the time since its origin: constant when shape is 1, Weibull otherwise. A hazard that
changes with state, drug level, tolerance or arm changes the coefficient only; what was spent stays spent.
"""

import math

from trialsim.clinical.compiled import compiled
from trialsim.clinical.streams import draw_exponential
from trialsim.clinical.vocabulary import NEVER, TICKS_PER_DAY


@compiled
def spend_hazard(coefficient: float, shape: float, start: float, end: float) -> float:
    """Return the cumulative hazard between two times since the clock's origin (days, 0 <= start <= end)."""
    if shape == 1.0:
        return coefficient * (end - start)
    return coefficient * (end**shape - start**shape)


@compiled
def find_firing(coefficient: float, shape: float, start: float, residual: float) -> float:
    """Return the days from start until the residual is used up (the inverse of `spend_hazard`)."""
    if shape == 1.0:
        return residual / coefficient
    return (start**shape + residual / coefficient) ** (1.0 / shape) - start


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
