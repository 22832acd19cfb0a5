"""Files that are there whole or not at all, however the writing ends."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

type Content = bytes | Callable[[Path], object]
"""The bytes of a file, or a function that writes the file at the path that it is given."""


def write_file(path: Path, content: Content) -> None:
    """Put `content` at `path` in one step: readers see the old file or the new one, never a part. Raises OSError."""
    temporary = _hidden_sibling(path)
    try:
        _write_through(temporary, content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def write_directory(
    path: Path, files: Mapping[str, Content], last: Callable[[Path], Mapping[str, Content]] | None = None
) -> None:
    """Put a directory with `files` (name to content) at `path`; `last` sees them written and may give more files.

    A new directory appears in one step. Where there is one already, it is taken to hold the same run: files that
    differ or are missing are replaced one by one, each in one step, those of `last` at the end; other files are left
    alone. So no moment exists at which a run that was there is gone. Raises OSError and leaves nothing behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _staging(path) as stage:
        for name, content in files.items():
            _write_through(stage / name, content)
        closing = last(stage) if last is not None else {}
        for name, content in closing.items():
            _write_through(stage / name, content)
        _sync_directory(stage)
        if not _move_new(stage, path):
            _refresh(stage, path, [*files, *closing])
    _sync_directory(path.parent)


def check_writable(directory: Path) -> None:
    """Raise OSError now, before any work is done, where `directory` could not take a run; makes it if it is missing."""
    directory.mkdir(parents=True, exist_ok=True)
    with _staging(directory / "probe"):
        pass


@contextmanager
def _staging(path: Path) -> Iterator[Path]:
    stage = _hidden_sibling(path)
    stage.mkdir()
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _hidden_sibling(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")


def _write_through(path: Path, content: Content) -> None:
    if callable(content):
        content(path)
    else:
        path.write_bytes(content)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems know no fsync on directories; a full disk must still be heard.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def _move_new(stage: Path, path: Path) -> bool:
    try:
        stage.rename(path)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            return False
        raise
    return True


def _refresh(stage: Path, path: Path, names: Iterable[str]) -> None:
    for name in names:
        new, old = stage / name, path / name
        if not (old.is_file() and _same_bytes(old, new)):
            new.replace(old)
    _sync_directory(path)


def _same_bytes(one: Path, other: Path) -> bool:
    if one.stat().st_size != other.stat().st_size:
        return False
    with one.open("rb") as first, other.open("rb") as second:
        while block := first.read(1 << 20):
            if block != second.read(1 << 20):
                return False
    return True
