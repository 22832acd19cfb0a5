"""Random numbers as addresses: counter-based Philox 4x32-10.

Source: Salmon, Moraes, Dror, Shaw (2011), Parallel random numbers: as easy as 1, 2, 3. SC11,
doi 10.1145/2063384.2063405; the known-answer vectors of their library are tests. Key = seed; counter = (patient,
stream, occurrence, replicate). The arm and the parameter draw are not in the address, so every arm meets the same
patient with the same luck.
"""

import math
from typing import Final

import numpy as np

from trialsim.clinical.compiled import compiled

# Streams 0 to 31 belong to the clocks, by clock number. Append only.
STREAM_COVARIATES: Final = 32
STREAM_FRAILTY: Final = 33
STREAM_ALLOCATION: Final = 34
STREAM_ACCRUAL: Final = 35
STREAM_SITE: Final = 36
STREAM_VISIT_MISSED: Final = 37
STREAM_URINE: Final = 38
STREAM_LOST: Final = 39
STREAM_MIXED: Final = 40

_MASK = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_DROP_5 = np.uint64(5)
_DROP_6 = np.uint64(6)
_TWO_26 = np.uint64(67108864)
type Word = np.uint64
_UNIT = 1.0 / 9007199254740992.0


@compiled
def philox(c0: Word, c1: Word, c2: Word, c3: Word, k0: Word, k1: Word) -> tuple[Word, Word, Word, Word]:
    """Return the four 32-bit words of Philox 4x32-10 at a counter under a key (all words 0 to 2^32 - 1, as uint64)."""
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _SHIFT) ^ c1 ^ k0
        c1 = product_1 & _MASK
        c2 = (product_0 >> _SHIFT) ^ c3 ^ k1
        c3 = product_0 & _MASK
        k0 = (k0 + _WEYL_0) & _MASK
        k1 = (k1 + _WEYL_1) & _MASK
    return c0, c1, c2, c3


@compiled
def draw_uniform(seed: int, patient: int, stream: int, occurrence: int, replicate: int) -> float:
    """Return a uniform draw in the open interval (0, 1) with 53 random bits at an address."""
    key = np.uint64(seed)
    x0, x1, _, _ = philox(
        np.uint64(patient) & _MASK,
        np.uint64(stream) & _MASK,
        np.uint64(occurrence) & _MASK,
        np.uint64(replicate) & _MASK,
        key & _MASK,
        key >> _SHIFT,
    )
    return (np.float64((x0 >> _DROP_5) * _TWO_26 + (x1 >> _DROP_6)) + 0.5) * _UNIT


@compiled
def draw_exponential(seed: int, patient: int, stream: int, occurrence: int, replicate: int) -> float:
    """Return a unit exponential draw at an address (mean 1, above 0)."""
    return -math.log(draw_uniform(seed, patient, stream, occurrence, replicate))


@compiled
def draw_normal(seed: int, patient: int, stream: int, occurrence: int, replicate: int) -> float:
    """Return a standard normal draw at an address, by Box and Muller (1958) from two addresses of its own."""
    radius = math.sqrt(-2.0 * math.log(draw_uniform(seed, patient, stream, 2 * occurrence, replicate)))
    return radius * math.cos(2.0 * math.pi * draw_uniform(seed, patient, stream, 2 * occurrence + 1, replicate))
