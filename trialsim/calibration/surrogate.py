"""A surrogate of the simulated statistics: polynomials on the link scale, fitted to direct simulations.

It smooths the Monte Carlo noise of single simulations, which for rare deaths is large (`regression.py`). Its own error
is measured on simulations that it was not fitted to, and grows where its coefficients leave the prediction uncertain
(`unseen.py`). The final posterior is checked against direct simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.design import Design
from trialsim.calibration.regression import LINK_LIMIT, Polynomial, fit_polynomial, multiply_terms
from trialsim.calibration.targets import Component
from trialsim.calibration.unseen import FACTORS, find_variance, measure_errors
from trialsim.runs.options import count_workers

if TYPE_CHECKING:
    from scipy.sparse import csr_array

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]


# Rows that are predicted at a time: their terms stay in the processor's cache.
BLOCK: Final = 40


@dataclass(frozen=True, slots=True)
class Surrogate:
    """Intercept [C], coefficients [C, T] of every component and their variances [C, T], of terms [T, 3]
    (`regression.multiply_terms`; all that any component has, and one has a twentieth of them) of `size` coordinates.

    error: [C, 2] level and growth: level + growth times the variance of a prediction by those of its coefficients is
    the variance on the link scale of predicting a simulation that the fit has not seen, beyond counting noise: what the
    polynomial lacks, and the error of its coefficients. shared: [C, FACTORS] loadings of these errors, in standard
    deviations, on what they have in common.
    """

    size: int
    intercept: Floats
    coefficients: csr_array
    variances: csr_array
    terms: Indices
    error: Floats
    shared: Floats


def predict_links(surrogate: Surrogate, points: Floats) -> Floats:
    """Return the link (logit of a share, logarithm of a rate) of every component [rows, C] at coordinates [rows, d]."""
    return predict_with_errors(surrogate, points)[0]


def predict_with_errors(surrogate: Surrogate, points: Floats) -> tuple[Floats, Floats]:
    """Return the links [rows, C] at coordinates [rows, d], and the variances of predicting simulations there that the
    fit has not seen.
    """
    links, variances = _evaluate(surrogate, points)
    return links, find_variance(surrogate.error, variances)


def _evaluate(surrogate: Surrogate, points: Floats) -> tuple[Floats, Floats]:
    """Return links [rows, C], and their variances by those of the coefficients."""
    links = np.empty((len(points), len(surrogate.intercept)))
    variances = np.empty_like(links)
    for first in range(0, len(points), BLOCK):
        rows = slice(first, first + BLOCK)
        terms = multiply_terms(points[rows], surrogate.terms)
        links[rows] = (surrogate.coefficients @ terms).T
        variances[rows] = (surrogate.variances @ terms**2).T
    return np.clip(links + surrogate.intercept, -LINK_LIMIT, LINK_LIMIT), variances


def keep_components(surrogate: Surrogate, used: Indices) -> Surrogate:
    """Return the surrogate of some components, in the order of their numbers `used`, without the others' terms."""
    kept = np.unique(surrogate.coefficients[used].indices)
    return Surrogate(
        surrogate.size,
        surrogate.intercept[used],
        surrogate.coefficients[used][:, kept],
        surrogate.variances[used][:, kept],
        surrogate.terms[kept],
        surrogate.error[used],
        surrogate.shared[used],
    )


def add_shared_errors(surrogate: Surrogate, links: Floats, error: Floats, factors: Floats) -> tuple[Floats, Floats]:
    """Return predicted links [rows, C] with what their errors share, at these factors [rows, FACTORS] (standard
    normal), and the variance of the rest of the errors. error: [rows, C] the variance of the whole.
    """
    moved = links + np.sqrt(error) * (factors @ surrogate.shared.T)
    return moved, error * (1.0 - (surrogate.shared**2).sum(axis=1))


def fit_surrogate(
    components: Sequence[Component], design: Design, centre: Floats, unseen: Design, workers: int | None = None
) -> Surrogate:
    """Fit the surrogate to a design, and measure its errors on simulations `unseen` (of more people).

    centre: [d] rows of the design far from it weigh less; workers: threads, one a core by default.
    """
    distance = ((design.points - centre) ** 2).mean(axis=1)
    weights = 1.0 / (1.0 + np.maximum(distance - 1.0, 0.0))

    def fit(i: int) -> Polynomial:
        return fit_polynomial(design.points, design.results[:, i], weights, components[i].is_rate)

    with ThreadPoolExecutor(count_workers(workers)) as pool:
        found = list(pool.map(fit, range(len(components))))
    coefficients, variances, terms = _join_terms(found)
    exact = Surrogate(
        design.points.shape[1],
        np.array([each.intercept for each in found]),
        coefficients,
        variances,
        terms,
        np.zeros((len(components), 2)),
        np.zeros((len(components), FACTORS)),
    )
    error, shared = measure_errors(components, *_evaluate(exact, unseen.points), unseen.results)
    return replace(exact, error=error, shared=shared)


def _join_terms(found: Sequence[Polynomial]) -> tuple[csr_array, csr_array, Indices]:
    """Return the coefficients and their variances [C, T] of every component, and the terms [T, 3] of all."""
    from scipy.sparse import csr_array

    listed, place = np.unique(np.concatenate([each.terms for each in found]), axis=0, return_inverse=True)
    row = np.repeat(np.arange(len(found)), [len(each.terms) for each in found])
    shape, at = (len(found), len(listed)), (row, place.reshape(-1))
    coefficients = csr_array((np.concatenate([each.coefficients for each in found]), at), shape)
    variances = csr_array((np.concatenate([each.variances for each in found]), at), shape)
    return coefficients, variances, listed
