"""Posteriors under mixture priors to calibrate: robust two-part mixtures of a proportion, a rate and a mean."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np

from meta.borrowing import Mixture, draw, make_mixture, update
from meta.calibration.design import DRAWS, Design
from meta.measures import Floats

type Data = dict[str, float]
type Study = Callable[[np.random.Generator, float], Data]


def _count_people(random: np.random.Generator, p: float) -> Data:
    n = int(random.integers(10, 120))
    return {"events": float(random.binomial(n, p)), "n": float(n)}


def _count_years(random: np.random.Generator, rate: float) -> Data:
    years = float(random.uniform(20, 400))
    return {"events": float(random.poisson(rate * years)), "person_years": years}


def _estimate(random: np.random.Generator, mean: float) -> Data:
    se = float(random.uniform(0.1, 0.8))
    return {"mean": float(random.normal(mean, se)), "se": se}


# A part that earlier controls inform, and a vague one.
_PRIORS: Final[tuple[tuple[Mixture, Study], ...]] = (
    (make_mixture("beta", [(0.8, 12.0, 18.0), (0.2, 1.0, 1.0)]), _count_people),
    (make_mixture("gamma", [(0.8, 9.0, 180.0), (0.2, 1.0, 10.0)]), _count_years),
    (make_mixture("normal", [(0.8, -0.4, 0.2), (0.2, 0.0, 1.0)]), _estimate),
)


def _draw(prior: Mixture, study: Study, random: np.random.Generator) -> tuple[dict[str, float], Data]:
    value = float(draw(prior, 1, int(random.integers(2**31)))[0])
    return {"value": value}, study(random, value)


def _fit(prior: Mixture, data: Data, index: int) -> dict[str, Floats]:
    return {"value": draw(update(prior, data), DRAWS, index)}


BORROWED: Final = tuple(
    Design(f"exact-mixture-{prior.family}", ("borrowing/mixture",), partial(_draw, prior, study), partial(_fit, prior))
    for prior, study in _PRIORS
)
