"""The three-state workload as a plain SimPy program, the way its documentation would have it written."""

import random
from collections.abc import Generator
from typing import Any

import simpy


def live(
    environment: simpy.Environment, luck: random.Random, log: list[tuple[float, int, str]], patient: int
) -> Generator[Any]:
    """One person as a SimPy process; records (year, patient, event)."""
    treated = True
    while True:
        move = luck.expovariate(0.5 if treated else 1.0)
        death = luck.expovariate(0.01 if treated else 0.03)
        yield environment.timeout(min(move, death))
        if death < move:
            log.append((environment.now, patient, "death"))
            return
        treated = not treated
        log.append((environment.now, patient, "start" if treated else "stop"))


def simulate_plainly(count: int, seed: int) -> tuple[int, int]:
    """Return deaths within ten years and events among `count` people."""
    environment, luck, log = simpy.Environment(), random.Random(seed), list[tuple[float, int, str]]()
    for patient in range(count):
        environment.process(live(environment, luck, log, patient))
    environment.run(until=10.0)
    return sum(event == "death" for _, _, event in log), len(log)
