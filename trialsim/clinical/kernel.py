"""The kernel: plan the next event of one person's life, let time pass, carry the event out.

`step` is the only way that time passes. The engines differ in one thing: when a pending request is admitted.
"""

from typing import Any

from trialsim.clinical.clocks import draw_residual, find_firing, find_line_firing, raise_time, round_tick
from trialsim.clinical.compiled import compiled
from trialsim.clinical.events import fire, give_dose, start_entry, write_event
from trialsim.clinical.hazards import find_use_intensity, set_hazards
from trialsim.clinical.panels import (
    YEAR_PANEL,
    end_panel,
    find_allowed_change,
    find_next_day,
    find_overdose_line,
    find_panel,
    find_relapse_occupancy,
)
from trialsim.clinical.pharmacology import find_occupancy, find_present_level, move_level
from trialsim.clinical.tallies import KERNEL_STEPS, tally_time
from trialsim.clinical.tolerance import find_tolerance_target, move_tolerance
from trialsim.clinical.vocabulary import (
    ABSTINENT,
    ADMIT,
    BED,
    CLOCK_COUNT,
    DEAD,
    HORIZON,
    INDUCTION,
    INJECTION_SLOT,
    MAINTAINED,
    NO_RESOURCE,
    OVERDOSE,
    REGULAR_USE,
    WAIT,
    WAITING,
    WITHDRAWAL,
)


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
            residual, rate = arm_clock(person, clock, seed), person["coefficient"][clock]
            slope, days = person["slope"][clock], person["next_time"] - now
            # Most clocks do not fire before the step ends: their firing times need not be solved for.
            if (rate + 0.5 * slope * days) * days > residual:
                time = now + (residual / rate if slope == 0.0 else find_line_firing(rate, slope, residual))
                person["next_time"] = min(time, person["next_time"])
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
    """Set the hazards of the coming panel and find what happens next, and when.

    Where no hazard depends on drug level or tolerance (no overdose is possible and no relapse off medication), the
    panel is as long as age allows.
    """
    intensity = find_use_intensity(person, regimen, parameters)
    moving = person["state"] == ABSTINENT or intensity > 0.0
    limit = find_next_day(person, regimen, parameters) - person["time"]
    if moving:
        allowed = find_allowed_change(person, intensity, change)
        panel, now, middle, end = find_panel(person, regimen, parameters, limit, allowed)
    else:
        panel, now, end = min(YEAR_PANEL, limit), 0.0, 0.0
        middle = find_occupancy(find_present_level(person, regimen), regimen["level_ec50"])
    blockade = regimen["blockade_max"] * middle
    person["tolerance_target"] = find_tolerance_target(person, regimen, parameters, middle, blockade)
    rate, slope = 0.0, 0.0
    if moving:
        rate, slope = find_overdose_line(person, regimen, parameters, panel, now, middle, end)
    if person["state"] == ABSTINENT:
        blockade = regimen["blockade_max"] * find_relapse_occupancy(person, parameters, panel, now, middle, end)
    set_hazards(person, regimen, parameters, life_table, rate, slope, blockade)
    end_panel(person, person["time"] + panel)
    go_on(person, seed)


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
        if person["shape"][clock] == 1.0:
            slope = person["slope"][clock]
            spent = (person["coefficient"][clock] + 0.5 * slope * days) * days
            person["coefficient"][clock] += slope * days
        else:
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
    """Record that a request could not be granted at once: the person now waits, and who waits to enter care uses."""
    if person["state"] == WAITING:
        person["use"] = REGULAR_USE
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
