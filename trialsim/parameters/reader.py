"""Reading a parameter table, with every mistake in it reported at once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from importlib.resources.abc import Traversable
from pathlib import Path

from trialsim.parameters.calibrated import apply_calibration
from trialsim.parameters.checks import check_entry
from trialsim.parameters.entry import Entry, ParameterTable
from trialsim.parameters.evidence import FILE, find_evidence_file
from trialsim.parameters.follow import check_follower, fill_follower, follow_others
from trialsim.problems import InputError, Problem, nearest_name

COLUMNS = (
    "name",
    "value",
    "low",
    "high",
    "distribution",
    "unit",
    "range_low",
    "range_high",
    "obtained",
    "fitted_to",
    "same_as",
    "source_rows",
    "meaning",
    "unknown",
)
LARGEST_FILE = 10_000_000  # bytes; a table of a thousand parameters with long texts is a tenth of this
_NUMBERS = ("value", "low", "high", "range_low", "range_high")

type _Cells = dict[str, str]


def read_parameters(path: Path | None = None, *, calibrated: bool = True) -> ParameterTable:
    """The parameter table at `path`, or the one of the package; raises InputError with every mistake found.

    The package's own table comes with the medians and limits of its calibrated draws, unless `calibrated` is False:
    then it is the table from which calibration starts.

    The file is a CSV with exactly the columns COLUMNS, in any order. `low` and `high` may be empty where
    `distribution` is `fixed`, `range_low` and `range_high` where there is no bound. `source_rows` are ids separated by
    semicolons. A row with `same_as` leaves value, low, high and distribution empty: they are those of the row it names.
    """
    name = f"{FILE}/parameters.csv" if path is None else str(path)
    rows = _read_rows(find_evidence_file("parameters.csv") if path is None else path, name)
    problems: list[Problem] = []
    entries: dict[str, Entry] = {}
    by_name = {cells["name"]: cells for _, cells in rows}
    for line, cells in rows:
        problems += check_follower(cells, by_name, name, line)
        entry, found = _read_entry(fill_follower(cells, by_name), name, line)
        problems += found
        if entry.name in entries:
            problems.append(Problem(name, line, entry.name, "is there twice", "one row a parameter"))
        entries.setdefault(entry.name, entry)
    if problems:
        raise InputError(problems)
    table = ParameterTable(entries, name)
    return follow_others(apply_calibration(table)) if path is None and calibrated else table


def _read_rows(file: Path | Traversable, name: str) -> list[tuple[int, _Cells]]:
    reader = csv.reader(io.StringIO(_read_text(file, name), newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_header(header, name)
        rows, last = [], reader.line_num
        for cells in reader:
            if cells:
                rows.append((last + 1, _name_cells(header, cells, name, last + 1)))
            last = reader.line_num
    except csv.Error as error:
        raise InputError([Problem(name, reader.line_num, "", f"is no CSV: {error}")]) from error
    if not rows:
        raise InputError([Problem(name, None, "", "holds no parameters", "a header and one row a parameter")])
    return rows


def _read_text(file: Path | Traversable, name: str) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise InputError([Problem(name, None, "", "is too large", f"at most {LARGEST_FILE // 1_000_000} MB")])
        return content.decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise InputError([Problem(name, None, "", f"cannot be read: {reason}")]) from error
    except UnicodeDecodeError as error:
        raise InputError([Problem(name, None, "", "is no text in UTF-8")]) from error


def _check_header(header: list[str], name: str) -> None:
    problems = [Problem(name, 1, column, "the column is missing") for column in COLUMNS if column not in header]
    for column in header:
        if column not in COLUMNS:
            problems.append(Problem(name, 1, column, "is no column", "", nearest_name(column, COLUMNS)))
    if len(set(header)) < len(header):
        problems.append(Problem(name, 1, "", "a column is there twice"))
    if problems:
        raise InputError(problems)


def _name_cells(header: list[str], cells: list[str], name: str, line: int) -> _Cells:
    if len(cells) != len(header):
        message = f"the row has {len(cells)} cells"
        raise InputError([Problem(name, line, "", message, f"{len(header)}, as in the header")])
    return dict(zip(header, (cell.strip() for cell in cells), strict=True))


def _read_entry(cells: _Cells, file: str, line: int) -> tuple[Entry, list[Problem]]:
    numbers, problems = _read_numbers(_fill_defaults(cells), file, line)
    entry = Entry(
        name=cells["name"],
        value=numbers["value"],
        low=numbers["low"],
        high=numbers["high"],
        distribution=cells["distribution"],
        unit=cells["unit"],
        range_low=numbers["range_low"],
        range_high=numbers["range_high"],
        obtained=cells["obtained"],
        fitted_to=cells["fitted_to"],
        same_as=cells["same_as"],
        source_rows=tuple(part for part in re.split(r"[;\s]+", cells["source_rows"]) if part),
        meaning=cells["meaning"],
        unknown=cells["unknown"],
    )
    return entry, problems or check_entry(entry, file, line)


def _fill_defaults(cells: _Cells) -> _Cells:
    filled = dict(cells, range_low=cells["range_low"] or "-inf", range_high=cells["range_high"] or "inf")
    if cells["distribution"] == "fixed":
        filled |= {"low": cells["low"] or cells["value"], "high": cells["high"] or cells["value"]}
    return filled


def _read_numbers(cells: _Cells, file: str, line: int) -> tuple[dict[str, float], list[Problem]]:
    numbers, problems = dict.fromkeys(_NUMBERS, 0.0), []
    for column in _NUMBERS:
        try:
            numbers[column] = float(cells[column])
        except ValueError:
            key = _join((cells["name"], column))
            problems.append(Problem(file, line, key, f"{cells[column][:40]!r} is no number", "a number"))
    return numbers, problems


def _join(parts: Iterable[str]) -> str:
    return " ".join(part for part in parts if part)
