"""Extreme values: what must happen to everybody or to nobody when a number is 0, huge or perfect."""

from typing import Final

import numpy as np

from trialsim.clinical.tallies import OVERDOSE_DEATHS_IN, OVERDOSES_IN, STOP_BINS
from trialsim.clinical.vocabulary import (
    FIRST_DOSE,
    INDUCTION_FAIL,
    LEAVE,
    NEVER,
    OVERDOSE,
    SEEK,
    START,
    TICKS_PER_DAY,
)
from trialsim.engine.lives import Lives, World
from trialsim.scenario import Scenario
from trialsim.verify.check import Check, find_tolerance, report_exact, report_figure, report_vacuous, score_shares
from trialsim.verify.kernel import Kernel
from trialsim.verify.worlds import ANTAGONISTS, BUSY, change_population, live_everyone, make_scenario, make_world

PEOPLE: Final = 600


def _live(kernel: Kernel, scenario: Scenario, world: World, people: int = PEOPLE) -> Lives:
    return live_everyone(kernel.simulate_batch, scenario, world, people)[1]


def _count_overdoses(lives: Lives) -> int:
    return int(lives.outcomes["overdoses"].sum() + (lives.outcomes["fatal"] == 1).sum())


def check_no_overdose(name: str, kernel: Kernel) -> Check:
    """See that nobody overdoses where the overdose rate is 0, and that people do where it is not."""
    scenario = make_scenario()
    none = _live(kernel, scenario, make_world(scenario, **{**BUSY, "overdose_rate_regular_use": 0.0}))
    some = _live(kernel, scenario, make_world(scenario, **BUSY), 100)
    return report_exact(name, _count_overdoses(none), "overdoses where their rate is 0", _count_overdoses(some))


def check_everyone_dies(name: str, kernel: Kernel) -> Check:
    """See that nobody outlives a huge mortality ratio, or a huge rate of fatal overdose."""
    scenario = make_scenario()
    ratios = dict.fromkeys(("smr_using", "smr_in_treatment", "smr_abstinent", "smr_incarcerated"), 1e9)
    other = _live(kernel, scenario, make_world(scenario, **{**BUSY, **ratios}))
    untreated = make_scenario(("none",))
    overdose = _live(kernel, untreated, make_world(untreated, overdose_rate_regular_use=1e5))
    alive = int((other.outcomes["fatal"] != 2).sum() + (overdose.outcomes["fatal"] != 1).sum())
    return report_exact(name, alive, "people who survive a huge death rate, or die of another cause", PEOPLE)


def check_blockade(name: str, kernel: Kernel) -> Check:
    """See that nobody overdoses in treatment with an antagonist that blocks perfectly and cannot be overridden."""
    scenario = make_scenario(ANTAGONISTS)
    risky = {**BUSY, "overdose_rate_regular_use": 0.2, "lapse_rate": 0.2, "relapse_rate": 0.05}
    counted = []
    for override in (0.0, 1.0):
        world = make_world(scenario, **{**risky, "blockade_max": 1.0, "blockade_override": override})
        # One dose is enough for every receptor, for ever; a depot, since daily doses begin from no drug at all.
        world.regimens["components"], world.regimens["level_ec50"] = 1, 1e-300
        world.regimens["amplitude"], world.regimens["decay_rate"] = 1.0, 1e-9
        world.regimens["daily"], world.regimens["steady_level"] = 0, 1e9
        tally = _live(kernel, scenario, world).tally.sum(axis=(0, 1))
        counted.append(int(tally[OVERDOSES_IN] + tally[OVERDOSE_DEATHS_IN]))
    return report_exact(name, counted[0], "overdoses under perfect blockade without override", counted[1])


def _score_peak(kernel: Kernel, loss_days: float, seen: list[int]) -> float:
    # Everyone leaves within days and uses at once: overdose deaths by time since the stop are those of regular use.
    scenario = make_scenario(ANTAGONISTS, 250.0, reentry=False)
    scenario = change_population(scenario, injection=0.0, uses_alone=0.0, liver_disease=0.0)
    world = make_world(
        scenario,
        overdose_rate_regular_use=0.01,
        overdose_fatal_share=0.5,
        tolerance_loss_days=loss_days,
        frailty_sd_overdose=0.0,
        blockade_max=0.0,
        lapse_rate=0.0,
        discontinuation_rate=0.5,
        relapse_rate_off_medication=1e4,
        relapse_shape=1.0,
        relapse_rate=0.0,
        spontaneous_abstinence_rate=0.0,
        arrest_rate=0.0,
        dose_interval_days=1.0,
    )
    bins = _live(kernel, scenario, world, 3000).tally.sum(axis=(0, 1))[STOP_BINS:].reshape(-1, 3)
    ticks, deaths = bins[:, 0], bins[:, 1]
    seen.append(int(deaths.sum()))
    return float(score_shares(deaths[:2].sum(), int(deaths.sum()), ticks[:2].sum() / ticks.sum()))


def check_no_peak(name: str, kernel: Kernel) -> Check:
    """See that overdose deaths do not peak in the four weeks after treatment where tolerance is never lost.

    Where it is lost within days, the same test must find the peak: otherwise nothing was tested and the check fails.
    """
    seen: list[int] = []
    flat, peak = _score_peak(kernel, 1e18, seen), _score_peak(kernel, 1.0, seen)
    detail = f"overdose deaths in weeks 1 to 4 after the stop, {seen[0]} in all; with lost tolerance {peak:.1f}"
    tolerance = find_tolerance(1)
    if peak <= tolerance:
        return report_vacuous(name, tolerance, detail)
    return report_figure(name, abs(flat), tolerance, detail)


def check_induction(name: str, kernel: Kernel) -> Check:
    """See that everyone who lives is inducted where nobody leaves withdrawal and no induction fails."""
    scenario = make_scenario()
    fields = {**BUSY, "overdose_rate_regular_use": 0.0, "withdrawal_leaving_rate": 0.0, "induction_failing_rate": 0.0}
    ratios = dict.fromkeys(("smr_using", "smr_in_treatment", "smr_abstinent", "smr_incarcerated"), 0.0)
    world = make_world(scenario, **{**fields, **ratios})
    lives = _live(kernel, scenario, world)
    offered = world.regimens["kind"][lives.outcomes["arm"]] > 0
    missed = int((lives.outcomes["first_dose"][offered] >= NEVER).sum())
    failed = int(np.isin(lives.log["event"], (LEAVE, INDUCTION_FAIL)).sum())
    seen = int((lives.log["event"] == FIRST_DOSE).sum())
    return report_exact(name, missed + failed, f"inductions that failed, of {seen}", seen)


def _count_late_requests(kernel: Kernel, until: float) -> tuple[int, int]:
    scenario = make_scenario(reentry=False, retreatment_days=until)
    lives = _live(kernel, scenario, make_world(scenario, **{**BUSY, "spontaneous_abstinence_rate": 0.0}), 200)
    asked = lives.log["day"][lives.log["event"] == SEEK]
    return int((asked > until).sum()), int((asked <= until).sum())


def _count_late_overdoses(kernel: Kernel, began: int, medication: str, **fields: float) -> tuple[int, int]:
    # The rate is next to nothing except in the first 28 days, when a ratio makes it common.
    scenario = change_population(make_scenario((medication,), reentry=False), start="incarcerated")
    still = dict.fromkeys(("lapse_rate", "discontinuation_rate", "relapse_rate", "induction_failing_rate"), 0.0)
    rare = {"overdose_rate_regular_use": 1e-9, "overdose_fatal_share": 0.0, "relapse_rate_off_medication": 10.0}
    lives = _live(kernel, scenario, make_world(scenario, **{**still, **rare, "arrest_rate": 0.0, **fields}), 200)
    life = np.repeat(np.arange(len(lives.outcomes)), lives.outcomes["log_end"] - lives.outcomes["log_start"])
    hit, start = lives.log["event"] == OVERDOSE, lives.log["event"] == began
    first = np.full(len(lives.outcomes), NEVER)
    first[life[start]] = lives.log["day"][start]
    since = lives.log["day"][hit] - first[life[hit]]
    return int((since > 28.0 + 1.0 / TICKS_PER_DAY).sum()), int((since <= 28.0).sum())


def check_days(name: str, kernel: Kernel) -> Check:
    """See that what ends on a day ends on that day: the offer, the risk of the first weeks and that of release."""
    weeks = {"overdose_ratio_first_weeks": 1e8, "first_weeks_days": 28.0, "overdose_ratio_release": 1.0}
    release = {"overdose_ratio_release": 1e8, "release_risk_days": 28.0}
    late, within = zip(
        _count_late_requests(kernel, 100.0),
        _count_late_overdoses(kernel, FIRST_DOSE, "methadone", **weeks),
        _count_late_overdoses(kernel, START, "none", **release),
        strict=True,
    )
    detail = f"requests after the offer, overdoses after the first weeks and after release: {late}, in time {within}"
    return report_exact(name, sum(late), detail, min(within))
