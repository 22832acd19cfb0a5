"""Faults of published models, made again on purpose: each check passes when the fault is found."""

import numpy as np

from trialsim.verify.chains import check_chain, solve_chain
from trialsim.verify.check import Check, Numbers, report_exact
from trialsim.verify.kernel import Kernel
from trialsim.verify.laws import check_present_value
from trialsim.verify.worlds import SEED


def simulate_months(reset: bool, people: int = 2000, months: int = 8) -> tuple[Numbers, Numbers]:
    """Return people who stayed and moved after each month, and the table; `reset` draws the same luck every month.

    In each month a share moves such that 32.7% have moved after all of them; with the same luck every month, nobody
    moves who did not in the first, and some 5% have moved.
    """
    share = 1.0 - (1.0 - 0.327) ** (1.0 / months)
    generator, moved, counts = np.random.default_rng(SEED), np.zeros(people, np.bool_), []
    for _ in range(months):
        if reset:
            generator = np.random.default_rng(SEED)
        moved |= generator.random(people) < share
        counts.append([people - moved.sum(), moved.sum()])
    return np.array(counts, np.float64), np.array([[1.0 - share, share], [0.0, 1.0]])


def check_reset_seed(name: str, _: Kernel) -> Check:
    """See that the multi-step occupancy check passes honest luck and finds a seed that is reset every month."""
    checks = []
    for reset in (False, True):
        counts, table = simulate_months(reset)
        checks.append(check_chain(name, counts, int(counts[0].sum()), table, np.array([1.0, 0.0])))
    detail = f"faults missed; honest score {checks[0].figure:.2f}, reset {checks[1].figure:.1f}: {checks[1].detail}"
    return report_exact(name, int(not checks[0].passed) + int(checks[1].passed), detail)


def check_leaky_table(name: str, _: Kernel) -> Check:
    """See that a transition table whose rows add up to 0.99 is refused, and a sound one is not."""
    start = np.array([1.0, 0.0])
    solve_chain(np.array([[0.9, 0.1], [0.0, 1.0]]), start, 12)
    missed = 0
    for leaky in ([[0.89, 0.1], [0.0, 1.0]], [[0.9, 0.1], [0.0, 0.99]], [[1.1, -0.1], [0.0, 1.0]]):
        try:
            solve_chain(np.array(leaky), start, 12)
        except ValueError:
            continue
        missed += 1
    return report_exact(name, missed, "unsound tables that were accepted, of 3")


def subtract_discount(amount: float, rate: float, years: float) -> float:
    """Return a present value with the fault of a published cost module: the factor is taken off, not multiplied by."""
    times = np.arange(0.005, years, 0.01)
    return float((amount - (1.0 + rate) ** -times).sum() * 0.01)


def check_subtracted_discount(name: str, _: Kernel) -> Check:
    """See that the present value check finds a discount factor that was subtracted instead of multiplied."""
    broken = check_present_value(name, subtract_discount)
    return report_exact(name, int(broken.passed), f"faults missed; relative error found {broken.figure:.3g}")
