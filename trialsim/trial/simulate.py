"""One chunk of a trial: patients of one replicate, lived by an engine and observed. A pure function of its chunk."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.clinical.vocabulary import KIND_SUPPORT, NEVER
from trialsim.endpoints.score import score_codes
from trialsim.engine.des import simulate_site
from trialsim.engine.lives import Lives, World, simulate_batch
from trialsim.engine.population import draw_baseline
from trialsim.scenario.model import Scenario
from trialsim.trial.design import Layout, lay_out
from trialsim.trial.observe import COURSE, DAYS_A_WEEK, NOT_DUE, observe_lives


@dataclass(frozen=True, slots=True)
class Chunk:
    """Patients first to last - 1 of one replicate; under `des` always all of them, since queues couple patients."""

    replicate: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Observed:
    """What a chunk left, one row a life in the order (patient, arm).

    baselines, outcomes, courses: BASELINE, OUTCOME and COURSE records; words: uint8[lives, weeks]; layout columns as in
    `Layout`; relapse_week and relapse_event: float64 and bool, the trial's endpoint; waits: (resource code, days).
    """

    baselines: npt.NDArray[Any]
    outcomes: npt.NDArray[Any]
    courses: npt.NDArray[Any]
    words: npt.NDArray[np.uint8]
    site: npt.NDArray[np.int64]
    stratum: npt.NDArray[np.object_]
    arrival_day: npt.NDArray[np.float64]
    relapse_week: npt.NDArray[np.float64]
    relapse_event: npt.NDArray[np.bool_]
    tally: npt.NDArray[np.int64]
    log: npt.NDArray[Any]
    waits: tuple[tuple[int, float], ...]


def simulate_des(
    world: World, scenario: Scenario, baselines: npt.NDArray[Any], layout: Layout
) -> tuple[Lives, tuple[tuple[int, float], ...]]:
    """Live a replicate in the SimPy engine, site by site; lives come back in the order of patients."""
    parts, waits, order = [], [], []
    for code, site in enumerate(scenario.sites):
        mine = np.flatnonzero(layout.site == code)
        order.append(mine)
        lives, waited = simulate_site(world, site, baselines[mine], layout.arm[mine], layout.arrival_day[mine])
        parts.append(lives)
        waits += waited
    return join_lives(parts, np.argsort(np.concatenate(order), kind="stable")), tuple(waits)


def join_lives(parts: list[Lives], order: npt.NDArray[np.int64]) -> Lives:
    """Return lives of several parts as one, in the given order of lives; their events follow."""
    shift = np.cumsum([0, *[len(part.log) for part in parts[:-1]]])
    outcomes = np.concatenate([part.outcomes for part in parts])
    offset = np.repeat(shift, [len(part.outcomes) for part in parts])
    log = np.concatenate([part.log for part in parts])
    outcomes = outcomes[order]
    starts, ends = outcomes["log_start"] + offset[order], outcomes["log_end"] + offset[order]
    sizes = ends - starts
    index = np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    outcomes["log_end"] = np.cumsum(sizes)
    outcomes["log_start"] = outcomes["log_end"] - sizes
    return Lives(outcomes, np.sum([part.tally for part in parts], axis=0), log[index])


def live_chunk(
    world: World, scenario: Scenario, engine: str, chunk: Chunk, baselines: npt.NDArray[Any], layout: Layout
) -> tuple[Lives, tuple[tuple[int, float], ...]]:
    """Live a chunk's patients in an engine; counterfactual lives under `des` are lived one arm after another."""
    if engine == "batch":
        arms = layout.arm[chunk.first : chunk.last]
        return simulate_batch(world, baselines[chunk.first : chunk.last], arms, True), ()
    if scenario.mode == "randomised":
        return simulate_des(world, scenario, baselines, layout)
    parts: list[Lives] = []
    waits: list[tuple[int, float]] = []
    for arm in range(len(scenario.arms)):
        everyone = Layout(layout.site, layout.stratum, np.full_like(layout.arm, arm), layout.arrival_day, layout.labels)
        lives, waited = simulate_des(world, scenario, baselines, everyone)
        parts.append(lives)
        waits += waited
    count = len(scenario.arms) * len(baselines)
    order = np.arange(count).reshape(len(scenario.arms), len(baselines)).T.reshape(-1)
    return join_lives(parts, order), tuple(waits)


def score_relapse(
    scenario: Scenario, words: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return week and event of the trial's weekly endpoint by its week; never an event where it is retention."""
    none = np.full(len(words), float(scenario.endpoint_week)), np.zeros(len(words), np.bool_)
    if scenario.endpoint is None or scenario.endpoint == "retention":
        return none
    read = words[:, : scenario.endpoint_week]
    columns = list(score_codes(read, names=[scenario.endpoint]).values())
    if len(columns) == 1:
        return none[0], np.asarray(columns[0] == 1)
    return columns[0].astype(np.float64), np.asarray(columns[1] == 1)


def find_cover_days(regimens: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return for each arm how long after a dose people attend visits as if in treatment (days).

    A depot lasts until the next one is due, a daily form not at all. Counselling lasts for ever: where nothing is
    given, whoever stops it has no treatment to leave the trial with, and its visits are those of the research alone.
    """
    cover = np.where(regimens["daily"] > 0, 0.0, regimens["dose_interval_days"])
    nothing = (regimens["kind"] == KIND_SUPPORT) & (regimens["needs_withdrawal"] == 0)
    return np.asarray(np.where(nothing, NEVER, cover))


def simulate_chunk(
    world: World,
    observation: npt.NDArray[Any],
    scenario: Scenario,
    engine: str,
    keep_events: bool,
    chunk: Chunk,
) -> Observed:
    """Live and observe one chunk."""
    everyone = draw_baseline(scenario.population, world.seed, range(scenario.participants), chunk.replicate)
    layout = lay_out(scenario, everyone, world.seed, chunk.replicate)
    lives, waits = live_chunk(world, scenario, engine, chunk, everyone, layout)
    outcomes = lives.outcomes
    weeks = int(scenario.visit_count * scenario.visit_interval_days / DAYS_A_WEEK)
    words = np.full((len(outcomes), max(weeks, 1)), NOT_DUE, np.uint8)
    courses = np.zeros(len(outcomes), COURSE)
    endpoint_day = scenario.endpoint_week * DAYS_A_WEEK
    interval = scenario.visit_interval_days or DAYS_A_WEEK
    cover = find_cover_days(world.regimens)
    observe_lives(words, courses, outcomes, lives.log, observation, world.seed, interval, endpoint_day, cover)
    week, event = score_relapse(scenario, words)
    patients = outcomes["patient"].astype(np.int64)
    labels = np.array(layout.labels, dtype=object)
    return Observed(
        everyone[patients],
        outcomes,
        courses,
        words,
        layout.site[patients],
        labels[layout.stratum[patients]],
        layout.arrival_day[patients],
        week,
        event,
        lives.tally,
        lives.log if keep_events else lives.log[:0],
        waits,
    )


type ChunkFunction = Callable[[Chunk], Observed]
