"""The simulated counterpart of a target: events and what they are counted over, from lives or from a cohort's tallies.

Words of `at`: trials: `inducted` a day, or `day|earlier` among those not yet inducted then; `injections` `k|j`, the
k-th among those with the j-th; `retained` a week, or `week|earlier` among those retained then; `letter` `letter:week`;
`stayers` what is measured of those who stayed; `relapse` empty, `inducted`, `by N` (dated week N or earlier), or
`by N|M` (the same among those without one dated week M or earlier); `used` a week. `by N of D-E`, `week of D-E`: the
same among those who came after D to E days without opioids (one number: so many).
Cohorts: `all`; `in` and `out`, while cover lasts and otherwise (days after a stop count as in treatment, by the
medication's `covered_days`); `on A-B` and `off A-B`, days since the first dose of an episode until the stop, and since
it, as registers count that end treatment with its last dose; `since start A-B`, days since time zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.calibration.targets import Component
from trialsim.clinical.tallies import (
    COVERED_BINS,
    OTHER_DEATHS_IN,
    OTHER_DEATHS_OUT,
    OVERDOSE_DEATHS_IN,
    OVERDOSE_DEATHS_OUT,
    START_BINS,
    START_EDGES,
    STOP_BINS,
    STOP_EDGES,
    TICKS_IN_TREATMENT,
    TICKS_OUT_OF_TREATMENT,
)
from trialsim.clinical.vocabulary import NEVER, TICKS_PER_DAY
from trialsim.engine.lives import Lives
from trialsim.trial.observe import DAYS_A_WEEK
from trialsim.trial.simulate import Observed

type Pair = tuple[float, float]
type Mask = npt.NDArray[np.bool_]

DAYS_PER_YEAR: Final = 365.25
# Weeks whose tests are read of people who stayed, and how long one must have stayed to count (days), by kind of arm.
STAYED_WEEKS: Final = 22
STAYED_DAYS: Final = {"xr_naltrexone": 129.5, "buprenorphine": 157.5, "methadone": 157.5}


def _count(hits: Mask, among: Mask) -> Pair:
    return float((hits & among).sum()), float(among.sum())


def _split(at: str) -> tuple[float, float | None]:
    first, _, second = at.partition("|")
    return float(first), float(second) if second else None


def count_inducted(lives: Observed, at: str) -> Pair:
    """Count first doses by a day, of all or of those who had none by an earlier day."""
    day, earlier = _split(at)
    first = lives.outcomes["first_dose"]
    among = np.ones(len(first), np.bool_) if earlier is None else first > earlier
    return _count(first <= day, among)


def count_injections(lives: Observed, at: str) -> Pair:
    """Count those with at least k administrations among those with at least j."""
    number, given = _split(at)
    doses = lives.courses["doses"]
    return _count(doses >= number, doses >= (given or 0.0))


def count_retained(lives: Observed, at: str) -> Pair:
    """Count those on the medication, never stopped, at a week, of all or of those so at an earlier week (0: of those
    who had started by the later one).
    """
    week, earlier = _split(at)
    end = np.minimum(lives.courses["discontinuation_day"], lives.outcomes["death"])
    first = lives.outcomes["first_dose"]
    started = first <= (earlier or week) * DAYS_A_WEEK
    among = np.ones(len(end), np.bool_) if earlier is None else started & (end > earlier * DAYS_A_WEEK)
    return _count((first <= week * DAYS_A_WEEK) & (end >= week * DAYS_A_WEEK), among)


def count_letter(lives: Observed, at: str) -> Pair:
    """Count one letter of the weekly words in one week (from 1)."""
    letter, _, week = at.partition(":")
    column = lives.words[:, int(week) - 1]
    return float((column == ord(letter)).sum()), float(len(column))


def count_stayers(lives: Observed, at: str, stayed_days: float) -> Pair:
    """Count tests of people who stayed: missing, positive, positive after positive, not negative after negative, from
    the first week or (`... from N`) week N on.
    """
    what, _, first = at.partition(" from ")
    end = np.minimum(lives.courses["discontinuation_day"], lives.outcomes["death"])
    started = lives.outcomes["first_dose"] < stayed_days
    letters = lives.words[started & (end >= stayed_days), int(first or 1) - 1 : STAYED_WEEKS]
    before, after = letters[:, :-1], letters[:, 1:]
    hits, among = {
        "missing": (letters == ord("o"), np.ones_like(letters, np.bool_)),
        "positive": (letters == ord("+"), np.ones_like(letters, np.bool_)),
        "positive after positive": (after == ord("+"), before == ord("+")),
        "not negative after negative": (after != ord("-"), before == ord("-")),
    }[what]
    return _count(hits, among)


def count_relapse(lives: Observed, at: str) -> Pair:
    """Count relapses by the trial's own rule, of all, of the inducted, or (`by N`, `by N|M`) dated week N or earlier,
    of all, or of those without one dated week M or earlier; with `of D-E` of those who came after so many days without
    opioids.
    """
    at, _, days = at.partition(" of ")
    everyone = _find_free(lives, days)
    if at.startswith("by "):
        week, earlier = _split(at.removeprefix("by "))
        among = everyone if earlier is None else everyone & ~(lives.relapse_event & (lives.relapse_week <= earlier))
        return _count(lives.relapse_event & (lives.relapse_week <= week), among)
    return _count(lives.relapse_event, lives.outcomes["first_dose"] < NEVER if at == "inducted" else everyone)


def count_used(lives: Observed, at: str) -> Pair:
    """Count those with any illicit use by a week, of all or of those who came after so many days without opioids."""
    week, _, days = at.partition(" of ")
    return _count(lives.courses["first_use_day"] <= float(week) * DAYS_A_WEEK, _find_free(lives, days))


def _find_free(lives: Observed, days: str) -> Mask:
    """Who came after so many days without opioids (one number, or two with all between); everyone if none is named."""
    free = lives.baselines["opioid_free_days"]
    low, _, high = days.partition("-")
    return (free >= float(low)) & (free <= float(high or low)) if days else np.ones(len(free), np.bool_)


def count_completed_negative(lives: Observed, at: str) -> Pair:
    """Count those retained at a week without a positive or missing test until then."""
    week = int(at)
    end = np.minimum(lives.courses["discontinuation_day"], lives.outcomes["death"])
    clean = ~np.isin(lives.words[:, :week], (ord("+"), ord("o"))).any(axis=1)
    stayed = (end >= week * DAYS_A_WEEK) & (lives.outcomes["first_dose"] <= week * DAYS_A_WEEK)
    return _count(clean & stayed, np.ones(len(end), np.bool_))


def measure_trial_component(component: Component, lives: Observed) -> Pair:
    """Return (events, number) of a component from the lives of its arm."""
    outcomes, at = lives.outcomes, component.at
    measures: dict[str, Callable[[], Pair]] = {
        "inducted": lambda: count_inducted(lives, at),
        "injections": lambda: count_injections(lives, at),
        "retained": lambda: count_retained(lives, at),
        "letter": lambda: count_letter(lives, at),
        "stayers": lambda: count_stayers(lives, at, STAYED_DAYS[component.arm]),
        "relapse": lambda: count_relapse(lives, at),
        "used": lambda: count_used(lives, at),
        "completed negative": lambda: count_completed_negative(lives, at),
        "overdoses": lambda: (
            float(outcomes["overdoses"].sum() + (outcomes["fatal"] == 1).sum()),
            float(len(outcomes)),
        ),
        "fatal overdoses": lambda: (float((outcomes["fatal"] == 1).sum()), float(len(outcomes))),
    }
    return measures[component.statistic]()


def _to_years(ticks: float) -> float:
    return ticks / TICKS_PER_DAY / DAYS_PER_YEAR


def _read_bins(tally: npt.NDArray[np.int64], first: int, edges: tuple[float, ...], words: str, overdose: bool) -> Pair:
    low, _, high = words.partition("-")
    bins = [j for j, edge in enumerate(edges) if edge >= float(low) and (not high or edge < float(high))]
    time = sum(int(tally[first + 3 * j]) for j in bins)
    deaths = sum(int(tally[first + 3 * j + 1]) + (0 if overdose else int(tally[first + 3 * j + 2])) for j in bins)
    return float(deaths), _to_years(time)


def _read_since_start(outcomes: npt.NDArray[Any], words: str, overdose: bool) -> Pair:
    low, high = (float(part) for part in words.split("-"))
    death = outcomes["death"]
    hit = (death > low) & (death <= high) & ((outcomes["fatal"] == 1) if overdose else (outcomes["fatal"] > 0))
    time = np.clip(np.minimum(death, high) - low, 0.0, None).sum()
    return float(hit.sum()), float(time) / DAYS_PER_YEAR


def measure_cohort_component(component: Component, arms: Sequence[int], lives: Lives) -> Pair:
    """Return (deaths, person-years) of a component, of these arms together, from a cohort's tally [groups, arms,
    counters] and its lives.
    """
    overdose = component.statistic == "overdose death rate"
    word, _, rest = component.at.partition(" ")
    tally = lives.tally.sum(axis=0)[list(arms)].sum(axis=0)
    if word == "on":
        until, after = (_read_bins(tally, first, START_EDGES, rest, overdose) for first in (START_BINS, COVERED_BINS))
        return until[0] - after[0], until[1] - after[1]
    if word == "off":
        return _read_bins(tally, STOP_BINS, STOP_EDGES, rest, overdose)
    if word == "since":
        mine = lives.outcomes[np.isin(lives.outcomes["arm"], arms)]
        return _read_since_start(mine, rest.removeprefix("start "), overdose)
    inside = [OVERDOSE_DEATHS_IN] if overdose else [OVERDOSE_DEATHS_IN, OTHER_DEATHS_IN]
    outside = [OVERDOSE_DEATHS_OUT] if overdose else [OVERDOSE_DEATHS_OUT, OTHER_DEATHS_OUT]
    deaths = {"in": inside, "out": outside, "all": inside + outside}[word]
    time = {"in": [TICKS_IN_TREATMENT], "out": [TICKS_OUT_OF_TREATMENT]}.get(
        word, [TICKS_IN_TREATMENT, TICKS_OUT_OF_TREATMENT]
    )
    return float(tally[deaths].sum()), _to_years(float(tally[time].sum()))
