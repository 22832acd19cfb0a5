"""Files that are no scenarios, by accident or on purpose, are refused quickly and in one line."""

import os
import sys
import time
from pathlib import Path

import pytest

from trialsim.problems import InputError, Problem
from trialsim.scenario import read_scenario
from trialsim.scenario.nodes import MAX_BYTES, MAX_DEPTH

VALID = (Path(__file__).parent / "trial.yaml").read_bytes()


def refused(path: Path) -> Problem:
    """The only problem of the file."""
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    (problem,) = caught.value.problems
    assert problem.file == str(path)
    assert str(problem).isprintable()
    return problem


CONTENTS = [
    (b"", "is empty", None),
    (b"  \n\t\n", "is empty", None),
    (b"# only a comment\n", "is empty", None),
    (b"---\n...\n", "is no scenario", 2),
    (b"just a text", "is no scenario", 1),
    (b"- a\n- b\n", "is no scenario", 1),
    (b"\x00\x01\x02\x03", "characters that no text file should hold", 1),
    (b"name: a\ntitle: b\x00c\n", "characters that no text file should hold", 2),
    (b"name: a\ntitle: \xff\xfe\n", "is not UTF-8", 2),
    ("name: a".encode("utf-16"), "is not UTF-8", 1),
    (bytes(range(256)) * 8, "is not UTF-8", None),
    (b"name: [a\n", "is no valid YAML", 2),
    (b"name: a\n\tkind: trial\n", "is no valid YAML", 2),
    (b"name: a: b\n", "is no valid YAML", 1),
    (b"name: a\n---\nname: b\n", "second YAML document", 2),
    (b"name: !!python/object/apply:os.system ['true']\n", "YAML tag", 1),
    (b"name: !secret a\n", "YAML tag", 1),
    (b"name: ! a\n", "YAML tag", 1),
    (b"name: &a a\ntitle: *a\n", "anchor or alias", 1),
    (b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "anchor or alias", 1),
    (b'name: "\\U00110000"\n', "is no valid YAML", None),
    (b'name: "\\uD800"\n', "control characters", 1),
    (b'name: "\\x1b[31mred"\n', "control characters", 1),
    ("name: a\u202eb\n".encode(), "control characters", 1),
    (b"[" * 10_000, "nested too deeply", 1),
    (b"{a: " * 10_000, "nested too deeply", 1),
    (b"- " * 10_000, "nested too deeply", 1),
    (b"? " * 10_000, "nested too deeply", 1),
    (b"a: [" + b"1," * 60_000 + b"]", "too many values", 1),
    (b"a: " + b"x" * MAX_BYTES, "is too large", None),
    (b"%YAML 99999999999999999999.1\n---\na: b\n", "is no valid YAML", 1),
]


@pytest.mark.parametrize(("content", "message", "line"), CONTENTS)
def test_content_is_refused(tmp_path: Path, content: bytes, message: str, line: int | None) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    found = [problem for problem in caught.value.problems if message in problem.message]
    assert found, caught.value.problems
    assert line is None or found[0].line == line


def test_file_of_100_mb_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    start = time.process_time()
    assert "too large" in refused(path).message
    # Reading and scanning 100 MB takes many seconds; looking at the size takes none.
    assert time.process_time() - start < 1.0


def test_nesting_up_to_the_limit_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"{a: " * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH)
    with pytest.raises(InputError) as caught:
        read_scenario(path)
    assert all("nested" not in problem.message for problem in caught.value.problems)


def test_directory_missing_file_and_special_file_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).message == "is a directory"
    assert refused(tmp_path / "absent.yaml").message == "no such file"
    assert "cannot be opened" in refused(tmp_path / ("a" * 5000)).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_named_pipe_is_refused_and_does_not_hang(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert refused(path).message == "is no regular file"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read every file")
def test_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(VALID)
    path.chmod(0)
    assert "no permission" in refused(path).message


def test_denied_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    assert "no permission" in refused(tmp_path / "a.yaml").message


@pytest.mark.skipif(sys.platform == "win32", reason="such names do not exist there")
def test_file_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yaml")
    with pytest.raises(InputError) as caught:
        read_scenario(name)
    assert "\\xff" in str(caught.value)
    str(caught.value).encode("utf-8")


def test_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + VALID.replace(b"\n", b"\r\n"))
    assert read_scenario(path).participants == 570
