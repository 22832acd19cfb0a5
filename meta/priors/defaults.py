"""The priors of a measure where none are asked for. Printed with every result, like any other."""

from __future__ import annotations

from typing import Final

from meta.measures import find_measure
from meta.priors.prior import FLAT, Prior

# Röver 2021 (Research Synthesis Methods 12:448): half-normal(0.5) covers what is plausible for log odds ratios and
# other unitless contrasts; levels (a proportion, a rate) differ more between studies than contrasts within them.
CONTRAST: Final = Prior("half-normal", (0.5,))
LEVEL: Final = Prior("half-normal", (1.0,))
# The same two where they are seen through another scale, by its slope against the logit at one half: dp = 0.25
# d(logit), and d(arcsine sqrt p) = dp there.
RISK_DIFFERENCE: Final = Prior("half-normal", (0.125,))
ARCSINE: Final = Prior("half-normal", (0.25,))
_OTHERS: Final = {"risk_difference": RISK_DIFFERENCE, "arcsine_proportion": ARCSINE, "freeman_tukey": ARCSINE}
HAS_UNITS: Final = ("mean_difference", "mean")
# The unit-information prior of a log odds ratio: as much as one person tells (Röver 2020, Journal of Statistical
# Software 93(6)); 95% of it lies between odds ratios of 1/2500 and 2500.
LOG_RATIO: Final = Prior("normal", (0.0, 4.0))


def default_tau_prior(measure: str) -> Prior | None:
    """half-normal(0.5) for log ratios and standardised differences, half-normal(1) for log rates and logit proportions.

    Risk differences and arcsine scales get the same, translated. None for means, whose unit is the user's: no default
    fits them.
    """
    known = find_measure(measure)
    if measure in HAS_UNITS:
        return None
    return _OTHERS.get(measure) or (CONTRAST if known.arms == 2 else LEVEL)


def default_mu_prior(measure: str) -> Prior:
    """normal(0, 4) for log ratios and for logit proportions (95% of it between 0.04% and 99.96%), flat for all else.

    A flat prior on a logit has no posterior where every count is at its end, and hardly one where most are.
    """
    is_ratio = find_measure(measure).arms == 2 and measure.startswith("log_")
    return LOG_RATIO if is_ratio or measure == "logit_proportion" else FLAT
