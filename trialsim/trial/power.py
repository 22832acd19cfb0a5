"""Power: the share of simulated trials whose own analysis finds a difference between two arms.

The analysis is the score test of two proportions (Pearson's chi-squared without continuity correction), two-sided at
5%: what a trial of this design would compute from its own people.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.trial.outcomes import Measured

type Values = npt.NDArray[np.float64]

LEVEL: Final = 0.05
_PARTS: Final = ("events", "denominator")


def compare_proportions(events: Values, n: Values, other_events: Values, other_n: Values) -> Values:
    """Return two-sided p values of the score test of two proportions, elementwise; 1 where all or none had the event.

    NaN where an arm is empty.
    """
    from scipy.special import ndtr

    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (events + other_events) / (n + other_n)
        error = np.sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / other_n))
        z = (events / n - other_events / other_n) / error
        p = np.where((pooled > 0.0) & (pooled < 1.0), 2.0 * ndtr(-np.abs(z)), 1.0)
    return np.where((n > 0.0) & (other_n > 0.0), p, np.nan)


def find_power(
    arm: Sequence[Measured], comparator: Sequence[Measured], level: float = LEVEL
) -> Mapping[str, Any] | None:
    """Return power over replicates, its Monte Carlo error, and the shares with the arm lower and higher.

    None where the outcome is no share of people (a denominator of 1), or no replicate has people in both arms.
    """
    columns = [np.array([getattr(m, name) for m in side]) for side in (arm, comparator) for name in _PARTS]
    events, n, other_events, other_n = columns
    if np.nanmax(np.concatenate([n, other_n]), initial=0.0) <= 1.0:
        return None
    p = compare_proportions(events, n, other_events, other_n)
    known = np.isfinite(p)
    if not known.any():
        return None
    found = p[known] < level
    lower = found & (events[known] / n[known] < other_events[known] / other_n[known])
    power = float(found.mean())
    return {
        "power": power,
        "power_mcse": float(np.sqrt(power * (1.0 - power) / known.sum())),
        "found_lower": float(lower.mean()),
        "found_higher": float((found & ~lower).mean()),
    }
