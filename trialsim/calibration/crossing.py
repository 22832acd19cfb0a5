"""X:BOT predicted without X:BOT: who is inducted, relapse as randomised and among the inducted, and the crossing."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import Calibration
from trialsim.calibration.observing import count_observed, find_observed
from trialsim.calibration.validate import Without, predict_study

type Floats = npt.NDArray[np.float64]

STUDY: Final = "X:BOT"
# First injections, each among those who have none yet: together they are the share that is inducted.
INJECTIONS: Final = tuple(f"xbot-first-injection-{when}" for when in ("by-day-7", "by-day-14", "by-day-28", "later"))
NUMBERS: Final = {
    "Inducted, buprenorphine": "xbot-inducted-buprenorphine",
    "Relapse by week 24, all randomised, XR-naltrexone": "xbot-relapse-xr",
    "Relapse by week 24, all randomised, buprenorphine": "xbot-relapse-buprenorphine",
    "Relapse by week 24, inducted, XR-naltrexone": "xbot-relapse-xr-inducted",
    "Relapse by week 24, inducted, buprenorphine": "xbot-relapse-buprenorphine-inducted",
}
DIFFERENCES: Final = {
    "all randomised": ("xbot-relapse-xr", "xbot-relapse-buprenorphine"),
    "inducted": ("xbot-relapse-xr-inducted", "xbot-relapse-buprenorphine-inducted"),
}


def find_crossing(calibration: Calibration, without: Without) -> dict[str, Any] | None:
    """Return what is predicted of X:BOT by a posterior without it: shares and differences in relapse (XR-naltrexone
    minus buprenorphine), each with its 95% interval beside what was observed, and the chance of worse as randomised and
    of no worse once inducted; None where its numbers are no targets.

    Of trials of its size: with what the arms of one trial do not share of a discrepancy, and the chance of their
    counts, those of the inducted drawn as if they were other people.
    """
    wanted = [t for t in calibration.problem.targets if t.name in (*INJECTIONS, *NUMBERS.values())]
    if len(wanted) < len(INJECTIONS) + len(NUMBERS):
        return None
    links = predict_study(calibration, without, wanted, seed=0)
    drawn = {target.name: count_observed(target, links[:, i]) for i, target in enumerate(wanted)}
    observed = {target.name: np.array([find_observed(target)]) for target in wanted}
    shares = [_describe("Inducted, XR-naltrexone", _join_injections(drawn), _join_injections(observed))]
    shares += [_describe(words, drawn[name], observed[name]) for words, name in NUMBERS.items()]
    moved = {among: drawn[xr] - drawn[bup] for among, (xr, bup) in DIFFERENCES.items()}
    differences = [
        _describe(among, moved[among], observed[xr] - observed[bup]) for among, (xr, bup) in DIFFERENCES.items()
    ]
    worse, no_worse = moved["all randomised"] > 0.0, moved["inducted"] <= 0.0
    return {
        "shares": shares,
        "differences": differences,
        "worse_as_randomised": float(worse.mean()),
        "no_worse_once_inducted": float(no_worse.mean()),
        "both": float((worse & no_worse).mean()),
    }


def _join_injections(shares: dict[str, Floats]) -> Floats:
    """Return the share that is injected at any of the times."""
    return np.asarray(1.0 - np.prod([1.0 - shares[name] for name in INJECTIONS], axis=0))


def _describe(words: str, drawn: Floats, observed: Floats) -> dict[str, Any]:
    low, median, high = np.quantile(drawn, [0.025, 0.5, 0.975])
    return {
        "what": words,
        "observed": float(observed[0]),
        "median": float(median),
        "low": float(low),
        "high": float(high),
        "inside": bool(low <= observed[0] <= high),
    }
