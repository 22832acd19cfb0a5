"""Closed laws: Weibull times, tolerance under a known history, present values, steps that bend nothing, Philox."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from trialsim.clinical.records import EVENT, PERSON
from trialsim.clinical.tallies import COUNTERS
from trialsim.clinical.vocabulary import (
    ABSTINENT,
    DEAD,
    DISCONTINUE,
    INCARCERATED,
    LAPSE,
    LAPSE_END,
    LAPSE_USE,
    MAINTAIN,
    READY,
    RELAPSE,
    START,
    USING,
)
from trialsim.engine.lives import Lives, World
from trialsim.engine.population import draw_baseline
from trialsim.engine.setup import LAPSE_REFERENCE_DAYS
from trialsim.verify.check import FALSE_ALARM, Check, Numbers, report_exact, report_figure, report_vacuous
from trialsim.verify.kernel import Kernel
from trialsim.verify.twin import reduce_world
from trialsim.verify.worlds import BUSY, change_population, live_everyone, make_scenario, make_world

PEOPLE: Final = 8000
NOTHING: Final = dict.fromkeys(
    (
        "overdose_rate_regular_use",
        "smr_using",
        "smr_in_treatment",
        "smr_abstinent",
        "smr_incarcerated",
        "withdrawal_leaving_rate",
        "induction_failing_rate",
        "lapse_rate",
        "lapse_rate_off_medication",
        "relapse_rate",
        "relapse_rate_off_medication",
        "discontinuation_rate",
        "miss_rate",
        "arrest_rate",
        "spontaneous_abstinence_rate",
        "frailty_sd_leaving",
        "blockade_max",
        "use_carried_days",
    ),
    0.0,
)


def score_times(waits: Numbers, people: int, horizon: float, distribution: Callable[[Numbers], Numbers]) -> float:
    """Return Kolmogorov's statistic, times the root of the sample, of times seen up to a horizon among `people`."""
    times = np.sort(waits[waits <= horizon])
    exact, i = distribution(times), np.arange(1, len(times) + 1)
    ends = np.array([len(times) / people - float(distribution(np.array([horizon]))[0])])
    return math.sqrt(people) * float(np.abs(np.concatenate([i / people - exact, (i - 1) / people - exact, ends])).max())


def find_waits(lives: Lives, began: int, ended: int) -> Numbers:
    """Return days from each life's first event of one kind to its first of another, infinite where that never comes."""
    life = np.repeat(np.arange(len(lives.outcomes)), lives.outcomes["log_end"] - lives.outcomes["log_start"])
    first = []
    for event in (began, ended):
        chosen = np.flatnonzero(lives.log["event"] == event)[::-1]
        day = np.full(len(lives.outcomes), np.inf)
        day[life[chosen]] = lives.log["day"][chosen]
        first.append(day)
    return np.asarray(first[1] - first[0])


def _weibull(rate: float, shape: float, age: float = 0.0) -> Callable[[Numbers], Numbers]:
    # Given that nothing had happened by `age` (days).
    def distribution(days: Numbers) -> Numbers:
        return np.asarray(-np.expm1((rate * age) ** shape - (rate * (days + age)) ** shape))

    return distribution


def _score_weibull(
    kernel: Kernel,
    medication: str,
    start: str,
    began: int,
    ended: int,
    others: Mapping[str, float] = MappingProxyType({}),
    **fields: float,
) -> float:
    # fields: rate, shape and ratios of the law; others: values that only bring it about.
    free = 2.0 if began == START else 0.0
    age = 0.0 if start == "incarcerated" else free  # days in custody do not count
    scenario = change_population(make_scenario((medication,), reentry=False), start=start, unstable_housing=0.0)
    scenario = change_population(scenario, setting="trial", opioid_free_days=free)
    world = make_world(scenario, **{**NOTHING, "induction_days": 0.0, **others, **fields})
    _, lives = live_everyone(kernel.simulate_batch, scenario, world, PEOPLE)
    rate, shape, *ratio = fields.values()
    waits = find_waits(lives, began, ended)
    if ended == READY:
        rate = 1.0 / rate
    elif ended == LAPSE:  # the hazard a fixed time after use, as a scale rate
        rate = (rate * math.prod(ratio) / shape) ** (1.0 / shape) * LAPSE_REFERENCE_DAYS ** (1.0 / shape - 1.0)
    return score_times(waits, PEOPLE, world.horizon / 2.0, _weibull(rate, shape, age))


def check_weibull(name: str, kernel: Kernel) -> Check:
    """Compare times to discontinuation, relapse, a lapse and the end of withdrawal with their Weibull laws."""
    from scipy.stats import kstwobign

    begin = (kernel, "methadone", "using", MAINTAIN, DISCONTINUE)
    scores = (
        _score_weibull(*begin, discontinuation_rate=0.006, discontinuation_shape=0.7),
        _score_weibull(*begin, discontinuation_rate=0.006, discontinuation_shape=1.6),
        _score_weibull(
            kernel,
            "none",
            "abstinent",
            START,
            RELAPSE,
            relapse_rate_off_medication=0.01,
            relapse_shape_off_medication=0.6,
        ),
        _score_weibull(kernel, "none", "abstinent", START, LAPSE, lapse_rate_off_medication=0.01, lapse_shape=0.5),
        _score_weibull(
            kernel,
            "none",
            "incarcerated",
            START,
            LAPSE,
            lapse_rate_off_medication=0.01,
            lapse_shape=0.5,
            lapse_ratio_release=3.0,
        ),
        _score_weibull(
            kernel,
            "methadone",
            "using",
            LAPSE_END,
            LAPSE,
            {"use_carried_days": 1.0, "lapse_end_rate": 1e4},
            lapse_rate=0.01,
            lapse_shape=0.5,
            lapse_ratio_use_carried=3.0,
        ),
        _score_weibull(
            kernel, "xr_naltrexone", "withdrawal", START, READY, opioid_free_days=8.0, opioid_free_shape=3.5
        ),
    )
    tolerance = float(kstwobign.isf(FALSE_ALARM / len(scores)))
    return report_figure(name, max(scores), tolerance, f"{len(scores)} survival functions, {PEOPLE} lives each")


def follow_tolerance(kernel: Kernel, world: World, baseline: Any) -> tuple[list[float], list[float]]:
    """Return tolerance after every step of one untreated life: as the kernel has it, and by its solution."""
    people, log, cursor = np.zeros(1, PERSON), np.zeros(1, EVENT), np.array([0, 0], np.int64)
    tally, person = np.zeros((1, 1, COUNTERS), np.int64), people[0]
    shared = (world.regimens, world.parameters, world.life_table, world.seed)
    kernel.start_life(people, 0, baseline, 0, *shared, world.horizon, world.offered_until, world.change, log, cursor)
    numbers = world.parameters[0]
    targets = {ABSTINENT: 0.0, INCARCERATED: 0.0, USING: 1.0}
    exact = [float(person["tolerance"])]
    found = list(exact)
    while person["state"] != DEAD and not person["done"]:
        target = float(numbers["tolerance_lapse"]) if person["use"] == LAPSE_USE else targets[int(person["state"])]
        before = float(person["time"])
        kernel.step_life(people, 0, *shared, world.change, tally, log, cursor)
        # dT/dt = (target - T) / constant, the constant by the direction of the movement.
        constant = numbers["tolerance_loss_days" if target < exact[-1] else "tolerance_regain_days"]
        left = 0.5 ** ((float(person["time"]) - before) / (float(constant) * math.log(2.0)))
        exact.append(target * (1.0 - left) + exact[-1] * left)
        found.append(float(person["tolerance"]))
    return found, exact


def check_tolerance(name: str, kernel: Kernel) -> Check:
    """Compare tolerance along lives of use, lapses, abstinence and prison with its exponential solution."""
    scenario = change_population(make_scenario(("none",), 3000.0), start="abstinent")
    world = make_world(scenario, **{**BUSY, "overdose_rate_regular_use": 0.0})
    gap, steps, spread = 0.0, 1, 0.0
    for baseline in np.split(draw_baseline(scenario.population, world.seed, range(20), 0), 20):
        found, exact = follow_tolerance(kernel, world, baseline)
        gap = max(gap, float(np.abs(np.array(found) - np.array(exact)).max()))
        steps, spread = max(steps, len(found)), max(spread, float(np.ptp(found)))
    # Each step rounds a few times; errors of earlier steps shrink with tolerance itself.
    tolerance, detail = 8 * steps * float(np.finfo(float).eps), f"20 lives of up to {steps} steps"
    if spread < 0.5:
        return report_vacuous(name, tolerance, detail)
    return report_figure(name, gap, tolerance, detail)


def present_value(amount: float, rate: float, years: float) -> float:
    """Return the present value of an amount a year paid continuously, discounted by a factor (1 + rate)^-t."""
    force = math.log1p(rate)
    return amount * years if force == 0.0 else -amount * math.expm1(-force * years) / force


def check_present_value(name: str, value: Callable[[float, float, float], float] = present_value) -> Check:
    """Compare a present value (amount a year, rate, years) with the sum over short steps of amount times factor.

    The steps are midpoints of 1/100 year, whose error is below (force * step)^2 / 24, relative.
    """
    step, gap = 0.01, 0.0
    for rate in (0.0, 0.03, 0.05):
        for years in (1.0, 5.0, 40.0):
            middle = np.arange(0.5 * step, years, step)
            exact = float((1000.0 * step * (1.0 + rate) ** -middle).sum())
            gap = max(gap, abs(value(1000.0, rate, years) / exact - 1.0))
    return report_figure(
        name, gap, (math.log(1.05) * step) ** 2 / 12.0, "annuities of 1, 5 and 40 years at 0, 3 and 5%"
    )


def check_panels(name: str, kernel: Kernel) -> Check:
    """See that under constant hazards the length of steps changes nobody's life: clocks spend, and never draw anew."""
    scenario = make_scenario(days=200.0)
    world = reduce_world(make_world(scenario, **BUSY))
    runs = [
        live_everyone(kernel.simulate_batch, scenario, replace(world, change=change), 300)[1].log
        for change in (0.3, 0.02)
    ]
    moved = abs(len(runs[0]) - len(runs[1]))
    if moved == 0:
        moved = int((runs[0]["event"] != runs[1]["event"]).sum())
    return report_exact(name, moved, f"events of {len(runs[0])} that change with the length of steps")


# Salmon and others 2011, the known-answer file of their library Random123: counter, key, result.
VECTORS: Final = (
    ((0, 0, 0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 6, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344, 0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
)


def check_philox(name: str, kernel: Kernel) -> Check:
    """Compare the random words at three counters with the published known answers."""
    wrong = 0
    for words, answer in VECTORS:
        found = kernel.philox(*(np.uint64(word) for word in words))
        wrong += sum(int(word) != known for word, known in zip(found, answer, strict=True))
    return report_exact(name, wrong, f"words of {len(VECTORS)} known-answer vectors of Philox 4x32-10")
