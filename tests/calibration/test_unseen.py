"""Errors of a surrogate are found again from simulations that were made with errors of a known size and likeness."""

import numpy as np

from trialsim.calibration.targets import Component
from trialsim.calibration.unseen import (
    MOST_SHARED,
    UNKNOWN_ERROR,
    find_direct_links,
    find_loadings,
    find_variance,
    measure_errors,
)

SHARES = tuple(Component("p", "a", "letter", f"+:{week}") for week in range(1, 4))
RATE = Component("p", "a", "death rate", "in")
LEVEL, GROWTH, LIKENESS = 0.005, 4.0, 0.6
PEOPLE, ROWS, REPEATS = 2000, 120, 60


def simulate(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return predicted links [ROWS, 4], their variances by coefficients, and counts there, off by errors that the first
    two components share in part.
    """
    rng = np.random.default_rng(seed)
    links = np.column_stack([rng.normal(0.3, 0.8, (ROWS, 3)), rng.normal(-3.5, 0.5, ROWS)])
    errors = rng.standard_normal((ROWS, 4))
    errors[:, 1] = LIKENESS * errors[:, 0] + np.sqrt(1.0 - LIKENESS**2) * errors[:, 1]
    spreads = 0.006 * rng.chisquare(2.0, (ROWS, 4))
    true = links + errors * np.sqrt(LEVEL + GROWTH * spreads)
    share = rng.binomial(PEOPLE, 1.0 / (1.0 + np.exp(-true[:, :3])))
    deaths = rng.poisson(PEOPLE * np.exp(true[:, 3]))
    events = np.column_stack([share, deaths]).astype(np.float64)
    return links, spreads, np.stack([events, np.full_like(events, PEOPLE)], axis=2)


def test_size_and_likeness_of_errors_are_found_again() -> None:
    """Both averaged over repeats, within four standard errors of the average; counting weakens the likeness."""
    found = [measure_errors((*SHARES, RATE), *simulate(seed)) for seed in range(REPEATS)]
    at = np.array([0.0, 0.012, 0.05])
    for component in (0, 2, 3):
        stated = np.array([find_variance(errors[component], at) for errors, _ in found])
        difference = stated - (LEVEL + GROWTH * at)
        # Maximum likelihood of a variance from 120 rows is low by about one in sixty.
        bias = 0.03 * (LEVEL + GROWTH * at)
        error = difference.std(axis=0, ddof=1) / np.sqrt(REPEATS)
        assert (np.abs(difference.mean(axis=0)) < 4.0 * error + bias).all()
    alike = np.array([shared @ shared.T for _, shared in found])
    error = alike.std(axis=0, ddof=1) / np.sqrt(REPEATS)
    # 2,000 people count with a variance of about 0.0025, against some 0.05 of the errors.
    assert LIKENESS * 0.85 - 4.0 * error[0, 1] < alike[:, 0, 1].mean() < LIKENESS + 4.0 * error[0, 1]
    assert abs(alike[:, 0, 2].mean()) < 4.0 * error[0, 2]
    assert (alike[:, range(4), range(4)] <= MOST_SHARED + 1e-9).all()


def test_counts_too_small_to_tell_leave_the_error_unknown() -> None:
    links, spreads, results = simulate(1)
    links[:, 0], results[:, 0, 0] = -9.0, 0.0
    errors, shared = measure_errors((*SHARES, RATE), links, spreads, results)
    assert errors[0].tolist() == [UNKNOWN_ERROR, 0.0]
    assert np.abs(shared[0]).max() < 1e-6


def test_factors_give_a_correlation_of_few_directions_back() -> None:
    rng = np.random.default_rng(3)
    true = rng.uniform(-0.55, 0.55, (40, 3))
    correlation = true @ true.T
    np.fill_diagonal(correlation, 1.0)
    found = find_loadings(correlation)
    off = ~np.eye(40, dtype=bool)
    np.testing.assert_allclose((found @ found.T)[off], correlation[off], atol=0.02)
    assert ((found**2).sum(axis=1) <= MOST_SHARED + 1e-9).all()


def test_direct_links_are_finite_and_their_noise_is_that_of_counting() -> None:
    rng = np.random.default_rng(2)
    counts = np.stack([rng.binomial(400, 0.3, 20_000), np.full(20_000, 400)], axis=1).astype(np.float64)[:, None]
    links, noise = find_direct_links(SHARES[:1], counts)
    spread = links[:, 0].var(ddof=1)
    # Relative error of a variance from 20,000 rows: 0.01; the delta method is off by about as much at 120 events.
    assert abs(noise[:, 0].mean() / spread - 1.0) < 0.04
    ends = np.array([[[0.0, 50.0]], [[50.0, 50.0]], [[0.0, 0.0]]])
    assert np.isfinite(find_direct_links(SHARES[:1], ends)).all()
    assert np.isfinite(find_direct_links((RATE,), ends)).all()
