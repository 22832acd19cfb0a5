"""Posteriors under borrowed priors to calibrate: robust mixtures, predictive, commensurate and power priors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import numpy as np

from meta.borrowing import (
    Mixture,
    commensurate_prior,
    draw,
    make_mixture,
    map_prior,
    normalised_power_prior,
    power_prior,
    update,
)
from meta.calibration.design import DRAWS, Design, draw_prior
from meta.calibration.pairwise import EXACT, MU, TAU
from meta.data import ArmCounts
from meta.measures import Floats
from meta.pooling import PoolSpec

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


# What is known of one earlier trial, of which the new one may be near (commensurate) or a part may count (power).
OLD: Final[Mapping[str, Data]] = {
    "beta": {"events": 14.0, "n": 40.0},
    "gamma": {"events": 9.0, "person_years": 150.0},
    "normal": {"mean": -0.4, "se": 0.15},
}
STUDIES: Final[Mapping[str, Study]] = {"beta": _count_people, "gamma": _count_years, "normal": _estimate}
SPREAD: Final = 0.5
POWER: Final = 0.4


def _draw_commensurate(random: np.random.Generator) -> tuple[dict[str, float], Data]:
    """The distance between the old and the new mean from its half-normal prior, not from the mixture under test."""
    old, distance = OLD["normal"], abs(random.normal(0.0, SPREAD))
    value = float(random.normal(random.normal(old["mean"], old["se"]), distance))
    return {"value": value}, _estimate(random, value)


def _fit_commensurate(data: Data, index: int) -> dict[str, Floats]:
    return {"value": draw(update(commensurate_prior(OLD["normal"], spread=SPREAD), data), DRAWS, index)}


def _draw_power(family: str, power: float | None, random: np.random.Generator) -> tuple[dict[str, float], Data]:
    """The value from the old data's likelihood at a power that is fixed, or uniform where it is None."""
    old, share = OLD[family], random.random() if power is None else power
    if family == "beta":
        value = float(random.beta(1 + share * old["events"], 1 + share * (old["n"] - old["events"])))
    elif family == "gamma":
        value = float(random.gamma(0.5 + share * old["events"], 1 / (share * old["person_years"])))
    else:
        value = float(random.normal(old["mean"], old["se"] / share**0.5))
    return {"value": value}, STUDIES[family](random, value)


def _fit_power(family: str, power: float | None, data: Data, index: int) -> dict[str, Floats]:
    if power is None:
        posterior, _ = normalised_power_prior(OLD[family], data, family=family)
    else:
        posterior = update(power_prior(OLD[family], power, family=family), data)
    return {"value": draw(posterior, DRAWS, index)}


def _make_power(family: str, power: float | None) -> Design:
    kind = "power" if power else "normalised-power"
    fit = partial(_fit_power, family, power)
    return Design(f"exact-{kind}-{family}", SOURCES, partial(_draw_power, family, power), fit)


def _draw_map(random: np.random.Generator) -> tuple[dict[str, float], tuple[ArmCounts, Data]]:
    """Earlier trials and a new one, whose proportions come from one law."""
    spec = MAP
    mu, tau = draw_prior(spec.mu_prior, random), draw_prior(spec.tau_prior, random)
    p = 1 / (1 + np.exp(-random.normal(mu, tau, EARLIER + 1)))
    n = random.integers(20, 120, EARLIER)
    names = tuple(f"study {i}" for i in range(EARLIER))
    events = random.binomial(n, p[:-1])[:, None].astype(float)
    earlier = ArmCounts(spec.measure, spec.model, names, events, n[:, None].astype(float))
    return {"value": float(p[-1])}, (earlier, _count_people(random, float(p[-1])))


def _fit_map(data: tuple[ArmCounts, Data], index: int) -> dict[str, Floats]:
    from meta.exact import pool_exact

    earlier, new = data
    prior = map_prior(pool_exact(earlier, MAP), seed=index).mixture
    return {"value": draw(update(prior, new), DRAWS, index)}


EARLIER: Final = 6
MAP: Final = PoolSpec("logit_proportion", "binomial", "exact", mu_prior=MU, tau_prior=TAU)
SOURCES: Final = ("borrowing/mixture", "borrowing/priors")
BORROWED: Final = (
    *(
        Design(f"exact-mixture-{prior.family}", SOURCES[:1], partial(_draw, prior, study), partial(_fit, prior))
        for prior, study in _PRIORS
    ),
    Design("exact-commensurate-normal", SOURCES, _draw_commensurate, _fit_commensurate),
    Design("exact-map-beta", (*SOURCES, "borrowing/fit", *EXACT), _draw_map, _fit_map),
    *(_make_power(family, POWER) for family in OLD),
    *(_make_power(family, None) for family in ("beta", "gamma")),
)
