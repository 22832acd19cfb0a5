"""A network of counts by their exact likelihood: PyMC, behind the same gate as every pool."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from meta.bayes.priors import add_prior
from meta.bayes.sampling import sample_model
from meta.networks.data import NetworkData
from meta.networks.result import NetworkResult
from meta.pooling import PoolSpec
from meta.problems import refuse


def sample_network(data: NetworkData, spec: PoolSpec) -> NetworkResult:
    """Sample the consistency model of counts. Raises SamplingError where the gate is not passed.

    Arm k of study i has log odds (or log rate) baseline_i + d_k + tau/sqrt(2) e_ik with e_ik standard normal: contrasts
    then have variance tau² and, within one study, covariance tau²/2.
    """
    from meta.networks.fit import finish_network

    if spec.model == "normal" or any(study.events is None for study in data.studies):
        raise refuse("model", "sampling is for counts; contrasts are answered exactly", "the method exact")
    names = ["d", *(["tau"] if spec.effects == "random" else [])]
    forms = [partial(_build, data, spec, centred=centred) for centred in (True, False)]
    sample = sample_model(forms, names, draws=spec.draws, seed=spec.seed)
    d = sample.draws["d"].reshape(-1, len(data.treatments) - 1)
    full = np.column_stack([np.zeros(len(d)), d])
    tau = sample.draws["tau"].ravel() if spec.effects == "random" else np.zeros(len(d))
    pairs = full[:, :, None] - full[:, None, :]
    tail = (1 - spec.level) / 2
    low, middle, high = np.quantile(pairs, [tail, 0.5, 1 - tail], axis=0)
    random = np.random.default_rng(20_260_102)
    new = pairs + (tau * random.standard_normal(len(tau)))[:, None, None]
    predicted = np.quantile(new, [tail, 1 - tail], axis=0) if spec.effects == "random" else None
    taus: tuple[float, float | None, float | None] = (0.0, None, None)
    if spec.effects == "random":
        ends = np.quantile(tau, [0.5, tail, 1 - tail])
        taus = (float(ends[0]), float(ends[1]), float(ends[2]))
    found = sample.diagnostics
    return finish_network(
        data,
        spec,
        middle,
        pairs.std(axis=0, ddof=1),
        (low, high),
        None if predicted is None else (predicted[0], predicted[1]),
        taus,
        warnings=data.warnings,
        diagnostics={
            "r_hat": found.r_hat,
            "ess_bulk": found.ess_bulk,
            "ess_tail": found.ess_tail,
            "divergences": float(found.divergences),
            "attempts": float(sample.attempts),
        },
        draws=full,
        mean=pairs.mean(axis=0),
    )


def _build(data: NetworkData, spec: PoolSpec, *, centred: bool) -> Any:
    import pymc as pm

    study = np.concatenate([[i] * len(each.arms) for i, each in enumerate(data.studies)]).astype(int)
    arm = np.concatenate([each.arms for each in data.studies]).astype(int)
    events = np.concatenate([np.asarray(each.events) for each in data.studies]).astype(int)
    exposure = np.concatenate([np.asarray(each.exposure) for each in data.studies])
    with pm.Model() as model:
        d = add_prior("d", spec.mu_prior, shape=len(data.treatments) - 1)
        effect = pm.math.concatenate([np.zeros(1), d])
        level = add_prior("baseline", spec.baseline_prior, shape=len(data.studies))[study] + effect[arm]
        if spec.effects == "random":
            tau = add_prior("tau", spec.tau_prior, scale=True)
            if centred:
                level = pm.Normal("level", level, tau / np.sqrt(2), shape=len(arm))
            else:
                level = level + tau / np.sqrt(2) * pm.Normal("e", shape=len(arm))
        if spec.model == "binomial":
            pm.Binomial("y", n=exposure.astype(int), logit_p=level, observed=events)
        else:
            pm.Poisson("y", mu=exposure * pm.math.exp(level), observed=events)
    return model
