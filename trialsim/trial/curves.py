"""Kaplan-Meier estimates: survival, Greenwood's interval on the log-log scale, and numbers at risk."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Survival:
    """A step function: at each time (from 0) the share without the event, its 95% interval, and the number at risk."""

    time: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Floats


def estimate_survival(time: Floats, event: npt.NDArray[np.bool_], scale: float = 1.0) -> Survival:
    """Return the Kaplan-Meier estimate (Kaplan and Meier 1958, doi 10.1080/01621459.1958.10501452).

    time: when the event or censoring happened (above 0); event: whether it was the event. scale divides numbers at risk
    and the information in the interval: the number of replicates that were laid together, so that the interval is that
    of one trial. Variance by Greenwood, interval on the log-log scale (Kalbfleisch and Prentice 2002, section 1.4).
    """
    points, position = np.unique(time, return_inverse=True)
    events = np.bincount(position.reshape(-1), weights=event.astype(np.float64), minlength=len(points))
    leaving = np.bincount(position.reshape(-1), minlength=len(points)).astype(np.float64)
    at_risk = leaving[::-1].cumsum()[::-1]
    survival = np.cumprod(1.0 - events / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events))) * scale
        width = 1.959964 * np.sqrt(variance) / np.abs(np.log(survival))
        low = survival ** np.exp(width)
        high = survival ** np.exp(-width)
    inside = (survival > 0.0) & (survival < 1.0)
    low, high = np.where(inside, low, survival), np.where(inside, high, survival)
    start = np.array([0.0])
    return Survival(
        np.concatenate([start, points]),
        np.concatenate([start + 1.0, survival]),
        np.concatenate([start + 1.0, low]),
        np.concatenate([start + 1.0, high]),
        np.concatenate([[float(len(time))], at_risk]) / scale,
    )


def tabulate_survival(curve: Survival, ticks: Floats) -> dict[str, list[float]]:
    """Return a curve as plain lists, with the numbers at risk just before each tick."""
    after = np.searchsorted(curve.time[1:], ticks, side="left")
    risk = np.concatenate([curve.at_risk[1:], [0.0]])[after]
    return {
        "time": [round(float(t), 6) for t in curve.time],
        "survival": [round(float(s), 6) for s in curve.survival],
        "low": [round(float(s), 6) for s in curve.low],
        "high": [round(float(s), 6) for s in curve.high],
        "at_risk_time": [float(t) for t in ticks],
        "at_risk": [round(float(r), 1) for r in risk],
    }
