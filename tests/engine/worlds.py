"""Small scenarios as data, and both engines on them: what the tests of the engines share."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from trialsim.engine.lives import World
from trialsim.engine.setup import build_observation
from trialsim.engine.world import build_world, list_values
from trialsim.parameters import read_parameters
from trialsim.parameters.medications import MEDICATIONS
from trialsim.runs.chunks import run_chunks
from trialsim.scenario import parse_scenario
from trialsim.scenario.model import (
    Allocation,
    Arm,
    Choices,
    Covariate,
    Fixed,
    Population,
    Scenario,
    Site,
    TruncatedNormal,
)
from trialsim.trial.run import join_observed
from trialsim.trial.simulate import Chunk, Observed, simulate_chunk

AMPLE = 1_000_000
BASE = """
name: made
kind: trial
title: made
description: made for tests
sources: [none]
seed: 11
mode: randomised
replicates: 1
participants: 40
population:
  {age: 40, male: 0.5, primary_opioid: heroin, injection: 0.5, use_days: 20, unstable_housing: 0.5,
   prior_treatment: 0.5, liver_disease: 0, uses_alone: 0.5, opioid_free_days: 0, setting: trial, start: using,
   era: heroin, naloxone_coverage: 0.5}
arms: {a: {medication: none}}
accrual: {duration: 60 days}
visits: {every: 1 week, count: 24}
endpoint: relapse_ctnFiftyOne_2018
endpoint_week: 24
retreatment: {until: 24 weeks}
follow_up: 36 weeks
estimand:
  {population: all randomised, treatment: assigned, variable: relapse, intercurrent_events: {death: composite},
   summary: risk ratio}
"""
DETOXIFIED = ("oral_naltrexone", "xr_naltrexone", "implant_naltrexone")


@cache
def read_values() -> Mapping[str, float]:
    """The best value of every parameter of the package."""
    return list_values(read_parameters())


def make_population(**changes: Any) -> Population:
    """A population at a trial's start of withdrawal; changes replace fields, or covariates by name."""
    covariates: dict[str, Covariate] = {
        "age": TruncatedNormal(35.0, 10.0, 18.0, 70.0),
        "male": Fixed(0.7),
        "primary_opioid": Choices(("heroin", "prescription"), (0.8, 0.2)),
        "injection": Fixed(0.6),
        "use_days": Fixed(20.0),
        "unstable_housing": Fixed(0.3),
        "prior_treatment": Fixed(0.5),
        "liver_disease": Fixed(0.1),
        "uses_alone": Fixed(0.5),
        "opioid_free_days": Choices((0.0, 4.0), (0.5, 0.5)),
    }
    fields: dict[str, Any] = {"setting": "trial", "start": "withdrawal", "era": "heroin", "naloxone_coverage": 0.3}
    for name, value in changes.items():
        if name in covariates:
            covariates[name] = value
        else:
            fields[name] = value
    return Population(covariates=covariates, **fields)


@cache
def read_base() -> Scenario:
    """A scenario as a file would give it, so that a new field of the model needs no change here."""
    return parse_scenario(BASE)


def make_scenario(*medications: str, **changes: Any) -> Scenario:
    """A randomised trial of medications (default: XR-naltrexone against buprenorphine); changes replace fields."""
    names = medications or ("xr_naltrexone", "sublingual_buprenorphine")
    arms = changes.pop("arms", tuple(Arm(f"arm-{code}", name) for code, name in enumerate(names)))
    ratio = tuple(1 for _ in arms)
    sites = (Site("a", 0.6, AMPLE, AMPLE, AMPLE), Site("b", 0.4, AMPLE, AMPLE, AMPLE))
    allocation = Allocation(ratio, 2 * sum(ratio), ())
    made = replace(read_base(), arms=arms, sites=sites, allocation=allocation, population=make_population())
    return replace(made, **changes)


def make_world(scenario: Scenario, **parameters: float) -> World:
    """The world of a scenario, with some parameters set to other values."""
    return build_world(scenario, {**read_values(), **parameters}, scenario.seed)


def simulate(
    scenario: Scenario, engine: str, world: World | None = None, size: int | None = None, workers: int = 1
) -> Observed:
    """Live and observe a scenario's replicates in chunks of `size` patients on `workers` threads."""
    step = size or scenario.participants
    chunks = [
        Chunk(replicate, first, min(first + step, scenario.participants))
        for replicate in range(scenario.replicates)
        for first in range(0, scenario.participants, step)
    ]
    observation = build_observation(read_values())
    lived = world or make_world(scenario)

    def run(chunk: Chunk) -> Observed:
        return simulate_chunk(lived, observation, scenario, engine, True, chunk)

    return join_observed(list(run_chunks(run, chunks, workers)))


def sort_log(lives: Observed) -> npt.NDArray[Any]:
    """The event log in the order (replicate, patient, arm, occurrence)."""
    log = lives.log
    return log[np.lexsort((log["occurrence"], log["arm"], log["patient"], log["replicate"]))]


def list_bytes(lives: Observed) -> dict[str, bytes]:
    """Everything that must not depend on engine, chunks or threads, as bytes; places in the log are left out."""
    outcomes = lives.outcomes.copy()
    outcomes["log_start"] = outcomes["log_end"] = 0
    columns = {
        "log": sort_log(lives),
        "outcomes": outcomes,
        "tally": lives.tally,
        "words": lives.words,
        "courses": lives.courses,
        "baselines": lives.baselines,
        "arrival_day": lives.arrival_day,
        "relapse_week": lives.relapse_week,
    }
    return {name: np.ascontiguousarray(column).tobytes() for name, column in columns.items()}


@st.composite
def draw_arms(draw: st.DrawFn, at_least: int = 1) -> tuple[Arm, ...]:
    """One to three arms of any medication, with whatever procedure and modifiers."""
    names = draw(st.lists(st.sampled_from(sorted(MEDICATIONS)), min_size=at_least, max_size=3))
    return tuple(
        Arm(
            f"arm-{code}",
            name,
            procedure=draw(st.sampled_from(("standard", "rapid"))) if name in DETOXIFIED else "standard",
            outpatient=draw(st.booleans()),
            contingency=draw(st.booleans()),
            supervised=draw(st.booleans()),
        )
        for code, name in enumerate(names)
    )


@st.composite
def draw_scenarios(draw: st.DrawFn) -> Scenario:
    """Scenarios of a few dozen people with any arms, population and follow-up, at sites where capacity never binds."""
    arms = draw(draw_arms())
    limits = st.sampled_from((None, AMPLE))
    sites = draw(st.integers(1, 3))
    population = make_population(
        setting=draw(st.sampled_from(("trial", "routine", "release"))),
        start=draw(st.sampled_from(("using", "withdrawal", "abstinent", "incarcerated"))),
        era=draw(st.sampled_from(("heroin", "fentanyl"))),
        naloxone_coverage=draw(st.floats(0.0, 1.0)),
        age=Fixed(draw(st.sampled_from((19.0, 45.0, 108.0)))),
        unstable_housing=Fixed(draw(st.floats(0.0, 1.0))),
    )
    ratio = tuple(draw(st.integers(1, 3)) for _ in arms)
    return make_scenario(
        arms=arms,
        population=population,
        seed=draw(st.integers(0, 2**62)),
        mode=draw(st.sampled_from(("randomised", "counterfactual"))),
        replicates=draw(st.integers(1, 2)),
        participants=draw(st.integers(1, 30)),
        allocation=Allocation(ratio, sum(ratio), draw(st.sampled_from(((), ("site",), ("injection", "site"))))),
        accrual_days=draw(st.sampled_from((0.0, 1.0, 400.0))),
        sites=tuple(Site(f"s{i}", 1 / sites, draw(limits), draw(limits), draw(limits)) for i in range(sites)),
        retreatment_days=draw(st.sampled_from((0.0, 100.0))),
        reentry=draw(st.booleans()),
        follow_up_days=draw(st.sampled_from((10.0, 252.0, 2000.0))),
    )
