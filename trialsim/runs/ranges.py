"""Outcomes over draws of the parameters, which fewer people live than the run's main result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

SHARE: Final = "proportion"
PARAMETER_RANGE: Final = (
    "The middle 95% of the outcome's mean over joint draws of the parameters (calibrated ones together, the others "
    "within their printed limits), without the luck of the people who live them: what is not known about the inputs, "
    "apart from chance."
)


def remove_luck(drawn: Sequence[float], best: float, main: float | None, unit: str) -> npt.NDArray[np.float64]:
    """Return an outcome under each draw without the luck of the people who live the draws.

    drawn: under each draw; best: by the same people with the same luck at the best values of the parameters; main: by
    all people of the run at the best values. What the last two differ by is luck that all draws share (a control
    variate with coefficient 1; Glasserman 2004, Monte Carlo Methods in Financial Engineering, 4.1); where either is
    unknown it stays. No outcome is below 0, no share above 1.
    """
    luck = math.nan if main is None else best - main
    moved = np.asarray(drawn, np.float64) - (luck if math.isfinite(luck) else 0.0)
    return np.clip(moved, 0.0, 1.0 if unit == SHARE else None)
