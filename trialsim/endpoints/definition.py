"""What an outcome definition on weekly pattern words is: names, wording, citation and the function that scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from trialsim.endpoints.rules import Scores
from trialsim.endpoints.words import Codes

type Kind = Literal["time_and_event", "logical", "count"]

BREAKS_RUN = "is neither positive, negative nor missing, and breaks a run"
NOT_COUNTED = "is neither positive, negative nor missing"
NO_USE = "is not a positive week"
SKIPPED = "is dropped, as a missing week is"
CARRIED = "takes the letter of the visit before, as a week without a visit does"

EVERY_WEEK = (1, -1)


@dataclass(frozen=True)
class Definition:
    """One published outcome definition, scored on words with one letter a week.

    `columns` are the score columns: time in weeks and event for `time_and_event`, one column for `logical` and `count`.
    `meaning` is what is computed; `paper` is how the cited paper's own endpoint differs, empty where it does not.
    `minimum_weeks` is the shortest word that has a score. `looks_at` are the first and the last week that can change
    the score; negative weeks count from the end, -1 being the last. `not_due` is what a `_` in such a week does; where
    every one of them is `_` there is no score. `score` maps codes of shape (words, weeks) to one int32 array of shape
    (words,) for each column: weeks, counts, and 1/0 for events and logicals.
    """

    name: str
    columns: tuple[str, ...]
    kind: Kind
    meaning: str
    paper: str
    citation: str
    minimum_weeks: int
    looks_at: tuple[int, int]
    not_due: str
    score: Callable[[Codes], tuple[Scores, ...]]
