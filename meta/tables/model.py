"""An evidence table after reading: frozen rows in one long format, with nothing thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = ("binary", "rate", "mean", "estimate")


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One arm of a study, one contrast between two arms, or one level printed with its standard error.

    `line`: 1-based line of the file (the header is 1). `row`: id, unique in the table; ``line 7`` where the file gives
    none. `kind`: ``binary`` (events of n people), ``rate`` (events in person_years), ``mean`` (mean, sd, n) or
    ``estimate`` (estimate and se on the measure `scale`; a contrast of `treatment` minus `comparator`, or a level where
    `comparator` is empty). Numbers that the kind does not have are None. `person_years` is in years whatever the file's
    unit. `follow_up_years`: length of follow-up behind a count, None where unknown. `randomised`: True for randomised
    designs, False for others, None where the design is not given. `overlap_group`, `period`: rows of one group and
    period are one population, of which a pool may hold one study. `covariates`: all other columns, as text.
    `excluded`: the reason why the row is kept out of every pool, empty for rows that are in. `said`: what reading did
    to its numbers, in words that go into the warnings of its table.
    """

    line: int
    row: str
    study: str
    kind: str
    treatment: str = ""
    comparator: str = ""
    events: float | None = None
    n: float | None = None
    person_years: float | None = None
    mean: float | None = None
    sd: float | None = None
    estimate: float | None = None
    se: float | None = None
    scale: str = ""
    topic: str = ""
    outcome: str = ""
    timepoint: str = ""
    follow_up_years: float | None = None
    design: str = ""
    randomised: bool | None = None
    risk_of_bias: str = ""
    overlap_group: str = ""
    period: str = ""
    citation: str = ""
    note: str = ""
    covariates: Mapping[str, str] = field(default_factory=dict)
    excluded: str = ""
    said: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """Rows as read, excluded ones too, in the order of the file.

    `path`: the file, or what made the table. `sha256`: of the bytes read, or of the rows for tables made in memory.
    `columns`: header of the file. `warnings`: what is right but must be read (a missing citation, a column that looks
    like a misspelt name).
    """

    rows: tuple[EvidenceRow, ...]
    path: str = ""
    sha256: str = ""
    columns: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
