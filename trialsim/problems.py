"""Mistakes in what a user handed in: the one error that every reader of the package raises.

A reader collects every `Problem` that it can find and raises them together as one `InputError`, so that a file is
corrected in one go. The command line prints them on one screen and leaves with exit code 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake: where it stands, what is wrong, what was expected, and the nearest valid name.

    `line` counts from 1 and is None where the mistake belongs to the whole file; `key` is the offending key or column,
    empty where there is none; `expected` and `nearest` are empty where nothing useful can be said.
    """

    file: str
    line: int | None
    key: str
    message: str
    expected: str = ""
    nearest: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        key = f"{self.key}: " if self.key else ""
        expected = f"; expected {self.expected}" if self.expected else ""
        nearest = f"; did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{where}: {key}{self.message}{expected}{nearest}"


class InputError(Exception):
    """What the user handed in cannot be used; `problems` says why, one entry a mistake, at least one."""

    problems: tuple[Problem, ...]

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest_name(word: str, names: Iterable[str]) -> str:
    """The valid name most like `word`, letter case ignored; empty where none is close (ratio below 0.6)."""
    by_folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word[:200].casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else ""
