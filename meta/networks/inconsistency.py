"""Do direct and indirect evidence agree? Node-splitting, and unrelated mean effects beside the consistency model."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from meta.measures import Floats
from meta.networks.data import NetworkData, NetworkStudy, check_connected
from meta.networks.fit import estimate_tau2, expand
from meta.networks.linear import find_contrast, fit_linear, lay_network
from meta.pooling import PoolSpec


@dataclass(frozen=True, slots=True)
class Split:
    """One comparison taken apart (treatment minus comparator): direct, indirect, their difference, and its p value."""

    treatment: str
    comparator: str
    direct: float
    direct_se: float
    indirect: float
    indirect_se: float
    difference: float
    difference_se: float
    p: float


def split_nodes(data: NetworkData, spec: PoolSpec | None = None) -> tuple[Split, ...]:
    """Every comparison that has direct evidence and, without it, indirect evidence too (Dias 2010).

    Studies that hold both treatments give the direct estimate (a multi-arm trial through its contrast of the two); all
    other studies give the indirect one. Each side has heterogeneity by restricted maximum likelihood of the network.
    spec: of the method bayes for counts by their exact likelihood, sampled (see `sample_splits`); None for contrasts.
    """
    if spec is not None and spec.method == "bayes":
        from meta.networks.sampled_inconsistency import sample_splits

        return sample_splits(data, spec)
    tau2 = estimate_tau2(lay_network(data), "reml")
    pairs = [(a, b) for a, b in combinations(range(len(data.treatments)), 2) if is_joined(data, a, b)]
    return tuple(_split(data, *_part(data, a, b), a, b, tau2) for a, b in pairs)


def is_joined(data: NetworkData, a: int, b: int) -> bool:
    """Whether studies compare two treatments directly and, without these, the network still joins them."""
    holding, rest = _part(data, a, b)
    return bool(holding) and _connects(data, rest, a, b)


def _part(data: NetworkData, a: int, b: int) -> tuple[list[NetworkStudy], list[NetworkStudy]]:
    """The studies that hold both treatments, and the others."""
    holding = [study for study in data.studies if a in study.arms and b in study.arms]
    return holding, [study for study in data.studies if not (a in study.arms and b in study.arms)]


def _connects(data: NetworkData, studies: list[NetworkStudy], a: int, b: int) -> bool:
    reached = {a}
    grown = True
    while grown:
        more = {arm for study in studies if reached & set(study.arms) for arm in study.arms}
        grown = not more <= reached
        reached |= more
    return b in reached


def _split(
    data: NetworkData, holding: list[NetworkStudy], rest: list[NetworkStudy], a: int, b: int, tau2: float
) -> Split:
    direct, direct_variance = _fit_part(data, holding, a, b, tau2)
    indirect, indirect_variance = _fit_part(data, rest, a, b, tau2)
    difference, variance = direct - indirect, direct_variance + indirect_variance
    p = float(2 * stats.norm.sf(abs(difference) / np.sqrt(variance)))
    return Split(
        data.treatments[b],
        data.treatments[a],
        direct,
        float(np.sqrt(direct_variance)),
        indirect,
        float(np.sqrt(indirect_variance)),
        difference,
        float(np.sqrt(variance)),
        p,
    )


def _fit_part(data: NetworkData, studies: list[NetworkStudy], a: int, b: int, tau2: float) -> tuple[float, float]:
    """b minus a from some of the studies: the part of their network that hangs on a."""
    reached = {a}
    while True:
        more = {arm for study in studies if reached & set(study.arms) for arm in study.arms}
        if more <= reached:
            break
        reached |= more
    order = [a, *sorted(reached - {a})]
    renamed = {old: new for new, old in enumerate(order)}
    kept = tuple(_rename(study, renamed, data.measure) for study in studies if set(study.arms) <= reached)
    part = NetworkData(data.measure, tuple(data.treatments[i] for i in order), kept)
    check_connected(part)
    net = lay_network(part)
    d, covariance, _, _ = fit_linear(net, tau2)
    estimate, variance = expand(d, covariance)
    index = renamed[b]
    return float(estimate[index, 0]), float(variance[index, 0])


def _rename(study: NetworkStudy, renamed: dict[int, int], measure: str) -> NetworkStudy:
    """The study with new indices of its arms, in their order; contrasts taken against the new first arm."""
    contrast, covariance = find_contrast(study, measure)
    size = len(study.arms)
    full, wide = np.concatenate([[0.0], contrast]), np.zeros((size, size))
    wide[1:, 1:] = covariance
    order = sorted(range(size), key=lambda i: renamed[study.arms[i]])
    take = np.zeros((size - 1, size))
    for row, i in enumerate(order[1:]):
        take[row, i], take[row, order[0]] = 1.0, -1.0
    arms = tuple(renamed[study.arms[i]] for i in order)
    return NetworkStudy(study.name, arms, contrast=take @ full, covariance=take @ wide @ take.T)


@dataclass(frozen=True, slots=True, eq=False)
class Unrelated:
    """Each direct comparison with an effect of its own (Dias, technical support document 4), no consistency assumed.

    `pairs`: (treatment, comparator) names; `estimate`, `se`: against each study's own baseline; `tau`: heterogeneity
    that is left; `consistent_tau`: that of the consistency model. A much smaller tau here speaks of inconsistency.
    """

    pairs: tuple[tuple[str, str], ...]
    estimate: Floats
    se: Floats
    tau: float
    consistent_tau: float


def fit_unrelated(data: NetworkData, spec: PoolSpec | None = None) -> Unrelated:
    """Unrelated mean effects by restricted maximum likelihood; sampled from counts by a spec of the method bayes."""
    if spec is not None and spec.method == "bayes":
        from meta.networks.sampled_inconsistency import sample_unrelated

        return sample_unrelated(data, spec)
    plain = lay_network(data)
    pairs = sorted(set(plain.pair))
    place = {pair: i for i, pair in enumerate(pairs)}

    def own(_: int, treatment: int, baseline: int) -> Floats:
        row = np.zeros(len(pairs))
        row[place[(treatment, baseline)]] = 1.0
        return row

    net = lay_network(data, tuple(f"{a}-{b}" for a, b in pairs), own)
    tau2 = estimate_tau2(net, "reml") if len(net.y) > len(pairs) else 0.0
    d, covariance, _, _ = fit_linear(net, tau2)
    names = tuple((data.treatments[a], data.treatments[b]) for a, b in pairs)
    consistent = float(np.sqrt(estimate_tau2(plain, "reml")))
    return Unrelated(names, d, np.sqrt(np.diag(covariance)), float(np.sqrt(tau2)), consistent)
