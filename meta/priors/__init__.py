"""Priors as text that can be printed, read back and evaluated: `read_prior("half-normal(0.5)")`."""

from meta.priors.defaults import default_mu_prior, default_tau_prior
from meta.priors.prior import FLAT, Prior, describe_prior, log_density, quantile, read_prior
from meta.priors.published import rhodes_2015, turner_2012, turner_2015

__all__ = [
    "FLAT",
    "Prior",
    "default_mu_prior",
    "default_tau_prior",
    "describe_prior",
    "log_density",
    "quantile",
    "read_prior",
    "rhodes_2015",
    "turner_2012",
    "turner_2015",
]
