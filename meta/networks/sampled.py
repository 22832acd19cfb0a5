"""A network of counts by their exact likelihood: PyMC, behind the same gate as every pool."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meta.bayes.model import CENTRED_FROM, MANY
from meta.bayes.priors import add_prior
from meta.bayes.sampling import Sample, sample_model
from meta.measures import Floats
from meta.networks.data import NetworkData, NetworkStudy
from meta.networks.linear import fit_linear, lay_network
from meta.networks.result import NetworkResult
from meta.pooling import PoolSpec
from meta.problems import refuse

type Indices = NDArray[np.int64]


def sample_network(data: NetworkData, spec: PoolSpec) -> NetworkResult:
    """Sample the consistency model of counts. Raises SamplingError where the gate is not passed.

    Arm k of study i has log odds (or log rate) baseline_i + d_k + tau/sqrt(2) e_ik with e_ik standard normal: contrasts
    then have variance tau² and, within one study, covariance tau²/2.
    """
    from meta.networks.fit import finish_network

    check_counts(data, spec)
    sample = sample_counts(data, spec, lay_consistent(data))
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
        tau_draws=tau,
        mean=pairs.mean(axis=0),
    )


def sample_counts(data: NetworkData, spec: PoolSpec, rows: Floats, *, extra: Floats | None = None) -> Sample:
    """Draws of d, tau (random effects) and w (with extra) that passed the gate; see `build_counts` for rows and extra.

    The model is tried first in the form that suits the data: centred where studies say more about their own effects
    than the network does. Raises SamplingError where the gate is not passed.
    """
    names = ["d", *(["w"] if extra is not None else []), *(["tau"] if spec.effects == "random" else [])]
    first = spec.effects == "random" and _is_centred(data)
    forms = [partial(build_counts, data, spec, rows, centred=centred, extra=extra) for centred in (first, not first)]
    return sample_model(forms, names, draws=spec.draws, seed=spec.seed)


def _is_centred(data: NetworkData) -> bool:
    """I² of the contrasts above the limit of pairwise pools; half a person is added to empty cells, for this alone."""
    net = lay_network(replace(data, studies=tuple(_fill_cells(study, data.measure) for study in data.studies)))
    _, _, q, _ = fit_linear(net, 0.0)
    freedom = len(net.y) - net.x.shape[1]
    return freedom > 0 and (q - freedom) > CENTRED_FROM[len(net.y) < MANY] * q


def _fill_cells(study: NetworkStudy, measure: str) -> NetworkStudy:
    events, exposure = np.asarray(study.events, float), np.asarray(study.exposure, float)
    counts_people = measure != "log_rate_ratio"
    if events.all() and not (counts_people and (events == exposure).any()):
        return study
    return replace(study, events=events + 0.5, exposure=exposure + (1.0 if counts_people else 0.0))


def build_counts(data: NetworkData, spec: PoolSpec, rows: Floats, *, centred: bool, extra: Floats | None = None) -> Any:
    """The PyMC model of counts: log odds or log rate of an arm = baseline + rows d + extra w + heterogeneity.

    rows: (arms, effects), how each arm of each study depends on the effects `d` (see `lay_arms`). extra: (arms,), how
    it depends on a further effect `w` with the same prior, None for none.
    """
    import pymc as pm

    study, _, events, exposure = lay_arms(data)
    with pm.Model() as model:
        d = add_prior("d", spec.mu_prior, shape=rows.shape[1])
        baseline = add_prior("baseline", spec.baseline_prior, shape=len(data.studies))
        level = baseline[pm.Data("study", study)] + pm.math.dot(pm.Data("rows", rows), d)
        if extra is not None:
            level = level + pm.Data("extra", extra) * add_prior("w", spec.mu_prior)
        if spec.effects == "random":
            tau = add_prior("tau", spec.tau_prior, scale=True)
            if centred:
                level = pm.Normal("level", level, tau / np.sqrt(2), shape=len(study))
            else:
                level = level + tau / np.sqrt(2) * pm.Normal("e", shape=len(study))
        counted = pm.Data("events", events.astype(int))
        if spec.model == "binomial":
            pm.Binomial("y", n=pm.Data("people", exposure.astype(int)), logit_p=level, observed=counted)
        else:
            pm.Poisson("y", mu=pm.Data("years", exposure) * pm.math.exp(level), observed=counted)
    return model


def lay_arms(data: NetworkData) -> tuple[Indices, Indices, Floats, Floats]:
    """Every arm of every study in a row: its study, its treatment, events and exposure."""
    study = np.concatenate([[i] * len(each.arms) for i, each in enumerate(data.studies)]).astype(int)
    treatment = np.concatenate([each.arms for each in data.studies]).astype(int)
    events = np.concatenate([np.asarray(each.events, float) for each in data.studies])
    return study, treatment, events, np.concatenate([np.asarray(each.exposure, float) for each in data.studies])


def lay_consistent(data: NetworkData) -> Floats:
    """Rows of the consistency model: an arm has the effect of its treatment against the reference, which has none."""
    _, treatment, _, _ = lay_arms(data)
    return np.asarray(treatment[:, None] == np.arange(1, len(data.treatments))[None, :], float)


def check_counts(data: NetworkData, spec: PoolSpec) -> None:
    """Refuse what cannot be sampled: a network is sampled for its counts."""
    if spec.model == "normal" or any(study.events is None for study in data.studies):
        raise refuse("model", "sampling is for counts; contrasts are answered exactly", "the method exact")
