"""The scales on which outcomes are pooled: their names, what they need, and the way back to natural units.

A measure is named by one word everywhere: in the column `scale` of contrast rows, in `--measure`, in a result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from meta.problems import refuse

type Floats = NDArray[np.float64]


def _logistic(x: Floats) -> Floats:
    """Log odds to a proportion, without overflow."""
    return np.asarray(np.exp(-np.logaddexp(0.0, -np.asarray(x, float))), float)


def _squared_sine(x: Floats) -> Floats:
    """arcsine(sqrt(p)) to a proportion; outside 0 to pi/2 the nearest end."""
    return np.sin(np.clip(x, 0.0, np.pi / 2)) ** 2


@dataclass(frozen=True, slots=True)
class Measure:
    """One scale of analysis.

    `name`: its one word. `label`: as people print it. `arms`: 2 for a contrast, 1 for a level. `data`: kind of arm rows
    that it is computed from, ``binary`` (events, n), ``rate`` (events, person_years), ``mean`` (mean, sd, n), ``none``
    (contrast rows only). `natural`: label after going back. `back`: elementwise, from the analysis scale to natural
    units; monotone. `null`: value of no effect on the analysis scale, None for a level. `models`: likelihoods that
    know it. `shown`, `shown_as`: people read the natural value times this number, under this label (a rate per 1,000
    person-years); machines get the natural value itself.
    """

    name: str
    label: str
    arms: int
    data: str
    natural: str
    back: Callable[[Floats], Floats]
    null: float | None
    models: tuple[str, ...]
    shown: float = 1.0
    shown_as: str = ""


def _same(x: Floats) -> Floats:
    return np.asarray(x, float)


def _exp(x: Floats) -> Floats:
    return np.asarray(np.exp(x), float)


_ALL: Final = (
    Measure("log_odds_ratio", "log odds ratio", 2, "binary", "odds ratio", _exp, 0.0, ("normal", "binomial")),
    Measure("log_risk_ratio", "log risk ratio", 2, "binary", "risk ratio", _exp, 0.0, ("normal",)),
    Measure("risk_difference", "risk difference", 2, "binary", "risk difference", _same, 0.0, ("normal",)),
    Measure("log_rate_ratio", "log rate ratio", 2, "rate", "rate ratio", _exp, 0.0, ("normal", "poisson")),
    Measure("log_hazard_ratio", "log hazard ratio", 2, "none", "hazard ratio", _exp, 0.0, ("normal",)),
    Measure("mean_difference", "mean difference", 2, "mean", "mean difference", _same, 0.0, ("normal",)),
    Measure(
        "standardised_mean_difference",
        "standardised mean difference (Hedges g)",
        2,
        "mean",
        "standardised mean difference",
        _same,
        0.0,
        ("normal",),
    ),
    Measure(
        "log_rate",
        "log rate per person-year",
        1,
        "rate",
        "rate per person-year",
        _exp,
        None,
        ("normal", "poisson"),
        1000.0,
        "rate per 1,000 person-years",
    ),
    Measure("logit_proportion", "logit proportion", 1, "binary", "proportion", _logistic, None, ("normal", "binomial")),
    Measure("arcsine_proportion", "arcsine proportion", 1, "binary", "proportion", _squared_sine, None, ("normal",)),
    # Its way back needs a sample size: `meta.effects` does that; here the limit of large n.
    Measure("freeman_tukey", "Freeman–Tukey proportion", 1, "binary", "proportion", _squared_sine, None, ("normal",)),
    Measure("mean", "mean", 1, "mean", "mean", _same, None, ("normal",)),
)
MEASURES: Final = {measure.name: measure for measure in _ALL}


def label_shown(measure: Measure) -> str:
    """What people read above its numbers."""
    return measure.shown_as or measure.natural


def find_measure(name: str) -> Measure:
    """The measure of this name. Raises EvidenceError, with the nearest name, where there is none."""
    if name not in MEASURES:
        raise refuse("measure", f"unknown measure {name!r}", "one of " + ", ".join(MEASURES), MEASURES, name)
    return MEASURES[name]
