"""Faults in the evidence or in what was asked of it: the one error that every room of the package raises.

`EvidenceError` is raised with all faults that can be found at once, so that a table is corrected in one go.
`EvidenceWarning` marks an answer that is right but easily misread; results carry the same words in `warnings`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault: where it stands, what is wrong, what was expected, and the nearest valid name.

    `file` is empty where the table did not come from a file; `line` counts from 1 (the header is line 1) and is None
    where the fault belongs to the whole table; `key` is the column or option, empty where there is none.
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
        return f"{where + ': ' if where else ''}{key}{self.message}{expected}{nearest}"


class EvidenceError(ValueError):
    """The evidence, or what was asked of it, cannot be used; `faults` says why, at least one entry."""

    faults: tuple[Fault, ...]

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class EvidenceWarning(UserWarning):
    """The answer is right, but something about it must be read before it is used."""


def refuse(key: str, message: str, expected: str = "", names: Iterable[str] = (), word: str = "") -> EvidenceError:
    """One fault without a place in a file, as an error to raise; `nearest` is the name in `names` closest to `word`."""
    return EvidenceError([Fault("", None, key, message, expected, nearest_name(word, names))])


def nearest_name(word: str, names: Iterable[str]) -> str:
    """The valid name most like `word`, letter case ignored; empty where none is close (ratio below 0.6)."""
    by_folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word[:200].casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else ""
