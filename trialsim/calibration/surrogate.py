"""A surrogate of the simulated statistics: polynomials on the link scale, fitted to direct simulations.

It smooths the Monte Carlo noise of single simulations, which for rare deaths is large (`regression.py`). Its own error
is measured on simulations that it was not fitted to, and grows away from the middle of what was simulated, where a
polynomial is at its best (`unseen.py`). The final posterior is checked against direct simulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from trialsim.calibration.design import Design
from trialsim.calibration.regression import LINK_LIMIT, Polynomial, fit_polynomial, multiply_terms
from trialsim.calibration.targets import Component
from trialsim.calibration.unseen import FACTORS, find_variance, measure_errors

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Surrogate:
    """Intercept [C] and coefficients [C, T] of every component, of terms [T, 3] (`regression.multiply_terms`; every
    term that any component has, 0 where one has it not) of `size` coordinates.

    error: [C, 3] level, growth, and middle link: level + growth (link - middle)^2 is the variance on the link scale of
    predicting a simulation that the fit has not seen, beyond counting noise: what the polynomial lacks, and the error
    of its coefficients. shared: [C, FACTORS] loadings of these errors, in standard deviations, on what they have in
    common.
    """

    size: int
    intercept: Floats
    coefficients: Floats
    terms: Indices
    error: Floats
    shared: Floats


def predict_links(surrogate: Surrogate, points: Floats) -> Floats:
    """Return the link (logit of a share, logarithm of a rate) of every component [rows, C] at coordinates [rows, d]."""
    links = (surrogate.coefficients @ multiply_terms(points, surrogate.terms)).T + surrogate.intercept
    return np.asarray(np.clip(links, -LINK_LIMIT, LINK_LIMIT))


def keep_components(surrogate: Surrogate, used: Indices) -> Surrogate:
    """Return the surrogate of some components, in the order of their numbers `used`, without the others' terms."""
    kept = surrogate.coefficients[used].any(axis=0)
    return Surrogate(
        surrogate.size,
        surrogate.intercept[used],
        surrogate.coefficients[used][:, kept],
        surrogate.terms[kept],
        surrogate.error[used],
        surrogate.shared[used],
    )


def find_error(surrogate: Surrogate, links: Floats) -> Floats:
    """Return the variance [rows, C] of predicting a simulation that the fit has not seen, at predicted links."""
    return find_variance(surrogate.error, links)


def add_shared_errors(surrogate: Surrogate, links: Floats, factors: Floats) -> tuple[Floats, Floats]:
    """Return predicted links [rows, C] with what their errors share, at these factors [rows, FACTORS] (standard
    normal), and the variance of the rest of the errors.
    """
    error = find_error(surrogate, links)
    moved = links + np.sqrt(error) * (factors @ surrogate.shared.T)
    return moved, error * (1.0 - (surrogate.shared**2).sum(axis=1))


def fit_surrogate(components: Sequence[Component], design: Design, centre: Floats, unseen: Design) -> Surrogate:
    """Fit the surrogate to a design, and measure its errors on simulations `unseen` (of more people).

    centre: [d] rows of the design far from it weigh less.
    """
    distance = ((design.points - centre) ** 2).mean(axis=1)
    weights = 1.0 / (1.0 + np.maximum(distance - 1.0, 0.0))
    found = [
        fit_polynomial(design.points, design.results[:, i], weights, component.is_rate)
        for i, component in enumerate(components)
    ]
    coefficients, terms = _join_terms(found)
    exact = Surrogate(
        design.points.shape[1],
        np.array([each.intercept for each in found]),
        coefficients,
        terms,
        np.zeros((len(components), 3)),
        np.zeros((len(components), FACTORS)),
    )
    error, shared = measure_errors(components, predict_links(exact, unseen.points), unseen.results)
    return replace(exact, error=error, shared=shared)


def _join_terms(found: Sequence[Polynomial]) -> tuple[Floats, Indices]:
    """Return the coefficients [C, T] of every component, and the terms [T, 3] of all."""
    listed, place = np.unique(np.concatenate([each.terms for each in found]), axis=0, return_inverse=True)
    out = np.zeros((len(found), len(listed)))
    row = np.repeat(np.arange(len(found)), [len(each.terms) for each in found])
    out[row, place.reshape(-1)] = np.concatenate([each.coefficients for each in found])
    return out, listed
