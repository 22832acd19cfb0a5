"""Two predictions of a left-out number that know nothing of mechanisms: the pool of the other studies of its set by
`meta`, and a constant-hazard model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from meta.measures import find_measure
from meta.pooling import PoolSpec, pool
from meta.predictive import draw_setting
from meta.result import PooledResult
from meta.tables import EvidenceSet, list_sets, read_set
from trialsim.calibration.observing import draw_observed, find_left_out, find_observed_link
from trialsim.calibration.targets import Target

type Floats = npt.NDArray[np.float64]

DRAWS: Final = 4000
CONTINUATIONS: Final = ("continuation", "routine continuation")
CONTINUED: Final = ("injections", "retained")
# The laws of targets that are levels or contrasts as a measure of `meta` pools them.
MEASURES: Final = {"binomial": "logit_proportion", "poisson": "log_rate", "normal": "log_rate_ratio"}
# Standard deviation of a new study's log rate ratio around no difference: the scale of a discrepancy.
RATIO_SPREAD: Final = 0.5


def pool_set(name: str) -> tuple[float, float, float]:
    """Return a set of published numbers as `meta` pools it: median and 95% prediction limits of a new setting, in
    natural units.
    """
    about = _list_sets()[name]
    found = pool(read_set(name), PoolSpec(about.measure, model=about.model))
    links = np.array([found.median, found.prediction_low, found.prediction_high], np.float64)
    median, low, high = find_measure(about.measure).back(links)
    return float(median), float(low), float(high)


@cache
def _list_sets() -> dict[str, EvidenceSet]:
    return {about.name: about for about in list_sets()}


def predict_pooled(target: Target, targets: Sequence[Target], rng: np.random.Generator) -> Floats | None:
    """Return links [DRAWS] of a new study like the target's, as `meta` predicts them of the other studies of its set
    alone: with the set's own model and the defaults of `meta`, and the chance of the target's counts.

    None where the target is of no set, or of one whose measure it is not (a level in a set of contrasts), and where
    fewer than two other people's studies are left.
    """
    about = _list_sets().get(target.pool)
    if about is None or about.measure != MEASURES[target.law]:
        return None
    left_out = [t for t in targets if t.study in find_left_out(targets, target.study)]
    names = frozenset(name for t in left_out for name in (t.study, t.row.study))
    found = _pool_without(target.pool, names, frozenset(t.overlap for t in left_out if t.overlap))
    if found is None:
        return None
    return draw_observed(target, draw_setting(found, DRAWS, int(rng.integers(2**31))), rng)


@cache
def _pool_without(name: str, studies: frozenset[str], groups: frozenset[str]) -> PooledResult | None:
    """Return the pool of a set without these studies and overlap groups; None with fewer than two others."""
    table = read_set(name)
    others = tuple(
        row for row in table.rows if not row.excluded and row.study not in studies and row.overlap_group not in groups
    )
    if len({row.study for row in others}) < 2:
        return None
    about = _list_sets()[name]
    return pool(replace(table, rows=others), PoolSpec(about.measure, model=about.model))


def find_others(target: Target, targets: Sequence[Target]) -> list[Target]:
    """Return the fitted targets of other people's studies."""
    without = find_left_out(targets, target.study)
    return [other for other in targets if other.role == "fit" and other.study not in without]


def predict_constant(target: Target, others: Sequence[Target], rng: np.random.Generator) -> Floats | None:
    """Return links under the constant-hazard model: one rate of leaving, or of death, for everyone else's people.

    For continuation the hazard a week is that of all other studies' steps (their own lengths); for deaths it is one
    rate of the same deaths (overdoses, or all) in and out of treatment, so that every ratio is 1. Spread: that between
    the other studies beyond chance, and of ratios RATIO_SPREAD. None for other kinds, and where too few others tell.
    """
    if target.kind == "rate ratio":
        return np.asarray(rng.normal(0.0, RATIO_SPREAD, DRAWS) + target.error * rng.standard_normal(DRAWS))
    if target.kind in ("death rate", "after naltrexone"):
        own = [o for o in others if (o.kind, o.component.statistic) == (target.kind, target.component.statistic)]
        if len(own) < 2:
            return None
        mean = np.log(sum(o.events for o in own) / sum(o.n for o in own))
        logs, errors = np.array([find_observed_link(o) for o in own]).T
        return draw_observed(target, rng.normal(mean, find_spread(logs, errors), DRAWS), rng)
    steps = [(o, find_weeks(o)) for o in others if o.kind in CONTINUATIONS and find_weeks(o)]
    weeks = find_weeks(target) if target.kind in CONTINUATIONS else 0.0
    if not weeks or len(steps) < 3:
        return None
    stayed = np.array([min((o.events + 0.5) / (o.n + 1.0), 0.999) for o, _ in steps])
    logs = np.log(-np.log(stayed) / np.array([w for _, w in steps]))
    errors = np.sqrt((1.0 - stayed) / stayed / np.array([o.n for o, _ in steps])) / -np.log(stayed)
    rate = np.exp(rng.normal(logs.mean(), find_spread(logs, errors), DRAWS))
    share = np.clip(np.exp(-rate * weeks), 1e-6, 1.0 - 1e-6)
    return draw_observed(target, np.log(share / (1.0 - share)), rng)


def find_spread(values: Floats, errors: Floats) -> float:
    """Return the standard deviation of values beyond that of their errors (a moment estimate, at least 0)."""
    return float(np.sqrt(max(values.var(ddof=1) - (errors**2).mean(), 0.0)))


def find_weeks(target: Target) -> float:
    """Return the length (weeks) of a step of continuation, between two weeks or two monthly injections; 0 where the
    statistic is none.
    """
    if target.component.statistic not in CONTINUED:
        return 0.0
    later, _, earlier = target.component.at.partition("|")
    if target.component.statistic == "injections":
        return 4.0 * (float(later) - float(earlier or 1.0))
    return float(later) - float(earlier or 0.0)
