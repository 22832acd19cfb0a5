"""How well simulated statistics agree with the targets, with a discrepancy between study and model of its own.

A single target keeps its exact likelihood (binomial or Poisson), with the discrepancy (`layout.py`) integrated out by
adaptive Gauss-Hermite quadrature (Liu and Pierce 1994); several of one study use Laplace's approximation.
Over-dispersion belongs to the data: it is tau and the study's own counts, never the simulation's noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.layout import (
    BINOMIAL,
    NORMAL,
    POISSON,
    SHARES,
    Layout,
    add_errors,
    keep_targets,
    predict_targets,
)
from trialsim.calibration.regression import LINK_LIMIT, find_moments

type Floats = npt.NDArray[np.float64]
type Indices = npt.NDArray[np.intp]

# Information of a count in its link: a normal law needs some, however far from the data a prediction lies.
LEAST_CURVATURE: Final = 1e-4
NEWTON_STEPS: Final = 2
# Links are integrated this far at most: a share there is 0 or 1.
FARTHEST: Final = 30.0
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(11)
_LOG_WEIGHTS = np.log(_WEIGHTS) + 0.5 * _NODES**2


@dataclass(frozen=True, slots=True)
class _Counts:
    """Counts of one law [k, 1]: places among their targets, events, n, observed links, information in the link there,
    and what of their log likelihood does not depend on the link.
    """

    law: int
    place: Indices
    events: Floats
    n: Floats
    observed: Floats
    information: Floats
    ways: Floats


@dataclass(frozen=True, slots=True)
class _Part:
    """Targets in the order of their cells: places in the layout, groups, where arms begin among the targets and studies
    among the arms, counts by law; of what has a normal law, places, values and variances [k, 1].
    """

    own: Indices
    groups: Indices
    arms: Indices
    studies: Indices
    counts: tuple[_Counts, ...]
    normal: Indices
    value: Floats
    variance: Floats


@dataclass(frozen=True, slots=True)
class Plan:
    """A layout with all that no parameter changes: targets whose study has several, and counts that are alone."""

    layout: Layout
    joint: _Part
    single: _Part


def plan_likelihood(layout: Layout) -> Plan:
    """Return the plan of a layout."""
    by_cell = np.argsort(layout.cell, kind="stable")
    single = np.isin(by_cell, layout.singles)
    return Plan(layout, _plan_part(layout, by_cell[~single]), _plan_part(layout, by_cell[single]))


def _plan_part(layout: Layout, own: Indices) -> _Part:
    kept = keep_targets(layout, own)
    arms = _find_starts(kept.cell)
    groups = kept.group[arms]
    studies = _find_starts(groups)
    normal = np.flatnonzero(kept.law == NORMAL)
    return _Part(
        own,
        groups[studies],
        arms,
        studies,
        tuple(_plan_counts(kept, law) for law in (BINOMIAL, POISSON) if (kept.law == law).any()),
        normal,
        kept.value[normal, None],
        kept.error[normal, None] ** 2,
    )


def _find_starts(ordered: Indices) -> Indices:
    """Return where each number begins."""
    return np.flatnonzero(np.diff(ordered, prepend=-1))


def _plan_counts(layout: Layout, law: int) -> _Counts:
    from scipy.special import gammaln

    place = np.flatnonzero(layout.law == law)
    events, n, observed = (each[place, None] for each in (layout.events, layout.n, layout.observed))
    if law == POISSON:
        return _Counts(law, place, events, n, observed, events + 0.5, events * np.log(n) - gammaln(events + 1.0))
    ways = gammaln(n + 1.0) - gammaln(n - events + 1.0) - gammaln(events + 1.0)
    information = 1.0 / (1.0 / (events + 0.5) + 1.0 / (n - events + 0.5))
    return _Counts(law, place, events, n, observed, information, ways)


def find_group_likelihoods(plan: Plan, links: Floats, errors: Floats, taus: Floats) -> Floats:
    """Return the log likelihood of every group [rows, groups].

    links: components [rows, C]; errors: [rows, C] further variance of the components (a surrogate's own error); taus:
    [rows, kinds].
    """
    layout = plan.layout
    parts = predict_targets(layout, links), add_errors(layout, errors), taus[:, layout.kind] ** 2
    # Sums over arms and studies are those of neighbours in memory.
    predicted, more, tau2 = (np.ascontiguousarray(part.T) for part in parts)
    out = np.empty((len(layout.groups), len(links)))
    for part, find in ((plan.joint, _find_joint), (plan.single, _integrate_singles)):
        if len(part.own):
            out[part.groups] = find(part, predicted[part.own], more[part.own], tau2[part.own])
    return out.T


def _find_joint(part: _Part, predicted: Floats, more: Floats, tau2: Floats) -> Floats:
    """Laplace approximation of the likelihoods [groups, rows]: normal laws of own variances, what an arm shares of the
    discrepancy, and what the study shares; counts by their expansion.

    The covariance is diag(own) + B B', whose determinant and inverse follow from I + B' diag(own)^-1 B (Woodbury):
    the arms' columns are eliminated first, and what is left of the study's is summed over its arms.
    """

    def over_arms(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values, part.arms))

    def over_studies(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values, part.studies))

    of_own, of_arm, of_study = SHARES
    working, counting, height = _expand_counts(part, predicted, more + tau2)
    own = counting + more + of_own * tau2
    residual = working - predicted
    # tau2, tau times the residual, and the residual squared, each over the target's own variance.
    shared = over_arms(tau2 / own)
    pulled = over_arms(np.sqrt(tau2) * residual / own)
    within = 1.0 + of_arm * shared
    square = over_arms(residual**2 / own) - of_arm * pulled**2 / within
    spread = over_arms(np.log(own)) + np.log(within)
    across = over_studies(np.sqrt(of_study) * pulled / within)
    together = 1.0 + over_studies(of_study * shared / within)
    constant = over_studies(over_arms(height - 0.5 * np.log(2.0 * np.pi)))
    square = over_studies(square) - across**2 / together
    return np.asarray(constant - 0.5 * (square + over_studies(spread) + np.log(together)))


def _expand_counts(part: _Part, predicted: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
    """Return working links, their variances and log heights [targets, rows]: each count's likelihood as a normal law
    of its link, times its height, by expansion to second order about the mode.

    The mode is that of one count with a normal law of its link about the predicted one with this variance, after two
    of Newton's steps, the first from the observed link. A normal law of observed links instead, with the variance at
    the predicted or at the observed one, is off by as much as a unit of log likelihood at half a unit of the link where
    there are eight events, and leans to one side (to fewer events, or to more).
    """
    working, counting, height = np.empty_like(predicted), np.empty_like(predicted), np.zeros_like(predicted)
    working[part.normal], counting[part.normal] = part.value, part.variance
    for counts in part.counts:
        place, events = counts.place, counts.events
        weight = 1.0 / variance[place]
        pulled = predicted[place] * weight
        at, information, mean = counts.observed, counts.information, events
        for _ in range(NEWTON_STEPS):
            at = (pulled + at * information + events - mean) / (weight + information)
            mean, information = find_moments(np.clip(at, -LINK_LIMIT, LINK_LIMIT), counts.n, counts.law == POISSON)
            information = np.maximum(information, LEAST_CURVATURE)
        beyond = (events - mean) / information
        working[place], counting[place] = at + beyond, 1.0 / information
        top = counts.ways + events * at - counts.n * _find_risk(at, counts.law)
        height[place] = top + 0.5 * (beyond * (events - mean) + np.log(2.0 * np.pi / information))
    return working, counting, height


def _find_risk(links: Floats, law: int) -> Floats:
    """Return minus the log likelihood of no event at links: of one trial, or one unit of time."""
    if law == POISSON:
        return np.exp(links)
    return np.asarray(np.maximum(links, 0.0) + np.log1p(np.exp(-np.abs(links))))


def _integrate_singles(part: _Part, predicted: Floats, more: Floats, tau2: Floats) -> Floats:
    """Exact likelihoods [groups, rows] of counts that stand alone in their group, the discrepancy integrated out."""
    out = np.empty_like(predicted)
    for counts in part.counts:
        link, variance = predicted[counts.place], tau2[counts.place] + more[counts.place] + 1e-12
        precision = 1.0 / variance + counts.information
        centre = counts.information * (counts.observed - link) / precision
        shift = centre + _NODES[:, None, None] / np.sqrt(precision)
        at = np.clip(link + shift, -FARTHEST, FARTHEST)
        terms = counts.events * at - counts.n * _find_risk(at, counts.law) - 0.5 * shift**2 / variance
        terms += _LOG_WEIGHTS[:, None, None]
        top = terms.max(axis=0)
        total = top + np.log(np.exp(terms - top).sum(axis=0))
        out[counts.place] = total + counts.ways - 0.5 * np.log(2.0 * np.pi * variance * precision)
    return out
