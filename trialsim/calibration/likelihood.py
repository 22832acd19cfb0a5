"""How well simulated statistics agree with the targets, with a discrepancy between study and model of its own.

On the link scale a study differs from the model by a discrepancy with standard deviation tau of its kind
(heterogeneity between studies, and what the model lacks). Targets of one study and kind share half of its variance,
those of one arm another quarter. A single target keeps its exact likelihood (binomial or Poisson), with the discrepancy
integrated out by adaptive Gauss-Hermite quadrature (Liu and Pierce 1994); several of one study use Laplace's
approximation. Over-dispersion belongs to the data: it is tau and
the study's own counts, never the simulation's noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.regression import LINK_LIMIT
from trialsim.calibration.surrogate import Surrogate
from trialsim.calibration.targets import Component, Target

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]

# Prior scales of the discrepancies (half-normal): 0.5 as for log odds (the default of `meta`); weekly tests are of
# two trials with the same records and differ less; registers and insurance claims say otherwise than a trial who has
# stopped; after naltrexone the published numbers differ eight-fold by definition.
TAU_SCALES: Final = {
    "induction": 0.5,
    "continuation": 0.5,
    "routine continuation": 0.5,
    "tests": 0.25,
    "use": 0.5,
    "relapse": 0.5,
    "death rate": 0.5,
    "rate ratio": 0.5,
    "after naltrexone": 1.0,
}
# Kinds that are held out only borrow the discrepancy of the kind that is nearest.
BORROWED: Final = {"overdoses": "death rate"}
# Shares of a discrepancy's variance: a target's own, its arm's, its study's. So two arms of a study are correlated by
# one half, as in a network meta-analysis whose contrasts all differ as much (Higgins and Whitehead 1996).
SHARES: Final = (0.25, 0.25, 0.5)
# Factors of the surrogate's errors within an arm of a study.
FACTORS: Final = 3
FACTOR_ROUNDS: Final = 30
MOST_SHARED: Final = 0.98
# Of a count in its link: a normal law needs some, however far from the data a prediction lies.
LEAST_INFORMATION: Final = 1e-4
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(11)
_LOG_WEIGHTS = np.log(_WEIGHTS) + 0.5 * _NODES**2


@dataclass(frozen=True, slots=True)
class Layout:
    """Targets as arrays: data, the components behind them, and whom they share a discrepancy with.

    component, over: index into the components (over -1: none); kind: index into TAU_SCALES; law: 0 binomial, 1 Poisson,
    2 normal; events, n, value, error as in `Target` (n 1 where there is none); observed: links of the data; groups: of
    one study and kind; group: of each target; cell: its arm of its group, of all groups' arms; in_cell: [targets,
    cells] 1 where a target belongs to a cell; in_group: [cells, groups] the same of a group; singles: counts that are
    alone in their group; together: correlation between the surrogate's errors of a target's component and of the one it
    is over; loadings: [targets, FACTORS] of its errors on what a cell's share (`tie_errors`).
    """

    names: tuple[str, ...]
    component: Indices
    over: Indices
    kind: Indices
    law: Indices
    events: Floats
    n: Floats
    value: Floats
    error: Floats
    groups: tuple[tuple[str, str, str], ...]
    group: Indices
    cell: Indices
    in_cell: Floats
    in_group: Floats
    singles: Indices
    together: Floats
    loadings: Floats

    @property
    def observed(self) -> Floats:
        """Links of the data [targets]."""
        return find_observed_links(self)


def find_kind(kind: str) -> int:
    """Return the number of a kind of target in TAU_SCALES."""
    return list(TAU_SCALES).index(BORROWED.get(kind, kind))


def lay_out_targets(targets: Sequence[Target], components: Sequence[Component]) -> Layout:
    """Return the targets as arrays."""
    place = {part: i for i, part in enumerate(components)}
    laws = ("binomial", "poisson", "normal")
    groups = tuple(sorted({target.group for target in targets}))
    cells = sorted({target.cell for target in targets})
    group = np.array([groups.index(target.group) for target in targets], np.intp)
    cell = np.array([cells.index(target.cell) for target in targets], np.intp)
    law = np.array([laws.index(target.law) for target in targets], np.intp)
    group_of_cell = np.zeros(len(cells), np.intp)
    group_of_cell[cell] = group
    alone = np.bincount(group, minlength=len(groups))[group] == 1
    return Layout(
        names=tuple(target.name for target in targets),
        component=np.array([place[target.component] for target in targets], np.intp),
        over=np.array([-1 if target.over is None else place[target.over] for target in targets], np.intp),
        kind=np.array([find_kind(target.kind) for target in targets], np.intp),
        law=law,
        events=np.array([target.events for target in targets]),
        n=np.array([1.0 if target.law == "normal" else target.n for target in targets]),
        value=np.array([target.value for target in targets]),
        error=np.array([target.error for target in targets]),
        groups=groups,
        group=group,
        cell=cell,
        in_cell=(cell[:, None] == np.arange(len(cells))).astype(np.float64),
        in_group=(group_of_cell[:, None] == np.arange(len(groups))).astype(np.float64),
        singles=np.flatnonzero(alone & (law < 2)),
        together=np.zeros(len(targets)),
        loadings=np.zeros((len(targets), FACTORS)),
    )


def find_taus(points: Floats) -> Floats:
    """Return discrepancies [rows, kinds] at standard normal coordinates: half-normal by their probabilities."""
    from scipy.special import ndtr, ndtri

    scales = np.array(list(TAU_SCALES.values()))
    return np.asarray(scales * ndtri(0.5 + 0.5 * np.clip(ndtr(points), 1e-9, 1.0 - 1e-9)))


def draw_discrepancies(layout: Layout, taus: Floats, rng: np.random.Generator) -> Floats:
    """Return discrepancies of new studies from the model [rows, targets], shared within studies and their arms. taus:
    [rows, kinds].
    """
    study = rng.standard_normal((len(taus), len(layout.groups)))[:, layout.group]
    arm = rng.standard_normal((len(taus), layout.in_cell.shape[1]))[:, layout.cell]
    own = rng.standard_normal((len(taus), len(layout.names)))
    parts = np.stack([own, arm, study], axis=-1)
    return np.asarray(taus[:, layout.kind] * (np.sqrt(SHARES) * parts).sum(axis=-1))


def predict_targets(layout: Layout, links: Floats) -> Floats:
    """Return the link of every target [rows, targets] from those of the components [rows, C]."""
    over = np.where(layout.over < 0, 0.0, links[:, np.maximum(layout.over, 0)])
    return np.asarray(links[:, layout.component] - over)


def tie_errors(layout: Layout, surrogate: Surrogate) -> Layout:
    """Return the layout with what the surrogate's errors have in common: within a ratio, and within an arm of a study,
    there as principal factors of the correlation between its targets (at the level of the components' errors).

    Errors of one curve move together, so that they scatter less about it than independent ones, and what a ratio's two
    parts share cancels; taken as independent they would leave too little scatter to the discrepancy.
    """
    alike, spread = surrogate.alike, np.sqrt(surrogate.error[:, 0])
    is_ratio = layout.over >= 0
    together = np.where(is_ratio, alike[layout.component, np.maximum(layout.over, 0)], 0.0)
    correlation = _correlate_targets(layout, alike * np.outer(spread, spread))
    loadings = np.zeros((len(layout.names), FACTORS))
    for cell in range(layout.in_cell.shape[1]):
        own = np.flatnonzero(layout.cell == cell)
        if len(own) > 1:
            loadings[own] = _find_loadings(correlation[np.ix_(own, own)])
    return replace(layout, together=together, loadings=loadings)


def _correlate_targets(layout: Layout, covariance: Floats) -> Floats:
    """Return the correlation [targets, targets] of the targets' errors from the covariance [C, C] of components."""
    contrast = np.zeros((len(layout.names), len(covariance)))
    contrast[np.arange(len(contrast)), layout.component] = 1.0
    ratios = np.flatnonzero(layout.over >= 0)
    contrast[ratios, layout.over[ratios]] = -1.0
    between = contrast @ covariance @ contrast.T
    spread = np.sqrt(np.maximum(np.diag(between), 1e-12))
    return np.asarray(between / np.outer(spread, spread))


def _find_loadings(correlation: Floats) -> Floats:
    """Return principal factors [k, FACTORS] of a correlation matrix [k, k] (iterated communalities; Harman 1976)."""
    size = len(correlation)
    shared = np.zeros(size)
    found = np.zeros((size, FACTORS))
    for _ in range(FACTOR_ROUNDS):
        reduced = correlation - np.diag(1.0 - shared)
        values, vectors = np.linalg.eigh(reduced)
        count = min(FACTORS, size - 1)
        kept = vectors[:, ::-1][:, :count] * np.sqrt(np.maximum(values[::-1][:count], 0.0))
        found[:, :count] = kept
        shared = np.minimum((found**2).sum(axis=1), MOST_SHARED)
    scale = np.sqrt(np.minimum(MOST_SHARED / np.maximum((found**2).sum(axis=1), 1e-12), 1.0))
    return found * scale[:, None]


def add_errors(layout: Layout, errors: Floats) -> Floats:
    """Return the variance that the components' own [rows, C] gives to the link of every target [rows, targets]."""
    own = errors[:, layout.component]
    over = np.where(layout.over < 0, 0.0, errors[:, np.maximum(layout.over, 0)])
    return np.asarray(own + over - 2.0 * layout.together * np.sqrt(own * over))


def find_observed_links(layout: Layout) -> Floats:
    """Return the observed links, counts with half an event more so that none and all have one."""
    with np.errstate(invalid="ignore", divide="ignore"):
        binomial = np.log((layout.events + 0.5) / (layout.n - layout.events + 0.5))
        poisson = np.log((layout.events + 0.5) / layout.n)
    return np.where(layout.law == 0, binomial, np.where(layout.law == 1, poisson, layout.value))


def find_group_likelihoods(layout: Layout, links: Floats, errors: Floats, taus: Floats) -> Floats:
    """Return the log likelihood of every group [rows, groups].

    links: components [rows, C]; errors: [rows, C] further variance of the components (a surrogate's own error); taus:
    [rows, kinds].
    """
    predicted = predict_targets(layout, links)
    more = add_errors(layout, errors)
    tau2 = taus[:, layout.kind] ** 2
    joined = np.delete(np.arange(len(layout.names)), layout.singles)
    out = _find_joint(_keep_targets(layout, joined), predicted[:, joined], more[:, joined], tau2[:, joined])
    if len(layout.singles):
        out[:, layout.group[layout.singles]] = _integrate_singles(layout, predicted, more, tau2)
    return out


def _keep_targets(layout: Layout, kept: Indices) -> Layout:
    """Return the layout of some targets, with all groups and the cells that they are in."""
    cells = np.unique(layout.cell[kept])
    names = ("component", "over", "kind", "law", "events", "n", "value", "error", "group", "together", "loadings")
    return replace(
        layout,
        names=tuple(layout.names[i] for i in kept),
        cell=np.searchsorted(cells, layout.cell[kept]),
        in_cell=layout.in_cell[np.ix_(kept, cells)],
        in_group=layout.in_group[cells],
        singles=np.zeros(0, np.intp),
        **{name: getattr(layout, name)[kept] for name in names},
    )


def _find_joint(layout: Layout, predicted: Floats, more: Floats, tau2: Floats) -> Floats:
    """Laplace approximation of every group's likelihood: normal laws of own variances, what an arm shares of the
    discrepancy, the factors of the surrogate's errors there, and what the study shares; counts by their expansion.

    The covariance is diag(own) + B B', whose determinant and inverse follow from I + B' diag(own)^-1 B (Woodbury),
    here eliminated column by column for all rows and cells at once; the study's column is summed over its arms first.
    """
    of_own, of_arm, of_study = SHARES
    unshared = 1.0 - (layout.loadings**2).sum(axis=1)
    working, counting, height = _expand_counts(layout, predicted, more + tau2)
    own = counting + more * unshared + of_own * tau2
    residual = working - predicted
    columns = [np.sqrt(of_arm * tau2)]
    columns += [np.sqrt(more) * layout.loadings[:, f] for f in range(FACTORS)]
    columns += [np.sqrt(of_study * tau2)]
    study = len(columns) - 1
    weighted = [column / own for column in columns]
    square = (residual**2 / own) @ layout.in_cell
    spread = np.log(own) @ layout.in_cell
    across = [(each * residual) @ layout.in_cell for each in weighted]
    inner = {
        (i, j): (weighted[i] * columns[j]) @ layout.in_cell + float(i == j != study)
        for j in range(len(columns))
        for i in range(j + 1)
    }
    for i in range(study):
        square -= across[i] ** 2 / inner[i, i]
        spread += np.log(inner[i, i])
        for j in range(i + 1, len(columns)):
            factor = inner[i, j] / inner[i, i]
            across[j] = across[j] - factor * across[i]
            for k in range(j, len(columns)):
                inner[j, k] = inner[j, k] - factor * inner[i, k]
    together = 1.0 + inner[study, study] @ layout.in_group
    square = square @ layout.in_group - (across[study] @ layout.in_group) ** 2 / together
    spread = spread @ layout.in_group + np.log(together)
    size = np.bincount(layout.group, minlength=len(layout.groups))
    heights = height @ layout.in_cell @ layout.in_group
    return np.asarray(heights - 0.5 * (square + spread + size * np.log(2.0 * np.pi)))


def _expand_counts(layout: Layout, predicted: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
    """Return working links, their variances and log heights [rows, targets]: each count's likelihood as a normal
    law of its link, times its height, by expansion to second order about the mode.

    The mode is that of one count with a normal law of its link about the predicted one with this variance, after two
    of Newton's steps. A normal law of observed links instead, with the variance at the predicted or at the observed
    one, is off by as much as a unit of log likelihood at half a unit of the link where there are eight events, and
    leans to one side (to fewer events, or to more).
    """
    from scipy.special import gammaln

    is_normal, is_binomial = layout.law == 2, layout.law == 0
    events, n = np.where(is_normal, 1.0, layout.events), np.where(is_normal, 2.0, layout.n)
    rest = np.where(is_binomial, n - events, 0.0)
    observed = np.where(is_normal, 0.0, layout.observed)
    certain = 1.0 / (1.0 / (events + 0.5) + np.where(is_binomial, 1.0 / (rest + 0.5), 0.0))
    at = (predicted / variance + observed * certain) / (1.0 / variance + certain)
    mean, information = _find_counted(is_binomial, n, at)
    at = (predicted / variance + at * information + events - mean) / (1.0 / variance + information)
    mean, information = _find_counted(is_binomial, n, at)
    risk = np.where(is_binomial, np.logaddexp(0.0, at), np.exp(at))
    ways = np.where(is_binomial, gammaln(n + 1.0) - gammaln(rest + 1.0), events * np.log(n)) - gammaln(events + 1.0)
    height = ways + events * at - n * risk + 0.5 * (events - mean) ** 2 / information
    height += 0.5 * np.log(2.0 * np.pi / information)
    working = at + (events - mean) / information
    return (
        np.where(is_normal, layout.value, working),
        np.where(is_normal, layout.error**2, 1.0 / information),
        np.where(is_normal, 0.0, height),
    )


def _find_counted(is_binomial: npt.NDArray[np.bool_], n: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Return the events expected at links, and their information."""
    share = 1.0 / (1.0 + np.exp(-np.clip(at, -LINK_LIMIT, LINK_LIMIT)))
    rate = np.exp(np.clip(at, -LINK_LIMIT, LINK_LIMIT))
    mean = n * np.where(is_binomial, share, rate)
    return mean, np.maximum(mean * np.where(is_binomial, 1.0 - share, 1.0), LEAST_INFORMATION)


def _integrate_singles(layout: Layout, predicted: Floats, more: Floats, tau2: Floats) -> Floats:
    """Exact likelihoods of the counts that stand alone in their group, the discrepancy integrated out."""
    from scipy.special import gammaln

    own = layout.singles
    events, n, link = layout.events[own], layout.n[own], predicted[:, own]
    binomial = layout.law[own] == 0
    variance = tau2[:, own] + more[:, own] + 1e-12
    observed = layout.observed[own]
    counting = np.where(binomial, 1.0 / (1.0 / (events + 0.5) + 1.0 / np.maximum(n - events + 0.5, 0.5)), events + 0.5)
    precision = 1.0 / variance + counting
    centre = counting * (observed - link) / precision
    shift = centre[..., None] + _NODES / np.sqrt(precision)[..., None]
    at = np.clip(link[..., None] + shift, -30.0, 30.0)
    rest = np.where(binomial, n - events, 0.0)
    risk = np.where(binomial[:, None], np.logaddexp(0.0, at), np.exp(at))
    law = events[:, None] * at - n[:, None] * risk
    constant = np.where(
        binomial,
        gammaln(n + 1.0) - gammaln(rest + 1.0),
        events * np.log(n),
    ) - gammaln(events + 1.0)
    terms = law - 0.5 * shift**2 / variance[..., None] + _LOG_WEIGHTS
    top = terms.max(axis=-1)
    total = np.log(np.exp(terms - top[..., None]).sum(axis=-1))
    return np.asarray(top + total + constant - 0.5 * np.log(2.0 * np.pi * variance * precision))
