"""The exact twin and the standard scores, by answers known without them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from trialsim.clinical.records import BASELINE
from trialsim.verify.chains import find_two_state_table, solve_chain
from trialsim.verify.check import find_tolerance, report_exact, report_scores, score_counts, score_means, score_shares
from trialsim.verify.laws import NOTHING
from trialsim.verify.queues import solve_erlang_c, solve_queue
from trialsim.verify.twin import CLOCKS, check_generator, check_table, reduce_world, solve_life
from trialsim.verify.worlds import make_scenario, make_world

rates = st.floats(1e-4, 0.1)


@pytest.mark.parametrize("table", [[[0.99, 0.0], [0.0, 1.0]], [[1.01, 0.0], [0.0, 1.0]], [[1.5, -0.5], [0.0, 1.0]]])
def test_unsound_transition_tables_are_refused(table: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="add up to 1"):
        solve_chain(np.array(table), np.array([1.0, 0.0]), 1)


def test_leaky_generators_are_refused() -> None:
    check_generator(np.array([[-1.0, 1.0], [0.0, 0.0]]))
    with pytest.raises(ValueError, match="add up to 0"):
        check_generator(np.array([[-1.0, 0.99], [0.0, 0.0]]))


@given(there=rates, back=rates, days=st.floats(1.0, 400.0))
def test_the_twin_of_two_states_has_its_closed_form(there: float, back: float, days: float) -> None:
    scenario = make_scenario(("none",))
    fields = {"spontaneous_abstinence_rate": there, "relapse_rate_off_medication": back}
    world = replace(reduce_world(make_world(scenario, **{**NOTHING, **fields})), horizon=days)
    life = solve_life(world, 0, np.zeros(1, BASELINE)[0], np.array([0.5 * days, days]))
    table = find_two_state_table(there, back, days)
    check_table(table)
    assert life.occupancy[-1].sum(axis=1)[[0, 5]] == pytest.approx(table[0], abs=1e-10)
    assert life.days.sum() == pytest.approx(days)
    assert life.events[CLOCKS.index("abstain")] == pytest.approx(there * life.days[0])
    assert life.deaths.sum() == pytest.approx(0.0)


@given(load=st.floats(0.1, 0.9), beds=st.integers(1, 12), stay=st.floats(0.5, 20.0))
def test_erlang_c_is_the_birth_and_death_chain_without_walking_away(load: float, beds: int, stay: float) -> None:
    formula, chain = solve_erlang_c(load * beds / stay, stay, beds), solve_queue(load * beds / stay, stay, beds, 0.0)
    assert chain.waits == pytest.approx(formula.waits, rel=1e-9)
    assert chain.days == pytest.approx(formula.days, rel=1e-9)


def test_scores_are_standard_where_normal_theory_holds() -> None:
    n, share = 1_000_000, 0.3
    sd = np.sqrt(n * share * (1.0 - share))
    for z in (-3.0, 0.0, 2.0):
        assert score_shares(n * share + z * sd, n, share) == pytest.approx(z, abs=0.01)
        assert score_counts(1e6 + z * 1e3, 1e6) == pytest.approx(z, abs=0.01)
    samples = np.array([[1.0], [2.0], [3.0]])
    assert score_means(samples, [2.0]) == pytest.approx(0.0)
    assert score_means(samples, [0.0])[0] > 1.0


def test_what_cannot_happen_has_the_largest_score() -> None:
    assert score_shares(1, 1000, 0.0) == score_counts(1, 0.0) == score_means(np.ones((9, 1)), [2.0])[0] == 1e6
    assert score_shares(0, 1000, 0.0) == score_counts(0, 0.0) == score_means(np.ones((9, 1)), [1.0])[0] == 0.0


def test_the_tolerance_grows_with_the_number_of_comparisons() -> None:
    one, many = find_tolerance(1), find_tolerance(1000)
    assert one == pytest.approx(norm.isf(0.5e-4))
    assert 1000 * 2 * norm.sf(many) == pytest.approx(1e-4, rel=1e-3)
    assert not report_scores("x", [np.array([0.0, many * 1.1])], "").passed


def test_a_check_of_what_could_not_happen_fails() -> None:
    assert report_exact("x", 0, "").passed
    assert not report_exact("x", 0, "", seen=0).passed
