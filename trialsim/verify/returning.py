"""Overdose while tolerance returns: the simulated count against the integral of the rate over a known history."""

import math
from typing import Final

from trialsim.verify.check import Check, report_scores, score_counts
from trialsim.verify.kernel import Kernel
from trialsim.verify.worlds import change_population, live_everyone, make_scenario, make_world

PEOPLE: Final = 4000
DAYS: Final = 60.0
RATE: Final = 0.02
RATIO: Final = 10.0
REGAIN_DAYS: Final = 18.0


def find_expected(days: float) -> float:
    """Return overdoses a person in `days` of regular use that began without tolerance.

    The integral of RATE * (1 + (RATIO - 1) * exp(-t / REGAIN_DAYS)): tolerance returns with one time constant.
    """
    return RATE * (days + (RATIO - 1.0) * REGAIN_DAYS * (1.0 - math.exp(-days / REGAIN_DAYS)))


def check_returning(name: str, kernel: Kernel) -> Check:
    """See that overdoses follow the integral of a rate that falls as tolerance returns, in many short panels or few."""
    scenario = make_scenario(("none",), DAYS)
    scenario = change_population(scenario, injection=0.0, uses_alone=0.0, opioid_free_days=365.0, start="abstinent")
    world = make_world(
        scenario,
        overdose_rate_regular_use=RATE,
        overdose_ratio_tolerance_lost=RATIO,
        overdose_fatal_share=0.0,
        tolerance_loss_days=1.0,
        tolerance_regain_days=REGAIN_DAYS,
        frailty_sd_overdose=0.0,
        frailty_sd_leaving=0.0,
        relapse_rate_off_medication=1e6,
        relapse_shape_off_medication=1.0,
        spontaneous_abstinence_rate=0.0,
        arrest_rate=0.0,
        smr_using=1e-9,
        smr_abstinent=1e-9,
    )
    overdoses = live_everyone(kernel.simulate_batch, scenario, world, PEOPLE)[1].outcomes["overdoses"]
    expected = PEOPLE * find_expected(DAYS)
    return report_scores(name, score_counts([int(overdoses.sum())], [expected]), f"{expected:.0f} overdoses expected")
