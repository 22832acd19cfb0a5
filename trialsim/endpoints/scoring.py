"""Scoring a CSV file: one weekly pattern word a record in, the same file with one column a definition out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from trialsim.endpoints.csv_text import (
    Record,
    append_fields,
    file_error,
    is_same_file,
    read_records,
    shown,
    write_text_atomically,
)
from trialsim.endpoints.registry import score_columns
from trialsim.endpoints.score import score_words
from trialsim.endpoints.words import ALPHABET, first_foreign_letter
from trialsim.problems import InputError, Problem, nearest_name

MOST_PROBLEMS = 12  # more would not fit on one screen
LOOK_ALIKE = {"0": "o", "O": "o", "\N{EN DASH}": "-", "\N{MINUS SIGN}": "-", "\N{HYPHEN}": "-"}
NO_VALUE = frozenset({"", "NA"})  # how R and this package write a missing score


@dataclass(frozen=True)
class ScoredSummary:
    """What `score_file` did.

    `records`: records below the header, blank lines not counted. `without_word`: those whose word is missing.
    `added`: score columns written. `kept`: score columns that the file already had and that agree in every record.
    `without_score`: for each score column, how many records have no score.
    """

    source: Path
    destination: Path
    records: int
    without_word: int
    added: tuple[str, ...]
    kept: tuple[str, ...]
    without_score: Mapping[str, int]


def score_file(source: Path, column: str, destination: Path, names: Sequence[str] | None = None) -> ScoredSummary:
    """Write `source` with one column added for each score column of the definitions `names` (None: all of them).

    The file is comma-separated with a header line, and `column` holds the words, one letter a week; an empty or `NA`
    cell is a missing word. What was there stays as it was written, byte for byte. Times, events (1/0) and counts are
    written as integers, logicals as TRUE and FALSE, and no score as an empty cell. A score column that the file already
    has is compared and kept, and not written twice. The output appears whole or not at all.

    Raises InputError for a file that cannot be read or is no such table, no such column, a letter outside the
    alphabet, a score column whose values differ from the words' scores, an output equal to the input, and an output
    that cannot be written; ValueError for an unknown name in `names`.
    """
    columns = score_columns(names)
    if is_same_file(source, destination):
        raise file_error(destination, "the output is the input file", expected="another path")
    records = list(read_records(source))
    word_field = _find_word_field(source, records[0], column)
    words = _read_words(source, column, [(each.line, each.fields[word_field]) for each in records[1:] if each.fields])
    cells = {name: [_as_cell(value) for value in values] for name, values in score_words(words, names).items()}
    kept = _check_present_columns(source, records, cells)
    added = tuple(name for name in columns if name not in kept)
    write_text_atomically(destination, _add_columns(records, {name: cells[name] for name in added}))
    return ScoredSummary(
        source=source,
        destination=destination,
        records=len(words),
        without_word=sum(not word for word in words),
        added=added,
        kept=kept,
        without_score={name: cells[name].count("") for name in columns},
    )


def _find_word_field(source: Path, header: Record, column: str) -> int:
    """Where in a record the words stand."""
    found = [number for number, name in enumerate(header.fields) if name == column]
    if len(found) == 1:
        return found[0]
    message = f"{len(found)} columns have this name" if found else "no such column"
    names = ", ".join(shown(name) for name in header.fields[:MOST_PROBLEMS])
    more = len(header.fields) - MOST_PROBLEMS
    expected = f"one of {names}" + (f" and {more} more" if more > 0 else "") + ", separated by commas"
    near = nearest_name(column, [name for name in header.fields if name.isprintable()])
    problem = Problem(str(source), header.line, column, message, expected, "" if found else near)
    raise InputError([problem])


def _read_words(source: Path, column: str, cells: Sequence[tuple[int, str]]) -> list[str]:
    """The words of the cells (line, text), a missing one as an empty word."""
    words = ["" if text in NO_VALUE else text for _, text in cells]
    expected = f"the letters {' '.join(ALPHABET)}, one a week"
    problems = []
    for (line, _), word in zip(cells, words, strict=True):
        if (position := first_foreign_letter(word)) is not None:
            letter = word[position]
            message = f"{shown(letter)} in week {position + 1} of {shown(word)} is not in the alphabet"
            problems.append(Problem(str(source), line, column, message, expected, LOOK_ALIKE.get(letter, "")))
    if problems:
        raise InputError(_first_problems(problems))
    return words


@lru_cache(maxsize=1024, typed=True)  # few values in many cells: one string each, and True is not 1
def _as_cell(value: int | bool | None) -> str:
    return "" if value is None else str(value).upper()


def _check_present_columns(source: Path, records: Sequence[Record], cells: Mapping[str, list[str]]) -> tuple[str, ...]:
    """The score columns that the file already has; an InputError where a value is not the word's score."""
    header, rows = records[0].fields, [record for record in records[1:] if record.fields]
    problems = []
    for field, name in enumerate(header):
        for row, cell in zip(rows, cells.get(name, ()), strict=False):
            if not _is_same_score(row.fields[field], cell):
                message = f"the file has {shown(row.fields[field])} where the word scores {cell or 'nothing'}"
                expected = "a score column that agrees with the words, or none of this name"
                problems.append(Problem(str(source), row.line, name, message, expected))
    if problems:
        raise InputError(_first_problems(problems))
    return tuple(name for name in cells if name in header)


def _is_same_score(found: str, cell: str) -> bool:
    """Whether a cell says the same: letter case and the `.0` of tools that store integers as decimals do not matter."""
    return (found in NO_VALUE and not cell) or found.upper().removesuffix(".0") == cell


def _first_problems(problems: Sequence[Problem]) -> list[Problem]:
    """As many problems as fit on one screen, the last saying how many more there are."""
    if len(problems) <= MOST_PROBLEMS:
        return list(problems)
    left = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], Problem(problems[0].file, None, "", f"and {left} more mistakes of this kind")]


def _add_columns(records: Sequence[Record], cells: Mapping[str, list[str]]) -> str:
    """The text of the table with these columns after its own."""
    rows = iter(zip(*cells.values(), strict=True))
    texts = [append_fields(records[0], list(cells))]
    texts += [append_fields(record, list(next(rows)) if cells and record.fields else []) for record in records[1:]]
    return "".join(texts)
