"""Atomic writing: whole or not at all, and never at the cost of what is there."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from trialsim.runs.atomic import check_writable, write_directory, write_file


def _fail(path: Path) -> None:
    path.write_bytes(b"half")
    raise OSError(errno.ENOSPC, "No space left on device")


def _read(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"old")
    write_file(tmp_path / "a", lambda path: path.write_bytes(b"new"))
    assert _read(tmp_path) == {"a": b"new"}


def test_a_failure_keeps_the_old_file_and_leaves_no_trace(tmp_path: Path) -> None:
    write_file(tmp_path / "a", b"old")
    with pytest.raises(OSError, match="No space"):
        write_file(tmp_path / "a", _fail)
    assert _read(tmp_path) == {"a": b"old"}


def test_a_directory_appears_with_all_its_files(tmp_path: Path) -> None:
    write_directory(tmp_path / "runs" / "x", {"a": b"1"}, lambda stage: {"sizes": str(len(_read(stage))).encode()})
    assert _read(tmp_path / "runs" / "x") == {"a": b"1", "sizes": b"1"}
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["x"]


@pytest.mark.parametrize("there_before", [False, True])
def test_a_failed_directory_leaves_what_was_there(tmp_path: Path, there_before: bool) -> None:
    if there_before:
        write_directory(tmp_path / "x", {"a": b"1"})
    with pytest.raises(OSError, match="No space"):
        write_directory(tmp_path / "x", {"a": b"2", "b": _fail})
    assert [path.name for path in tmp_path.iterdir()] == (["x"] if there_before else [])
    if there_before:
        assert _read(tmp_path / "x") == {"a": b"1"}


def test_a_run_that_is_there_is_mended_and_other_files_stay(tmp_path: Path) -> None:
    files = {"a": b"1", "b": b"2", "c": b"3"}
    write_directory(tmp_path / "x", files)
    before = (tmp_path / "x" / "a").stat()
    (tmp_path / "x" / "b").unlink()
    (tmp_path / "x" / "c").write_bytes(b"!")
    (tmp_path / "x" / "notes").write_bytes(b"mine")
    write_directory(tmp_path / "x", files)
    assert _read(tmp_path / "x") == {**files, "notes": b"mine"}
    assert (tmp_path / "x" / "a").stat().st_ino == before.st_ino


def test_a_file_in_the_way_is_an_error_and_survives(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"mine")
    with pytest.raises(OSError, match="Not a directory"):
        write_directory(tmp_path / "x", {"a": b"1"})
    assert _read(tmp_path) == {"x": b"mine"}


def test_check_writable_asks_before_the_work(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "deep")
    assert list((tmp_path / "new" / "deep").iterdir()) == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="exists"):
        check_writable(tmp_path / "file")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_writer_leaves_no_run(tmp_path: Path, stop: signal.Signals) -> None:
    program = (
        "import sys, time; from pathlib import Path; from trialsim.runs.atomic import write_directory\n"
        "def hang(path):\n    path.write_bytes(b'half'); print('writing', flush=True); time.sleep(60)\n"
        "write_directory(Path(sys.argv[1]), {'a': b'1', 'b': hang})"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "x")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    with writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        os.kill(writer.pid, stop)
    assert not (tmp_path / "x").exists()
    left = list(tmp_path.iterdir())
    assert all(path.name.startswith(".x.") for path in left)
    assert stop is signal.SIGKILL or not left
