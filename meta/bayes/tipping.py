"""How large a bias would overturn a conclusion: the pool again, with a fixed bias taken off some studies."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from meta.data import EffectSizes
from meta.measures import Floats
from meta.pooling import PoolSpec, pool_data
from meta.problems import refuse


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """`bias`: what must be taken off the marked studies for the interval to touch `threshold`, on the analysis scale.

    None where no bias up to `tried` does. `side`: the limit that touches, ``lower`` or ``upper``.
    """

    bias: float | None
    side: str
    threshold: float
    tried: float


def find_tipping_point(
    data: EffectSizes, spec: PoolSpec, biased: Floats, *, threshold: float = 0.0, most: float = 5.0
) -> TippingPoint:
    """The least bias of the marked studies (observational, or at high risk) at which the interval holds the threshold.

    `biased`: (k,) true for the studies in doubt. Raises EvidenceError where no study is marked, or the interval holds
    the threshold already, so that there is no conclusion to overturn.
    """
    marked = np.asarray(biased, bool)
    if len(marked) != len(data.studies) or not marked.any():
        raise refuse("biased", "no study is marked as biased", "true or false for each study, at least one true")
    first = pool_data(data, spec)
    if first.ci_low <= threshold <= first.ci_high:
        raise refuse(
            "threshold", f"the interval holds {threshold:g} already", "a conclusion that a bias could overturn"
        )
    above = first.ci_low > threshold

    def distance(bias: float) -> float:
        moved = replace(data, estimate=data.estimate - np.where(marked, bias if above else -bias, 0.0))
        result = pool_data(moved, spec)
        return result.ci_low - threshold if above else threshold - result.ci_high

    side = "lower" if above else "upper"
    if distance(most) > 0:
        return TippingPoint(None, side, threshold, most)
    found = float(optimize.brentq(distance, 0.0, most, xtol=1e-6))
    return TippingPoint(found if above else -found, side, threshold, most)
