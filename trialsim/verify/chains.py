"""Occupancy over many periods against powers of a transition table: finds luck that is used again every period."""

from typing import Any, Final

import numpy as np

from trialsim.clinical.vocabulary import ABSTINENT, USING
from trialsim.verify.check import Check, Numbers, report_scores, score_shares
from trialsim.verify.kernel import Kernel
from trialsim.verify.laws import NOTHING
from trialsim.verify.occupancy import count_places
from trialsim.verify.twin import check_table
from trialsim.verify.worlds import change_population, live_everyone, make_scenario, make_world

PERIODS: Final = 60
PERIOD_DAYS: Final = 30.0
PEOPLE: Final = 10_000


def solve_chain(table: Numbers, start: Numbers, periods: int) -> Numbers:
    """Return the exact shares in each state after 1 to `periods` periods (shape [periods, states]).

    Raises ValueError for a transition table whose rows do not add up to 1.
    """
    check_table(table)
    shares = [np.asarray(start, np.float64)]
    for _ in range(periods):
        shares.append(shares[-1] @ table)
    return np.array(shares[1:])


def check_chain(name: str, counts: Any, people: int, table: Numbers, start: Numbers) -> Check:
    """Compare counts in each state after each period (shape [periods, states]) with powers of the table."""
    exact = solve_chain(table, start, len(counts))
    last = f"{np.asarray(counts)[-1, -1] / people:.4f} (exact {exact[-1, -1]:.4f})"
    return report_scores(name, [score_shares(counts, people, exact)], f"{len(counts)} periods; at the end {last}")


def find_two_state_table(there: float, back: float, days: float) -> Numbers:
    """Return the table of a two-state chain over some days from its two rates (per day), in closed form."""
    share = there / (there + back)
    moved = -np.expm1(-(there + back) * days)
    return np.array([[1.0 - share * moved, share * moved], [(1.0 - share) * moved, 1.0 - (1.0 - share) * moved]])


def check_periods(name: str, kernel: Kernel) -> Check:
    """Compare use and abstinence over 60 periods of 30 days, back and forth, with powers of the exact table."""
    there, back = 0.006, 0.004
    scenario = change_population(make_scenario(("none",), PERIODS * PERIOD_DAYS), start="using")
    rates = {"spontaneous_abstinence_rate": there, "relapse_rate_off_medication": back}
    world = make_world(scenario, **{**NOTHING, **rates, "relapse_shape": 1.0, "relapse_shape_off_medication": 1.0})
    _, lives = live_everyone(kernel.simulate_batch, scenario, world, PEOPLE)
    times = PERIOD_DAYS * np.arange(1, PERIODS + 1)
    counts = [count_places(lives.outcomes, lives.log, time).sum(axis=1)[[USING, ABSTINENT]] for time in times]
    table = find_two_state_table(there, back, PERIOD_DAYS)
    return check_chain(name, np.array(counts), PEOPLE, table, np.array([1.0, 0.0]))
