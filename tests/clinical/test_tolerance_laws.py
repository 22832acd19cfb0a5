"""Tolerance follows its differential equation exactly, in one step or in many."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from trialsim.clinical.tolerance import move_tolerance

shares = st.floats(0.0, 1.0)
times = st.floats(0.0, 400.0)
constants = st.floats(0.5, 200.0)


@given(shares, shares, constants, constants, times, times)
def test_two_steps_are_one(tolerance: float, target: float, loss: float, regain: float, a: float, b: float) -> None:
    middle = move_tolerance(tolerance, target, loss, regain, a)
    assert move_tolerance(middle, target, loss, regain, b) == pytest.approx(
        move_tolerance(tolerance, target, loss, regain, a + b), abs=1e-14
    )


@given(shares, shares, constants, constants, times)
def test_it_moves_towards_its_target_and_never_past(
    tolerance: float, target: float, loss: float, regain: float, days: float
) -> None:
    after = move_tolerance(tolerance, target, loss, regain, days)
    assert min(tolerance, target) - 1e-15 <= after <= max(tolerance, target) + 1e-15


def test_a_known_history_gives_the_solution_of_the_equation() -> None:
    # Use, detoxification, a lapse, relapse: targets in turn, with 14 days to lose and 10 to regain.
    history = [(1.0, 30.0), (0.0, 20.0), (0.3, 5.0), (1.0, 25.0)]
    exact, numeric = 0.2, 0.2
    for target, days in history:
        exact = move_tolerance(exact, target, 14.0, 10.0, days)
        constant = 14.0 if target < numeric else 10.0
        solved = solve_ivp(
            lambda _, x, to=target, within=constant: (to - x) / within, (0, days), [numeric], rtol=1e-11, atol=1e-13
        )
        numeric = float(solved.y[0, -1])
    # The solver's own error: four legs at a relative tolerance of 1e-11.
    np.testing.assert_allclose(exact, numeric, rtol=1e-9)


def test_a_time_constant_later_63_percent_is_lost() -> None:
    assert move_tolerance(1.0, 0.0, 14.0, 10.0, 14.0) == pytest.approx(np.exp(-1.0), rel=1e-15)
    assert move_tolerance(0.0, 1.0, 14.0, 10.0, 10.0) == pytest.approx(1 - np.exp(-1.0), rel=1e-15)
