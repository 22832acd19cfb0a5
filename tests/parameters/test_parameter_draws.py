"""Draws: addresses, ranges, and the printed limits as quantiles."""

import math
import pickle
import subprocess
import sys
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from trialsim.parameters import Entry, ParameterTable, draw_best_values, draw_parameters
from trialsim.parameters.spread import find_beta_shapes, find_probability, find_quantile

DRAWS = 40_000
NORMAL_95 = stats.norm.ppf(0.975)


def make_entry(distribution: str, value: float, low: float, high: float, name: str = "a", **more: float) -> Entry:
    range_low, range_high = more.get("range_low", -math.inf), more.get("range_high", math.inf)
    words = ("ratio", range_low, range_high, "assumption", "", (), "meaning", "unknown")
    return Entry(name, value, low, high, distribution, *words)


def make_table(entries: Iterable[Entry]) -> ParameterTable:
    return ParameterTable({entry.name: entry for entry in entries}, "test")


SPREADS = [
    make_entry("log-normal", 2.0, 1.0, 4.0),
    make_entry("log-normal", 2.0, 1.5, 9.0),
    make_entry("logit-normal", 0.9, 0.5, 0.95),
    make_entry("normal", -1.0, -3.0, 0.0),
]


@pytest.mark.parametrize("entry", SPREADS, ids=lambda entry: f"{entry.distribution}-{entry.high}")
def test_the_printed_limits_are_quantiles_of_the_draws(entry: Entry) -> None:
    drawn = draw_parameters(make_table([entry]), DRAWS, 7).values[:, 0]
    for point, share in ((entry.low, 0.025), (entry.value, 0.5), (entry.high, 0.975)):
        # A count below a point is binomial; five standard errors fail once in two million seeds.
        assert abs(np.mean(drawn < point) - share) < 5 * math.sqrt(share * (1 - share) / DRAWS)


def test_symmetric_limits_give_the_textbook_log_normal() -> None:
    entry = make_entry("log-normal", 2.0, 1.0, 4.0)
    probability = np.linspace(0.001, 0.999, 97)
    textbook = stats.lognorm.ppf(probability, s=math.log(2.0) / NORMAL_95, scale=2.0)
    np.testing.assert_allclose(find_quantile(entry, probability), textbook, rtol=1e-12)


def test_a_beta_has_the_mean_and_the_spread_of_its_entry() -> None:
    entry = make_entry("beta", 0.7, 0.55, 0.83)
    a, b = find_beta_shapes(entry.value, entry.low, entry.high)
    assert stats.beta(a, b).mean() == pytest.approx(0.7, rel=1e-12)
    assert stats.beta(a, b).std() == pytest.approx((0.83 - 0.55) / (2 * NORMAL_95), rel=1e-12)
    drawn = draw_parameters(make_table([entry]), DRAWS, 7).values[:, 0]
    assert stats.kstest(drawn, stats.beta(a, b).cdf).pvalue > 1e-6


@given(
    distribution=st.sampled_from(["log-normal", "logit-normal", "normal", "beta"]),
    inner=st.tuples(*[st.floats(0.02, 0.98)] * 3).map(sorted),
    probability=st.floats(1e-9, 1 - 1e-9),
)
def test_quantile_and_probability_are_inverse(distribution: str, inner: list[float], probability: float) -> None:
    low, value, high = inner
    low, high = min(low, value - 0.001), max(high, value + 0.001)
    entry = make_entry(distribution, value, low, high)
    if distribution == "beta" and min(find_beta_shapes(value, low, high)) < 0.1:
        return  # mass piles up at the ends, where neighbouring doubles are far apart in probability
    found = find_probability(entry, float(find_quantile(entry, np.array([probability]))[0]))
    assert found == pytest.approx(probability, rel=1e-6, abs=1e-9)


@given(
    distribution=st.sampled_from(["log-normal", "logit-normal", "normal", "beta"]),
    seed=st.integers(0, 2**64),
    cut=st.floats(0.0, 0.04),
)
def test_no_draw_leaves_the_range(distribution: str, seed: int, cut: float) -> None:
    entry = make_entry(distribution, 0.4, 0.3, 0.6, range_low=0.3 - cut, range_high=0.6 + cut)
    drawn = draw_parameters(make_table([entry]), 200, seed).values
    assert np.all((entry.range_low <= drawn) & (drawn <= entry.range_high))
    assert np.unique(drawn).size == 200  # cut off by probability, not piled up at the bounds


def test_truncation_keeps_the_shape_inside() -> None:
    entry = make_entry("normal", 0.0, -NORMAL_95, NORMAL_95, range_low=-2.0, range_high=2.5)
    drawn = draw_parameters(make_table([entry]), DRAWS, 11).values[:, 0]
    assert stats.kstest(drawn, stats.truncnorm(-2.0, 2.5).cdf).pvalue > 1e-6


def test_a_draw_depends_on_its_name_and_the_seed_only() -> None:
    one, other = (make_entry("normal", 0.0, -1.0, 1.0, name) for name in ("one", "other"))
    alone = draw_parameters(make_table([one]), 50, 3).values[:, 0]
    among = draw_parameters(make_table([other, one]), 80, 3)
    np.testing.assert_array_equal(alone, among.values[:50, 1])
    assert not np.any(among.values[:, 0] == among.values[:, 1])
    assert not np.any(draw_parameters(make_table([one]), 50, 4).values[:, 0] == alone)


def test_streams_of_two_parameters_are_independent() -> None:
    entries = [make_entry("normal", 0.0, -1.0, 1.0, name) for name in ("one", "other")]
    drawn = draw_parameters(make_table(entries), DRAWS, 5).values
    correlation = float(np.asarray(np.corrcoef(drawn.T))[0, 1])
    assert abs(correlation) < 5 / math.sqrt(DRAWS)


def test_fixed_parameters_and_best_values_do_not_vary() -> None:
    table = make_table([make_entry("fixed", 3.0, 3.0, 3.0, "a"), make_entry("normal", 1.0, 0.0, 2.0, "b")])
    assert np.all(draw_parameters(table, 9, 1).values[:, 0] == 3.0)
    best = draw_best_values(table)
    assert best.names == ("a", "b")
    np.testing.assert_array_equal(best.values, [[3.0, 1.0]])


def test_the_stamp_tells_tables_seeds_and_sizes_apart() -> None:
    table = make_table([make_entry("normal", 0.0, -1.0, 1.0)])
    changed = make_table([make_entry("normal", 0.0, -1.0, 1.5)])
    stamps = [draw_parameters(*case).stamp for case in ((table, 5, 1), (table, 5, 2), (table, 6, 1), (changed, 5, 1))]
    assert len({*stamps, draw_best_values(table).stamp}) == 5
    assert draw_parameters(table, 5, 1).stamp == stamps[0]


def test_draws_cannot_be_changed_and_can_be_sent_to_a_worker() -> None:
    draws = draw_parameters(make_table([make_entry("normal", 0.0, -1.0, 1.0)]), 5, 1)
    with pytest.raises(ValueError, match="read-only"):
        draws.values[0, 0] = 1.0
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(draws)).values, draws.values)


def test_the_room_imports_nothing_heavy() -> None:
    code = "import sys, trialsim.parameters as p; p.read_life_table(); print(*(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"numpy", "scipy", "polars", "pydantic", "numba"}.isdisjoint(done.stdout.split())
