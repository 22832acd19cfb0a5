"""The SimPy engine: patients arrive, queue for beds, dosing slots and injection slots, and live on while they wait.

Time belongs to the patient record; SimPy's clock only orders requests and releases. Between requests a life runs in the
compiled kernel, as in `batch`; a patient who waits takes one kernel step at a time, raced against the grant.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import simpy

from trialsim.clinical.compiled import compiled
from trialsim.clinical.kernel import begin_waiting, grant, live_while_holding, plan, step
from trialsim.clinical.person import begin
from trialsim.clinical.records import EVENT, PERSON
from trialsim.clinical.tallies import COUNTERS, EVENTS_LOGGED, LIVES
from trialsim.clinical.vocabulary import BED, DEAD, DOSING_SLOT, INJECTION_SLOT, NO_RESOURCE
from trialsim.engine.lives import OUTCOME, Lives, World, keep_outcome
from trialsim.scenario.model import Site

UNLIMITED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Desk:
    """One site's arrays while its patients live: persons, and where tallies, outcomes and events go."""

    world: World
    people: npt.NDArray[Any]
    tally: npt.NDArray[np.int64]
    logs: list[npt.NDArray[Any]]
    waits: list[tuple[int, float]]


@compiled
def start_life(
    people: Any,
    i: int,
    baseline: Any,
    arm: int,
    regimens: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    horizon: float,
    offered_until: float,
    change: float,
    log: Any,
    cursor: Any,
) -> None:
    """Begin life i and plan its first event."""
    person, regimen = people[i], regimens[arm]
    begin(person, baseline[0], arm, regimen, parameters[0], seed, horizon, offered_until, log, cursor)
    plan(person, regimen, parameters[0], life_table, seed, change)


@compiled
def run_life(
    people: Any,
    i: int,
    regimens: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    change: float,
    tally: Any,
    log: Any,
    cursor: Any,
    held: int,
) -> None:
    """Live on until a request is pending, the held resource is no longer needed, death, or the end of follow-up."""
    person = people[i]
    arm = person["arm"]
    row = tally[person["patient"] % len(tally), arm]
    live_while_holding(person, regimens[arm], parameters[0], life_table, seed, change, row, log, cursor, held)


@compiled
def step_life(
    people: Any,
    i: int,
    regimens: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    change: float,
    tally: Any,
    log: Any,
    cursor: Any,
) -> None:
    """Take one kernel step of life i."""
    person = people[i]
    arm = person["arm"]
    row = tally[person["patient"] % len(tally), arm]
    step(person, regimens[arm], parameters[0], life_table, seed, change, row, log, cursor)


@compiled
def grant_life(
    people: Any,
    i: int,
    regimens: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    change: float,
    tally: Any,
    log: Any,
    cursor: Any,
    time: float,
    waited: bool,
) -> None:
    """Grant life i its pending request at a time (days since its own time zero)."""
    person = people[i]
    arm = person["arm"]
    row = tally[person["patient"] % len(tally), arm]
    grant(person, regimens[arm], parameters[0], life_table, seed, change, row, log, cursor, time, waited)


@compiled
def wait_life(people: Any, i: int, log: Any, cursor: Any) -> None:
    """Record that life i begins to wait."""
    begin_waiting(people[i], log, cursor)


def build_resources(environment: simpy.Environment, site: Site) -> dict[int, simpy.Resource]:
    """Return the site's resources by code; an undeclared capacity never binds."""
    capacities = {BED: site.beds, DOSING_SLOT: site.dosing_slots, INJECTION_SLOT: site.injection_slots}
    return {code: simpy.Resource(environment, size or UNLIMITED) for code, size in capacities.items()}


def _wait(
    environment: simpy.Environment, desk: Desk, i: int, arrival: float, request: Any, cursor: npt.NDArray[np.int64]
) -> Generator[Any, Any, bool]:
    """Live on, step by step, until the request is granted (True) or life withdraws it (False)."""
    world, person, log = desk.world, desk.people[i], desk.logs[i]
    shared = (world.regimens, world.parameters, world.life_table, world.seed, world.change, desk.tally, log, cursor)
    wait_life(desk.people, i, log, cursor)
    while True:
        following = environment.timeout(max(0.0, arrival + person["next_time"] - environment.now))
        yield request | following
        if request.triggered:
            return True
        step_life(desk.people, i, *shared)
        if person["pending"] == NO_RESOURCE or person["state"] == DEAD or person["done"]:
            request.cancel()
            return False


def _serve(environment: simpy.Environment, resource: simpy.Resource, request: Any, days: float) -> Generator[Any]:
    yield environment.timeout(days)
    resource.release(request)


def attend(
    environment: simpy.Environment,
    desk: Desk,
    resources: dict[int, simpy.Resource],
    i: int,
    baseline: npt.NDArray[Any],
    arm: int,
    arrival: float,
    cursor: npt.NDArray[np.int64],
) -> Generator[Any, Any, None]:
    """One patient's attendance at one site, from arrival to the end of follow-up (a SimPy process)."""
    world, person, log = desk.world, desk.people[i], desk.logs[i]
    shared = (world.regimens, world.parameters, world.life_table, world.seed, world.change, desk.tally, log, cursor)
    yield environment.timeout(arrival)
    first = (world.regimens, world.parameters, world.life_table, world.seed, world.horizon, world.offered_until)
    start_life(desk.people, i, baseline, arm, *first, world.change, log, cursor)
    held: tuple[int, Any] = (NO_RESOURCE, None)
    while True:
        run_life(desk.people, i, *shared, held[0])
        ended = person["state"] == DEAD or person["done"] or person["pending"] == NO_RESOURCE
        if held[0] == NO_RESOURCE and ended:
            return
        yield environment.timeout(max(0.0, arrival + person["time"] - environment.now))
        if held[0] != NO_RESOURCE and ended:
            resources[held[0]].release(held[1])
            held = (NO_RESOURCE, None)
            continue
        wanted = int(person["pending"])
        if wanted == NO_RESOURCE:
            continue
        asked = environment.now
        request = resources[wanted].request()
        waited = not request.triggered
        if waited:
            granted = yield from _wait(environment, desk, i, arrival, request, cursor)
            desk.waits.append((wanted, environment.now - asked))
            if not granted:
                continue
        grant_life(desk.people, i, *shared, max(environment.now - arrival, person["time"]), waited)
        if wanted == INJECTION_SLOT:
            days = float(world.parameters["injection_service_days"][0])
            environment.process(_serve(environment, resources[wanted], request, days))
        else:
            held = (wanted, request)


def simulate_site(
    world: World,
    site: Site,
    baselines: npt.NDArray[Any],
    arm_of: npt.NDArray[np.int64],
    arrivals: npt.NDArray[np.float64],
    capacity: int = 512,
) -> tuple[Lives, list[tuple[int, float]]]:
    """Live one site's patients of one replicate, with its queues; also return (resource, days waited) of each wait.

    arm_of holds arm numbers (queues couple patients, so there is no living under every arm at once). An event log of
    `capacity` events a life that turns out too short is enlarged and the site is lived again.
    """
    count = len(baselines)
    tally = np.zeros((world.groups, len(world.regimens), COUNTERS), np.int64)
    logs = [np.zeros(capacity, EVENT) for _ in range(count)]
    cursors = [np.array([0, 1], np.int64) for _ in range(count)]
    desk = Desk(world, np.zeros(count, PERSON), tally, logs, [])
    environment = simpy.Environment()
    resources = build_resources(environment, site)
    for i in range(count):
        arguments = (i, baselines[i : i + 1], int(arm_of[i]), float(arrivals[i]), cursors[i])
        environment.process(attend(environment, desk, resources, *arguments))
    environment.run()
    longest = max((int(cursor[0]) for cursor in cursors), default=0)
    if longest > capacity:
        return simulate_site(world, site, baselines, arm_of, arrivals, longest)
    return _close_desk(desk, cursors), desk.waits


def _close_desk(desk: Desk, cursors: list[npt.NDArray[np.int64]]) -> Lives:
    ends = np.cumsum([int(cursor[0]) for cursor in cursors])
    outcomes = np.zeros(len(cursors), OUTCOME)
    for i, end in enumerate(ends):
        person = desk.people[i]
        keep_outcome(outcomes[i], person, int(end - cursors[i][0]), int(end))
        row = desk.tally[person["patient"] % len(desk.tally), person["arm"]]
        row[LIVES] += 1
        row[EVENTS_LOGGED] += person["logged"]
    parts = [log[: cursor[0]] for log, cursor in zip(desk.logs, cursors, strict=True)]
    return Lives(outcomes, desk.tally, np.concatenate([np.zeros(0, EVENT), *parts]))
