"""Three opinions on one pool: numerical integration, sampling, and a frequentist fit, laid side by side and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from meta.data import ArmCounts, EffectSizes
from meta.pooling import PoolSpec, make_data, pool_data
from meta.problems import EvidenceError, Fault
from meta.result import PooledResult

if TYPE_CHECKING:
    from meta.tables import EvidenceTable

SAMPLING_TOLERANCE: Final = 4.0
"""Two Bayesian answers to one question differ by sampling alone: four Monte Carlo standard errors."""
OPINION_TOLERANCE: Final = 0.5
"""A fit without priors answers a neighbouring question: it may differ by half a posterior standard deviation."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """One quantity of two methods: `difference` is other minus exact; it agrees where its size is at most `tolerance`.

    Both are on the analysis scale. `why` says where the tolerance comes from.
    """

    quantity: str
    method: str
    exact: float
    other: float
    difference: float
    tolerance: float
    agrees: bool
    why: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Results by method, exact first, and what was held against what. `agrees`: nothing is above its tolerance."""

    results: tuple[PooledResult, ...]
    agreements: tuple[Agreement, ...]
    agrees: bool


def compare_data(data: EffectSizes | ArmCounts, spec: PoolSpec, *, tolerance: float = OPINION_TOLERANCE) -> Comparison:
    """Pool by `exact`, `bayes` and a frequentist method, and hold the other two against `exact`.

    The frequentist method is REML for the normal model, maximum likelihood for exact likelihoods and inverse variance
    for common effects. `tolerance`: of the frequentist estimate, in posterior standard deviations. Raises EvidenceError
    for what one of them cannot answer.
    """
    third = "inverse-variance" if spec.effects == "common" else "reml" if spec.model == "normal" else "ml"
    exact = pool_data(data, replace(spec, method="exact"))
    bayes = pool_data(data, replace(spec, method="bayes"))
    other = pool_data(data, replace(spec, method=third))
    held = [*_hold_sampling(exact, bayes, spec), _hold_opinion(exact, other, tolerance)]
    return Comparison((exact, bayes, other), tuple(held), all(each.agrees for each in held))


def compare(
    table: EvidenceTable, spec: PoolSpec, *, reference: str | None = None, tolerance: float = OPINION_TOLERANCE
) -> Comparison:
    """As `compare_data`, from a table; where two methods disagree it raises EvidenceError with every such quantity."""
    comparison = compare_data(make_data(table, spec, reference=reference), spec, tolerance=tolerance)
    if not comparison.agrees:
        faults = [Fault("", None, "compare", said, "methods that agree") for said in name_disagreements(comparison)]
        raise EvidenceError(faults)
    return comparison


def _hold_sampling(exact: PooledResult, bayes: PooledResult, spec: PoolSpec) -> list[Agreement]:
    held = []
    names = ["estimate", "ci_low", "ci_high", *(["tau"] if spec.effects == "random" else [])]
    for name in names:
        error = bayes.diagnostics[f"mcse_{name}"]
        ours, theirs = getattr(exact, name), getattr(bayes, name)
        allowed = SAMPLING_TOLERANCE * error
        why = f"{SAMPLING_TOLERANCE:g} Monte Carlo standard errors"
        held.append(_hold(name, "bayes", ours, theirs, allowed, why))
    return held


def _hold_opinion(exact: PooledResult, other: PooledResult, tolerance: float) -> Agreement:
    why = f"{tolerance:g} posterior standard deviations: a fit without priors answers a neighbouring question"
    return _hold("estimate", other.method, exact.estimate, other.estimate, tolerance * exact.se, why)


def _hold(quantity: str, method: str, exact: float, other: float, tolerance: float, why: str) -> Agreement:
    difference = other - exact
    return Agreement(quantity, method, exact, other, difference, tolerance, abs(difference) <= tolerance, why)


def describe_comparison(comparison: Comparison) -> dict[str, Any]:
    """Plain data for `--json`: `agrees`, `methods` (name to result) and `agreements`."""
    from dataclasses import asdict

    from meta.result import describe_result

    return {
        "agrees": comparison.agrees,
        "methods": {result.method: describe_result(result) for result in comparison.results},
        "agreements": [asdict(each) for each in comparison.agreements],
    }


def name_disagreements(comparison: Comparison) -> tuple[str, ...]:
    """One sentence for each quantity above its tolerance."""
    return tuple(
        f"{each.quantity}: {each.method} gives {each.other:.4g}, exact {each.exact:.4g}; "
        f"they may differ by {each.tolerance:.2g} ({each.why})"
        for each in comparison.agreements
        if not each.agrees
    )
