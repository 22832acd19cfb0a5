"""The regression of one statistic against statsmodels: what the data decide is theirs, what they do not vanishes."""

from itertools import combinations, product

import numpy as np
import pytest
import statsmodels.api as sm

from trialsim.calibration.regression import Polynomial, find_moments, fit_polynomial, list_terms, multiply_terms

D, ROWS = 12, 800


def find_link(points: np.ndarray) -> np.ndarray:
    first, second, third = points[:, 0], points[:, 1], points[:, 2]
    bent = 0.2 * first * second - 0.1 * third**2 + 0.05 * (first**3 - 3.0 * first)
    return np.asarray(-0.4 + 0.8 * first - 0.5 * second + bent)


def draw(seed: int, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    points = rng.standard_normal((rows, D))
    events = rng.binomial(400, 1.0 / (1.0 + np.exp(-find_link(points))))
    return points, np.column_stack([events, np.full(rows, 400)]).astype(np.float64)


def predict(found: Polynomial, points: np.ndarray) -> np.ndarray:
    return np.asarray(found.intercept + found.coefficients @ multiply_terms(points, found.terms))


def pick(found: Polynomial, *term: int) -> float:
    """Return the coefficient of a term, 0 where it was left out."""
    return float(found.coefficients[(found.terms == [*term, *[0] * (3 - len(term))]).all(axis=1)].sum())


def expand(points: np.ndarray) -> np.ndarray:
    """Return the terms of a fit up to the second order."""
    plain = list_terms(D, np.arange(0))
    pairs = np.array([(1 + i, 1 + j, 0) for i, j in combinations(range(D), 2)])
    return np.column_stack([np.ones(len(points)), multiply_terms(points, np.concatenate([plain, pairs])).T])


def test_terms_with_evidence_are_those_of_a_generalised_linear_model() -> None:
    points, result = draw(1)
    found = fit_polynomial(points, result, np.ones(ROWS), is_rate=False)
    first, second, third = points[:, 0], points[:, 1], points[:, 2]
    terms = np.column_stack([np.ones(ROWS), first, second, first * second, third**2 - 1.0, first**3 - 3.0 * first])
    plain = sm.GLM(np.column_stack([result[:, 0], 400 - result[:, 0]]), terms, family=sm.families.Binomial()).fit()
    mine = np.array([found.intercept, *(pick(found, *term) for term in ((1,), (2,), (1, 2), (D + 3,), (2 * D + 1,)))])
    # What other terms keep of chance moves these by less than their own standard errors.
    assert (np.abs(mine - plain.params) < plain.bse).all()


def test_terms_without_evidence_bring_less_chance_than_they_would_unpenalised() -> None:
    points, result = draw(2)
    probe = np.random.default_rng(3).standard_normal((2000, D))
    found = fit_polynomial(points, result, np.ones(ROWS), is_rate=False)
    family = sm.families.Binomial()
    plain = sm.GLM(np.column_stack([result[:, 0], 400 - result[:, 0]]), expand(points), family=family).fit()
    mine = ((predict(found, probe) - find_link(probe)) ** 2).mean()
    assert mine < 0.25 * ((expand(probe) @ plain.params - find_link(probe)) ** 2).mean()
    # Six terms are there, at about the variance that six terms must have, and a few times it at most.
    assert mine < 5.0 * 6.0 / (ROWS * 400 * 0.2)


def test_a_rate_is_fitted_per_time() -> None:
    rng = np.random.default_rng(5)
    points = rng.standard_normal((ROWS, D))
    years = rng.uniform(200.0, 900.0, ROWS)
    link = -4.0 + 0.6 * points[:, 3]
    result = np.column_stack([rng.poisson(years * np.exp(link)), years]).astype(np.float64)
    found = fit_polynomial(points, result, np.ones(ROWS), is_rate=True)
    terms = sm.add_constant(points[:, 3])
    plain = sm.GLM(result[:, 0], terms, family=sm.families.Poisson(), exposure=years).fit()
    assert abs(pick(found, 4) - plain.params[1]) < plain.bse[1]
    assert abs((predict(found, points) - terms @ plain.params).mean()) < plain.bse[0]


def test_rows_that_counted_nobody_or_weigh_nothing_say_nothing() -> None:
    points, result = draw(6)
    weights = np.ones(ROWS)
    clean = fit_polynomial(points, result, weights, is_rate=False)
    spoilt, more = np.vstack([points, points[:2]]), np.vstack([result, [[0.0, 0.0], [400.0, 400.0]]])
    found = fit_polynomial(spoilt, more, np.append(weights, [1.0, 0.0]), is_rate=False)
    np.testing.assert_array_equal(found.coefficients, clean.coefficients)


@pytest.mark.parametrize("events", [0.0, 400.0])
def test_what_nobody_or_everybody_has_still_has_a_fit(events: float) -> None:
    points = draw(7)[0]
    result = np.tile([events, 400.0], (ROWS, 1))
    found = fit_polynomial(points, result, np.ones(ROWS), is_rate=False)
    share = find_moments(predict(found, points), np.ones(ROWS), is_rate=False)[0]
    assert np.abs(share - events / 400.0).max() < 1e-3


def test_terms_are_uncorrelated_under_the_standard_normal_law() -> None:
    """By quadrature that is exact for polynomials of the ninth order."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    grid = np.array(list(product(nodes, repeat=4)))
    mass = np.prod(list(product(weights / weights.sum(), repeat=4)), axis=1)
    terms = list_terms(4, np.arange(4))
    values = multiply_terms(grid, terms)
    covariance = (values * mass) @ values.T
    off = covariance - np.diag(np.diag(covariance))
    assert len(terms) > 4 + 4 + 6 + 4 + 12 + 4
    assert np.abs(off).max() < 1e-9
    assert np.abs(values @ mass).max() < 1e-9
