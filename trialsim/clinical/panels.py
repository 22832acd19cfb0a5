"""Panels: how long hazards may be read off one plan, and the line that the overdose rate follows within it."""

import math
from typing import Any, Final

from trialsim.clinical.compiled import compiled
from trialsim.clinical.hazards import find_exposed_rate, find_susceptibility
from trialsim.clinical.pharmacology import find_level, find_level_slope, find_occupancy, is_drug_free
from trialsim.clinical.tolerance import find_tolerance_target, move_tolerance
from trialsim.clinical.vocabulary import ABSTINENT, DOSE_DUE, HORIZON, NO_USE, PHASE_END, REFRESH, USING

# A panel is cut so that blockade and susceptibility move by about PANEL_CHANGE within it, within these limits (days).
SHORTEST_PANEL: Final = 0.125
LONGEST_PANEL: Final = 28.0
# Tolerance moves smoothly (one exponential) where blockade falls steeply: it may move this many times further.
TOLERANCE_WEIGHT: Final = 0.2
YEAR_PANEL: Final = 182.625
DAYS_PER_YEAR: Final = 365.25


@compiled
def find_panel(person: Any, regimen: Any, parameters: Any, change: float) -> float:
    """Return the length of the next panel (days): short while what hazards depend on moves, long when it rests.

    change: how far blockade and tolerance may move within a panel (0 to 1); halving it moves no outcome visibly.
    """
    now, speed = 0.0, 0.0
    drugged = not is_drug_free(person, regimen)
    if drugged:
        level = find_level(person, regimen, 0.0)
        now = find_occupancy(level, regimen["level_ec50"])
        speed = abs(find_level_slope(person, regimen)) * (1.0 - now) / (level + regimen["level_ec50"])
    if person["use"] != NO_USE:
        blockade = regimen["blockade_max"] * now
        target = find_tolerance_target(person, regimen, parameters, now, blockade)
        gap = target - person["tolerance"]
        days = parameters["tolerance_regain_days"] if gap > 0.0 else parameters["tolerance_loss_days"]
        speed = max(speed, TOLERANCE_WEIGHT * abs(gap) / days)
    panel = YEAR_PANEL if speed < 1e-4 else min(change / speed, LONGEST_PANEL)
    # A level far above level_ec50 hides its coming fall: the far end must agree before the panel is trusted.
    while drugged and panel > SHORTEST_PANEL:
        far = find_occupancy(find_level(person, regimen, panel), regimen["level_ec50"])
        if abs(far - now) <= 1.5 * change:
            break
        panel *= 0.5
    return max(panel, SHORTEST_PANEL)


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
def find_ratio_after(person: Any, regimen: Any, parameters: Any, occupancy: float, days: float) -> float:
    """Return the overdose rate's ratio to the exposed one some days into the panel, at the occupancy there."""
    loss, regain = parameters["tolerance_loss_days"], parameters["tolerance_regain_days"]
    tolerance = move_tolerance(person["tolerance"], person["tolerance_target"], loss, regain, days)
    return find_susceptibility(parameters, regimen["blockade_max"] * occupancy, tolerance)


@compiled
def find_overdose_line(person: Any, regimen: Any, parameters: Any, panel: float, middle: float) -> tuple[float, float]:
    """Return the overdose rate at the panel's beginning (per day) and its slope (per day squared).

    A line with the slope from end to end and the mean of Simpson's rule over beginning, middle and end: a panel that an
    event cuts short has then spent the hazard of its own part, not that of the whole panel's middle. The line is kept
    at or above 0. middle: receptor occupancy at the panel's middle.
    """
    exposed = find_exposed_rate(person, regimen, parameters)
    if exposed == 0.0:
        return 0.0, 0.0
    ec50 = regimen["level_ec50"]
    now = find_occupancy(find_level(person, regimen, 0.0), ec50)
    end = find_occupancy(find_level(person, regimen, panel), ec50)
    first = find_ratio_after(person, regimen, parameters, now, 0.0)
    half = find_ratio_after(person, regimen, parameters, middle, 0.5 * panel)
    last = find_ratio_after(person, regimen, parameters, end, panel)
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
