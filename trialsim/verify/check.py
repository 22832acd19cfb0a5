"""What a check reports, and how far from its exact value a simulated number may lie.

Every comparison of a simulated with an exact number becomes a standard score: a signed root of the deviance for counts,
a difference over its standard error for means. A check reports the largest of its scores; its tolerance is the largest
that as many standard normals would reach with probability `FALSE_ALARM` (Šidák 1967, J Am Stat Assoc 62:626-633).
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

FALSE_ALARM: Final = 1e-4
# Scores beyond this are all the same: impossible. Kept finite so that JSON can hold them.
LARGEST_SCORE: Final = 1e6

type Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Check:
    """One executed check: it passed when the figure is at most the tolerance; detail says what was compared."""

    name: str
    passed: bool
    figure: float
    tolerance: float
    detail: str


def report_figure(name: str, figure: float, tolerance: float, detail: str) -> Check:
    """Return a check of a figure that may be at most the tolerance; a figure that is no number fails."""
    size = float(figure) if np.isfinite(figure) else LARGEST_SCORE
    return Check(name, size <= tolerance, size, float(tolerance), detail)


def report_vacuous(name: str, tolerance: float, detail: str) -> Check:
    """Return a failed check: what it looks for could not have happened, or was not found where it must be."""
    return report_figure(name, float("nan"), tolerance, f"nothing was tested: {detail}")


def report_exact(name: str, wrong: float, detail: str, seen: float = 1.0) -> Check:
    """Return a check of something that must never happen: `wrong` counts how often it did.

    seen: how often it could have happened, by a run that allows it; where that is 0 nothing was tested and it fails.
    """
    return report_figure(name, abs(float(wrong)), 0.0, detail) if seen > 0 else report_vacuous(name, 0.0, detail)


def find_tolerance(comparisons: int) -> float:
    """Return the score that the largest of so many independent standard normals exceeds with `FALSE_ALARM`."""
    from scipy.stats import norm

    return float(norm.isf(-np.expm1(np.log1p(-FALSE_ALARM) / comparisons) / 2.0))


def report_scores(name: str, scores: Any, detail: str) -> Check:
    """Return a check of standard scores: the largest in size, against what luck alone would reach."""
    sizes = np.abs(np.concatenate([np.ravel(each) for each in scores]))
    return report_figure(name, float(sizes.max()), find_tolerance(len(sizes)), f"{len(sizes)} comparisons: {detail}")


def _relative(observed: Numbers, expected: Numbers) -> Numbers:
    # x log(x / expected), which is 0 at x = 0 and infinite where something happened that cannot.
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(observed > 0, observed * np.log(observed / expected), 0.0)


def _bound(squared: Numbers, sign: Numbers) -> Numbers:
    size = np.minimum(np.sqrt(2.0 * np.maximum(squared, 0.0)), LARGEST_SCORE)
    return np.asarray(np.sign(sign) * size)


def score_shares(counts: Any, lives: int, shares: Any) -> Numbers:
    """Return signed roots of the binomial deviance of counts out of `lives` against exact shares.

    Shares that are means over unlike people make the counts vary less than a binomial does: the score is then too
    small, never too large.
    """
    x, n = np.asarray(counts, np.float64), float(lives)
    expected = np.clip(np.asarray(shares, np.float64), 0.0, 1.0) * n
    return _bound(_relative(x, expected) + _relative(n - x, n - expected), x - expected)


def score_counts(counts: Any, expected: Any, dispersion: Any = 1.0) -> Numbers:
    """Return signed roots of the Poisson deviance of counts, over the root of their variance in units of their mean."""
    x, mean = np.asarray(counts, np.float64), np.asarray(expected, np.float64)
    scores = _bound(_relative(x, mean) - x + mean, x - mean)
    return np.asarray(scores / np.sqrt(np.maximum(dispersion, 1.0)))


def score_means(samples: Numbers, expected: Any) -> Numbers:
    """Return standard scores of the means of independent samples (axis 0): Student's t mapped to the normal."""
    from scipy.stats import norm, t

    n = len(samples)
    gap = samples.mean(axis=0) - np.asarray(expected, np.float64)
    error = samples.std(axis=0, ddof=1) / np.sqrt(n)
    rounding = 1e-9 * np.maximum(np.abs(expected), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        students = np.where(np.abs(gap) <= rounding, 0.0, gap / error)
    scores = np.sign(students) * norm.isf(np.maximum(t.sf(np.abs(students), n - 1), 1e-300))
    return np.asarray(np.where(error > 0.0, scores, np.where(students == 0.0, 0.0, LARGEST_SCORE)))
