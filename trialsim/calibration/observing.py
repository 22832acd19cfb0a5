"""Targets as their studies see them: studies, the people that they share, observed links, the chance of counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from trialsim.calibration.targets import Target

type Floats = npt.NDArray[np.float64]


def list_studies(targets: Sequence[Target]) -> tuple[str, ...]:
    """Return the studies of the targets, in the order of their first appearance."""
    return tuple(dict.fromkeys(target.study for target in targets))


def find_left_out(targets: Sequence[Target], study: str) -> frozenset[str]:
    """Return a study and those that share people with it: nothing of them may be known where it is predicted."""
    shared = {target.overlap for target in targets if target.study == study and target.overlap}
    return frozenset({study, *(target.study for target in targets if target.overlap in shared)})


def draw_observed(target: Target, links: Floats, rng: np.random.Generator) -> Floats:
    """Return observed links [rows] of studies of a target's size, where the true ones are these: with the chance of
    counts (half an event more, as in `find_observed_link`) or of the printed interval.
    """
    if target.law == "binomial":
        n = max(round(target.n), 1)
        events = rng.binomial(n, 1.0 / (1.0 + np.exp(-links)))
        return np.log((events + 0.5) / (n - events + 0.5))
    if target.law == "poisson":
        return np.log((rng.poisson(target.n * np.exp(np.minimum(links, 3.0))) + 0.5) / target.n)
    return links + target.error * rng.standard_normal(len(links))


def find_observed_link(target: Target) -> tuple[float, float]:
    """Return a target's observed link and its standard error, counts with half an event more."""
    if target.law == "normal":
        return target.value, target.error
    if target.law == "binomial":
        rest = target.n - target.events
        link = np.log((target.events + 0.5) / (rest + 0.5))
        return float(link), float(np.sqrt(1.0 / (target.events + 0.5) + 1.0 / (rest + 0.5)))
    return float(np.log((target.events + 0.5) / target.n)), float(np.sqrt(1.0 / (target.events + 0.5)))


def find_observed(target: Target) -> float:
    """Return a target's observed share, rate per person-year, or ratio."""
    return float(np.exp(target.value)) if target.law == "normal" else target.events / target.n


def to_scale(target: Target, link: float) -> float:
    """Return a link as a share, a rate per person-year, or a ratio."""
    return float(1.0 / (1.0 + np.exp(-link)) if target.law == "binomial" else np.exp(link))


def count_observed(target: Target, links: Floats) -> Floats:
    """Return observed links, with their half event, as shares, rates per person-year, or ratios, without it."""
    if target.law == "normal":
        return np.exp(links)
    n = max(round(target.n), 1) if target.law == "binomial" else target.n
    odds = np.exp(links)
    events = ((n + 1.0) * odds / (1.0 + odds) if target.law == "binomial" else n * odds) - 0.5
    # Counts are whole: what is left of them is rounding.
    return np.asarray(np.maximum(np.round(events, 6), 0.0) / n)
