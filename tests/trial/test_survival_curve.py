"""Kaplan-Meier against statsmodels: survival, Greenwood's variance, and the interval on the log-log scale."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from trialsim.trial.curves import estimate_survival, tabulate_survival

lives = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=80).filter(
    lambda rows: any(event for _, event in rows)
)


@given(lives)
def test_survival_and_interval_are_those_of_statsmodels(rows: list[tuple[int, bool]]) -> None:
    time = np.array([row[0] for row in rows], np.float64)
    event = np.array([row[1] for row in rows])
    ours = estimate_survival(time, event)
    reference = SurvfuncRight(time, event.astype(int))
    at = np.searchsorted(ours.time, reference.surv_times)
    assert np.array_equal(ours.time[at], reference.surv_times)
    np.testing.assert_allclose(ours.survival[at], reference.surv_prob, rtol=1e-12, atol=1e-15)
    assert np.array_equal(ours.at_risk[at], reference.n_risk)
    inside = (reference.surv_prob > 1e-12) & (reference.surv_prob < 1 - 1e-12)
    survival, error = reference.surv_prob[inside], reference.surv_prob_se[inside]
    width = 1.959964 * error / (survival * np.abs(np.log(survival)))
    np.testing.assert_allclose(ours.low[at][inside], survival ** np.exp(width), rtol=1e-8)
    np.testing.assert_allclose(ours.high[at][inside], survival ** np.exp(-width), rtol=1e-8)


@given(lives)
def test_a_curve_falls_from_one_inside_its_interval(rows: list[tuple[int, bool]]) -> None:
    time = np.array([row[0] for row in rows], np.float64)
    curve = estimate_survival(time, np.array([row[1] for row in rows]))
    assert curve.survival[0] == 1.0
    assert np.all(np.diff(curve.survival) <= 0)
    assert np.all((curve.low <= curve.survival + 1e-12) & (curve.survival <= curve.high + 1e-12))


def test_replicates_laid_together_give_the_interval_of_one() -> None:
    time = np.arange(1.0, 41.0)
    event = np.arange(40) % 3 > 0
    one = estimate_survival(time, event)
    five = estimate_survival(np.repeat(time, 5), np.repeat(event, 5), scale=5.0)
    np.testing.assert_allclose(five.survival, one.survival, rtol=1e-12)
    np.testing.assert_allclose(five.at_risk, one.at_risk)
    # Greenwood's sum with n d / (n (n - d)) is the same for whole multiples; the interval follows.
    np.testing.assert_allclose(five.low[:-1], one.low[:-1], rtol=1e-9)


def test_numbers_at_risk_are_counted_just_before_each_tick() -> None:
    curve = estimate_survival(np.array([1.0, 2.0, 2.0, 5.0]), np.array([True, False, True, True]))
    table = tabulate_survival(curve, np.array([0.0, 1.0, 2.0, 3.0, 5.0, 6.0]))
    assert table["at_risk"] == [4.0, 4.0, 3.0, 1.0, 1.0, 0.0]
    assert table["survival"] == [1.0, 0.75, 0.5, 0.0]
