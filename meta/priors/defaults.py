"""The heterogeneity prior of a measure where none is asked for. Printed with every result, like any other."""

from __future__ import annotations

from typing import Final

from meta.measures import find_measure
from meta.priors.prior import Prior
from meta.problems import refuse

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


def default_tau_prior(measure: str) -> Prior:
    """half-normal(0.5) for log ratios and standardised differences, half-normal(1) for log rates and logit proportions.

    Risk differences and arcsine scales get the same, translated. Raises EvidenceError for means, whose unit is the
    user's: no default fits them.
    """
    known = find_measure(measure)
    if measure in HAS_UNITS:
        message = f"a {known.label} has a unit of its own, so that no default prior of heterogeneity fits it"
        raise refuse("tau-prior", message, 'a prior in its unit, such as "half-normal(10)", or a frequentist method')
    return _OTHERS.get(measure) or (CONTRAST if known.arms == 2 else LEVEL)
