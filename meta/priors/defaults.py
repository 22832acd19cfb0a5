"""The heterogeneity prior of a measure where none is asked for. Printed with every result, like any other."""

from __future__ import annotations

from typing import Final

from meta.measures import find_measure
from meta.priors.prior import Prior
from meta.problems import refuse

# Röver 2021 (Research Synthesis Methods 12:448): half-normal(0.5) covers what is plausible for log odds ratios and other
# unitless contrasts; levels (a proportion, a rate) differ more between studies than contrasts within them.
CONTRAST: Final = Prior("half-normal", (0.5,))
LEVEL: Final = Prior("half-normal", (1.0,))
HAS_UNITS: Final = ("mean_difference", "mean", "risk_difference", "arcsine_proportion", "freeman_tukey")


def default_tau_prior(measure: str) -> Prior:
    """half-normal(0.5) for unitless contrasts, half-normal(1) for log rates and logit proportions.

    Raises EvidenceError for measures whose unit is the user's (a mean difference in points, say): no default fits them.
    """
    known = find_measure(measure)
    if measure in HAS_UNITS:
        message = f"a {known.label} has a scale of its own, so that no default prior of heterogeneity fits it"
        raise refuse("tau-prior", message, 'a prior on its scale, such as "half-normal(10)", or a frequentist method')
    return CONTRAST if known.arms == 2 else LEVEL
