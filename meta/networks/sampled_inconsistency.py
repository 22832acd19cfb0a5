"""Do direct and indirect evidence agree, by the exact likelihood of counts: no study is dropped for its zeros."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from meta.measures import Floats
from meta.networks.data import NetworkData
from meta.networks.inconsistency import Split, Unrelated, is_joined
from meta.networks.sampled import check_counts, lay_arms, lay_consistent, sample_counts, sample_network
from meta.pooling import PoolSpec


def sample_splits(data: NetworkData, spec: PoolSpec) -> tuple[Split, ...]:
    """Every comparison that has direct evidence and, without it, indirect evidence too.

    The consistency model with one effect more for each comparison in turn (Dias 2010, section 5): in studies that hold
    both treatments the second differs from the first by w beyond what consistency says, so that direct = indirect + w.
    Numbers are posterior means and standard deviations; p is twice the smaller posterior probability of w above or
    below 0. Raises SamplingError where a gate is not passed.
    """
    check_counts(data, spec)
    pairs = combinations(range(len(data.treatments)), 2)
    return tuple(sample_split(data, spec, a, b) for a, b in pairs if is_joined(data, a, b))


def sample_split(data: NetworkData, spec: PoolSpec, a: int, b: int) -> Split:
    """One comparison taken apart, treatment b minus a (indices); see `sample_splits`."""
    sample = sample_counts(data, spec, lay_consistent(data), extra=lay_split(data, a, b))
    d = sample.draws["d"].reshape(-1, len(data.treatments) - 1)
    full = np.column_stack([np.zeros(len(d)), d])
    w = sample.draws["w"].ravel()
    indirect = full[:, b] - full[:, a]
    above = float((w > 0).mean())
    return Split(
        data.treatments[b],
        data.treatments[a],
        *_describe(indirect + w),
        *_describe(indirect),
        *_describe(w),
        2 * min(above, 1 - above),
    )


def lay_split(data: NetworkData, a: int, b: int) -> Floats:
    """How the arms depend on the extra effect of a split, (arms,): b differs where a study holds both."""
    study, treatment, _, _ = lay_arms(data)
    holding = np.array([a in each.arms and b in each.arms for each in data.studies])
    return (holding[study] & (treatment == b)).astype(float)


def lay_unrelated(data: NetworkData) -> tuple[list[tuple[int, int]], Floats]:
    """The (treatment, baseline) pairs that have an effect of their own, and how the arms depend on them."""
    study, treatment, _, _ = lay_arms(data)
    base = np.array([each.arms[0] for each in data.studies])[study]
    pairs = sorted({(int(t), int(c)) for t, c in zip(treatment, base, strict=True) if t != c})
    rows = np.array([[float((t, c) == pair) for pair in pairs] for t, c in zip(treatment, base, strict=True)])
    return pairs, rows


def _describe(x: Floats) -> tuple[float, float]:
    return float(x.mean()), float(x.std(ddof=1))


def sample_unrelated(data: NetworkData, spec: PoolSpec) -> Unrelated:
    """Unrelated mean effects (Dias, technical support document 4): each comparison with a study's own baseline has an
    effect of its own. `tau` and `consistent_tau` are posterior medians, 0 for common effects.
    """
    check_counts(data, spec)
    pairs, rows = lay_unrelated(data)
    sample = sample_counts(data, spec, rows)
    d = sample.draws["d"].reshape(-1, len(pairs))
    tau = float(np.median(sample.draws["tau"])) if spec.effects == "random" else 0.0
    names = tuple((data.treatments[t], data.treatments[c]) for t, c in pairs)
    return Unrelated(names, d.mean(axis=0), d.std(axis=0, ddof=1), tau, sample_network(data, spec).tau)
