"""The three-state workload gives the exact answer; how fast is the business of the bench alone."""

import numpy as np

from tests.bench.simpy_three_state import simulate_plainly
from tests.bench.three_state import find_exact_answers, find_tolerance, simulate_three_states

COUNT = 100_000


def test_the_exact_answers_are_those_of_the_workload() -> None:
    share, events = find_exact_answers()
    assert abs(share - 0.14930) < 5e-6
    assert abs(events - 6.195) < 5e-4


def test_the_clocks_give_the_exact_share_of_dead_and_number_of_events() -> None:
    share, events = find_exact_answers()
    deaths, log = simulate_three_states(COUNT, 1)
    assert abs(deaths / COUNT - share) < find_tolerance(share, COUNT)
    counts = np.bincount(log["patient"], minlength=COUNT)
    assert abs(counts.mean() - events) < 4 * counts.std() / np.sqrt(COUNT)
    assert np.all(np.diff(log["day"])[log["patient"][1:] == log["patient"][:-1]] >= 0)


def test_the_plain_program_gives_them_too() -> None:
    share, events = find_exact_answers()
    deaths, recorded = simulate_plainly(5000, 1)
    assert abs(deaths / 5000 - share) < find_tolerance(share, 5000)
    # Events of a life spread less than a Poisson count of the same mean would by a factor below two.
    assert abs(recorded / 5000 - events) < 4 * np.sqrt(2 * events / 5000)
