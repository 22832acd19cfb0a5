"""Sentences about a pool that a policy reader can follow; every number in them comes from the result."""

from __future__ import annotations

from collections.abc import Sequence

from meta.measures import find_measure, label_shown
from meta.pictures.axes import format_natural
from meta.pooling import PoolSpec
from meta.priors import describe_prior
from meta.result import PooledResult

FEW = 5
LIKELIHOODS = {
    "normal": "study estimates taken as normal with known standard errors",
    "binomial": "the exact binomial likelihood of the counts (no correction of zero cells)",
    "poisson": "the exact Poisson likelihood of the events in their person-years (no correction of zero cells)",
}


def say_result(result: PooledResult) -> str:
    """The pooled value, how sure it is, and what a new setting may look like."""
    measure = find_measure(result.measure)
    middle = result.median if result.median is not None else result.estimate
    share = f"{100 * result.level:g}%"
    said = (
        f"Across {count_studies(result)}, the pooled {label_shown(measure)} is {format_natural(measure, middle)} "
        f"({share} interval {_limits(result, result.ci_low, result.ci_high)})."
    )
    if result.prediction_low is not None and result.prediction_high is not None:
        where = _limits(result, result.prediction_low, result.prediction_high)
        said += f" In a new setting of the same kind it would lie between {where} with probability {share}."
    return said


def count_studies(result: PooledResult) -> str:
    """``5 studies`` or ``1 study``; arms of one study count once."""
    names = {study.study.split(" (")[0] for study in result.studies}
    arms = f" ({len(result.studies)} arms)" if len(result.studies) > len(names) else ""
    return f"{len(names)} stud{'y' if len(names) == 1 else 'ies'}{arms}"


def _limits(result: PooledResult, low: float, high: float) -> str:
    measure = find_measure(result.measure)
    return f"{format_natural(measure, low)} and {format_natural(measure, high)}"


def say_heterogeneity(result: PooledResult) -> str:
    """How much the studies differ beyond chance, on the analysis scale."""
    if result.effects == "common":
        return "One common value was assumed; heterogeneity was not modelled."
    spread = (
        f"Between studies the standard deviation on the {find_measure(result.measure).label} scale is {result.tau:.2f}"
    )
    if result.tau_low is not None and result.tau_high is not None:
        spread += f" ({100 * result.level:g}% interval {result.tau_low:.2f} to {result.tau_high:.2f})"
    share = "" if result.i2 is None else f"; I² is {100 * result.i2:.0f}%"
    few = " With so few studies this spread is known mostly from its prior." if len(result.studies) < FEW else ""
    return f"{spread}{share}.{few}"


def say_methods(result: PooledResult, spec: PoolSpec) -> str:
    """The methods text: likelihood, effects, priors, computation, software."""
    measure = find_measure(result.measure)
    return (
        f"{measure.label.capitalize()}, {result.effects} effects, with {LIKELIHOODS[result.model]}. "
        f"Priors: {'; '.join(f'{name} {words}' for name, words in result.priors.items()) or 'none'}. "
        f"{_say_computation(result, spec)}"
    )


def _say_computation(result: PooledResult, spec: PoolSpec) -> str:
    if result.method == "exact":
        error = result.diagnostics.get("grid_halving_error")
        tail = (
            ""
            if error is None
            else f"; halving the grid moves no reported number by more than {error:.1g} posterior sd"
        )
        return f"Computed by numerical integration{tail}."
    if result.method == "bayes":
        size = f"four chains of {spec.draws} draws, seed {spec.seed}"
        return f"Sampled by NUTS (PyMC), {size}; all convergence gates passed."
    return f"Fitted by {result.method}."


def say_sensitivity(grid: Sequence[tuple[str, PooledResult]]) -> str:
    """How far the pooled value moves over the priors that were tried."""
    if len(grid) < 2:
        return "No other prior was tried."
    measure = find_measure(grid[0][1].measure)
    middles = [r.median if r.median is not None else r.estimate for _, r in grid]
    low, high = format_natural(measure, min(middles)), format_natural(measure, max(middles))
    what = label_shown(measure)
    return f"Over {len(grid)} priors of the heterogeneity the pooled {what} moves between {low} and {high}."


def describe_spec(spec: PoolSpec) -> str:
    """The question as one line, for stamps."""
    return (
        f"{spec.measure}, {spec.model}, {spec.method}, {spec.effects}; mu {describe_prior(spec.mu_prior)}; "
        f"tau {describe_prior(spec.tau_prior)}; baseline {describe_prior(spec.baseline_prior)}"
    )
