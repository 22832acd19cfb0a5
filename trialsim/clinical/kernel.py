"""The kernel: plan the next event of one person's life, let time pass, carry the event out.

`step` is the only way that time passes. The engines differ in one thing: when a pending request is admitted.
"""

import math
from typing import Any

from trialsim.clinical.clocks import draw_residual, find_firing, raise_time, round_tick
from trialsim.clinical.compiled import compiled
from trialsim.clinical.events import fire, give_dose, start_entry, write_event
from trialsim.clinical.hazards import find_use_intensity, set_hazards
from trialsim.clinical.pharmacology import find_level, find_occupancy, move_level
from trialsim.clinical.tallies import KERNEL_STEPS, tally_time
from trialsim.clinical.tolerance import find_tolerance_target, move_tolerance
from trialsim.clinical.vocabulary import (
    ABSTINENT,
    ADMIT,
    BED,
    CLOCK_COUNT,
    DEAD,
    DOSE_DUE,
    HORIZON,
    INDUCTION,
    INJECTION_SLOT,
    MAINTAINED,
    NO_RESOURCE,
    NO_USE,
    OVERDOSE,
    PHASE_END,
    REFRESH,
    WAIT,
    WITHDRAWAL,
)

# A panel is cut so that blockade and susceptibility move by about PANEL_CHANGE within it, within these limits (days).
SHORTEST_PANEL = 0.125
LONGEST_PANEL = 28.0
YEAR_PANEL = 182.625
DAYS_PER_YEAR = 365.25


@compiled
def find_panel(person: Any, regimen: Any, parameters: Any, change: float) -> float:
    """Return the length of the next panel (days): short while what hazards depend on moves, long when it rests.

    change: how far blockade and tolerance may move within a panel (0 to 1); halving it moves no outcome visibly.
    """
    level = find_level(person, regimen, 0.0)
    now = find_occupancy(level, regimen["level_ec50"])
    soon = find_occupancy(find_level(person, regimen, 1.0), regimen["level_ec50"])
    speed = abs(soon - now)
    if person["use"] != NO_USE:
        blockade = regimen["blockade_max"] * now
        target = find_tolerance_target(person, regimen, parameters, now, blockade)
        gap = target - person["tolerance"]
        days = parameters["tolerance_regain_days"] if gap > 0.0 else parameters["tolerance_loss_days"]
        speed = max(speed, abs(gap) / days)
    if speed < 1e-4:
        # A level far above level_ec50 hides its fall: the far end must agree before a long panel is trusted.
        far = find_occupancy(find_level(person, regimen, YEAR_PANEL), regimen["level_ec50"])
        return YEAR_PANEL if abs(far - now) < 0.01 else LONGEST_PANEL
    return min(max(change / speed, SHORTEST_PANEL), LONGEST_PANEL)


@compiled
def find_next_day(person: Any, regimen: Any, parameters: Any) -> float:
    """Return the day on which a hazard next jumps: a birthday, the end of the offer or of a time of raised risk.

    A panel ends there, since its hazards are those of its beginning; otherwise an extra step could move a death.
    """
    age = person["age"] + person["time"] / DAYS_PER_YEAR
    day = person["time"] + (math.floor(age) + 1.0 - age) * DAYS_PER_YEAR
    first_weeks = person["episode_start"] + regimen["first_weeks_days"]
    for end in (person["offered_until"], first_weeks, person["released"] + parameters["release_risk_days"]):
        if person["time"] < end and end < day:
            day = end
    return day


@compiled
def find_power(person: Any, clock: int, time: float) -> float:
    """Return (time - origin)**shape of a Weibull clock, remembering the last answer: steps share their ends."""
    if person["power_time"][clock] != time:
        person["power"][clock] = raise_time(time - person["origin"][clock], person["shape"][clock])
        person["power_time"][clock] = time
    return float(person["power"][clock])


@compiled
def arm_clock(person: Any, clock: int, seed: int) -> float:
    """Return a clock's residual, drawn when the clock first becomes active: its address does not depend on when."""
    if person["occurrence"][clock] == 0:
        person["residual"][clock] = draw_residual(seed, person["patient"], clock, 0, person["replicate"])
        person["occurrence"][clock] = 1
    return float(person["residual"][clock])


@compiled
def find_next_clock(person: Any, seed: int) -> None:
    """Find which clock fires first and when, and lower the planned end of the step to that time."""
    now = person["time"]
    for i in range(person["active_count"]):
        clock = person["active"][i]
        if person["shape"][clock] == 1.0:
            time = now + arm_clock(person, clock, seed) / person["coefficient"][clock]
            if time < person["next_time"]:
                person["next_time"] = time
                person["next_clock"] = clock
    for i in range(person["active_count"]):
        clock = person["active"][i]
        if person["shape"][clock] != 1.0:
            hazard = arm_clock(person, clock, seed) / person["coefficient"][clock]
            power = find_power(person, clock, now)
            person["start_power"][clock] = power
            if find_power(person, clock, person["next_time"]) - power >= hazard:
                time = person["origin"][clock] + find_firing(power, hazard, person["shape"][clock])
                person["next_time"] = max(now, min(time, person["next_time"]))
                person["next_clock"] = clock


@compiled
def plan(person: Any, regimen: Any, parameters: Any, life_table: Any, seed: int, change: float) -> None:
    """Set the hazards of the coming panel at its midpoint and find what happens next, and when.

    Where no hazard depends on drug level or tolerance (no overdose is possible and no relapse off medication), the
    panel is as long as age allows.
    """
    moving = person["state"] == ABSTINENT or find_use_intensity(person, regimen, parameters) > 0.0
    panel = find_panel(person, regimen, parameters, change) if moving else YEAR_PANEL
    panel = min(panel, find_next_day(person, regimen, parameters) - person["time"])
    half = 0.5 * panel if moving else 0.0
    middle = find_occupancy(find_level(person, regimen, half), regimen["level_ec50"])
    blockade = regimen["blockade_max"] * middle
    target = find_tolerance_target(person, regimen, parameters, middle, blockade)
    loss, regain = parameters["tolerance_loss_days"], parameters["tolerance_regain_days"]
    tolerance = move_tolerance(person["tolerance"], target, loss, regain, half)
    person["tolerance_target"] = target
    set_hazards(person, regimen, parameters, life_table, blockade, tolerance)
    end_panel(person, person["time"] + panel)
    go_on(person, seed)


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


@compiled
def go_on(person: Any, seed: int) -> None:
    """Find what happens next within the present panel."""
    person["next_time"] = person["panel_end"]
    person["next_clock"] = person["panel_clock"]
    find_next_clock(person, seed)
    person["next_time"] = round_tick(person["next_time"])
    if person["next_time"] >= person["horizon"]:
        person["next_time"] = person["horizon"]
        person["next_clock"] = HORIZON


@compiled
def spend_clocks(person: Any, start: float, until: float) -> None:
    """Take the hazard between two times off every active clock's residual."""
    days = until - start
    for i in range(person["active_count"]):
        clock = person["active"][i]
        spent = person["coefficient"][clock] * days
        if person["shape"][clock] != 1.0:
            spent = person["coefficient"][clock] * (find_power(person, clock, until) - person["start_power"][clock])
        person["residual"][clock] = max(person["residual"][clock] - spent, 0.0)


@compiled
def pass_time(person: Any, regimen: Any, parameters: Any, row: Any, until: float) -> None:
    """Let time pass under the planned hazards: clocks are spent, level and tolerance move, person-time is counted."""
    start = person["time"]
    days = until - start
    if days <= 0.0:
        return
    spend_clocks(person, start, until)
    move_level(person, regimen, days)
    loss, regain = parameters["tolerance_loss_days"], parameters["tolerance_regain_days"]
    person["tolerance"] = move_tolerance(person["tolerance"], person["tolerance_target"], loss, regain, days)
    tally_time(row, person, start, until)
    person["time"] = until


@compiled
def admit(person: Any, regimen: Any, log: Any, cursor: Any) -> None:
    """Grant the pending request: a bed or dosing slot starts the entry, an injection slot gives the due dose."""
    resource = person["pending"]
    person["pending"] = NO_RESOURCE
    if resource == INJECTION_SLOT:
        give_dose(person, regimen, log, cursor)
    else:
        start_entry(person, regimen, log, cursor)


@compiled
def begin_waiting(person: Any, log: Any, cursor: Any) -> None:
    """Record that a request could not be granted at once: the person now waits."""
    write_event(person, WAIT, log, cursor)


@compiled
def admit_late(person: Any, regimen: Any, log: Any, cursor: Any) -> None:
    """Grant a request that had to wait, and record it."""
    write_event(person, ADMIT, log, cursor)
    admit(person, regimen, log, cursor)


@compiled
def step(
    person: Any,
    regimen: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    change: float,
    row: Any,
    log: Any,
    cursor: Any,
) -> None:
    """Let the planned event happen and plan the next: the one step that both engines take."""
    row[KERNEL_STEPS] += 1
    pass_time(person, regimen, parameters, row, person["next_time"])
    clock = person["next_clock"]
    if clock < CLOCK_COUNT:
        number = person["occurrence"][clock]
        person["residual"][clock] = draw_residual(seed, person["patient"], clock, number, person["replicate"])
        person["occurrence"][clock] = number + 1
    fire(person, regimen, clock, row, log, cursor)
    if clock == OVERDOSE:
        # Nothing but its own clock has changed: a new panel would shift the others by its new midpoint.
        go_on(person, seed)
    elif person["state"] != DEAD and person["done"] == 0:
        plan(person, regimen, parameters, life_table, seed, change)


@compiled
def grant(
    person: Any,
    regimen: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    change: float,
    row: Any,
    log: Any,
    cursor: Any,
    time: float,
    waited: bool,
) -> None:
    """Grant the pending request at a time (days) not after the planned event, and plan anew."""
    pass_time(person, regimen, parameters, row, min(max(time, person["time"]), person["next_time"]))
    if waited:
        admit_late(person, regimen, log, cursor)
    else:
        admit(person, regimen, log, cursor)
    plan(person, regimen, parameters, life_table, seed, change)


@compiled
def needs_resource(person: Any, held: int) -> bool:
    """Return whether a held bed (until induction ends) or dosing slot (while on treatment) is still needed."""
    state = person["state"]
    if held == BED:
        return bool(state == WITHDRAWAL or state == INDUCTION)
    return bool(state == WITHDRAWAL or state == INDUCTION or state == MAINTAINED)


@compiled
def live_while_holding(
    person: Any,
    regimen: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    change: float,
    row: Any,
    log: Any,
    cursor: Any,
    held: int,
) -> None:
    """Live on until a request is pending, a held resource is no longer needed, death, or the end of follow-up."""
    while person["pending"] == NO_RESOURCE and person["state"] != DEAD and person["done"] == 0:
        if held != NO_RESOURCE and not needs_resource(person, held):
            return
        step(person, regimen, parameters, life_table, seed, change, row, log, cursor)


@compiled
def live(
    person: Any,
    regimen: Any,
    parameters: Any,
    life_table: Any,
    seed: int,
    change: float,
    row: Any,
    log: Any,
    cursor: Any,
) -> None:
    """Live a whole life in which every request is granted at once (nothing is shared)."""
    plan(person, regimen, parameters, life_table, seed, change)
    while person["state"] != DEAD and person["done"] == 0:
        if person["pending"] != NO_RESOURCE:
            time = person["time"]
            grant(person, regimen, parameters, life_table, seed, change, row, log, cursor, time, False)
        else:
            step(person, regimen, parameters, life_table, seed, change, row, log, cursor)
