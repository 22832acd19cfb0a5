"""What the published definitions have in common: windows, runs and counts over blocks of words.

Every rule takes codes or flags of shape (words, weeks) and returns int32 scores of shape (words,). Weeks count from 1.
The block must hold the weeks that a rule reads; `trialsim.endpoints.score` sees to that. `_` (no test due) is neither
positive, negative nor missing, so it counts for nothing and breaks a run, unless a rule says otherwise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trialsim.endpoints.words import (
    Codes,
    Flags,
    is_due,
    is_missing,
    is_negative,
    is_positive,
    is_positive_or_missing,
)

type Scores = NDArray[np.int32]

LOFWALL_VISITS = np.array([1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15])


def weeks(block: NDArray[np.generic], first: int, last: int) -> slice:
    """The columns of weeks `first` to `last`, both included; negative weeks count from the end, -1 being the last."""
    total = block.shape[1]
    return slice(first - 1 if first > 0 else total + first, last if last > 0 else total + last + 1)


def time_to_window(flags: Flags, width: int, needed: int, start: int = 1) -> tuple[Scores, Scores]:
    """Weeks to the first window of `width` weeks, from week `start` on, with at least `needed` flagged; and the event.

    The time is the first week of the window plus `width - needed`: the first week of a run, where all are needed.
    Without an event (0) it is the last time that could have been observed, L + 1 - needed for a word of L letters.
    """
    running = np.cumsum(np.pad(flags, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    met = (running[:, width:] - running[:, :-width])[:, start - 1 :] >= needed
    event = met.any(axis=1)
    window = np.where(event, met.argmax(axis=1), met.shape[1] - 1)
    return (window + start + width - needed).astype(np.int32), event.astype(np.int32)


def has_run(flags: Flags, length: int, start: int = 1) -> Scores:
    """Whether (1/0) `length` flagged weeks follow one another from week `start` on."""
    return time_to_window(flags, length, length, start)[1]


def longest_run(flags: Flags, skipped: Flags | None = None) -> Scores:
    """Flagged weeks in the longest run; skipped weeks neither count nor break, all others break."""
    kept = flags if skipped is None else flags | skipped
    running = np.cumsum(flags, axis=1, dtype=np.int32)
    before_run = np.maximum.accumulate(np.where(kept, 0, running), axis=1)
    longest: Scores = (running - before_run).max(axis=1)
    return longest


def count_weeks(flags: Flags, first: int = 1, last: int = -1) -> Scores:
    """Flagged weeks from `first` to `last`."""
    counts: Scores = flags[:, weeks(flags, first, last)].sum(axis=1, dtype=np.int32)
    return counts


def carry_forward(codes: Codes, visits: NDArray[np.int_]) -> Codes:
    """Each week takes the letter of the latest due test among `visits`, which hold week 1; before one it is `_`."""
    week = np.arange(codes.shape[1])
    seen = np.isin(week + 1, visits) & is_due(codes)
    latest = np.maximum.accumulate(np.where(seen, week, 0), axis=1)
    carried: Codes = np.take_along_axis(codes, latest, axis=1)
    return carried


def end_abstinence(codes: Codes) -> Scores:
    """Weeks 12-15 without a positive or mixed test and with at most one missing (1/0)."""
    used, missed = count_weeks(is_positive(codes), 12, 15), count_weeks(is_missing(codes), 12, 15)
    abstinent: Flags = (used == 0) & (missed <= 1)
    return abstinent.astype(np.int32)


def no_positive_weeks_5_to_15(codes: Codes) -> Scores:
    """No positive test in weeks 5-15, missing is positive (1/0)."""
    abstinent: Flags = count_weeks(is_positive_or_missing(codes), 5, 15) == 0
    return abstinent.astype(np.int32)


def last_month_abstinence(codes: Codes) -> Scores:
    """Last week negative and at most one positive in the three weeks before, missing is positive (1/0)."""
    before = count_weeks(is_positive_or_missing(codes), -4, -2)
    abstinent: Flags = is_negative(codes)[:, -1] & (before <= 1)
    return abstinent.astype(np.int32)


def responder_lofwall(codes: Codes) -> Scores:
    """At least 2 of weeks 5-7, week 8, and at least 6 of weeks 9-15 negative, unvisited weeks carried forward (1/0)."""
    negative = is_negative(carry_forward(codes[:, :15], LOFWALL_VISITS))
    first, second, third = (count_weeks(negative, *span) for span in ((5, 7), (8, 8), (9, 15)))
    responder: Flags = (first >= 2) & (second == 1) & (third >= 6)
    return responder.astype(np.int32)
