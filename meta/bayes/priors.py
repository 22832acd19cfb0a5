"""Priors as PyMC variables. The same families, parameters and meaning as `meta.priors`."""

from __future__ import annotations

from typing import Any

from meta.priors import Prior


def add_prior(name: str, prior: Prior, *, scale: bool = False, shape: Any = None) -> Any:
    """A PyMC variable under a prior, inside a model context. `scale`: a flat prior is on positive numbers."""
    import pymc as pm

    p = prior.parameters
    size = {} if shape is None else {"shape": shape}
    match prior.family:
        case "flat":
            return (pm.HalfFlat if scale else pm.Flat)(name, **size)
        case "normal":
            return pm.Normal(name, p[0], p[1], **size)
        case "student":
            return pm.StudentT(name, nu=p[0], mu=p[1], sigma=p[2], **size)
        case "half-normal":
            return pm.HalfNormal(name, p[0], **size)
        case "half-cauchy":
            return pm.HalfCauchy(name, p[0], **size)
        case "half-student":
            return pm.HalfStudentT(name, nu=p[0], sigma=p[1], **size)
        case "log-normal":
            return pm.LogNormal(name, p[0], p[1], **size)
        case "log-student":
            log = pm.StudentT(f"{name}_log", nu=p[0], mu=p[1], sigma=p[2], **size)
            return pm.Deterministic(name, pm.math.exp(log))
        case "uniform":
            return pm.Uniform(name, p[0], p[1], **size)
        case "exponential":
            return pm.Exponential(name, p[0], **size)
    raise AssertionError(f"no PyMC law for {prior.family}")
