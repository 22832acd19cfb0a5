"""Power against statsmodels' score test, an exact binomial null and the normal approximation of a known design."""

import warnings

import numpy as np
import pytest
from scipy.stats import binom, norm
from statsmodels.stats.proportion import proportions_ztest

from trialsim.trial.outcomes import Measured
from trialsim.trial.power import LEVEL, compare_proportions, find_power

RNG = np.random.default_rng(8)
TRIALS = 20_000


def measure(share: float, n: int, trials: int = TRIALS) -> list[Measured]:
    return [Measured(float(x), float(n), x / n) for x in RNG.binomial(n, share, trials)]


def test_the_p_values_are_those_of_statsmodels() -> None:
    counts = [(3, 20, 9, 25), (0, 10, 4, 12), (150, 283, 150, 287), (10, 10, 12, 13)]
    for x, n, y, m in counts:
        (p,) = compare_proportions(*(np.array([float(v)]) for v in (x, n, y, m)))
        assert p == pytest.approx(proportions_ztest([x, y], [n, m])[1], rel=1e-12)


def test_all_none_and_nobody() -> None:
    sides = np.array([[0.0, 5.0, 0.0], [5.0, 5.0, 0.0], [0.0, 7.0, 3.0], [7.0, 7.0, 7.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = compare_proportions(*sides)
    assert p[0] == p[1] == 1.0
    assert np.isnan(p[2])


def test_identical_arms_are_told_apart_as_often_as_the_binomial_law_says() -> None:
    n, share = 60, 0.4
    x = np.arange(n + 1, dtype=np.float64)
    grid = np.meshgrid(x, x, indexing="ij")
    p = compare_proportions(grid[0], np.full_like(grid[0], float(n)), grid[1], np.full_like(grid[1], float(n)))
    exact = (np.outer(binom.pmf(x, n, share), binom.pmf(x, n, share)) * (p < LEVEL)).sum()
    found = find_power(measure(share, n), measure(share, n))
    assert found is not None
    assert abs(found["power"] - exact) < 4.0 * found["power_mcse"]
    assert found["power"] == pytest.approx(found["found_lower"] + found["found_higher"])


def test_a_known_design_has_its_power_and_direction() -> None:
    low, high, n = 0.50, 0.62, 280
    found = find_power(measure(low, n), measure(high, n))
    assert found is not None
    middle = (low + high) / 2.0
    null, alternative = np.sqrt(2 * middle * (1 - middle) / n), np.sqrt((low * (1 - low) + high * (1 - high)) / n)
    # Fleiss 1981, equation 3.14, without continuity correction; the approximation is good to a point at this size.
    expected = norm.cdf((high - low - norm.ppf(0.975) * null) / alternative)
    assert abs(found["power"] - expected) < 4.0 * found["power_mcse"] + 0.01
    assert found["found_lower"] > 0.99 * found["power"]


def test_medians_and_empty_trials_have_no_power() -> None:
    assert find_power([Measured(0.3, 1.0, 0.3)] * 5, [Measured(0.2, 1.0, 0.2)] * 5) is None
    assert find_power([Measured(0.0, 0.0, np.nan)], [Measured(2.0, 9.0, 2 / 9)]) is None
