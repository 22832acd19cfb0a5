"""How well simulated statistics agree with the targets, with a discrepancy between study and model of its own.

On the link scale a study differs from the model by a discrepancy with standard deviation tau of its kind
(heterogeneity between studies, and what the model lacks). Targets of one study and kind share half of its variance,
those of one arm another quarter. A single target keeps its exact likelihood (binomial or Poisson), with the discrepancy
integrated out by adaptive Gauss-Hermite quadrature (Liu and Pierce 1994); several of one study use Laplace's
approximation. Over-dispersion belongs to the data: it is tau and the study's own counts, never the simulation's noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.regression import LINK_LIMIT
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
    alone in their group.
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


def add_errors(layout: Layout, errors: Floats) -> Floats:
    """Return the variance that the components' own [rows, C] gives to the link of every target [rows, targets]."""
    over = np.where(layout.over < 0, 0.0, errors[:, np.maximum(layout.over, 0)])
    return np.asarray(errors[:, layout.component] + over)


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
    names = ("component", "over", "kind", "law", "events", "n", "value", "error", "group")
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
    discrepancy, and what the study shares; counts by their expansion.

    The covariance is diag(own) + B B', whose determinant and inverse follow from I + B' diag(own)^-1 B (Woodbury):
    the arms' columns are eliminated first, and what is left of the study's is summed over its arms.
    """
    of_own, of_arm, of_study = SHARES
    working, counting, height = _expand_counts(layout, predicted, more + tau2)
    own = counting + more + of_own * tau2
    residual = working - predicted
    arm, study = np.sqrt(of_arm * tau2), np.sqrt(of_study * tau2)
    within = 1.0 + (arm**2 / own) @ layout.in_cell
    mixed = (arm * study / own) @ layout.in_cell
    of_arm_residual = (arm * residual / own) @ layout.in_cell
    square = (residual**2 / own) @ layout.in_cell - of_arm_residual**2 / within
    spread = np.log(own) @ layout.in_cell + np.log(within)
    across = ((study * residual / own) @ layout.in_cell - mixed * of_arm_residual / within) @ layout.in_group
    together = 1.0 + ((study**2 / own) @ layout.in_cell - mixed**2 / within) @ layout.in_group
    square = square @ layout.in_group - across**2 / together
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
