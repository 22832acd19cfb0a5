"""A scenario after reading: frozen records, every duration in days and every rate per day.

`trialsim.scenario.read_scenario` makes them from a YAML file; nothing else should. All records can be pickled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

type Value = float | str
"""One covariate value: a number (yes/no covariates are 1.0 or 0.0) or a code such as ``heroin``."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """One number or code for everyone; for a yes/no covariate the share of people with "yes" (0 to 1)."""

    value: Value


@dataclass(frozen=True, slots=True)
class TruncatedNormal:
    """A normal law with this mean and standard deviation *before* it is cut at low and high (inclusive)."""

    mean: float
    sd: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Choices:
    """A discrete law; `shares` add up to 1 and stand in the order of `values`."""

    values: tuple[Value, ...]
    shares: tuple[float, ...]


type Covariate = Fixed | TruncatedNormal | Choices


@dataclass(frozen=True, slots=True)
class Population:
    """Who takes part, as they are at time zero.

    `covariates` names a law for every covariate of `trialsim.scenario.vocabulary.COVARIATES` that `rows` does not hold.
    `rows` holds columns of real people read from a CSV file (all of length `row_count`, 0 without a file); patient i
    is row i modulo `row_count`.
    """

    covariates: Mapping[str, Covariate]
    setting: str
    start: str
    era: str
    naloxone_coverage: float
    country: str = "United States"
    csv: str | None = None
    rows: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class Arm:
    """What one arm of a trial, or one policy of a cohort, offers; `medication` is a built-in or a scenario's own id."""

    name: str
    medication: str
    procedure: str = "standard"
    outpatient: bool = False
    contingency: bool = False
    supervised: bool = False
    dose_mg: float | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class CustomMedication:
    """A medication of the scenario's own: the record `like` with some fields replaced (days, per day, proportions)."""

    id: str
    like: str
    overrides: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Override:
    """A parameter that the scenario sets itself: value and 95% limits in the canonical unit of the parameter table.

    low, high: the value itself where it is taken as known.
    """

    value: float
    low: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class Allocation:
    """Permuted blocks: whole-number `ratio` in the order of the arms, within every combination of `strata`."""

    ratio: tuple[int, ...]
    block_size: int
    strata: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Site:
    """One site: its share of the participants and its capacity; None means no limit."""

    name: str
    share: float
    beds: int | None = None
    injection_slots: int | None = None
    dosing_slots: int | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A published number to set beside the simulated one: `row` is the id of a row of the evidence tables."""

    arm: str
    outcome: str
    row: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """A resolved design.

    Days: accrual_days, visit_interval_days, retreatment_days (0: nobody may ask again), follow_up_days, horizons_days.
    `screened` is the published trial's own count, or None. `visit_count` visits follow time zero at equal intervals;
    `endpoint_week` is 1 to `visit_count` weeks.
    `arms` holds the policies of a cohort. A cohort has allocation None, endpoint None, no visits and no published rows.
    `sources_of` maps a key path (``population.age``) to the source of its number; `source_lines` maps key paths to
    1-based lines of `text`, the file as read.
    """

    name: str
    kind: Literal["trial", "cohort"]
    title: str
    description: str
    sources: tuple[str, ...]
    seed: int
    mode: Literal["randomised", "counterfactual"]
    replicates: int
    participants: int
    screened: int | None
    population: Population
    arms: tuple[Arm, ...]
    medications: tuple[CustomMedication, ...]
    parameters: Mapping[str, Override]
    allocation: Allocation | None
    accrual_days: float
    sites: tuple[Site, ...]
    visit_interval_days: float
    visit_count: int
    endpoint: str | None
    endpoint_week: int
    estimand: Mapping[str, str | Mapping[str, str]]
    retreatment_days: float
    reentry: bool
    follow_up_days: float
    horizons_days: tuple[float, ...]
    published: tuple[Published, ...]
    sources_of: Mapping[str, str]
    path: str
    text: str
    source_lines: Mapping[str, int]
