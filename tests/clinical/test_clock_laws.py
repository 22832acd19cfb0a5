"""Residual clocks: cumulative hazard and its inverse are a pair, times are whole ticks, laws are what they claim."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trialsim.clinical.clocks import draw_residual, find_firing, raise_time, round_tick
from trialsim.clinical.vocabulary import DISCONTINUE, NEVER, TICKS_PER_DAY

days = st.floats(1e-6, 2e4)
shapes = st.floats(0.3, 6.0)
hazards = st.floats(1e-9, 50.0)
# exp(log(x)) is right to a few units in the last place times |log x|; 20,000 days raised to the 6th power has log 59.
CLOSE = 64 * 2.3e-16 * 60


@given(days, shapes)
def test_a_raised_time_is_a_power(time: float, shape: float) -> None:
    assert raise_time(time, shape) == pytest.approx(time**shape, rel=CLOSE)


@given(st.floats(-1e4, 0.0), shapes)
def test_nothing_is_spent_before_the_origin(time: float, shape: float) -> None:
    assert raise_time(time, shape) == 0.0


@given(days, hazards, shapes)
def test_firing_inverts_the_cumulative_hazard(start: float, hazard: float, shape: float) -> None:
    power = raise_time(start, shape)
    firing = find_firing(power, hazard, shape)
    assert raise_time(firing, shape) == pytest.approx(power + hazard, rel=CLOSE)
    assert firing >= start * (1 - CLOSE)


@given(hazards, shapes)
def test_a_clock_that_starts_at_its_origin_fires_at_the_weibull_quantile(hazard: float, shape: float) -> None:
    assert find_firing(0.0, hazard, shape) == pytest.approx(
        stats.weibull_min.isf(math.exp(-hazard), shape), rel=1e-6
    ) or not (1e-6 < hazard < 30)


@given(days, st.floats(0.01, 0.99), hazards, shapes)
def test_a_hazard_spent_in_pieces_is_the_hazard_spent_at_once(
    start: float, share: float, hazard: float, shape: float
) -> None:
    firing = find_firing(raise_time(start, shape), hazard, shape)
    middle = start + share * (firing - start)
    spent = raise_time(middle, shape) - raise_time(start, shape)
    left = hazard - spent
    again = find_firing(raise_time(middle, shape), max(left, 0.0), shape)
    # What is lost in the subtraction is relative to the power, and costs time by the hazard's slope.
    rounding = CLOSE * raise_time(firing, shape) / (shape * raise_time(firing, shape) / firing)
    assert again == pytest.approx(firing, abs=4 * rounding + 1e-12)


@given(st.floats(0.0, 1e5))
def test_times_are_rounded_up_to_whole_ticks(time: float) -> None:
    rounded = round_tick(time)
    assert 0.0 <= rounded - time <= 1.0 / TICKS_PER_DAY
    assert (rounded * TICKS_PER_DAY).is_integer()
    assert round_tick(rounded) == rounded


def test_never_stays_never() -> None:
    assert round_tick(NEVER) == NEVER
    assert round_tick(2 * NEVER) == NEVER


def test_residuals_are_unit_exponentials_of_their_own_address() -> None:
    drawn = [draw_residual(1, patient, DISCONTINUE, 0, 0) for patient in range(20_000)]
    assert stats.kstest(drawn, "expon").pvalue > 1e-6
    assert draw_residual(1, 5, DISCONTINUE, 0, 0) != draw_residual(1, 5, DISCONTINUE, 1, 0)
