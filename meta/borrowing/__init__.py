"""Borrowing for trials: priors from earlier trials as mixtures, their posteriors, and how much they are worth."""

from meta.borrowing.fit import MixtureFit, fit_mixture
from meta.borrowing.mixture import (
    Mixture,
    draw,
    log_density,
    make_mixture,
    moments,
    probability_below,
    quantile,
    update,
)
from meta.borrowing.priors import commensurate_prior, map_prior, normalised_power_prior, power_prior, robustify
from meta.borrowing.size import SampleSize, effective_sizes

__all__ = [
    "Mixture",
    "MixtureFit",
    "SampleSize",
    "commensurate_prior",
    "draw",
    "effective_sizes",
    "fit_mixture",
    "log_density",
    "make_mixture",
    "map_prior",
    "moments",
    "normalised_power_prior",
    "power_prior",
    "probability_below",
    "quantile",
    "robustify",
    "update",
]
