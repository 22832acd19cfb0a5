"""CSV files whose records are kept as they were written, so that columns can be added without touching a byte."""

from __future__ import annotations

import csv
import io
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trialsim.problems import InputError, Problem

SHOWN_LETTERS = 60
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
BYTE_ORDER_MARK = "\ufeff"
BYTES = "surrogateescape"  # bytes that are no UTF-8 come back out unchanged


@dataclass(frozen=True)
class Record:
    """One line of a table: its first line number (from 1), its fields, and its text as written with its line end.

    A blank line is a record without fields.
    """

    line: int
    fields: tuple[str, ...]
    text: str


def shown(text: str) -> str:
    """A piece of a file as it can be printed on any terminal: quoted, escaped, and cut after 60 letters."""
    return ascii(text if len(text) <= SHOWN_LETTERS else text[:SHOWN_LETTERS] + "...")


def file_error(path: Path, message: str, *, line: int | None = None, key: str = "", expected: str = "") -> InputError:
    """An InputError with one problem."""
    return InputError([Problem(str(path), line, key, message, expected)])


def read_records(path: Path) -> Iterator[Record]:
    """The records of a comma-separated file, every field as text, the header line first.

    Raises InputError for a path that is no readable regular file, an empty file, binary content, a quote that is not
    closed or closed too early, and a record with more or fewer fields than the header.
    """
    text = _read_text(path)
    width = 0
    for record in _split_records(path, text):
        width = width or len(record.fields)
        if not width:
            raise file_error(path, "the first line is blank", line=1, expected="the header line of the table")
        if record.fields and len(record.fields) != width:
            found = f"{len(record.fields)} fields where the header has {width}"
            raise file_error(path, found, line=record.line, expected=f"{width} fields separated by commas")
        yield record


def _read_text(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise file_error(path, "this is a directory", expected="a CSV file")
        if not stat.S_ISREG(mode):
            raise file_error(path, "this is not a regular file", expected="a CSV file")
        text = path.read_bytes().decode("utf-8", BYTES)
    except (OSError, ValueError) as error:
        raise file_error(path, f"cannot be read: {reason(error)}", expected="a readable CSV file") from None
    if not text.removeprefix(BYTE_ORDER_MARK).strip():
        raise file_error(path, "the file is empty", expected="a comma-separated table with a header line")
    if found := CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        message = f"this is not a text file: it holds the control character {shown(found.group())}"
        raise file_error(path, message, line=line, expected="a comma-separated table in UTF-8")
    return text


def _split_records(path: Path, text: str) -> Iterator[Record]:
    mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
    consumed: list[str] = []

    def keep(line: str) -> str:
        consumed.append(line)
        return line

    rows = csv.reader(map(keep, io.StringIO(text.removeprefix(mark), newline="")), strict=True)
    first = 1
    try:
        for fields in rows:
            yield Record(first, tuple(fields), mark + "".join(consumed))
            mark = ""
            consumed.clear()
            first = rows.line_num + 1
    except csv.Error as error:
        raise file_error(path, f"not a comma-separated record: {error}", line=first) from None


def append_fields(record: Record, fields: list[str]) -> str:
    """The record as written, with fields added before its line end; a blank line stays blank."""
    if not record.fields or not fields:
        return record.text
    body = record.text.rstrip("\r\n")
    return ",".join([body, *fields]) + record.text[len(body) :]


def is_same_file(first: Path, second: Path) -> bool:
    """Whether both paths lead to one existing file, through links too."""
    try:
        return first.samefile(second)
    except (OSError, ValueError):
        return False


def write_text_atomically(path: Path, text: str) -> None:
    """Write the whole file or nothing: a temporary file beside it, then one rename; a link is followed.

    Raises InputError where the place cannot be written or holds something other than a regular file.
    """
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            raise file_error(path, "cannot be written: it is not a regular file", expected="the path of a file")
        _replace_text(target, text)
    except (OSError, ValueError, RuntimeError) as error:
        raise file_error(path, f"cannot be written: {reason(error)}", expected="a path in a writable folder") from None


def _replace_text(target: Path, text: str) -> None:
    partial = target.with_name(f".{target.name[:100]}.{os.getpid()}.partial")
    try:
        with partial.open("x", encoding="utf-8", errors=BYTES, newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(target)
    finally:
        with suppress(OSError):
            partial.unlink()


def reason(error: Exception) -> str:
    """What the operating system said, in a few words."""
    return (getattr(error, "strerror", None) or str(error)).lower()
