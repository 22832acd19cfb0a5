"""Reading parameter tables: what is accepted, and how every kind of mistake is reported."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trialsim.parameters import COLUMNS, read_parameters
from trialsim.problems import InputError

SOUND = {
    "name": "overdose_rate",
    "value": "0.0003",
    "low": "0.0001",
    "high": "0.001",
    "distribution": "log-normal",
    "unit": "per day",
    "range_low": "0",
    "range_high": "1",
    "obtained": "evidence",
    "fitted_to": "",
    "same_as": "",
    "source_rows": "merrall-2010-1; merrall-2010-2",
    "meaning": "how often",
    "unknown": "much",
}


def write_table(folder: Path, *rows: dict[str, str]) -> Path:
    lines = [",".join(COLUMNS)] + [",".join(f'"{row[column]}"' for column in COLUMNS) for row in rows]
    path = folder / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def find_messages(path: Path) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_parameters(path)
    return [str(problem) for problem in caught.value.problems]


def test_a_sound_row_is_read_whole(tmp_path: Path) -> None:
    entry = read_parameters(write_table(tmp_path, SOUND)).entries["overdose_rate"]
    assert (entry.value, entry.low, entry.high) == (0.0003, 0.0001, 0.001)
    assert (entry.range_low, entry.range_high) == (0.0, 1.0)
    assert entry.source_rows == ("merrall-2010-1", "merrall-2010-2")
    assert (entry.unit, entry.distribution, entry.obtained) == ("per day", "log-normal", "evidence")


def test_a_fixed_row_needs_neither_limits_nor_range(tmp_path: Path) -> None:
    fixed = SOUND | {"distribution": "fixed", "low": "", "high": "", "range_low": "", "range_high": ""}
    entry = read_parameters(write_table(tmp_path, fixed)).entries["overdose_rate"]
    assert entry.low == entry.value == entry.high
    assert (entry.range_low, entry.range_high) == (-float("inf"), float("inf"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"value": "0,3"}, "is no number"),
        ({"value": ""}, "is no number"),
        ({"value": "nan"}, "must be finite"),
        ({"high": "inf"}, "must be finite"),
        ({"low": "0.0005"}, "not in order"),
        ({"high": "2"}, "outside the range"),
        ({"range_low": "0.0002"}, "outside the range"),
        ({"range_low": "nan"}, "outside the range"),
        ({"low": "0"}, "strictly between 0 and inf"),
        ({"low": "0.0003", "high": "0.0003"}, "needs room on both sides"),
        ({"distribution": "fixed"}, "no limits of its own"),
        ({"distribution": "beta", "value": "0.01", "low": "0.001", "high": "0.9"}, "no beta distribution"),
        ({"distribution": "lognormal"}, "did you mean 'log-normal'"),
        ({"unit": "per-day"}, "did you mean 'per day'"),
        ({"obtained": "evidance"}, "did you mean 'evidence'"),
        ({"obtained": "scenario"}, "is not known"),
        ({"obtained": "fitted"}, "fitted_to is empty"),
        ({"source_rows": ""}, "source_rows is empty"),
        ({"source_rows": "merrall-2010-99"}, "no row of the evidence tables"),
        ({"source_rows": "sublocade-label-1"}, "quoted from memory"),
        ({"meaning": ""}, "meaning is empty"),
        ({"name": "Overdose rate"}, "no name of a parameter"),
        ({"name": ""}, "no name of a parameter"),
    ],
)
def test_one_mistake_is_named(tmp_path: Path, change: dict[str, str], expected: str) -> None:
    messages = find_messages(write_table(tmp_path, SOUND | change))
    assert any(expected in message for message in messages), messages
    assert all(":2:" in message for message in messages), messages


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    other = SOUND | {"name": "other", "unit": "furlongs", "meaning": ""}
    messages = find_messages(write_table(tmp_path, SOUND, SOUND, other))
    assert [message.split(": ")[0].rpartition(":")[2] for message in messages] == ["3", "4", "4"]
    assert "is there twice" in messages[0]


def test_the_header_is_checked(tmp_path: Path) -> None:
    path = write_table(tmp_path, SOUND)
    path.write_text(path.read_text().replace("source_rows", "source_row", 1))
    assert [message.partition(": ")[2] for message in find_messages(path)] == [
        "source_rows: the column is missing",
        "source_row: is no column; did you mean 'source_rows'?",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "the column is missing"),
        (",".join(COLUMNS).encode(), "holds no parameters"),
        (b"\xff\xfe\x00\x01", "no text in UTF-8"),
        (",".join(COLUMNS).encode() + b"\na,b\n", "the row has 2 cells"),
        (b'"name', "is no CSV"),
        (b"x" * 10_000_001, "is too large"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    assert any(expected in message for message in find_messages(path))


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "cannot be read" in find_messages(tmp_path / "absent.csv")[0]
    assert "cannot be read" in find_messages(tmp_path)[0]


@settings(max_examples=200)
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)), headed=st.booleans())
def test_no_content_escapes_as_another_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, headed: bool
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "table.csv"
    path.write_bytes(",".join(COLUMNS).encode() + b"\n" + content if headed else content)
    with pytest.raises(InputError):
        read_parameters(path)
