"""Speed, both sides in one run on one core: prints rates, asserts answers only. Run by `nox -s bench`."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.bench.simpy_three_state import simulate_plainly
from tests.bench.three_state import find_exact_answers, find_tolerance, simulate_three_states
from trialsim.clinical.tallies import EVENTS_LOGGED, KERNEL_STEPS
from trialsim.engine.lives import simulate_batch
from trialsim.engine.population import draw_baseline
from trialsim.engine.world import build_world, list_values
from trialsim.parameters import read_parameters
from trialsim.scenario import read_scenario
from trialsim.scenario.model import Scenario
from trialsim.trial.design import lay_out
from trialsim.trial.simulate import simulate_des

SCENARIOS = Path(__file__).parents[2] / "scenarios"
REPEATS = 7


def time_best(run: Callable[[int], int], repeats: int = REPEATS) -> float:
    """Events per CPU-second of the best of some runs; `run` takes a seed and returns its number of events."""
    rates = []
    for seed in range(repeats):
        start = time.process_time()
        events = run(seed)
        rates.append(events / (time.process_time() - start))
    return max(rates)


def print_rates(title: str, rows: list[tuple[str, float, str]]) -> None:
    print(f"\n\n{title}\n{'':44}{'events per CPU-second':>24}   target")
    for name, rate, target in rows:
        print(f"{name:44}{rate:24,.0f}   {target}")


@pytest.mark.bench
def test_three_states() -> None:
    count = 100_000
    share, _ = find_exact_answers()
    deaths: list[int] = []

    def ours(seed: int) -> int:
        dead, log = simulate_three_states(count, seed)
        deaths.append(dead)
        return len(log)

    def plain(seed: int) -> int:
        return simulate_plainly(count, seed)[1]

    ours(0)
    fast, slow = time_best(ours), time_best(plain, 3)
    assert abs(np.mean(deaths) / count - share) < find_tolerance(share, count)
    print_rates(
        f"Three states, ten years, {count:,} people; share dead {np.mean(deaths) / count:.5f}, exact {share:.5f}",
        [
            ("the project's clocks, addresses and log", fast, "10,000,000"),
            ("a plain SimPy program", slow, ""),
            ("ratio", fast / slow, "60"),
        ],
    )


def read_xbot() -> Scenario:
    return read_scenario(SCENARIOS / "xbot.yaml")


@pytest.mark.bench
def test_the_clinical_kernel() -> None:
    scenario, values = read_xbot(), list_values(read_parameters())
    world = build_world(scenario, values, scenario.seed)
    patients = 20_000
    baselines = draw_baseline(scenario.population, scenario.seed, range(patients), 0)
    arms = np.arange(patients) % 2
    steps: list[int] = []

    def batch(seed: int) -> int:
        lives = simulate_batch(world, baselines, arms, True)
        steps.append(int(lives.tally[..., KERNEL_STEPS].sum()))
        return int(lives.tally[..., EVENTS_LOGGED].sum())

    few = baselines[:2000]
    layout = lay_out(scenario, few, scenario.seed, 0)

    def des(seed: int) -> int:
        return len(simulate_des(world, scenario, few, layout)[0].log)

    events = batch(0)
    # Only equal answers are compared: both engines live the same lives here.
    assert des(0) == len(simulate_batch(world, few, layout.arm, True).log)
    fast, queues = time_best(batch), time_best(des, 3)
    print_rates(
        f"The clinical kernel on xbot.yaml, event log kept; {events / patients:.1f} events a life",
        [
            ("batch, events in the log", fast, "2,500,000"),
            ("batch, kernel steps (silent ones too)", fast * steps[0] / events, ""),
            ("des, events in the log", queues, "50,000"),
        ],
    )
