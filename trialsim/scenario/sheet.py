"""What a reader knows about one file while it reads: its name, the mistakes so far, the line of every key."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from trialsim.problems import InputError, Problem

MAX_PROBLEMS = 20
MAX_WORDS_LETTERS = 90


@dataclass(frozen=True, slots=True)
class Sheet:
    """`lines` maps key paths (``sites.2.beds``, counted from 1) to 1-based lines; `problems` grows while reading."""

    file: str
    problems: list[Problem] = field(default_factory=list)
    lines: dict[str, int] = field(default_factory=dict)


def note(sheet: Sheet, line: int | None, key: str, message: str, expected: str = "", nearest: str = "") -> None:
    """Remember one mistake; the first MAX_PROBLEMS are kept, more would not help anyone."""
    problem = Problem(sheet.file, line, clip(key, 120), message, expected, nearest)
    if len(sheet.problems) < MAX_PROBLEMS and problem not in sheet.problems:
        sheet.problems.append(problem)


def note_at(sheet: Sheet, path: str, message: str, expected: str = "", nearest: str = "") -> None:
    """`note` on the line where `path`, or else its nearest parent, stands."""
    note(sheet, line_of(sheet, path), path, message, expected, nearest)


def line_of(sheet: Sheet, path: str) -> int | None:
    """The line of a key path, or of its nearest parent that the file has."""
    while path and path not in sheet.lines:
        path = path.rpartition(".")[0]
    return sheet.lines.get(path)


def refuse(sheet: Sheet, line: int | None, key: str, message: str, expected: str = "") -> InputError:
    """The error to raise when reading on makes no sense."""
    note(sheet, line, key, message, expected)
    return InputError(sheet.problems)


def stop_on_problems(sheet: Sheet) -> None:
    """Raises InputError with every mistake found so far, in the order of their lines; nothing if there are none."""
    if sheet.problems:
        raise InputError(sorted(sheet.problems, key=lambda problem: problem.line or 0))


def clip(text: str, length: int = 60) -> str:
    """A text from the file, safe to print: control characters escaped, cut at `length`."""
    safe = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text[:length]
    )
    return safe + ("…" if len(text) > length else "")


def one_of(words: Sequence[str], start: str = "one of ") -> str:
    """The words to choose from, as many as fit on a line."""
    text = ""
    for number, word in enumerate(words):
        if len(text) + len(word) > MAX_WORDS_LETTERS:
            return f"{start}{text}, … ({len(words) - number} more)"
        text += f", {word}" if text else word
    return start + text


def quote(text: str) -> str:
    """`clip` in quotation marks."""
    return f"'{clip(text)}'"
