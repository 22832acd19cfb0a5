"""What each event does to a person: the transitions of the clinical model, and the record that they leave."""

from typing import Any

from trialsim.clinical.compiled import compiled
from trialsim.clinical.pharmacology import add_dose
from trialsim.clinical.tallies import (
    FIRST_DOSES,
    OVERDOSES_IN,
    OVERDOSES_OUT,
    STOPS,
    is_in_treatment,
    tally_death,
)
from trialsim.clinical.vocabulary import (
    ABSTAIN,
    ABSTINENT,
    ARREST,
    CLOCK_COUNT,
    DEAD,
    DISCONTINUE,
    DOSE,
    DOSE_DUE,
    FIRST_DOSE,
    HORIZON,
    INCARCERATED,
    INDUCTION,
    INDUCTION_FAIL,
    KIND_SUPPORT,
    LAPSE,
    LAPSE_END,
    LAPSE_USE,
    LEAVE,
    MAINTAIN,
    MAINTAINED,
    MISS,
    NEVER,
    NO_RESOURCE,
    NO_USE,
    OTHER_DEATH,
    OVERDOSE,
    OVERDOSE_DEATH,
    PHASE_END,
    READY,
    REGULAR_USE,
    RELAPSE,
    RELEASE,
    RESUME,
    SEEK,
    USING,
    WAITING,
    WALK_AWAY,
    WITHDRAWAL,
)


@compiled
def write_event(person: Any, event: int, log: Any, cursor: Any) -> None:
    """Write an event record with the state after it; past the log's end only count, so that the caller can enlarge it.

    cursor: int64[2], the number of events so far and whether a log is kept at all.
    """
    person["logged"] += 1
    if cursor[1] == 0:
        return
    i = cursor[0]
    cursor[0] = i + 1
    if i < len(log):
        log[i]["replicate"] = person["replicate"]
        log[i]["patient"] = person["patient"]
        log[i]["arm"] = person["arm"]
        log[i]["occurrence"] = person["logged"] - 1
        log[i]["event"] = event
        log[i]["state"] = person["state"]
        log[i]["use"] = person["use"]
        log[i]["day"] = person["time"]


@compiled
def end_use(person: Any) -> None:
    """End all illicit use now: the opioid-free interval is counted from here."""
    person["use"] = NO_USE
    person["last_use"] = person["time"]


@compiled
def move_to(person: Any, state: int) -> None:
    """Enter a state now; regular use goes with USING and WAITING only. Who asks for a bed while not using returns to
    use when the wait begins, if it does (`begin_waiting`).
    """
    person["state"] = state
    person["state_since"] = person["time"]
    if state == USING:
        person["use"] = REGULAR_USE
    elif state != WAITING and person["use"] == REGULAR_USE:
        end_use(person)
        person["unprotected_since"] = person["time"]


@compiled
def stop_medication(person: Any, regimen: Any, row: Any) -> None:
    """End the treatment episode: no more doses; cover runs on for its defined time after the last dose.

    Monthly forms and implants stop when the next dose would have been due, daily forms now.
    """
    person["dosing"] = 0.0
    person["gap"] = 0
    person["dose_due"] = NEVER
    person["phase_end"] = NEVER
    if person["episode_start"] >= NEVER or person["stopped"] < NEVER:
        return
    if regimen["daily"] > 0:
        person["covered_until"] = min(person["covered_until"], person["time"] + regimen["covered_days"])
        person["stopped"] = person["time"]
    else:
        person["stopped"] = max(person["time"], person["last_dose"] + regimen["dose_interval_days"])
    row[STOPS] += 1


@compiled
def give_dose(person: Any, regimen: Any, log: Any, cursor: Any) -> None:
    """Give one dose of a depot and make the next one due."""
    add_dose(person, regimen, regimen["dose"])
    person["last_dose"] = person["time"]
    person["covered_until"] = person["time"] + regimen["covered_days"]
    person["dose_due"] = person["time"] + regimen["dose_interval_days"]
    write_event(person, DOSE, log, cursor)


@compiled
def give_first_dose(person: Any, regimen: Any, row: Any, log: Any, cursor: Any) -> None:
    """Begin the treatment episode with its first dose."""
    person["episode_start"] = person["time"]
    person["stopped"] = NEVER
    row[FIRST_DOSES] += 1
    if person["first_dose"] >= NEVER:
        person["first_dose"] = person["time"]
    write_event(person, FIRST_DOSE, log, cursor)
    if regimen["daily"] > 0:
        person["dosing"] = regimen["dose"] * regimen["adherence"]
        person["last_dose"] = person["time"]
        person["covered_until"] = NEVER
    else:
        give_dose(person, regimen, log, cursor)


@compiled
def start_induction(person: Any, regimen: Any, row: Any, log: Any, cursor: Any) -> None:
    """Begin induction: agonists dose at once, antagonists at its end (naloxone challenge and test first).

    Who used within the last `use_carried_days` goes on using, as a lapse, into an agonist induction.
    """
    person["use_carried"] = 0
    move_to(person, INDUCTION)
    person["phase_end"] = person["time"] + regimen["induction_days"]
    write_event(person, READY, log, cursor)
    if regimen["dose_first"] > 0:
        if person["time"] - person["last_use"] < regimen["use_carried_days"]:
            person["use"] = LAPSE_USE
            person["use_carried"] = 1
        give_first_dose(person, regimen, row, log, cursor)


@compiled
def start_entry(person: Any, regimen: Any, log: Any, cursor: Any) -> None:
    """Enter care: withdrawal where the medication asks for it, else induction begins at once (as a due phase end)."""
    move_to(person, WITHDRAWAL)
    if person["use"] == LAPSE_USE:
        end_use(person)
    write_event(person, SEEK, log, cursor)
    if regimen["needs_withdrawal"] == 0:
        person["phase_end"] = person["time"]


@compiled
def request_entry(person: Any, regimen: Any, log: Any, cursor: Any) -> None:
    """Ask for the medication: a request is pending where entry needs a bed or a slot, else care begins at once."""
    if regimen["entry_resource"] != NO_RESOURCE:
        move_to(person, WAITING)
        person["pending"] = regimen["entry_resource"]
    else:
        start_entry(person, regimen, log, cursor)


@compiled
def end_phase(person: Any, regimen: Any, row: Any, log: Any, cursor: Any) -> None:
    """Carry out a due phase end: entry without withdrawal becomes induction, induction becomes maintenance."""
    person["phase_end"] = NEVER
    if person["state"] == WITHDRAWAL:
        start_induction(person, regimen, row, log, cursor)
        return
    if regimen["dose_first"] == 0:
        give_first_dose(person, regimen, row, log, cursor)
    move_to(person, MAINTAINED)
    write_event(person, MAINTAIN, log, cursor)


@compiled
def die(person: Any, clock: int, row: Any, log: Any, cursor: Any) -> None:
    """Die of overdose or of another cause."""
    overdose = 1 if clock == OVERDOSE_DEATH else 0
    tally_death(row, person, overdose)
    person["state"] = DEAD
    person["use"] = NO_USE
    person["death"] = person["time"]
    person["fatal"] = 1 if overdose else 2
    person["pending"] = NO_RESOURCE
    write_event(person, clock, log, cursor)


@compiled
def return_to_use(person: Any, regimen: Any, event: int, row: Any, log: Any, cursor: Any) -> None:
    """Return to regular use, off medication: relapse, leaving withdrawal, failing induction, walking away."""
    if person["state"] == MAINTAINED or person["state"] == INDUCTION:
        stop_medication(person, regimen, row)
    person["pending"] = NO_RESOURCE
    person["phase_end"] = NEVER
    move_to(person, USING)
    write_event(person, event, log, cursor)


@compiled
def change_use(person: Any, use: int, event: int, log: Any, cursor: Any) -> None:
    """Begin or end a lapse without changing state."""
    if use == NO_USE:
        end_use(person)
    else:
        person["use"] = use
    write_event(person, event, log, cursor)


@compiled
def leave_to(person: Any, regimen: Any, state: int, event: int, row: Any, log: Any, cursor: Any) -> None:
    """Go to abstinence or prison, off medication: relapse is counted anew from the end of medication or of custody, and
    not from the end of support (counselling, placebo), which protected from nothing.
    """
    if person["state"] == MAINTAINED:
        stop_medication(person, regimen, row)
        if regimen["kind"] != KIND_SUPPORT:
            person["unprotected_since"] = person["time"]
    person["pending"] = NO_RESOURCE
    if event == RELEASE:
        person["released"] = person["time"]
        person["unprotected_since"] = person["time"]
    move_to(person, state)
    if state == INCARCERATED and person["use"] != NO_USE:
        end_use(person)
    write_event(person, event, log, cursor)


@compiled
def change_gap(person: Any, regimen: Any, event: int, log: Any, cursor: Any) -> None:
    """Begin or end a gap in daily doses; a long gap ends cover."""
    missing = event == MISS
    person["gap"] = 1 if missing else 0
    person["dosing"] = 0.0 if missing else regimen["dose"] * regimen["adherence"]
    if missing:
        person["last_dose"] = person["time"]
        person["covered_until"] = person["time"] + regimen["covered_days"]
    else:
        if person["time"] > person["covered_until"]:
            person["episode_start"] = person["time"]
        person["covered_until"] = NEVER
    write_event(person, event, log, cursor)


@compiled
def fire_clock(person: Any, regimen: Any, clock: int, row: Any, log: Any, cursor: Any) -> None:
    """Carry out the event of a clock that is not a death."""
    if clock == OVERDOSE:
        person["overdoses"] += 1
        row[OVERDOSES_IN if is_in_treatment(person) else OVERDOSES_OUT] += 1
        write_event(person, OVERDOSE, log, cursor)
    elif clock == SEEK:
        request_entry(person, regimen, log, cursor)
    elif clock == READY:
        start_induction(person, regimen, row, log, cursor)
    elif clock == WALK_AWAY or clock == LEAVE or clock == INDUCTION_FAIL or clock == RELAPSE:
        return_to_use(person, regimen, clock, row, log, cursor)
    elif clock == DISCONTINUE or clock == ABSTAIN or clock == RELEASE:
        leave_to(person, regimen, ABSTINENT, clock, row, log, cursor)
    elif clock == ARREST:
        leave_to(person, regimen, INCARCERATED, clock, row, log, cursor)
    elif clock == LAPSE:
        change_use(person, LAPSE_USE, clock, log, cursor)
    elif clock == LAPSE_END:
        change_use(person, NO_USE, clock, log, cursor)
    elif clock == MISS or clock == RESUME:
        change_gap(person, regimen, clock, log, cursor)


@compiled
def request_dose(person: Any, regimen: Any, log: Any, cursor: Any) -> None:
    """Give the due dose, or ask for the slot that it needs."""
    person["dose_due"] = NEVER
    if regimen["dose_resource"] != NO_RESOURCE:
        person["pending"] = regimen["dose_resource"]
    else:
        give_dose(person, regimen, log, cursor)


@compiled
def fire(person: Any, regimen: Any, clock: int, row: Any, log: Any, cursor: Any) -> None:
    """Carry out what was planned: a clock's event, a due dose, the end of a phase, of a panel, or of follow-up."""
    if clock == OVERDOSE_DEATH or clock == OTHER_DEATH:
        die(person, clock, row, log, cursor)
    elif clock < CLOCK_COUNT:
        fire_clock(person, regimen, clock, row, log, cursor)
    elif clock == DOSE_DUE:
        request_dose(person, regimen, log, cursor)
    elif clock == PHASE_END:
        end_phase(person, regimen, row, log, cursor)
    elif clock == HORIZON:
        person["done"] = 1
