"""Survival curves: from a digitised figure or weekly counts to data that can be pooled."""

from meta.curves.reconstruct import DigitisedCurve, PseudoPatients, make_curve, reconstruct, reconstruct_many
from meta.curves.survival import (
    KaplanMeier,
    WeibullFit,
    draw_weibull,
    estimate_survival,
    fit_weibull,
    fit_weibull_weekly,
    weekly_survival,
)

__all__ = [
    "DigitisedCurve",
    "KaplanMeier",
    "PseudoPatients",
    "WeibullFit",
    "draw_weibull",
    "estimate_survival",
    "fit_weibull",
    "fit_weibull_weekly",
    "make_curve",
    "reconstruct",
    "reconstruct_many",
    "weekly_survival",
]
