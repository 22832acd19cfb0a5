"""The surrogate finds a known quadratic from noisy counts; the direct check sees one that is wrong."""

from dataclasses import replace

import numpy as np
import pytest

from trialsim.calibration.calibrate import compare_directly, draw_points
from trialsim.calibration.design import Design
from trialsim.calibration.surrogate import add_shared_errors, fit_surrogate, predict_links, predict_with_errors
from trialsim.calibration.targets import Component

SHARE = Component("p", "a", "inducted", "7")
RATE = Component("p", "a", "overdose death rate", "out")


def simulate(points: np.ndarray, seed: int, people: int = 400) -> np.ndarray:
    rng = np.random.default_rng(seed)
    link = -0.4 + 0.8 * points[:, 0] - 0.3 * points[:, 1] + 0.2 * points[:, 0] * points[:, 1] - 0.1 * points[:, 2] ** 2
    rate = np.exp(-4.0 + 0.6 * points[:, 3] + 0.1 * points[:, 3] ** 2)
    years = 1.25 * people
    share = rng.binomial(people, 1.0 / (1.0 + np.exp(-link)))
    deaths = rng.poisson(years * rate)
    return np.stack(
        [
            np.column_stack([share, np.full(len(points), people)]),
            np.column_stack([deaths, np.full(len(points), years)]),
        ],
        axis=1,
    ).astype(np.float64)


def simulate_unseen(rows: int, seed: int) -> Design:
    """Return simulations that no fit sees, of five times the people."""
    points = np.random.default_rng(seed).standard_normal((rows, 12))
    return Design(points, simulate(points, seed, 2000), ())


POINTS = draw_points(600, 12, 3)
DESIGN = Design(POINTS, simulate(POINTS, 1), ())
SURROGATE = fit_surrogate((SHARE, RATE), DESIGN, np.zeros(12), simulate_unseen(120, 2))


def test_it_finds_the_truth_within_its_noise() -> None:
    probe = draw_points(200, 12, 8)
    links = predict_links(SURROGATE, probe)
    truth = -0.4 + 0.8 * probe[:, 0] - 0.3 * probe[:, 1] + 0.2 * probe[:, 0] * probe[:, 1] - 0.1 * probe[:, 2] ** 2
    # A design of 600 rows of 400 people each: the mean link has an error of about 2 / sqrt(240,000) times sqrt(terms).
    assert np.sqrt(((links[:, 0] - truth) ** 2).mean()) < 0.06
    rate = -4.0 + 0.6 * probe[:, 3] + 0.1 * probe[:, 3] ** 2
    assert np.sqrt(((links[:, 1] - rate) ** 2).mean()) < 0.12


def test_the_direct_check_sees_a_shift_and_only_a_shift() -> None:
    probe = draw_points(100, 12, 5)
    direct = Design(probe, simulate(probe, 9), ())
    sound = compare_directly((SHARE, RATE), SURROGATE, direct)
    assert (np.abs(sound[:, 0]) < 4.0 * sound[:, 1] + 0.02).all()
    wrong = replace(SURROGATE, intercept=SURROGATE.intercept + 0.3)
    shifted = compare_directly((SHARE, RATE), wrong, direct)
    # A shift of the link moves the pooled odds by a little less (they do not collapse).
    assert (shifted[:, 0] < sound[:, 0] - 0.2).all()


def test_the_design_is_the_prior() -> None:
    points = draw_points(4096, 5, 1)
    assert np.abs(points.mean(axis=0)).max() < 0.01
    assert np.abs(points.std(axis=0) - 1.0).max() < 0.02


def test_its_own_error_is_that_of_simulations_it_has_not_seen() -> None:
    """Small designs, whose coefficients are uncertain: the error that a fit states, against its distance from the
    truth at new coordinates; both averaged over designs, with the error of the averages.
    """
    probe = draw_points(512, 12, 8)
    truth = -0.4 + 0.8 * probe[:, 0] - 0.3 * probe[:, 1] + 0.2 * probe[:, 0] * probe[:, 1] - 0.1 * probe[:, 2] ** 2
    rate = -4.0 + 0.6 * probe[:, 3] + 0.1 * probe[:, 3] ** 2
    stated, found = [], []
    for seed in range(24):
        points = draw_points(400, 12, 100 + seed)
        design = Design(points, simulate(points, seed), ())
        fitted = fit_surrogate((SHARE, RATE), design, np.zeros(12), simulate_unseen(120, 1000 + seed))
        links, error = predict_with_errors(fitted, probe)
        stated.append(error.mean(axis=0))
        found.append(((links - np.column_stack([truth, rate])) ** 2).mean(axis=0))
    difference = np.array(stated) - np.array(found)
    assert (np.abs(difference.mean(axis=0)) < 4.0 * difference.std(axis=0, ddof=1) / np.sqrt(len(difference))).all()
    # In its own rows a fit looks better than it is: they would have stated next to nothing.
    assert (np.mean(stated, axis=0) > 0.5 * np.mean(found, axis=0)).all()


def test_what_errors_share_and_the_rest_make_the_whole() -> None:
    shared = np.random.default_rng(1).uniform(-0.2, 0.2, SURROGATE.shared.shape)
    surrogate = replace(SURROGATE, shared=shared)
    links, error = (np.tile(row, (40_000, 1)) for row in predict_with_errors(surrogate, POINTS[:1]))
    factors = np.random.default_rng(2).standard_normal((40_000, shared.shape[1]))
    moved, rest = add_shared_errors(surrogate, links, error, factors)
    assert (moved - links).var(axis=0) + rest[0] == pytest.approx(error[0], rel=0.03)
    correlation = shared[0] @ shared[1] / np.sqrt((shared[0] @ shared[0]) * (shared[1] @ shared[1]))
    assert np.array(np.corrcoef((moved - links).T))[0, 1] == pytest.approx(correlation, abs=0.02)
    assert (rest > 0.0).all()
