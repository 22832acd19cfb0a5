"""The model of a pairwise or single-arm pool in PyMC: one structure, with parts that can be added.

Study i has effect

    theta_i = mu + x_i b + d_i (bias + tau_bias w_i) + tau_trial u_trial(i) + tau z_i

with z_i standard normal, or Student t for a robust heterogeneity. Estimates: y_i ~ N(theta_i, v_i). Levels: events_i
with logit or log rate theta_i. Contrasts of counts: comparator at a_i, treatment at a_i + theta_i; a_i has a prior too.
Where tau may be near zero everything random is non-centred, as a centred form cannot be sampled there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from meta.bayes.priors import add_prior
from meta.data import ArmCounts, EffectSizes
from meta.frequentist.heterogeneity import describe_spread, estimate_dl
from meta.frequentist.pool import crude_sizes
from meta.measures import Floats
from meta.pooling import PoolSpec
from meta.priors import Prior
from meta.problems import refuse

SLOPE = Prior("normal", (0.0, 1.0))
BIAS = Prior("normal", (0.0, 0.5))
BIAS_SPREAD = Prior("half-normal", (0.25,))
BETWEEN_TRIALS = Prior("half-normal", (0.5,))


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a model has beyond mu and tau.

    `student`: degrees of freedom of a robust heterogeneity, None for normal. `covariates`: (k, p), with prior
    `slope_prior` each. `biased`: (k,) 0 or 1, with priors of the mean bias and of its spread. `trial`: (k,) index of
    the trial of each row, with the prior of the spread between trials, where rows of one trial stand in the pool.
    """

    student: float | None = None
    covariates: Floats | None = None
    slope_prior: Prior = SLOPE
    biased: Floats | None = None
    bias_prior: Prior = BIAS
    bias_spread_prior: Prior = BIAS_SPREAD
    trial: Floats | None = None
    trial_prior: Prior = BETWEEN_TRIALS


PLAIN = Parts()


def build_model(data: EffectSizes | ArmCounts, spec: PoolSpec, parts: Parts = PLAIN, *, centred: bool = False) -> Any:
    """The PyMC model: mu, tau (random effects), theta, and slope, bias, tau_bias, tau_trial as asked for.

    `centred` changes how it is sampled, not what it says.
    """
    import pymc as pm

    k = len(data.studies)
    _check_parts(parts, k)
    with pm.Model() as model:
        theta = add_prior("mu", spec.mu_prior) + np.zeros(k)
        theta = _add_parts(theta, parts, k)
        if spec.effects == "random":
            tau = add_prior("tau", spec.tau_prior, scale=True)
            theta = _add_spread(theta, tau, parts, k, centred=centred)
        else:
            theta = pm.Deterministic("theta", theta)
        if isinstance(data, EffectSizes):
            pm.Normal("y", theta, pm.Data("error", np.sqrt(data.variance)), observed=pm.Data("estimate", data.estimate))
        else:
            _add_counts(theta, data, spec)
    return model


CENTRED_FROM = (0.75, 0.95)
MANY = 6


def is_centred(data: EffectSizes | ArmCounts) -> bool:
    """Whether studies say more about their own effects than the pool does, and surely: then a centred form mixes.

    I² above 0.75 with six studies or more, above 0.95 with fewer (measured on the package's own sets).
    """
    sizes = data if isinstance(data, EffectSizes) else crude_sizes(data)
    good = np.isfinite(sizes.estimate)
    y, v = sizes.estimate[good], sizes.variance[good]
    return len(y) > 2 and describe_spread(estimate_dl(y, v), v)[0] > CENTRED_FROM[len(y) < MANY]


def _add_spread(theta: Any, tau: Any, parts: Parts, k: int, *, centred: bool) -> Any:
    """Each study's effect about its expectation: the same law in the form that samples well for these data."""
    import pymc as pm

    if centred:
        if parts.student:
            return pm.StudentT("theta", nu=parts.student, mu=theta, sigma=tau, shape=k)
        return pm.Normal("theta", theta, tau, shape=k)
    z = pm.StudentT("z", nu=parts.student, shape=k) if parts.student else pm.Normal("z", shape=k)
    return pm.Deterministic("theta", theta + tau * z)


def _check_parts(parts: Parts, k: int) -> None:
    for name in ("covariates", "biased", "trial"):
        given = getattr(parts, name)
        if given is not None and (len(given) != k or not np.isfinite(np.asarray(given, float)).all()):
            raise refuse(name, f"{len(given)} values for {k} studies, or some missing", "a finite value for each study")


def _add_parts(theta: Any, parts: Parts, k: int) -> Any:
    import pymc as pm

    if parts.covariates is not None:
        x = np.asarray(parts.covariates, float).reshape(k, -1)
        theta = theta + pm.math.dot(pm.Data("covariates", x), add_prior("slope", parts.slope_prior, shape=x.shape[1]))
    if parts.biased is not None:
        spread = add_prior("tau_bias", parts.bias_spread_prior, scale=True)
        shift = add_prior("bias", parts.bias_prior) + spread * pm.Normal("w", shape=k)
        theta = theta + pm.Data("biased", np.asarray(parts.biased, float)) * shift
    if parts.trial is not None:
        index = np.asarray(parts.trial, int)
        between = add_prior("tau_trial", parts.trial_prior, scale=True)
        theta = theta + between * pm.Normal("u", shape=int(index.max()) + 1)[pm.Data("trial", index)]
    return theta


def _add_counts(theta: Any, data: ArmCounts, spec: PoolSpec) -> None:
    import pymc as pm

    levels = [theta]
    if data.events.shape[1] == 2:
        baseline = add_prior("baseline", spec.baseline_prior, shape=len(data.studies))
        levels = [baseline, baseline + theta]
    for arm, level in enumerate(levels):
        events = pm.Data(f"events_{arm}", data.events[:, arm].astype(int))
        exposure = data.exposure[:, arm]
        if data.likelihood == "binomial":
            pm.Binomial(f"y_{arm}", n=pm.Data(f"people_{arm}", exposure.astype(int)), logit_p=level, observed=events)
        else:
            pm.Poisson(f"y_{arm}", mu=pm.Data(f"years_{arm}", exposure) * pm.math.exp(level), observed=events)


def list_reported(spec: PoolSpec, parts: Parts = PLAIN) -> list[str]:
    """Names of the quantities that are reported and so must pass the gate."""
    names = ["mu", *(["tau"] if spec.effects == "random" else []), "theta"]
    names += ["slope"] if parts.covariates is not None else []
    names += ["bias", "tau_bias"] if parts.biased is not None else []
    return names + (["tau_trial"] if parts.trial is not None else [])
