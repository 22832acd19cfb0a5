"""Death rates in and out of treatment, their ratios, and the weeks after starting and stopping, beside the published
ranges: simulated directly at draws of the posterior that has seen all fitted numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.baselines import pool_set
from trialsim.calibration.calibrate import Calibration, pick_rows
from trialsim.calibration.populations import read_populations, simulate_components
from trialsim.calibration.posterior import split_points
from trialsim.calibration.prior import fill_values, find_values
from trialsim.calibration.targets import Component, Target
from trialsim.parameters.evidence import EvidenceRow, read_evidence_rows
from trialsim.runs.options import count_workers
from trialsim.runs.progress import Progress

type Floats = npt.NDArray[np.float64]

DRAWS: Final = 100
# People of each draw, times those of a design: rare deaths are counted, not guessed.
PEOPLE: Final = 6.0
SEED: Final = 7001


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate (per person-year) or a ratio of two: words, components, and the set, target or evidence row that it stands
    beside.
    """

    words: str
    component: Component
    over: Component | None
    published: str


SETS: Final = ("B1", "B2", "B3", "B4", "B5", "P1")
OVERDOSE, EVERY = "overdose death rate", "death rate"
# Reviews that print medications apart: all-cause and overdose deaths, in and out of treatment (Sordo 2017, Santo 2021).
REVIEWS: Final = {
    "methadone": ("sordo-2017-2", "sordo-2017-9", "santo-2021-2"),
    "buprenorphine": ("sordo-2017-4", "sordo-2017-10", "santo-2021-3"),
}
REVIEWED: Final = "sordo-2017-11"
PER_THOUSAND: Final = "rate per 1000py"
# Words, arm, statistic, when, when of the denominator, what it stands beside.
_AGONISTS: Final = tuple(
    row
    for arm in ("methadone", "buprenorphine")
    for row in (
        (f"Overdose deaths in treatment, {arm}", arm, OVERDOSE, "on 0-", "", "B1"),
        (f"Overdose deaths out of treatment, {arm}", arm, OVERDOSE, "off 0-", "", "B2"),
        (f"Overdose deaths, in against out, {arm}", arm, OVERDOSE, "on 0-", "off 0-", "B3"),
        (f"Deaths of all causes in treatment, {arm}", arm, EVERY, "on 0-", "", "B4"),
        (f"Deaths of all causes out of treatment, {arm}", arm, EVERY, "off 0-", "", REVIEWS[arm][0]),
        (f"Deaths of all causes, out against in, {arm}", arm, EVERY, "off 0-", "on 0-", REVIEWS[arm][1]),
        (f"Deaths of all causes, in against out, {arm}", arm, EVERY, "on 0-", "off 0-", REVIEWS[arm][2]),
        (f"Overdose deaths, weeks 1-4 off against stable treatment, {arm}", arm, OVERDOSE, "off 0-28", "on 28-", "B5"),
    )
)
_METHADONE: Final = (
    (
        "Deaths of all causes out of treatment, methadone (one cohort)",
        "methadone",
        EVERY,
        "off 0-",
        "",
        "cousins-2016-deaths-out",
    ),
    ("Overdose deaths, out against in, methadone", "methadone", OVERDOSE, "off 0-", "on 0-", REVIEWED),
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


def find_rates(calibration: Calibration, progress: Progress) -> list[dict[str, Any]]:
    """Return one mapping a rate (per person-year) or ratio: simulated over all draws with its Monte Carlo error (of
    counting, and of the number of draws), the 95% range over draws, and the published value with its 95% range (of a
    new setting for a set, of the count for a single study, of the pooled mean for a review; None where none is
    printed). What stands beside a target that the calibration does not have is left out.
    """
    known = {target.name: target for target in calibration.problem.targets}
    rows = read_evidence_rows(row for names in REVIEWS.values() for row in (*names, REVIEWED))
    rates = [rate for rate in list_rates() if rate.published in {*known, *rows, *SETS}]
    components = tuple(dict.fromkeys(part for rate in rates for part in (rate.component, rate.over) if part))
    found = _simulate(calibration, components, progress)
    place = {part: i for i, part in enumerate(components)}
    out: list[dict[str, Any]] = []
    for rate in rates:
        own = sum_up(found[:, place[rate.component]], None if rate.over is None else found[:, place[rate.over]])
        theirs = find_published(rate.published, known, rows)
        inside = is_inside(own["mean"], theirs["published_low"], theirs["published_high"])
        unit = "per person-year" if rate.over is None else "ratio"
        out.append({"rate": rate.words, "unit": unit, **own, **theirs, "source": rate.published, "inside": inside})
    return out


def _simulate(calibration: Calibration, components: tuple[Component, ...], progress: Progress) -> Floats:
    """Direct simulations [draws, components, 2], people and luck of each draw its own."""
    problem, populations = calibration.problem, read_populations(components)
    points = split_points(pick_rows(calibration.sample.points, DRAWS, SEED))[0]
    values = [fill_values(problem.prior, problem.best, row) for row in find_values(problem.prior, points)]
    found = []
    with ThreadPoolExecutor(count_workers(None)) as pool:
        runs = pool.map(
            lambda job: simulate_components(populations, job[1], job[0], PEOPLE), list(enumerate(values, start=SEED))
        )
        for done, each in enumerate(runs, start=1):
            found.append(each)
            progress(done, len(values))
    return np.array(found)


def sum_up(counts: Floats, over: Floats | None) -> dict[str, float | None]:
    """Return a rate or ratio of sums over draws, its Monte Carlo error and its 95% range over draws. counts, over:
    [draws, 2] events and person-years.

    The error is that of a ratio of sums (linearised: Cochran 1977, section 6.4). The range is without the chance of
    counting: logarithms are drawn to their mean until their variance has none; None where counts are so few that
    nothing is left.
    """
    parts = [counts] if over is None else [counts, over]
    totals = np.array([part.sum(axis=0) for part in parts])
    rates = totals[:, 0] / totals[:, 1]
    mean = rates[0] if over is None else rates[0] / rates[1]
    moved = [part[:, 0] / total[0] - part[:, 1] / total[1] for part, total in zip(parts, totals, strict=True)]
    away = moved[0] if over is None else moved[0] - moved[1]
    draws = len(counts)
    error = mean * np.sqrt(draws / (draws - 1.0) * (away**2).sum())
    logs = [np.log((part[:, 0] + 0.5) / part[:, 1]) for part in parts]
    log = logs[0] if over is None else logs[0] - logs[1]
    noise = sum(float((1.0 / (part[:, 0] + 0.5)).mean()) for part in parts)
    if noise >= log.var(ddof=1):
        return {"mean": float(mean), "mcse": float(error), "low": None, "high": None}
    kept = np.sqrt(1.0 - noise / log.var(ddof=1))
    low, high = np.exp(np.quantile(log.mean() + kept * (log - log.mean()), [0.025, 0.975]))
    return {"mean": float(mean), "mcse": float(error), "low": float(low), "high": float(high)}


def find_published(
    name: str, targets: Mapping[str, Target], rows: Mapping[str, EvidenceRow]
) -> dict[str, float | None]:
    """Return the published value and its 95% range of a set, a target or a row of a review."""
    if name in rows:
        row = rows[name]
        unit = 0.001 if row.measure == PER_THOUSAND else 1.0
        found = tuple(None if each is None else unit * each for each in (row.value, row.low, row.high))
    else:
        found = find_range(targets[name]) if name in targets else pool_set(name)
    return dict(zip(("published", "published_low", "published_high"), found, strict=True))


def is_inside(mean: float | None, low: float | None, high: float | None) -> bool | None:
    """Return whether a published range holds a rate; None where one of them is unknown."""
    return None if mean is None or low is None or high is None else low <= mean <= high


def find_range(target: Target) -> tuple[float, float, float]:
    """Return a count's rate per person-year with its exact 95% interval (Garwood 1936)."""
    from scipy.stats import chi2

    low = chi2.ppf(0.025, 2.0 * target.events) / 2.0 if target.events else 0.0
    high = chi2.ppf(0.975, 2.0 * (target.events + 1.0)) / 2.0
    return target.events / target.n, float(low / target.n), float(high / target.n)
