"""The engines: the same bytes from both where capacity is ample, for any cut into chunks and any number of threads."""

from dataclasses import replace
from typing import Any

import numpy as np

from trialsim.engine.lives import World
from trialsim.engine.population import draw_baseline
from trialsim.runs.chunks import run_chunks
from trialsim.scenario import Scenario
from trialsim.scenario.model import Site
from trialsim.trial.design import lay_out
from trialsim.trial.simulate import Chunk
from trialsim.verify.check import Check, report_exact
from trialsim.verify.kernel import Kernel
from trialsim.verify.worlds import BUSY, make_scenario, make_world

AMPLE = 1_000_000
PEOPLE = 60
THREAD_PEOPLE = 1000


def _make(people: int) -> tuple[Scenario, World]:
    sites = tuple(Site(name, 0.5, beds=AMPLE, injection_slots=AMPLE, dosing_slots=AMPLE) for name in ("one", "two"))
    scenario = make_scenario(days=180.0, sites=sites, participants=people)
    return scenario, make_world(scenario, **BUSY)


def _list_bytes(kernel: Kernel, scenario: Scenario, world: World, engine: str, chunk: Chunk) -> tuple[bytes, ...]:
    baselines = draw_baseline(scenario.population, world.seed, range(scenario.participants), 0)
    layout = lay_out(scenario, baselines, world.seed, 0)
    lives, _ = kernel.live_chunk(world, scenario, engine, chunk, baselines, layout)
    return lives.outcomes.tobytes(), lives.tally.tobytes(), lives.log.tobytes()


def count_differing(a: bytes, b: bytes) -> int:
    """Return how many bytes differ, a difference in length included."""
    size = min(len(a), len(b))
    first, second = (np.frombuffer(each[:size], np.uint8) for each in (a, b))
    return int((first != second).sum()) + abs(len(a) - len(b))


def check_engines(name: str, kernel: Kernel) -> Check:
    """See that both engines leave the same outcomes, tallies and event log, randomised and counterfactual."""
    wrong = size = 0
    for mode in ("randomised", "counterfactual"):
        scenario, world = _make(PEOPLE if mode == "counterfactual" else 9 * PEOPLE)
        scenario = replace(scenario, mode=mode)
        chunk = Chunk(0, 0, scenario.participants)
        batch, des = (_list_bytes(kernel, scenario, world, engine, chunk) for engine in ("batch", "des"))
        wrong += sum(count_differing(a, b) for a, b in zip(batch, des, strict=True))
        size += sum(map(len, batch))
    return report_exact(name, wrong, f"bytes of {size} that differ between batch and des", size)


def _join(parts: Any) -> tuple[bytes, bytes]:
    # Where a life's log stands depends on its chunk; nothing else does.
    fields = [name for name in parts[0].outcomes.dtype.names if not name.startswith("log_")]
    outcomes = [part.outcomes[name].tobytes() for name in fields for part in parts]
    return b"".join(outcomes), b"".join(part.log.tobytes() for part in parts)


def check_threads(name: str, kernel: Kernel) -> Check:
    """See that one chunk on one thread and many chunks on two threads leave the same bytes."""
    scenario, world = _make(THREAD_PEOPLE)
    baselines = draw_baseline(scenario.population, world.seed, range(THREAD_PEOPLE), 0)
    layout = lay_out(scenario, baselines, world.seed, 0)

    def live(chunk: Chunk) -> Any:
        return kernel.live_chunk(world, scenario, "batch", chunk, baselines, layout)[0]

    wrong, runs = 0, []
    for size, threads in ((THREAD_PEOPLE, 1), (73, 1), (73, 2)):
        chunks = [Chunk(0, first, min(first + size, THREAD_PEOPLE)) for first in range(0, THREAD_PEOPLE, size)]
        parts = list(run_chunks(live, chunks, threads))
        runs.append((*_join(parts), np.sum([part.tally for part in parts], axis=0).tobytes()))
    for other in runs[1:]:
        wrong += sum(count_differing(a, b) for a, b in zip(runs[0], other, strict=True))
    size = sum(map(len, runs[0]))
    return report_exact(
        name, wrong, f"bytes of {size} that differ between 1 chunk, 14 chunks, and 14 on 2 threads", size
    )
