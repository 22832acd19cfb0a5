"""A cohort lived under every policy, chunk by chunk, kept as integers that add: neither size nor order matters."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.clinical.vocabulary import NEVER
from trialsim.engine.lives import World, simulate_batch
from trialsim.engine.population import draw_baseline
from trialsim.runs.chunks import run_chunks, split_range
from trialsim.runs.progress import Progress, ignore_progress
from trialsim.scenario.model import Population

type Integers = npt.NDArray[np.int64]

CHUNK_PATIENTS: Final = 5_000
# Causes of death as the kernel codes them in OUTCOME's `fatal` (1 and 2), less one; pairs also have any cause.
OVERDOSE: Final = 0
OTHER: Final = 1
ANY: Final = 2
DAYS_A_WEEK: Final = 7.0
DAYS_A_MONTH: Final = 30.4375
LONGEST_IN_WEEKS: Final = 730.5


@dataclass(frozen=True, slots=True)
class Counts:
    """What a cohort, or a part of it, left; every array int64, every entry a sum over people.

    tally: [groups, policies, COUNTERS] as in `clinical.tallies`; deaths: [groups, policies, bins, 2], by the bins of
    `cut_time` and by cause (OVERDOSE, OTHER); treated: [groups, policies], people with at least one first dose;
    pairs: [policies, policies, 3], people who died under the first policy and did not under the second, of the cause
    (OVERDOSE, OTHER, ANY).
    """

    tally: Integers
    deaths: Integers
    treated: Integers
    pairs: Integers


def cut_time(follow_up: float, horizons: Iterable[float]) -> npt.NDArray[np.float64]:
    """Return the ends (days, rising) of the bins that deaths are counted in: weeks up to two years, else months.

    Every horizon and the end of follow-up are ends too, so that deaths up to them are exact. A bin holds its end.
    """
    width = DAYS_A_WEEK if follow_up <= LONGEST_IN_WEEKS else DAYS_A_MONTH
    grid = np.arange(1, int(follow_up / width) + 1) * width
    inside = [day for day in (*grid.tolist(), *horizons) if 0.0 < day < follow_up]
    return np.unique(np.array([*inside, follow_up]))


def count_deaths(outcomes: npt.NDArray[Any], ends: npt.NDArray[np.float64], groups: int, policies: int) -> Integers:
    """Return deaths by group, policy, bin and cause (shape [groups, policies, len(ends), 2])."""
    dead = outcomes[outcomes["fatal"] > 0]
    place = (
        dead["patient"].astype(np.int64) % groups,
        dead["arm"].astype(np.int64),
        np.searchsorted(ends, dead["death"], side="left"),
        dead["fatal"].astype(np.int64) - 1,
    )
    shape = (groups, policies, len(ends), 2)
    flat = np.bincount(np.ravel_multi_index(place, shape), minlength=int(np.prod(shape)))
    return flat.reshape(shape).astype(np.int64)


def count_treated(outcomes: npt.NDArray[Any], groups: int, policies: int) -> Integers:
    """Return how many people had a first dose (shape [groups, policies])."""
    treated = outcomes[outcomes["first_dose"] < NEVER]
    place = (treated["patient"].astype(np.int64) % groups, treated["arm"].astype(np.int64))
    flat = np.bincount(np.ravel_multi_index(place, (groups, policies)), minlength=groups * policies)
    return flat.reshape(groups, policies).astype(np.int64)


def count_pairs(outcomes: npt.NDArray[Any], policies: int) -> Integers:
    """Return how many people died under one policy and not under another, by cause (shape [policies, policies, 3]).

    outcomes: one record a person and policy, in that order.
    """
    fatal = outcomes["fatal"].reshape(-1, policies)
    pairs = np.zeros((policies, policies, 3), np.int64)
    for cause, hit in ((OVERDOSE, fatal == 1), (OTHER, fatal == 2), (ANY, fatal > 0)):
        dead = hit.astype(np.int64)
        pairs[..., cause] = dead.T @ (1 - dead)
    return pairs


def count_chunk(world: World, population: Population, ends: npt.NDArray[np.float64], patients: range) -> Counts:
    """Live some patients under every policy and count what came of it. A pure function of its chunk."""
    baselines = draw_baseline(population, world.seed, patients, 0)
    lives = simulate_batch(world, baselines, np.full(len(patients), -1, np.int64), False)
    groups, policies = world.groups, len(world.regimens)
    return Counts(
        lives.tally,
        count_deaths(lives.outcomes, ends, groups, policies),
        count_treated(lives.outcomes, groups, policies),
        count_pairs(lives.outcomes, policies),
    )


def add_counts(total: Counts, part: Counts) -> Counts:
    """Return the counts of two sets of different people as one."""
    return Counts(
        total.tally + part.tally,
        total.deaths + part.deaths,
        total.treated + part.treated,
        total.pairs + part.pairs,
    )


def count_cohort(
    world: World,
    population: Population,
    participants: int,
    ends: npt.NDArray[np.float64],
    workers: int | None = None,
    progress: Progress = ignore_progress,
    chunk_patients: int = CHUNK_PATIENTS,
) -> Counts:
    """Live a cohort under every policy. Memory holds the chunks under way and one sum, whatever the cohort's size."""
    chunks = split_range(0, participants, chunk_patients)
    parts = run_chunks(partial(count_chunk, world, population, ends), chunks, workers, progress)
    total = next(parts)
    for part in parts:
        total = add_counts(total, part)
    return total
