"""What the models are fitted to: effect sizes, or the counts of the arms, as arrays with one row a study.

`meta.effects` makes both from an evidence table; every method takes one of them. Nothing here computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from meta.measures import Floats

INDEPENDENT: Final = "are taken as independent, which arms of one study are not"
"""How the warning about several rows of one study ends; a model with an effect for each trial does not take them so."""


@dataclass(frozen=True, slots=True, eq=False)
class EffectSizes:
    """One estimate a study on the scale of `measure`, taken as normal with known variance.

    `studies`: names, unique, length k. `estimate`, `variance`: shape (k,), variance > 0. `treatment` and `comparator`
    name the direction: treatment minus comparator (comparator empty for a level). `sizes`: people or person-years a
    study, shape (k,), NaN where unknown. `rows`: ids or lines of the evidence rows behind each study. `warnings`: what
    must be read with the result (a correction that was asked for, studies that could not be used and why).
    """

    measure: str
    studies: tuple[str, ...]
    estimate: Floats
    variance: Floats
    treatment: str = ""
    comparator: str = ""
    sizes: Floats | None = None
    rows: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ArmCounts:
    """Events and exposure of the arms of each study, for an exact likelihood; no study is dropped for its zeros.

    `likelihood`: ``binomial`` (exposure = people) or ``poisson`` (exposure = person-years). `events`, `exposure`: shape
    (k, 2) with column 0 the comparator and column 1 the treatment, or (k, 1) for single arms. Other fields as in
    `EffectSizes`.
    """

    measure: str
    likelihood: str
    studies: tuple[str, ...]
    events: Floats
    exposure: Floats
    treatment: str = ""
    comparator: str = ""
    rows: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
