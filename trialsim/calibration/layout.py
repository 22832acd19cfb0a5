"""Targets as arrays, and the discrepancies between studies and model that they share.

On the link scale a study differs from the model by a discrepancy with standard deviation tau of its kind
(heterogeneity between studies, and what the model lacks). Targets of one study and kind share half of its variance,
those of one arm another quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

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
# Laws of the data by their numbers in a layout.
LAWS: Final = ("binomial", "poisson", "normal")
BINOMIAL, POISSON, NORMAL = range(len(LAWS))


@dataclass(frozen=True, slots=True)
class Layout:
    """Targets as arrays: data, the components behind them, and whom they share a discrepancy with.

    component, over: index into the components (over -1: none); kind: index into TAU_SCALES; law: index into LAWS;
    events, n, value, error as in `Target` (n 1 where there is none); groups: of one study and kind, sorted; group: of
    each target; cell: its arm of its group, of all groups' arms, sorted by group.
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

    @property
    def observed(self) -> Floats:
        """Links of the data [targets], counts with half an event more so that none and all have one."""
        with np.errstate(invalid="ignore", divide="ignore"):
            binomial = np.log((self.events + 0.5) / (self.n - self.events + 0.5))
            poisson = np.log((self.events + 0.5) / self.n)
        return np.where(self.law == BINOMIAL, binomial, np.where(self.law == POISSON, poisson, self.value))

    @property
    def singles(self) -> Indices:
        """Counts that are alone in their group."""
        alone = np.bincount(self.group, minlength=len(self.groups))[self.group] == 1
        return np.flatnonzero(alone & (self.law != NORMAL))


def lay_out_targets(targets: Sequence[Target], components: Sequence[Component]) -> Layout:
    """Return the targets as arrays."""
    place = {part: i for i, part in enumerate(components)}
    kinds = list(TAU_SCALES)
    groups = tuple(sorted({target.group for target in targets}))
    cells = sorted({target.cell for target in targets})
    return Layout(
        names=tuple(target.name for target in targets),
        component=np.array([place[target.component] for target in targets], np.intp),
        over=np.array([-1 if target.over is None else place[target.over] for target in targets], np.intp),
        kind=np.array([kinds.index(BORROWED.get(target.kind, target.kind)) for target in targets], np.intp),
        law=np.array([LAWS.index(target.law) for target in targets], np.intp),
        events=np.array([target.events for target in targets]),
        n=np.array([1.0 if target.law == "normal" else target.n for target in targets]),
        value=np.array([target.value for target in targets]),
        error=np.array([target.error for target in targets]),
        groups=groups,
        group=np.array([groups.index(target.group) for target in targets], np.intp),
        cell=np.array([cells.index(target.cell) for target in targets], np.intp),
    )


def keep_targets(layout: Layout, kept: Indices) -> Layout:
    """Return the layout of some targets, in the order of `kept`, with all groups' names."""
    return replace(
        layout,
        names=tuple(layout.names[i] for i in kept),
        component=layout.component[kept],
        over=layout.over[kept],
        kind=layout.kind[kept],
        law=layout.law[kept],
        events=layout.events[kept],
        n=layout.n[kept],
        value=layout.value[kept],
        error=layout.error[kept],
        group=layout.group[kept],
        cell=layout.cell[kept],
    )


def predict_targets(layout: Layout, links: Floats) -> Floats:
    """Return the link of every target [rows, targets] from those of the components [rows, C]."""
    over = np.where(layout.over < 0, 0.0, links[:, np.maximum(layout.over, 0)])
    return np.asarray(links[:, layout.component] - over)


def add_errors(layout: Layout, errors: Floats) -> Floats:
    """Return the variance that the components' own [rows, C] gives to the link of every target [rows, targets]."""
    over = np.where(layout.over < 0, 0.0, errors[:, np.maximum(layout.over, 0)])
    return np.asarray(errors[:, layout.component] + over)


def find_taus(points: Floats) -> Floats:
    """Return discrepancies' standard deviations [rows, kinds] at standard normal coordinates: half-normal by their
    probabilities.
    """
    from scipy.special import ndtr, ndtri

    scales = np.array(list(TAU_SCALES.values()))
    return np.asarray(scales * ndtri(0.5 + 0.5 * np.clip(ndtr(points), 1e-9, 1.0 - 1e-9)))


def draw_discrepancies(layout: Layout, taus: Floats, rng: np.random.Generator) -> Floats:
    """Return discrepancies of new studies from the model [rows, targets], shared within studies and their arms. taus:
    [rows, kinds].
    """
    study = rng.standard_normal((len(taus), len(layout.groups)))[:, layout.group]
    arm = rng.standard_normal((len(taus), 1 + layout.cell.max()))[:, layout.cell]
    own = rng.standard_normal((len(taus), len(layout.names)))
    parts = np.stack([own, arm, study], axis=-1)
    return np.asarray(taus[:, layout.kind] * (np.sqrt(SHARES) * parts).sum(axis=-1))
