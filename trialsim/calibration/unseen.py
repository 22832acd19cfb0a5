"""How far a surrogate is from simulations that it was not fitted to, and what those errors have in common.

The simulations are lived by several times the people of a design, so that little of the distance is the chance of
counting: split off the distances of single small runs, it left errors of a half to one and a half times the right
size. How large an error is depends on where: it is a multiple (over the prior four to six times) of the variance that
the coefficients give a prediction, whose prior is estimated with them, and what they lack is largest where they are
least certain. With one size for all places, or a size that depends on the prediction itself, a few places have most of
it, and at most places the error is overstated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.regression import LEAST_INFORMATION, LEAST_ROWS, find_moments
from trialsim.calibration.targets import Component

type Floats = npt.NDArray[np.float64]

# Level and growth: where their fit begins, the bounds of their logarithms, and the level with too few rows to tell.
FIRST_ERROR: Final = (0.001, 4.0)
ERROR_BOUNDS: Final = ((-18.0, 1.0), (-18.0, 6.0))
UNKNOWN_ERROR: Final = 0.05
# Residuals beyond this many standard deviations count as so many where their correlation is taken.
MOST_RESIDUAL: Final = 4.0
# What errors share: factors, rounds of their communalities, and the most that they explain of one error.
FACTORS: Final = 16
FACTOR_ROUNDS: Final = 30
MOST_SHARED: Final = 0.98


def find_direct_links(components: Sequence[Component], results: Floats) -> tuple[Floats, Floats]:
    """Return links [rows, C] of direct results [rows, C, 2], half an event added, and the variance of counting in
    them.
    """
    rates = np.array([component.is_rate for component in components])
    events, amount = results[:, :, 0] + 0.5, np.maximum(results[:, :, 1], 1e-3)
    others = np.where(rates, amount, np.maximum(amount - results[:, :, 0], 0.0) + 0.5)
    return np.log(events / others), 1.0 / events + np.where(rates, 0.0, 1.0 / others)


def measure_errors(
    components: Sequence[Component], links: Floats, variances: Floats, results: Floats
) -> tuple[Floats, Floats]:
    """Return level and growth of every component's error [C, 2], and loadings [C, FACTORS] of the errors on what they
    share (see `Surrogate`).

    links: predicted [rows, C]; variances: their variances by those of the coefficients; results: simulated there
    [rows, C, 2], and not fitted to.
    """
    direct, noise = find_direct_links(components, results)
    errors = np.empty((len(components), 2))
    residuals = np.zeros(links.T.shape)
    for i, component in enumerate(components):
        information = find_moments(links[:, i], results[:, i, 1], component.is_rate)[1]
        good = information > LEAST_INFORMATION
        if good.sum() < LEAST_ROWS:
            errors[i] = UNKNOWN_ERROR, 0.0
            continue
        away = direct[good, i] - links[good, i]
        errors[i] = _fit_error(variances[good, i], away, noise[good, i])
        own = find_variance(errors[i], variances[good, i])
        residuals[i, good] = np.clip(away / np.sqrt(own + noise[good, i]), -MOST_RESIDUAL, MOST_RESIDUAL)
    return errors, find_loadings(_correlate(residuals))


def find_scatter(components: Sequence[Component], links: Floats, errors: Floats, results: Floats) -> Floats:
    """Return for every component [C] the mean squared distance of simulations from predictions over what is stated,
    which is 1 where the errors are right; NaN with too few rows to tell.

    links, errors: predicted [rows, C] and their stated variances; results: simulated there [rows, C, 2].
    """
    direct, noise = find_direct_links(components, results)
    scaled = (direct - links) ** 2 / (errors + noise)
    out = np.full(len(components), np.nan)
    for i, component in enumerate(components):
        good = find_moments(links[:, i], results[:, i, 1], component.is_rate)[1] > LEAST_INFORMATION
        if good.sum() >= LEAST_ROWS:
            out[i] = scaled[good, i].mean()
    return out


def find_variance(error: Floats, variances: Floats) -> Floats:
    """Return the variance [rows, C] of errors [C, 2], where the coefficients give predictions these variances."""
    return np.asarray(error[..., 0] + error[..., 1] * variances)


def _fit_error(variances: Floats, away: Floats, noise: Floats) -> Floats:
    """Return level and growth of the error [2]: by maximum likelihood of distances [rows] whose variance is the error
    and their own counting noise.
    """
    from scipy.optimize import minimize

    def find_deviance(logs: Floats) -> float:
        variance = find_variance(np.exp(logs), variances) + noise
        return float((np.log(variance) + away**2 / variance).sum())

    found = minimize(find_deviance, np.log(FIRST_ERROR), method="Nelder-Mead", bounds=ERROR_BOUNDS)
    return np.asarray(np.exp(found.x))


def _correlate(residuals: Floats) -> Floats:
    """Return the correlation [C, C] of standardised residuals [C, rows]; rows that say nothing of one are 0 and weaken
    it.

    It stands for that of the errors. Counting noise is in it: deaths in two stretches of time have noise of their own,
    which makes it smaller, statistics of the same people share theirs.
    """
    table = residuals / np.maximum(np.sqrt((residuals**2).mean(axis=1, keepdims=True)), 1e-12)
    alike = table @ table.T / table.shape[1]
    np.fill_diagonal(alike, 1.0)
    return np.asarray(np.clip(alike, -1.0, 1.0))


def find_loadings(correlation: Floats) -> Floats:
    """Return principal factors [k, FACTORS] of a correlation matrix [k, k] (iterated communalities; Harman 1976).

    What is predicted of one arm of one trial is off in the same directions in another that has the same mechanism. On
    other simulations, 16 factors of all components give the errors a higher density than three within each arm.
    """
    size = len(correlation)
    count = min(FACTORS, size - 1)
    shared = np.zeros(size)
    found = np.zeros((size, FACTORS))
    for _ in range(FACTOR_ROUNDS):
        values, vectors = np.linalg.eigh(correlation - np.diag(1.0 - shared))
        found[:, :count] = vectors[:, ::-1][:, :count] * np.sqrt(np.maximum(values[::-1][:count], 0.0))
        shared = np.minimum((found**2).sum(axis=1), MOST_SHARED)
    scale = np.sqrt(np.minimum(MOST_SHARED / np.maximum((found**2).sum(axis=1), 1e-12), 1.0))
    return found * scale[:, None]
