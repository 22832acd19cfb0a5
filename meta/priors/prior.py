"""A prior law of one number: read from text, printed as the same text, evaluated by scipy."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from meta.measures import Floats
from meta.problems import refuse


@dataclass(frozen=True, slots=True)
class Prior:
    """A law by family and parameters.

    ``flat`` (improper, density 1), ``normal(mean, sd)``, ``student(df, mean, scale)``, ``half-normal(scale)``,
    ``half-cauchy(scale)``, ``half-student(df, scale)``, ``log-normal(mean, sd)`` and ``log-student(df, mean, scale)``
    (of the logarithm of the number itself: for a heterogeneity prior the logarithm of tau, not of tau squared),
    ``uniform(low, high)``, ``exponential(rate)``. Scales and standard deviations are positive. `source`: citation,
    empty where there is none.
    """

    family: str
    parameters: tuple[float, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class _Family:
    names: tuple[str, ...]
    positive: tuple[bool, ...]
    law: Callable[..., Any]
    half_line: bool  # the law lives on positive numbers


def _laws() -> dict[str, _Family]:
    from scipy import stats

    return {
        "normal": _Family(("mean", "sd"), (False, True), lambda m, s: stats.norm(m, s), False),
        "student": _Family(("df", "mean", "scale"), (True, False, True), lambda d, m, s: stats.t(d, m, s), False),
        "half-normal": _Family(("scale",), (True,), lambda s: stats.halfnorm(0, s), True),
        "half-cauchy": _Family(("scale",), (True,), lambda s: stats.halfcauchy(0, s), True),
        "half-student": _Family(("df", "scale"), (True, True), lambda d, s: _half_student(d, s), True),
        "log-normal": _Family(("mean", "sd"), (False, True), lambda m, s: stats.lognorm(s, 0, math.exp(m)), True),
        "log-student": _Family(
            ("df", "mean", "scale"), (True, False, True), lambda d, m, s: _LogStudent(d, m, s), True
        ),
        "uniform": _Family(("low", "high"), (False, False), lambda a, b: stats.uniform(a, b - a), False),
        "exponential": _Family(("rate",), (True,), lambda r: stats.expon(0, 1 / r), True),
    }


FLAT: Final = Prior("flat")
_SHAPE: Final = re.compile(r"\s*([a-z-]+)\s*(?:\(([^()]*)\))?\s*")


def _half_student(df: float, scale: float) -> Any:
    return _Folded(df, scale)


class _Folded:
    """The absolute value of a Student t with mean 0."""

    def __init__(self, df: float, scale: float) -> None:
        from scipy import stats

        self.law = stats.t(df, 0, scale)

    def logpdf(self, x: Floats) -> Floats:
        return np.where(np.asarray(x) < 0, -np.inf, math.log(2) + self.law.logpdf(x))

    def ppf(self, p: Floats) -> Floats:
        return np.asarray(self.law.ppf(0.5 + np.asarray(p) / 2), float)


class _LogStudent:
    """A positive number whose logarithm is Student t (Rhodes 2015)."""

    def __init__(self, df: float, mean: float, scale: float) -> None:
        from scipy import stats

        self.law = stats.t(df, mean, scale)

    def logpdf(self, x: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            logx = np.log(x)
            return np.where(np.asarray(x) > 0, self.law.logpdf(logx) - logx, -np.inf)

    def ppf(self, p: Floats) -> Floats:
        return np.asarray(np.exp(self.law.ppf(p)), float)


def read_prior(text: str, *, scale: bool = False, key: str = "prior") -> Prior:
    """The prior that a text names: a family with its numbers, or a published one by name.

    `scale`: it is for a standard deviation, so must live on positive numbers (``uniform`` from 0 or more). Raises
    EvidenceError with what was expected and the nearest name.
    """
    from meta.priors.published import read_published

    published = read_published(text)
    if published is not None:
        return published
    laws = _laws()
    match = _SHAPE.fullmatch(text.lower().replace("_", "-"))
    family = match.group(1) if match else text
    if match and family == "flat" and match.group(2) is None:
        return FLAT
    if not match or family not in laws:
        raise refuse(key, f"cannot read the prior {text!r}", _expected(laws), laws, family)
    known = laws[family]
    values = _read_numbers(match.group(2), known, text, family, key)
    if family == "uniform" and values[1] <= values[0]:
        raise refuse(key, f"{text!r} has no width", "uniform(low, high) with low < high")
    if scale and not (known.half_line or (family == "uniform" and values[0] >= 0)):
        raise refuse(
            key, f"{text!r} allows negative values of a standard deviation", "half-normal(s) or another half law"
        )
    return Prior(family, values)


def _read_numbers(inner: str | None, known: _Family, text: str, family: str, key: str) -> tuple[float, ...]:
    wanted = f"{family}({', '.join(known.names)})"
    try:
        values = tuple(float(part) for part in (inner or "").split(","))
    except ValueError:
        raise refuse(key, f"cannot read the numbers of {text!r}", wanted) from None
    if len(values) != len(known.names) or not all(map(math.isfinite, values)):
        raise refuse(key, f"{text!r} needs {len(known.names)} finite numbers", wanted)
    if any(must and value <= 0 for must, value in zip(known.positive, values, strict=True)):
        raise refuse(key, f"{text!r} has a scale that is not positive", wanted)
    return values


def _expected(laws: dict[str, _Family]) -> str:
    return "flat, " + ", ".join(f"{name}({', '.join(family.names)})" for name, family in laws.items())


def describe_prior(prior: Prior) -> str:
    """The text that `read_prior` reads back; a citation follows in square brackets where there is one."""
    inner = f"({', '.join(f'{x:.6g}' for x in prior.parameters)})" if prior.parameters else ""
    return f"{prior.family}{inner}" + (f" [{prior.source}]" if prior.source else "")


def log_density(prior: Prior, x: Floats) -> Floats:
    """Log density at x, -inf outside the support; 0 everywhere for ``flat``."""
    if prior.family == "flat":
        return np.zeros_like(np.asarray(x, float))
    return np.asarray(_laws()[prior.family].law(*prior.parameters).logpdf(x), float)


def quantile(prior: Prior, p: Floats) -> Floats:
    """Quantile at p (0 to 1). Raises EvidenceError for ``flat``, which has none."""
    if prior.family == "flat":
        raise refuse("prior", "a flat prior has no quantiles")
    return np.asarray(_laws()[prior.family].law(*prior.parameters).ppf(p), float)
