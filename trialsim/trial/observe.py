"""What a trial sees of a life: visits kept or missed, urine tests, loss to follow-up, and the course of treatment.

Observation is apart from life: it reads an event log and draws from streams of its own, and nothing that it decides
changes a life. Missed visits have parameters of their own, by treatment and use (clinical-model: mechanism 11).
"""

import math
from typing import Any, Final

import numpy as np

from trialsim.clinical.compiled import compiled
from trialsim.clinical.streams import (
    STREAM_LOST,
    STREAM_MIXED,
    STREAM_URINE,
    STREAM_VISIT_MISSED,
    draw_normal,
    draw_uniform,
)
from trialsim.clinical.vocabulary import (
    ABSTINENT,
    DEAD,
    DISCONTINUE,
    DOSE,
    FIRST_DOSE,
    INCARCERATED,
    INDUCTION,
    INDUCTION_FAIL,
    LAPSE_USE,
    LEAVE,
    MAINTAINED,
    NEVER,
    NO_USE,
    RELAPSE,
    WITHDRAWAL,
)

POSITIVE: Final = ord("+")
NEGATIVE: Final = ord("-")
MISSING: Final = ord("o")
MIXED: Final = ord("*")
NOT_DUE: Final = ord("_")
DAYS_A_WEEK: Final = 7.0

COURSE: Final = np.dtype(
    [(name, "f8") for name in ("discontinuation_day", "lost_day", "first_use_day")]
    + [(name, "i8") for name in ("discontinuation_event", "failure_event", "doses", "retained")]
)


@compiled
def find_missed_share(observation: Any, state: int, use: int, covered: bool, shift: float) -> float:
    """Return the probability of missing a visit (0 to 1) in a state and use, shifted by the person on the logit scale.

    covered: the last dose of a depot still lasts, so that who will not come for the next one still attends.
    """
    share = observation["visit_missed_share_using"]
    if state in (WITHDRAWAL, INDUCTION, MAINTAINED) or (state == ABSTINENT and covered):
        share = observation["visit_missed_share_in_treatment"]
        if use == LAPSE_USE:
            share = observation["visit_missed_share_lapse"]
    elif state == ABSTINENT:
        share = observation["visit_missed_share_off_treatment"]
    elif state in (DEAD, INCARCERATED):
        return 1.0
    return 1.0 / (1.0 + math.exp(-(math.log(share / (1.0 - share)) + shift)))


@compiled
def find_cover(events: Any, current: int, cover_days: float) -> float:
    """Return the day until which the last depot dose at or before an event lasts; below 0 where there was none."""
    for i in range(current, -1, -1):
        if events[i]["event"] == DOSE:
            return float(events[i]["day"] + cover_days)
    return -1.0


@compiled
def find_lost_rate(observation: Any, state: int) -> float:
    """Return the rate of being lost to follow-up (per day) in a state off treatment."""
    if state == ABSTINENT:
        return float(observation["lost_to_follow_up_rate_off_treatment"])
    return float(observation["lost_to_follow_up_rate_using"])


@compiled
def used_since(events: Any, day: float, until: float) -> bool:
    """Return whether the life held illicit use at any time in (day, until] (days since time zero)."""
    for i in range(len(events)):
        if events[i]["day"] > until:
            break
        if events[i]["use"] != NO_USE:
            end = events[i + 1]["day"] if i + 1 < len(events) else NEVER
            if end > day:
                return True
    return False


@compiled
def find_current(events: Any, day: float, start: int) -> int:
    """Return the index of the last event at or before a day, searching from an index on."""
    i = start
    while i + 1 < len(events) and events[i + 1]["day"] <= day:
        i += 1
    return i


@compiled
def draw_letter(events: Any, observation: Any, seed: int, patient: int, replicate: int, visit: int, day: float) -> int:
    """Return the letter of a urine test that is given: positive, negative or mixed."""
    start = day - observation["urine_window_days"]
    positive = (
        observation["urine_sensitivity"] if used_since(events, start, day) else 1.0 - observation["urine_specificity"]
    )
    if draw_uniform(seed, patient, STREAM_URINE, visit, replicate) >= positive:
        return NEGATIVE
    if draw_uniform(seed, patient, STREAM_MIXED, visit, replicate) < observation["urine_mixed_share"]:
        return MIXED
    return POSITIVE


@compiled
def write_word(
    word: Any, course: Any, events: Any, observation: Any, seed: int, interval: float, cover_days: float
) -> None:
    """Write a life's letters, for visits at interval, 2 x interval, ... days, and the day it was lost to follow-up.

    word: uint8[weeks], ASCII codes, one a week; weeks without a visit stay as they are (no test due). events: the EVENT
    records of one life, in order. A dead, imprisoned or lost person misses every visit; who comes back to treatment
    comes back to the trial.
    """
    patient, replicate = int(events[0]["patient"]), int(events[0]["replicate"])
    shift = observation["visit_missed_log_sd"] * draw_normal(seed, patient, STREAM_VISIT_MISSED, 0, replicate)
    course["lost_day"] = NEVER
    current = 0
    for visit in range(int(len(word) * DAYS_A_WEEK / interval)):
        day = (visit + 1) * interval
        week = int(day / DAYS_A_WEEK) - 1
        current = find_current(events, day, current)
        state, use = events[current]["state"], events[current]["use"]
        covered = day <= find_cover(events, current, cover_days)
        leave = 1.0 - math.exp(-find_lost_rate(observation, state) * interval)
        if state in (WITHDRAWAL, INDUCTION, MAINTAINED) or (state == ABSTINENT and covered):
            course["lost_day"] = NEVER
        elif (
            course["lost_day"] >= NEVER
            and state != DEAD
            and draw_uniform(seed, patient, STREAM_LOST, visit, replicate) < leave
        ):
            course["lost_day"] = day
        missed = find_missed_share(observation, state, use, covered, shift)
        word[week] = MISSING
        if (
            day < course["lost_day"]
            and draw_uniform(seed, patient, STREAM_VISIT_MISSED, 2 + visit, replicate) >= missed
        ):
            word[week] = draw_letter(events, observation, seed, patient, replicate, visit, day)


@compiled
def find_first_use(events: Any) -> float:
    """Return the day of the first illicit use (lapse or regular use, seen by the trial or not) after time zero."""
    for i in range(len(events)):
        if events[i]["use"] != NO_USE:
            return float(events[i]["day"])
    return NEVER


@compiled
def read_course(course: Any, events: Any, endpoint_day: float) -> None:
    """Read the course of treatment from a life's events: doses, first stop and its event, retention at a day."""
    course["first_use_day"] = find_first_use(events)
    course["discontinuation_day"] = NEVER
    course["discontinuation_event"] = -1
    course["failure_event"] = -1
    course["doses"] = 0
    course["retained"] = 0
    started = False
    for i in range(len(events)):
        event, day, state = events[i]["event"], events[i]["day"], events[i]["state"]
        if day > endpoint_day:
            break
        course["retained"] = 1 if state == MAINTAINED or (state == INDUCTION and started) else 0
        if event == FIRST_DOSE:
            started = True
        elif event == DOSE:
            course["doses"] += 1
        elif not started and event in (LEAVE, INDUCTION_FAIL):
            course["failure_event"] = event
        stops = event in (DISCONTINUE, RELAPSE, INDUCTION_FAIL) or state == DEAD
        if started and stops and course["discontinuation_event"] < 0:
            course["discontinuation_day"] = day
            course["discontinuation_event"] = event


@compiled
def observe_lives(
    words: Any,
    courses: Any,
    outcomes: Any,
    log: Any,
    observation: Any,
    seed: int,
    interval: float,
    endpoint_day: float,
    cover_days: Any,
) -> None:
    """Observe every life: words uint8[lives, weeks] and COURSE records, in the order of the OUTCOME records.

    cover_days: float64[arms], how long a dose of the arm's depot lasts, 0 for other forms.
    """
    for i in range(len(outcomes)):
        events = log[outcomes[i]["log_start"] : outcomes[i]["log_end"]]
        write_word(words[i], courses[i], events, observation[0], seed, interval, cover_days[outcomes[i]["arm"]])
        read_course(courses[i], events, endpoint_day)
