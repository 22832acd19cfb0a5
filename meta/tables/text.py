"""From the bytes of a file to named cells, with a clear fault for everything that is no table of text."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from meta.problems import EvidenceError, Fault, nearest_name
from meta.tables.columns import ALIASES, KNOWN, PERSON_TIME, fold_name

LARGEST: Final = 200_000_000
SEPARATORS: Final = ",;\t"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as named cells: `header` as printed; `rows` as (line, cells by known or folded name), the line being the
    first of its row; `ragged`: faults of rows with too many or too few cells, by line; `printed`: the header behind
    each name; `warnings` about names.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, str]], ...]
    ragged: Mapping[int, Fault]
    printed: Mapping[str, str]
    warnings: tuple[str, ...]


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of reasonable size. Raises EvidenceError otherwise."""
    try:
        if path.is_dir():
            raise _fault(path, "this is a directory", "a CSV file")
        if path.stat().st_size > LARGEST:
            raise _fault(path, f"larger than {LARGEST // 1_000_000} MB", "a table of published outcomes")
        return path.read_bytes()
    except OSError as error:
        raise _fault(path, error.strerror or "cannot be read", "a CSV file that may be read") from error
    except EvidenceError:
        raise
    except ValueError as error:
        raise _fault(repr(str(path)), "this cannot be the name of a file", "the path of a CSV file") from error


def _fault(path: Path | str, message: str, expected: str = "", line: int | None = None, key: str = "") -> EvidenceError:
    return EvidenceError([Fault(str(path), line, key, message, expected)])


def decode(path: Path | str, data: bytes) -> str:
    """The text of a UTF-8 file without byte order mark. Raises EvidenceError with the line of the first bad byte."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        message = f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8"
        raise _fault(path, message, "a text file saved as UTF-8", line) from error
    if "\0" in text:
        raise _fault(path, "holds zero bytes: no text", "a CSV file", text[: text.index("\0")].count("\n") + 1)
    if not text.strip():
        raise _fault(path, "the file is empty", "a header with the column study, and a row for each arm or contrast")
    return text


def split_cells(path: Path | str, text: str) -> Sheet:
    """The cells of a text. The separator is a comma, a semicolon or a tab, whichever the header holds most of outside
    quotes; blank lines are skipped. Raises EvidenceError for two columns of one name and for quotes that do not close.
    """
    separator = max(SEPARATORS, key=re.sub(r'"[^"]*"', "", text.split("\n", 1)[0]).count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = next(reader)
        names = _name_columns(path, header)
        rows, begins = [], reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _fault(path, f"not a table: {error}", "quoted cells that close", reader.line_num) from error
    fitted = [(line, _drop_blank_end(cells, len(names))) for line, cells in rows]
    ragged = {
        line: Fault(str(path), line, "", f"{len(cells)} cells under {len(names)} columns", "one cell a column")
        for line, cells in fitted
        if len(cells) != len(names)
    }
    named = tuple((line, dict(zip(names, [c.strip() for c in cells], strict=False))) for line, cells in fitted)
    printed = dict(zip(names, [name.strip() for name in header], strict=True))
    return Sheet(tuple(header), named, ragged, printed, tuple(_warn_near(header, names)))


def _drop_blank_end(cells: list[str], width: int) -> list[str]:
    """Spreadsheets write empty cells beyond the last column."""
    return cells[:width] if not any(cell.strip() for cell in cells[width:]) else cells


def _name_columns(path: Path | str, header: list[str]) -> list[str]:
    """One name a column: ours where it is known, or the first alias where ours is not there; else the folded header."""
    folded = [fold_name(name) for name in header]
    names: list[str] = []
    for name in folded:
        known = ALIASES.get(name, name)
        names.append(name if known in (*folded, *names) else known)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        said = ("two columns of one name", "each column once")
        raise EvidenceError([Fault(str(path), 1, name, *said) for name in twice])
    if "study" not in names:
        near = nearest_name("study", names)
        message = f"no column study among {', '.join(names)[:200]}"
        wanted = "a header with the column study; cells apart by commas, semicolons or tabs"
        raise EvidenceError([Fault(str(path), 1, "study", message, wanted, near)])
    return names


def _warn_near(header: list[str], names: list[str]) -> list[str]:
    """Say which unknown column looks like a known one that is not there."""
    found = []
    for printed, name in zip(header, names, strict=True):
        near = nearest_name(name, (*KNOWN, *PERSON_TIME)) if name not in (*KNOWN, *PERSON_TIME, *ALIASES) else ""
        if near and near not in names:
            found.append(f"column {printed!r} is taken as a covariate; if {near!r} was meant, rename it")
    return found


def hash_bytes(data: bytes) -> str:
    """SHA-256 as hexadecimal text."""
    return hashlib.sha256(data).hexdigest()
