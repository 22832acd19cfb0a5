"""Random numbers as addresses: published vectors, uniformity, and no dependence between neighbouring addresses."""

import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trialsim.clinical.streams import STREAM_URINE, draw_exponential, draw_normal, draw_uniform, philox

# kat_vectors of Random123 1.14 (Salmon et al. 2011), philox4x32 with 10 rounds: counter, key, answer.
KNOWN_ANSWERS = (
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
)
DRAWS = 20_000
LUCK = 1e-6  # a test of a true law fails for one seed in a million

words = st.integers(0, 2**32 - 1)


def _read_words(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


def _draw_many(stream: int, first: int = 0, occurrence: int = 0, seed: int = 7) -> npt.NDArray[np.float64]:
    return np.array([draw_uniform(seed, first + i, stream, occurrence, 0) for i in range(DRAWS)])


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_the_published_vectors(counter: str, key: str, answer: str) -> None:
    arguments = [np.uint64(word) for word in (*_read_words(counter), *_read_words(key))]
    assert [int(word) for word in philox(*arguments)] == _read_words(answer)


@given(st.integers(0, 2**63 - 1), words, st.integers(0, 40), words, words)
def test_a_uniform_is_the_first_two_words_at_its_address(seed: int, i: int, stream: int, k: int, r: int) -> None:
    address = [np.uint64(word) for word in (i, stream, k, r, seed & 0xFFFFFFFF, seed >> 32)]
    x0, x1 = (int(word) for word in philox(*address)[:2])
    expected = ((x0 >> 5) * 2**26 + (x1 >> 6) + 0.5) / 2**53
    assert draw_uniform(seed, i, stream, k, r) == expected
    assert 0.0 < expected < 1.0
    assert draw_exponential(seed, i, stream, k, r) == pytest.approx(-math.log(expected), rel=1e-15)


@pytest.mark.parametrize("stream", [0, 8, STREAM_URINE])
def test_draws_along_patients_are_uniform(stream: int) -> None:
    assert stats.kstest(_draw_many(stream), "uniform").pvalue > LUCK


def test_draws_along_occurrences_are_uniform() -> None:
    drawn = [draw_uniform(3, 5, 2, k, 1) for k in range(DRAWS)]
    assert stats.kstest(drawn, "uniform").pvalue > LUCK


def test_exponentials_and_normals_have_their_law() -> None:
    assert stats.kstest([draw_exponential(3, i, 2, 0, 0) for i in range(DRAWS)], "expon").pvalue > LUCK
    assert stats.kstest([draw_normal(3, i, 2, 0, 0) for i in range(DRAWS)], "norm").pvalue > LUCK


def test_neighbouring_addresses_are_independent() -> None:
    columns = {
        "reference": _draw_many(1),
        "next patient": _draw_many(1, first=1),
        "next stream": _draw_many(2),
        "next occurrence": _draw_many(1, occurrence=1),
        "next seed": _draw_many(1, seed=8),
    }
    for (a, x), (b, y) in itertools.combinations(columns.items(), 2):
        table, *_ = np.histogram2d(x, y, bins=8, range=[[0, 1], [0, 1]])
        assert stats.chi2_contingency(table).pvalue > LUCK, f"{a} and {b}"


@given(st.integers(0, 10_000), words)
def test_both_halves_of_a_seed_count(low: int, high: int) -> None:
    other = (high ^ 1) << 31
    assert draw_uniform(low, 1, 1, 1, 1) != draw_uniform(low + (other | 1 << 32), 1, 1, 1, 1)
