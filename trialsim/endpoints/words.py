"""Weekly pattern words: one letter a week from randomisation, week 1 first.

| letter | week |
|---|---|
| `+` | positive urine test |
| `-` | negative urine test |
| `o` | a test was due and is missing |
| `*` | mixed or inconclusive results |
| `_` | no test was due |

The alphabet is that of Odom et al. 2023, PLoS ONE 18:e0291248. A block of words of equal length is a two-dimensional
array of ASCII codes, shape (words, weeks), dtype uint8; rules read blocks only, and one word is a block of one row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ALPHABET = "+-o*_"
POSITIVE, NEGATIVE, MISSING, MIXED, NOT_DUE = (ord(letter) for letter in ALPHABET)

type Codes = NDArray[np.uint8]
type Flags = NDArray[np.bool_]

_IN_ALPHABET: Flags = np.isin(np.arange(256), [ord(letter) for letter in ALPHABET])


def first_foreign_letter(word: str) -> int | None:
    """Position, counted from 0, of the first letter outside the alphabet; None where there is none."""
    return next((position for position, letter in enumerate(word) if letter not in ALPHABET), None)


def encode_words(words: Sequence[str]) -> Codes:
    """Words of one common length, letters of the alphabet only, as codes of shape (words, weeks)."""
    letters = np.frombuffer("".join(words).encode("ascii"), dtype=np.uint8)
    return letters.reshape(len(words), len(words[0]) if words else 0)


def all_in_alphabet(codes: Codes) -> bool:
    """Whether every code is a letter of the alphabet."""
    return bool(_IN_ALPHABET[codes].all())


def is_positive(codes: Codes) -> Flags:
    """Weeks positive or mixed; a missing test says nothing."""
    return np.isin(codes, (POSITIVE, MIXED))


def is_positive_or_missing(codes: Codes) -> Flags:
    """Weeks positive where missing is positive: `+`, `*` and `o`."""
    return np.isin(codes, (POSITIVE, MIXED, MISSING))


def is_negative(codes: Codes) -> Flags:
    """Weeks with a negative test."""
    return np.equal(codes, NEGATIVE)


def is_missing(codes: Codes) -> Flags:
    """Weeks in which a test was due and is missing."""
    return np.equal(codes, MISSING)


def is_due(codes: Codes) -> Flags:
    """Weeks in which a test was due."""
    return np.not_equal(codes, NOT_DUE)
