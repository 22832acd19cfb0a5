"""Effect sizes of one study and their variances; each formula with its source.

Arguments and results are arrays of one shape, one element a study; suffix 1 is the treatment, 0 the comparator. A zero
cell gives an infinite or undefined estimate, which the caller leaves out with a warning.
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from meta.measures import Floats

type Sizes = tuple[Floats, Floats]


def log_odds_ratio(e1: Floats, n1: Floats, e0: Floats, n0: Floats) -> Sizes:
    """Log odds ratio with Woolf's variance (Woolf 1955)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.log(e1) - np.log(n1 - e1) - np.log(e0) + np.log(n0 - e0)
        return value, 1 / e1 + 1 / (n1 - e1) + 1 / e0 + 1 / (n0 - e0)


def log_risk_ratio(e1: Floats, n1: Floats, e0: Floats, n0: Floats) -> Sizes:
    """Log risk ratio (Katz 1978)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(e1 / n1) - np.log(e0 / n0), 1 / e1 - 1 / n1 + 1 / e0 - 1 / n0


def risk_difference(e1: Floats, n1: Floats, e0: Floats, n0: Floats) -> Sizes:
    """Difference of two proportions with its binomial variance; undefined (variance 0) where both arms are at an
    end."""
    p1, p0 = e1 / n1, e0 / n0
    return p1 - p0, p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0


def log_rate_ratio(e1: Floats, t1: Floats, e0: Floats, t0: Floats) -> Sizes:
    """Log ratio of two Poisson rates; t in person-years."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(e1 / t1) - np.log(e0 / t0), 1 / e1 + 1 / e0


def log_rate(e: Floats, t: Floats) -> Sizes:
    """Log of a Poisson rate per person-year."""
    with np.errstate(divide="ignore"):
        return np.log(e / t), 1 / e


def logit_proportion(e: Floats, n: Floats) -> Sizes:
    """Log odds of a proportion."""
    with np.errstate(divide="ignore"):
        return np.log(e) - np.log(n - e), 1 / e + 1 / (n - e)


def arcsine_proportion(e: Floats, n: Floats) -> Sizes:
    """arcsine(sqrt(p)) with variance 1/(4n)."""
    return np.arcsin(np.sqrt(e / n)), 1 / (4 * n)


def freeman_tukey(e: Floats, n: Floats) -> Sizes:
    """Double arcsine, half the sum of its two parts, with variance 1/(4n + 2) (Freeman and Tukey 1950; Miller 1978)."""
    value = 0.5 * (np.arcsin(np.sqrt(e / (n + 1))) + np.arcsin(np.sqrt((e + 1) / (n + 1))))
    return value, 1 / (4 * n + 2)


def freeman_tukey_back(t: Floats, n: float) -> Floats:
    """Miller's inverse (Miller 1978, American Statistician 32:138); n: harmonic mean of the sample sizes.

    `t` is half the sum, as `freeman_tukey` returns it; outside what n allows the nearest end, 0 or 1.
    """
    low, high = (float(freeman_tukey(np.array(float(x)), np.array(n))[0]) for x in (0, n))
    s = 2 * np.clip(t, low, high)
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(np.maximum(0.0, 1 - (np.sin(s) + (np.sin(s) - 1 / np.sin(s)) / n) ** 2))
    p = 0.5 * (1 - np.sign(np.cos(s)) * root)
    return np.where(np.asarray(t) <= low, 0.0, np.where(np.asarray(t) >= high, 1.0, p))


def mean_difference(m1: Floats, s1: Floats, n1: Floats, m0: Floats, s0: Floats, n0: Floats) -> Sizes:
    """Difference of two means with variances of their own."""
    return m1 - m0, s1**2 / n1 + s0**2 / n0


def hedges_g(m1: Floats, s1: Floats, n1: Floats, m0: Floats, s0: Floats, n0: Floats) -> Sizes:
    """Standardised mean difference by the pooled standard deviation, bias-corrected by the exact J (Hedges 1981).

    Variance: 1/n1 + 1/n0 + g^2 / (2 (n1 + n0)), the large-sample form that most software prints.
    """
    m = n1 + n0 - 2
    pooled = np.sqrt(((n1 - 1) * s1**2 + (n0 - 1) * s0**2) / m)
    j = np.exp(gammaln(m / 2) - 0.5 * np.log(m / 2) - gammaln((m - 1) / 2))
    g = j * (m1 - m0) / pooled
    return g, 1 / n1 + 1 / n0 + g**2 / (2 * (n1 + n0))


def mean(m: Floats, s: Floats, n: Floats) -> Sizes:
    """A mean with its sampling variance."""
    return m, s**2 / n
