"""Moves find a posterior of closed form from a sample that is too narrow and misplaced; R-hat sees one that is."""

import numpy as np
import pytest

from trialsim.calibration import moves
from trialsim.calibration.moves import find_effective_size, find_rhat, move_from_both_sides

D, WALKERS = 12, 200
RNG = np.random.default_rng(3)
DESIGN = RNG.standard_normal((20, D)) / 2.0
DATA = RNG.standard_normal(20)
NOISE = 0.4
# Normal data with a standard normal prior: the posterior is normal (Gelman 2013, section 14.2).
COVARIANCE = np.linalg.inv(np.eye(D) + DESIGN.T @ DESIGN / NOISE**2)
MEAN = COVARIANCE @ DESIGN.T @ DATA / NOISE**2


def find_log_likelihood(rows: np.ndarray) -> np.ndarray:
    return np.asarray(-0.5 * ((DATA - rows @ DESIGN.T) ** 2).sum(axis=1) / NOISE**2)


def draw_collapsed() -> np.ndarray:
    """A sample with 70% of the posterior's spread, half a standard deviation off in every coordinate."""
    spread = np.sqrt(np.diag(COVARIANCE))
    return MEAN + 0.5 * spread + 0.7 * RNG.multivariate_normal(np.zeros(D), COVARIANCE, size=400)


STATES = move_from_both_sides(find_log_likelihood, draw_collapsed(), WALKERS, 1, 1.01)


def test_they_reach_the_closed_form() -> None:
    rows = STATES.reshape(-1, D)
    size = find_effective_size(STATES)
    assert size > 400.0
    spread = np.sqrt(np.diag(COVARIANCE))
    # Four errors of a mean and of a standard deviation (1 / sqrt(2 n)), the largest of D coordinates.
    assert np.abs((rows.mean(axis=0) - MEAN) / spread).max() < 4.0 / np.sqrt(size)
    assert np.abs(rows.std(axis=0) / spread - 1.0).max() < 4.0 / np.sqrt(2.0 * size)


def test_the_halves_are_one_and_halves_that_differ_are_seen() -> None:
    assert find_rhat(STATES) < 1.01
    narrow = STATES.copy()
    centre = narrow[:, 0].mean(axis=(0, 1))
    narrow[:, 0] = centre + 0.7 * (narrow[:, 0] - centre)
    assert find_rhat(narrow) > 1.01


def test_they_go_on_until_r_hat_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    points = draw_collapsed()
    monkeypatch.setattr(moves, "FORGET", 5)
    monkeypatch.setattr(moves, "BETWEEN", 2)
    assert find_rhat(move_from_both_sides(find_log_likelihood, points, WALKERS, 1, float("inf"))) > 1.01
    monkeypatch.setattr(moves, "FORGET", 20)
    monkeypatch.setattr(moves, "BETWEEN", 10)
    assert find_rhat(move_from_both_sides(find_log_likelihood, points, WALKERS, 1, 1.01)) <= 1.01
    monkeypatch.setattr(moves, "ROUNDS", 1)
    assert find_rhat(move_from_both_sides(find_log_likelihood, points, WALKERS, 1, 1.01)) > 1.01


@pytest.mark.parametrize(("found", "rounds"), [([1.0, 1.0], 2), ([1.2, 1.0, 1.0], 3), ([1.0, 1.2, 1.0, 1.0], 4)])
def test_two_rounds_in_a_row_have_to_pass(monkeypatch: pytest.MonkeyPatch, found: list[float], rounds: int) -> None:
    """The first round after the halves have met is still under a law that was fitted before they had."""
    seen: list[np.ndarray] = []

    def judge(halves: np.ndarray) -> float:
        seen.append(halves)
        return found[len(seen) - 1]

    monkeypatch.setattr(moves, "FORGET", 2)
    monkeypatch.setattr(moves, "BETWEEN", 1)
    monkeypatch.setattr(moves, "find_rhat", judge)
    states = move_from_both_sides(find_log_likelihood, draw_collapsed(), WALKERS, 1, 1.01)
    assert len(seen) == rounds
    np.testing.assert_array_equal(states, seen[-1])


def test_they_reach_a_spread_that_has_to_be_found_too() -> None:
    """A discrepancy like those of calibration: y_j around x_j with the standard deviation exp(z), where small z hold
    every x_j tight. Without the x_j the data are normal with variance 1 + exp(2 z), so that the posterior of z is an
    integral in one dimension.
    """
    data = np.random.default_rng(8).standard_normal(D) * 1.2
    grid = np.linspace(-6.0, 4.0, 4001)
    variance = 1.0 + np.exp(2.0 * grid)
    log_density = -0.5 * grid**2 - 0.5 * (np.log(variance)[:, None] + data**2 / variance[:, None]).sum(axis=1)
    density = np.exp(log_density - log_density.max())
    density /= density.sum()
    mean = float(density @ grid)
    spread = float(np.sqrt(density @ (grid - mean) ** 2))

    def find(rows: np.ndarray) -> np.ndarray:
        z = rows[:, -1]
        return np.asarray(-0.5 * ((data - rows[:, :-1]) ** 2).sum(axis=1) * np.exp(-2.0 * z) - D * z)

    collapsed = 0.3 * np.random.default_rng(9).standard_normal((400, D + 1))
    states = move_from_both_sides(find, collapsed, WALKERS, 2, 1.01)
    found = states[..., -1].reshape(-1)
    size = find_effective_size(states)
    assert abs(found.mean() - mean) < 4.0 * spread / np.sqrt(size)
    assert abs(found.std() / spread - 1.0) < 4.0 * 1.5 / np.sqrt(2.0 * size)


def test_walkers_that_stand_still_count_once_and_those_that_forget_count_every_row() -> None:
    rng = np.random.default_rng(6)
    kept, walkers = 5, 2000
    still = np.repeat(rng.standard_normal((1, 2, walkers // 2, 3)), kept, axis=0)
    assert find_effective_size(still) == pytest.approx(walkers, rel=1e-6)
    fresh = rng.standard_normal((kept, 2, walkers // 2, 3))
    assert find_effective_size(fresh) == pytest.approx(kept * walkers, rel=0.1)
    half = np.empty_like(fresh)
    half[0] = fresh[0]
    for i in range(1, kept):
        half[i] = 0.5 * half[i - 1] + np.sqrt(0.75) * fresh[i]
    time = 1.0 + 2.0 * sum((1.0 - lag / kept) * 0.5**lag for lag in range(1, kept))
    assert find_effective_size(half) == pytest.approx(kept * walkers / time, rel=0.1)
