"""One pool of one outcome: what was asked, checked once, and handed to the method that answers it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from meta.data import ArmCounts, EffectSizes
from meta.measures import find_measure
from meta.priors import Prior, default_mu_prior, default_tau_prior
from meta.problems import refuse
from meta.result import PooledResult

if TYPE_CHECKING:
    from meta.tables import EvidenceTable

MODELS: Final = ("normal", "binomial", "poisson")
FREQUENTIST: Final = ("inverse-variance", "mantel-haenszel", "peto", "dl", "pm", "reml", "ml")
METHODS: Final = (*FREQUENTIST, "exact", "bayes")
COMMON: Final = ("inverse-variance", "mantel-haenszel", "peto")
"""Methods that have no random effect."""
DEFAULT: Final = Prior("default")
"""Stands for the prior that fits the measure (`meta.priors.defaults`)."""
VAGUE: Final = Prior("normal", (0.0, 10.0))


@dataclass(frozen=True, slots=True)
class PoolSpec:
    """What a pool is asked for.

    `effects`: ``random`` or ``common``. `mu_prior`: of the pooled effect or level; `tau_prior`: of the heterogeneity
    standard deviation; both are what fits the measure where nothing is given (`meta.priors.defaults`).
    `baseline_prior`: of each study's comparator log odds or log rate (per person-year) in exact two-arm likelihoods.
    `level` of intervals, 0 to 1. `hartung_knapp`: interval with t quantile and rescaled standard error; `guard`: never
    narrower than without (the ad hoc guard). `prediction`: degrees of freedom of a frequentist prediction interval,
    ``t(k-2)`` (Higgins 2009), ``t(k-1)`` or ``normal``. `continuity`: added to all cells of studies with a zero cell; 0
    unless asked for. `seed`, `draws`: of sampling.
    """

    measure: str
    model: str = "normal"
    method: str = "exact"
    effects: str = "random"
    mu_prior: Prior = DEFAULT
    tau_prior: Prior = DEFAULT
    baseline_prior: Prior = VAGUE
    level: float = 0.95
    hartung_knapp: bool = False
    guard: bool = False
    prediction: str = "t(k-2)"
    continuity: float = 0.0
    seed: int = 1
    draws: int = 1000

    def __post_init__(self) -> None:
        if self.mu_prior is DEFAULT:
            object.__setattr__(self, "mu_prior", default_mu_prior(self.measure))
        if self.tau_prior is DEFAULT:
            object.__setattr__(self, "tau_prior", default_tau_prior(self.measure) or DEFAULT)


def check_spec(spec: PoolSpec) -> None:
    """Refuse what is unknown or does not fit together, with EvidenceError; never another model in its place."""
    measure = find_measure(spec.measure)
    for key, value, known in (("model", spec.model, MODELS), ("method", spec.method, METHODS)):
        if value not in known:
            raise refuse(key, f"unknown {key} {value!r}", "one of " + ", ".join(known), known, value)
    if spec.effects not in ("random", "common"):
        raise refuse("effects", f"unknown {spec.effects!r}", "random or common", ("random", "common"), spec.effects)
    if spec.model not in measure.models:
        raise refuse(
            "model",
            f"{spec.model!r} does not model a {measure.label}",
            f"{' or '.join(measure.models)} for {measure.name}",
        )
    _check_method(spec)
    if spec.tau_prior is DEFAULT and spec.effects == "random" and spec.method in ("exact", "bayes"):
        message = f"a {measure.label} has a unit of its own, so that no default prior of heterogeneity fits it"
        raise refuse("tau-prior", message, 'a prior in its unit, such as "half-normal(10)", or a frequentist method')
    if not 0 < spec.level < 1:
        raise refuse("level", f"{spec.level} is no level", "a proportion between 0 and 1, such as 0.95")


def _check_method(spec: PoolSpec) -> None:
    if spec.model != "normal" and spec.method in FREQUENTIST and spec.method != "ml":
        raise refuse("method", f"{spec.method!r} has no {spec.model} likelihood", "exact, bayes or ml")
    if spec.effects == "common" and spec.method in ("dl", "pm", "reml"):
        raise refuse("effects", f"{spec.method!r} estimates heterogeneity", "inverse-variance for common effects")
    if spec.method in COMMON and spec.hartung_knapp:
        raise refuse("hartung-knapp", f"{spec.method!r} has no heterogeneity", "dl, pm, reml or ml")
    if spec.hartung_knapp and spec.method in ("exact", "bayes"):
        raise refuse("hartung-knapp", f"{spec.method!r} needs no such interval", "dl, pm, reml or ml")
    if spec.guard and not spec.hartung_knapp:
        raise refuse("guard", "guards the Hartung-Knapp interval, which was not asked for", "hartung-knapp as well")
    if spec.continuity and (spec.model != "normal" or spec.method in ("mantel-haenszel", "peto")):
        raise refuse("continuity", "this method keeps zero cells as they are", "no correction")
    if spec.continuity < 0 or not math.isfinite(spec.continuity):
        raise refuse("continuity", f"{spec.continuity} is no correction", "0 (none) or a positive number such as 0.5")


def pool_data(data: EffectSizes | ArmCounts, spec: PoolSpec) -> PooledResult:
    """Pool effect sizes or arm counts by the method of the spec. Raises EvidenceError for what cannot be pooled."""
    check_spec(spec)
    if spec.method == "exact":
        from meta.exact import pool_exact

        return pool_exact(data, spec)
    if spec.method == "bayes":
        from meta.bayes import pool_bayes

        return pool_bayes(data, spec)
    from meta.frequentist import pool_frequentist

    return pool_frequentist(data, spec)


def make_data(table: EvidenceTable, spec: PoolSpec, *, reference: str | None = None) -> EffectSizes | ArmCounts:
    """What the method is fitted to: counts for exact likelihoods, Mantel-Haenszel and Peto, else effect sizes."""
    from meta.effects import collect_arms, compute_effects

    check_spec(spec)
    if spec.model != "normal" or spec.method in ("mantel-haenszel", "peto"):
        return collect_arms(table, spec.measure, reference=reference)
    return compute_effects(table, spec.measure, reference=reference, continuity=spec.continuity)


def pool(table: EvidenceTable, spec: PoolSpec, *, reference: str | None = None) -> PooledResult:
    """Pool the rows of a table that are not excluded. `reference`: the comparator; None for the one that is evident.

    Raises EvidenceError for rows that cannot stand in one pool (two studies of one overlap group and period, treatments
    that are not two) and for everything that `check_spec` refuses.
    """
    return pool_data(make_data(table, spec, reference=reference), spec)
