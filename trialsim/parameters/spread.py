"""The uncertainty of one parameter as a distribution: probability below a value, and the value at a probability."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from trialsim.parameters.entry import Entry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NORMAL_95 = 1.959963984540054  # the 97.5% point of the standard normal


def find_probability(entry: Entry, value: float) -> float:
    """The probability of a draw below `value`, before the range cuts anything off; `value` may be infinite."""
    from scipy.special import betainc, ndtr

    if entry.distribution == "beta":
        return float(betainc(*_beta_shapes(entry), min(max(value, 0.0), 1.0)))
    distance = _to_scale(entry.distribution, value) - _to_scale(entry.distribution, entry.value)
    below, above = _half_spreads(entry)
    return float(ndtr(distance / (below if distance < 0.0 else above)))


def find_quantile(entry: Entry, probability: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values at these probabilities, strictly between 0 and 1; the inverse of `find_probability`."""
    import numpy as np
    from scipy.special import betaincinv, expit, ndtri

    if entry.distribution == "beta":
        return np.asarray(betaincinv(*_beta_shapes(entry), probability), dtype=np.float64)
    below, above = _half_spreads(entry)
    normal = ndtri(probability)
    scaled = _to_scale(entry.distribution, entry.value) + normal * np.where(normal < 0.0, below, above)
    back = {"log-normal": np.exp, "logit-normal": expit}.get(entry.distribution, np.asarray)
    return np.asarray(back(scaled), dtype=np.float64)


def find_beta_shapes(value: float, low: float, high: float) -> tuple[float, float]:
    """The two shapes of the beta with mean `value` and standard deviation (high - low) / 3.92.

    They are positive only where the variance is less than value * (1 - value).
    """
    variance = ((high - low) / (2.0 * NORMAL_95)) ** 2
    size = value * (1.0 - value) / variance - 1.0
    return value * size, (1.0 - value) * size


def _beta_shapes(entry: Entry) -> tuple[float, float]:
    return find_beta_shapes(entry.value, entry.low, entry.high)


def _half_spreads(entry: Entry) -> tuple[float, float]:
    """Standard deviations below and above the value, on the scale of the distribution."""
    centre = _to_scale(entry.distribution, entry.value)
    below = centre - _to_scale(entry.distribution, entry.low)
    above = _to_scale(entry.distribution, entry.high) - centre
    return below / NORMAL_95, above / NORMAL_95


def _to_scale(distribution: str, value: float) -> float:
    """Logarithm, log odds or the value itself; bounds at or beyond the edge of the scale become infinite."""
    if distribution == "normal":
        return value
    if value <= 0.0:
        return -math.inf
    if distribution == "log-normal":
        return math.log(value)
    return math.inf if value >= 1.0 else math.log(value) - math.log1p(-value)
