"""Panels: how long hazards may be read off one plan, and the line that the overdose rate follows within it."""

import math
from typing import Any, Final

from trialsim.clinical.compiled import compiled
from trialsim.clinical.hazards import find_exposed_rate, find_susceptibility
from trialsim.clinical.pharmacology import (
    find_later_levels,
    find_level_slope,
    find_occupancy,
    find_present_level,
    halve_decay,
    is_drug_free,
    start_decay,
)
from trialsim.clinical.tolerance import find_tolerance_left, find_tolerance_target
from trialsim.clinical.vocabulary import ABSTINENT, DOSE_DUE, HORIZON, NO_USE, PHASE_END, REFRESH, USING

# A panel is cut so that blockade and susceptibility move by about PANEL_CHANGE within it, within these limits (days).
SHORTEST_PANEL: Final = 0.125
LONGEST_PANEL: Final = 28.0
# Tolerance moves smoothly (one exponential) where blockade falls steeply: it may move this many times further.
TOLERANCE_WEIGHT: Final = 0.2
YEAR_PANEL: Final = 182.625
# Intensities of use below this lengthen a panel no further.
LEAST_INTENSITY: Final = 0.2
DAYS_PER_YEAR: Final = 365.25


@compiled
def find_allowed_change(person: Any, intensity: float, change: float) -> float:
    """Return how far blockade may move within a panel: further where little hazard hangs on it.

    A line's error is a share of the hazard that goes with the square of the change, and the hazard with the intensity
    of use: change / sqrt(intensity) leaves the absolute error as it is. Off medication relapse hangs on blockade too.
    """
    if person["state"] == ABSTINENT or intensity >= 1.0:
        return change
    return change / math.sqrt(max(intensity, LEAST_INTENSITY))


@compiled
def find_panel(
    person: Any, regimen: Any, parameters: Any, limit: float, change: float
) -> tuple[float, float, float, float]:
    """Return the length of the next panel (days) and receptor occupancy at its beginning, middle and end.

    Short while what hazards depend on moves, long when it rests, never beyond `limit` (days). change: how far blockade
    and tolerance may move within a panel (0 to 1); halving it moves no outcome visibly.
    """
    now, speed = 0.0, 0.0
    drugged = not is_drug_free(person, regimen)
    ec50 = regimen["level_ec50"]
    if drugged:
        level = find_present_level(person, regimen)
        now = find_occupancy(level, ec50)
        speed = abs(find_level_slope(person, regimen)) * (1.0 - now) / (level + ec50)
    if person["use"] != NO_USE:
        blockade = regimen["blockade_max"] * now
        target = find_tolerance_target(person, regimen, parameters, now, blockade)
        gap = target - person["tolerance"]
        days = parameters["tolerance_regain_days"] if gap > 0.0 else parameters["tolerance_loss_days"]
        speed = max(speed, TOLERANCE_WEIGHT * abs(gap) / days)
    panel = YEAR_PANEL if speed < 1e-4 else min(change / speed, LONGEST_PANEL)
    panel = min(max(panel, SHORTEST_PANEL), limit)
    if not drugged:
        return panel, 0.0, 0.0, 0.0
    # A level far above level_ec50 hides its coming fall: the far end must agree before the panel is trusted.
    start_decay(person, regimen, 0.5 * panel)
    half, end = find_later_levels(person, regimen)
    while panel > SHORTEST_PANEL and abs(find_occupancy(end, ec50) - now) > 1.5 * change:
        panel *= 0.5
        halve_decay(person, regimen)
        half, end = find_later_levels(person, regimen)
    return panel, now, find_occupancy(half, ec50), find_occupancy(end, ec50)


@compiled
def find_relapse_occupancy(person: Any, parameters: Any, panel: float, now: float, middle: float, end: float) -> float:
    """Return the receptor occupancy that relapse off medication meets over a panel: weighted by its Weibull hazard,
    which soon after a stop lies mostly at the panel's beginning. now, middle, end: the occupancy there.

    The mean of the parabola through the three, from the first two moments of the hazard within the panel.
    """
    if now == end and now == middle:
        return now
    shape, first = parameters["relapse_shape_off_medication"], person["time"] - person["unprotected_since"]
    last = first + panel
    mass = last**shape - first**shape
    if mass <= 0.0:  # a panel too short to tell its ends apart
        return middle
    once = shape / (shape + 1.0) * (last ** (shape + 1.0) - first ** (shape + 1.0)) / mass - first
    twice = shape / (shape + 2.0) * (last ** (shape + 2.0) - first ** (shape + 2.0)) / mass
    square = twice - 2.0 * first * once - first * first
    line, bend = 4.0 * middle - 3.0 * now - end, 2.0 * (now - 2.0 * middle + end)
    mean = now + line * once / panel + bend * square / (panel * panel)
    return max(min(mean, max(now, end, middle)), min(now, end, middle))


@compiled
def find_earlier(now: float, end: float, day: float) -> float:
    """Return the earlier of two days, the first only if it is still to come."""
    return end if now < end < day else day


@compiled
def find_next_day(person: Any, regimen: Any, parameters: Any) -> float:
    """Return the day on which a hazard next jumps: a birthday, the end of the offer or of a time of raised risk.

    A panel ends there, since its hazards are those of its beginning; otherwise an extra step could move a death. Days
    that change nothing for this person (an offer to someone in treatment, a ratio of 1) end no panel.
    """
    now, state = person["time"], person["state"]
    age = person["age"] + now / DAYS_PER_YEAR
    day = now + (math.floor(age) + 1.0 - age) * DAYS_PER_YEAR
    if state == USING or state == ABSTINENT:
        day = find_earlier(now, person["offered_until"], day)
    elif regimen["overdose_ratio_first_weeks"] != 1.0:
        day = find_earlier(now, person["episode_start"] + regimen["first_weeks_days"], day)
    return find_earlier(now, person["released"] + parameters["release_risk_days"], day)


@compiled
def find_overdose_line(
    person: Any, regimen: Any, parameters: Any, panel: float, now: float, middle: float, end: float
) -> tuple[float, float]:
    """Return the overdose rate at the panel's beginning (per day) and its slope (per day squared).

    A line with the slope from end to end and the mean of Simpson's rule over beginning, middle and end: a panel that an
    event cuts short has then spent the hazard of its own part, not that of the whole panel's middle. The line is kept
    at or above 0. now, middle, end: receptor occupancy at the panel's beginning, middle and end.
    """
    exposed = find_exposed_rate(person, regimen, parameters)
    if exposed == 0.0:
        return 0.0, 0.0
    target, gap = person["tolerance_target"], person["tolerance"] - person["tolerance_target"]
    left = find_tolerance_left(gap, parameters["tolerance_loss_days"], parameters["tolerance_regain_days"], 0.5 * panel)
    most = regimen["blockade_max"]
    first = find_susceptibility(parameters, most * now, target + gap)
    half = find_susceptibility(parameters, most * middle, target + gap * left)
    last = find_susceptibility(parameters, most * end, target + gap * left * left)
    mean = exposed * (first + 4.0 * half + last) / 6.0
    slope = exposed * (last - first) / panel
    slope = max(min(slope, 2.0 * mean / panel), -2.0 * mean / panel)
    return mean - 0.5 * slope * panel, slope


@compiled
def end_panel(person: Any, end: float) -> None:
    """Set what ends the panel and when: its own length, a due dose, the end of a phase, or the end of follow-up."""
    person["panel_end"] = end
    person["panel_clock"] = REFRESH
    if person["dose_due"] < person["panel_end"]:
        person["panel_end"] = person["dose_due"]
        person["panel_clock"] = DOSE_DUE
    if person["phase_end"] < person["panel_end"]:
        person["panel_end"] = person["phase_end"]
        person["panel_clock"] = PHASE_END
    if person["horizon"] < person["panel_end"]:
        person["panel_end"] = person["horizon"]
        person["panel_clock"] = HORIZON
