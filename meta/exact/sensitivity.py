"""The same pool under other priors of the heterogeneity, to be shown with every result."""

from __future__ import annotations

from dataclasses import replace

from meta.data import ArmCounts, EffectSizes
from meta.exact.pool import pool_exact
from meta.pooling import PoolSpec
from meta.priors import Prior, describe_prior
from meta.result import PooledResult


def default_grid(spec: PoolSpec) -> tuple[Prior, ...]:
    """The prior of the spec, then half-normals of half and twice its scale and a half-Cauchy of its scale.

    The scale of a prior that is no half-normal or half-Cauchy is its median over that of a half-normal(1).
    """
    import numpy as np

    from meta.priors import FLAT, quantile

    prior = spec.tau_prior
    if prior == FLAT:
        return (prior,)
    scale = prior.parameters[0] if prior.family in ("half-normal", "half-cauchy") else None
    if scale is None:
        scale = float(f"{float(quantile(prior, np.array(0.5))) / 0.6744897501960817:.2g}")
    others = (Prior("half-normal", (scale / 2,)), Prior("half-normal", (2 * scale,)), Prior("half-cauchy", (scale,)))
    return (prior, *(other for other in others if other != prior))


def prior_sensitivity(
    data: EffectSizes | ArmCounts, spec: PoolSpec, priors: tuple[Prior, ...] | None = None
) -> tuple[tuple[str, PooledResult], ...]:
    """Pairs of prior text and result, first under the spec's own prior of tau."""
    grid = default_grid(spec) if priors is None else priors
    return tuple((describe_prior(each), pool_exact(data, replace(spec, tau_prior=each))) for each in grid)
