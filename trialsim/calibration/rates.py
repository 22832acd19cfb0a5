"""Death rates in and out of treatment, their ratios, and the weeks after starting and stopping, beside the published
ranges: simulated directly at draws of the posterior that has seen all fitted numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.calibrate import Calibration, pick_rows
from trialsim.calibration.populations import read_populations, simulate_components
from trialsim.calibration.posterior import split_points
from trialsim.calibration.prior import fill_values, find_values
from trialsim.calibration.targets import Component, Target
from trialsim.runs.options import count_workers
from trialsim.runs.progress import Progress

type Floats = npt.NDArray[np.float64]
type PoolSet = Callable[[str], tuple[float, float, float]]

DRAWS: Final = 100
SCALE: Final = 2.0
SEED: Final = 7001


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate (per person-year) or a ratio of two: words, components, and the set or target that it stands beside."""

    words: str
    component: Component
    over: Component | None
    published: str


SETS: Final = ("B1", "B2", "B3", "B4", "B5", "P1")
OVERDOSE, EVERY = "overdose death rate", "death rate"
# Words, arm, statistic, when, when of the denominator, what it stands beside.
_AGONISTS: Final = tuple(
    row
    for arm in ("methadone", "buprenorphine")
    for row in (
        (f"Overdose deaths in treatment, {arm}", arm, OVERDOSE, "on 0-", "", "B1"),
        (f"Overdose deaths out of treatment, {arm}", arm, OVERDOSE, "off 0-", "", "B2"),
        (f"The same, in against out, {arm}", arm, OVERDOSE, "on 0-", "off 0-", "B3"),
        (f"Deaths of all causes in treatment, {arm}", arm, EVERY, "on 0-", "", "B4"),
        (f"Overdose deaths, weeks 1-4 off against stable treatment, {arm}", arm, OVERDOSE, "off 0-28", "on 28-", "B5"),
    )
)
_METHADONE: Final = (
    ("Deaths of all causes out of treatment, methadone", "methadone", EVERY, "off 0-", "", "cousins-2016-deaths-out"),
    ("Overdose deaths, weeks 1-4 on methadone against later", "methadone", OVERDOSE, "on 0-28", "on 28-", "P1"),
)
_ORAL, _XR, _IMPLANT = "oral_naltrexone", "xr_naltrexone", "implant_naltrexone"
_FIRST_MONTHS: Final = "since start 0-122"
_NALTREXONE: Final = (
    ("Deaths of all causes on oral naltrexone", _ORAL, EVERY, "on 0-", "", "gibson-2007-on-oral"),
    ("Overdose deaths on XR-naltrexone", _XR, OVERDOSE, "in", "", "gjersing-2025-on-xr"),
    ("Overdose deaths, weeks 1-2 after oral", _ORAL, OVERDOSE, "off 0-14", "", "gibson-2007-two-weeks-after-oral"),
    ("Overdose deaths, year after the last XR dose", _XR, OVERDOSE, "off 0-365", "", "gjersing-2025-year-after-xr"),
    ("All deaths, months 1-4 from oral", _ORAL, EVERY, _FIRST_MONTHS, "", "kelty-2012-oral-first-months"),
    ("All deaths, months 1-4 from an implant", _IMPLANT, EVERY, _FIRST_MONTHS, "", "kelty-2012-implant-first-months"),
)


def list_rates() -> tuple[Rate, ...]:
    """Return the rates and ratios, in the order of the report."""
    rows = [("agonist-cohort", *row) for row in (*_AGONISTS, *_METHADONE)]
    rows += [("naltrexone-cohort", *row) for row in _NALTREXONE]
    return tuple(
        Rate(
            words,
            Component(population, arm, statistic, at),
            Component(population, arm, statistic, over) if over else None,
            published,
        )
        for population, words, arm, statistic, at, over, published in rows
    )


def find_rates(calibration: Calibration, pool_set: PoolSet, progress: Progress) -> list[dict[str, Any]]:
    """Return one mapping a rate whose published set or target is known: simulated mean over draws with its Monte Carlo
    error, the 95% range over draws, and the published value with its 95% range (of a new setting for a set, of the
    count for a single study).

    pool_set: from the name of a set to median and limits in natural units. Rates are per person-year.
    """
    known = {target.name: target for target in calibration.problem.targets}
    rates = [rate for rate in list_rates() if rate.published in known or rate.published in SETS]
    components = tuple(dict.fromkeys(part for rate in rates for part in (rate.component, rate.over) if part))
    found = _simulate(calibration, components, progress)
    place = {part: i for i, part in enumerate(components)}
    return [_describe(rate, found, place, known, pool_set) for rate in rates]


def _simulate(calibration: Calibration, components: tuple[Component, ...], progress: Progress) -> Floats:
    """Direct simulations [draws, components, 2], people and luck of each draw its own."""
    problem, populations = calibration.problem, read_populations(components)
    points = split_points(pick_rows(calibration.sample.points, DRAWS, SEED))[0]
    values = [fill_values(problem.prior, problem.best, row) for row in find_values(problem.prior, points)]
    found = []
    with ThreadPoolExecutor(count_workers(None)) as pool:
        runs = pool.map(
            lambda job: simulate_components(populations, job[1], job[0], SCALE), list(enumerate(values, start=SEED))
        )
        for done, each in enumerate(runs, start=1):
            found.append(each)
            progress(done, len(values))
    return np.array(found)


def _describe(
    rate: Rate,
    found: Floats,
    place: Mapping[Component, int],
    targets: Mapping[str, Target],
    pool_set: PoolSet,
) -> dict[str, Any]:
    events, years = found[:, place[rate.component], 0], found[:, place[rate.component], 1]
    draws = (events + 0.5) / years
    mean, error = events.sum() / years.sum(), 1.0 / max(events.sum(), 1.0)
    if rate.over is not None:
        other, other_years = found[:, place[rate.over], 0], found[:, place[rate.over], 1]
        draws = draws / ((other + 0.5) / other_years)
        mean, error = mean / (other.sum() / other_years.sum()), error + 1.0 / max(other.sum(), 1.0)
    low, high = np.quantile(draws, [0.025, 0.975])
    target = targets.get(rate.published)
    value, published_low, published_high = pool_set(rate.published) if target is None else find_range(target)
    return {
        "rate": rate.words,
        "unit": "per person-year" if rate.over is None else "ratio",
        "mean": float(mean),
        "mcse": float(mean * np.sqrt(error)),
        "low": float(low),
        "high": float(high),
        "published": value,
        "published_low": published_low,
        "published_high": published_high,
        "source": rate.published,
        "inside": bool(published_low <= mean <= published_high),
    }


def find_range(target: Target) -> tuple[float, float, float]:
    """Return a count's rate per person-year with its exact 95% interval (Garwood 1936)."""
    from scipy.stats import chi2

    low = chi2.ppf(0.025, 2.0 * target.events) / 2.0 if target.events else 0.0
    high = chi2.ppf(0.975, 2.0 * (target.events + 1.0)) / 2.0
    return target.events / target.n, float(low / target.n), float(high / target.n)
