"""How well simulated statistics agree with the targets, with a discrepancy between study and model of its own.

A single target keeps its exact likelihood (binomial or Poisson), with the discrepancy (`layout.py`) integrated out by
adaptive Gauss-Hermite quadrature (Liu and Pierce 1994); several of one study use Laplace's approximation.
Over-dispersion belongs to the data: it is tau and the study's own counts, never the simulation's noise.
"""

from __future__ import annotations

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


def find_group_likelihoods(layout: Layout, links: Floats, errors: Floats, taus: Floats) -> Floats:
    """Return the log likelihood of every group [rows, groups].

    links: components [rows, C]; errors: [rows, C] further variance of the components (a surrogate's own error); taus:
    [rows, kinds].
    """
    parts = predict_targets(layout, links), add_errors(layout, errors), taus[:, layout.kind] ** 2
    # Sums over arms and studies are those of neighbours in memory.
    predicted, more, tau2 = (np.ascontiguousarray(part.T) for part in parts)
    out = np.empty((len(layout.groups), len(links)))
    by_cell = np.argsort(layout.cell, kind="stable")
    single = np.isin(by_cell, layout.singles)
    for own, find in ((by_cell[~single], _find_joint), (by_cell[single], _integrate_singles)):
        if len(own):
            kept = keep_targets(layout, own)
            out[np.unique(kept.group)] = find(kept, predicted[own], more[own], tau2[own])
    return out.T


def _find_joint(layout: Layout, predicted: Floats, more: Floats, tau2: Floats) -> Floats:
    """Laplace approximation of the likelihoods [groups, rows] of targets in the order of their cells: normal laws of
    own variances, what an arm shares of the discrepancy, and what the study shares; counts by their expansion.

    The covariance is diag(own) + B B', whose determinant and inverse follow from I + B' diag(own)^-1 B (Woodbury):
    the arms' columns are eliminated first, and what is left of the study's is summed over its arms.
    """
    cells = _find_starts(layout.cell)
    groups = _find_starts(layout.group[cells])

    def over_arms(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values, cells))

    def over_studies(values: Floats) -> Floats:
        return np.asarray(np.add.reduceat(values, groups))

    of_own, of_arm, of_study = SHARES
    working, counting, height = _expand_counts(layout, predicted, more + tau2)
    own = counting + more + of_own * tau2
    residual = working - predicted
    # What a target's arm and study share of it, over its own variance.
    arm, study = np.sqrt(of_arm * tau2) / own, np.sqrt(of_study * tau2) / own
    within = 1.0 + over_arms(of_arm * tau2 / own)
    mixed = over_arms(np.sqrt(of_arm * of_study) * tau2 / own)
    of_arm_residual = over_arms(arm * residual)
    square = over_arms(residual**2 / own) - of_arm_residual**2 / within
    spread = over_arms(np.log(own)) + np.log(within)
    across = over_studies(over_arms(study * residual) - mixed * of_arm_residual / within)
    together = 1.0 + over_studies(over_arms(of_study * tau2 / own) - mixed**2 / within)
    constant = over_studies(over_arms(height - 0.5 * np.log(2.0 * np.pi)))
    square = over_studies(square) - across**2 / together
    return np.asarray(constant - 0.5 * (square + over_studies(spread) + np.log(together)))


def _find_starts(sorted_numbers: Indices) -> Indices:
    """Return where each number begins."""
    return np.flatnonzero(np.diff(sorted_numbers, prepend=-1))


def _expand_counts(layout: Layout, predicted: Floats, variance: Floats) -> tuple[Floats, Floats, Floats]:
    """Return working links, their variances and log heights [targets, rows]: each count's likelihood as a normal law
    of its link, times its height, by expansion to second order about the mode.

    The mode is that of one count with a normal law of its link about the predicted one with this variance, after two
    of Newton's steps. A normal law of observed links instead, with the variance at the predicted or at the observed
    one, is off by as much as a unit of log likelihood at half a unit of the link where there are eight events, and
    leans to one side (to fewer events, or to more).
    """
    working, counting, height = np.empty_like(predicted), np.empty_like(predicted), np.zeros_like(predicted)
    normal = np.flatnonzero(layout.law == NORMAL)
    working[normal], counting[normal] = layout.value[normal, None], layout.error[normal, None] ** 2
    for law in (BINOMIAL, POISSON):
        own = np.flatnonzero(layout.law == law)
        kept = keep_targets(layout, own)
        events, n = kept.events[:, None], kept.n[:, None]
        # Newton's first step is from the observed link.
        at, information = kept.observed[:, None], _find_observed_information(kept)[:, None]
        mean = events
        for _ in range(NEWTON_STEPS):
            at = (predicted[own] / variance[own] + at * information + events - mean) / (
                1.0 / variance[own] + information
            )
            mean, information = find_moments(np.clip(at, -LINK_LIMIT, LINK_LIMIT), n, law == POISSON)
            information = np.maximum(information, LEAST_CURVATURE)
        beyond = (events - mean) / information
        working[own], counting[own] = at + beyond, 1.0 / information
        height[own] = _count_ways(kept)[:, None] + events * at - n * _find_risk(at, law)
        height[own] += 0.5 * (beyond * (events - mean) + np.log(2.0 * np.pi / information))
    return working, counting, height


def _find_observed_information(layout: Layout) -> Floats:
    """Return the information of counts [targets] in their links, at the observed ones."""
    rest = np.where(layout.law == BINOMIAL, 1.0 / (layout.n - layout.events + 0.5), 0.0)
    return np.asarray(1.0 / (1.0 / (layout.events + 0.5) + rest))


def _count_ways(layout: Layout) -> Floats:
    """Return what of the log likelihood of counts [targets] does not depend on their links."""
    from scipy.special import gammaln

    binomial = layout.law == BINOMIAL
    rest = np.where(binomial, layout.n - layout.events, 0.0)
    ways = np.where(binomial, gammaln(layout.n + 1.0) - gammaln(rest + 1.0), layout.events * np.log(layout.n))
    return np.asarray(ways - gammaln(layout.events + 1.0))


def _find_risk(links: Floats, law: int) -> Floats:
    """Return minus the log likelihood of no event at links: of one trial, or one unit of time."""
    if law == POISSON:
        return np.exp(links)
    return np.asarray(np.maximum(links, 0.0) + np.log1p(np.exp(-np.abs(links))))


def _integrate_singles(layout: Layout, predicted: Floats, more: Floats, tau2: Floats) -> Floats:
    """Exact likelihoods [targets, rows] of counts that stand alone in their group, the discrepancy integrated out;
    targets in the order of their groups.
    """
    out = np.empty_like(predicted)
    for law in (BINOMIAL, POISSON):
        own = np.flatnonzero(layout.law == law)
        kept = keep_targets(layout, own)
        link, variance = predicted[own], tau2[own] + more[own] + 1e-12
        certainty = _find_observed_information(kept)[:, None]
        precision = 1.0 / variance + certainty
        centre = certainty * (kept.observed[:, None] - link) / precision
        shift = centre + _NODES[:, None, None] / np.sqrt(precision)
        at = np.clip(link + shift, -FARTHEST, FARTHEST)
        terms = kept.events[:, None] * at - kept.n[:, None] * _find_risk(at, law) - 0.5 * shift**2 / variance
        terms += _LOG_WEIGHTS[:, None, None]
        top = terms.max(axis=0)
        total = top + np.log(np.exp(terms - top).sum(axis=0))
        out[own] = total + _count_ways(kept)[:, None] - 0.5 * np.log(2.0 * np.pi * variance * precision)
    return out
