"""Files in, files out: what was there stays byte for byte, and whatever cannot be scored is a named mistake."""

from __future__ import annotations

import csv
import io
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsim.endpoints import score_columns, score_file, score_words
from trialsim.problems import InputError, Problem


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def scored(folder: Path, content: bytes, column: str = "uds") -> bytes:
    (folder / "in.csv").write_bytes(content)
    score_file(folder / "in.csv", column, folder / "out.csv")
    return (folder / "out.csv").read_bytes()


def problems(folder: Path, content: bytes, column: str = "uds") -> tuple[Problem, ...]:
    (folder / "in.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        score_file(folder / "in.csv", column, folder / "out.csv")
    assert names_in(folder) == ["in.csv"], "nothing may be written, and nothing left behind"
    return caught.value.problems


def test_columns_are_added_in_order_with_logicals_in_capitals(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(scored(tmp_path, b"who,uds\n1,--------\n2,++\n3,\n4,NA\n").decode())))
    assert list(rows[0]) == ["who", "uds", *score_columns()]
    assert [rows[0][name] for name in ("RsT_ctnFiftyOne_2018", "RsE_ctnFiftyOne_2018")] == ["5", "0"]
    assert [rows[0][name] for name in ("Ab_kosten_1993", "Rs_johnson_1992", "Ab_fiellin_2006")] == [
        "TRUE",
        "FALSE",
        "8",
    ]
    assert [rows[1][name] for name in ("AbT_mokri_2016", "Ab_kosten_1993")] == ["1", ""]
    assert all(row[name] == "" for row in rows[2:] for name in score_columns())


def test_the_summary_counts_records_words_and_scores(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("who,uds\n1,----\n\n2,++\n3,\n")
    summary = score_file(tmp_path / "in.csv", "uds", tmp_path / "out.csv", ["abstinence_ling_1998"])
    assert (summary.records, summary.without_word) == (3, 1)
    assert (summary.added, summary.kept) == (("Ab_ling_1998",), ())
    assert summary.without_score == {"Ab_ling_1998": 2}
    assert (tmp_path / "out.csv").read_text() == "who,uds,Ab_ling_1998\n1,----,TRUE\n\n2,++,\n3,,\n"


def test_quotes_line_ends_and_bytes_stay_as_they_were(tmp_path: Path) -> None:
    content = b'\xef\xbb\xbf"a ""b""",uds,caf\xe9\r\n"x,\r\ny",--,\xff\r\n 007 ,"++",1.50'
    (tmp_path / "in.csv").write_bytes(content)
    score_file(tmp_path / "in.csv", "uds", tmp_path / "out.csv", ["abstinence_fiellin_2006"])
    assert (tmp_path / "out.csv").read_bytes() == (
        b'\xef\xbb\xbf"a ""b""",uds,caf\xe9,Ab_fiellin_2006\r\n"x,\r\ny",--,\xff,2\r\n 007 ,"++",1.50,0'
    )


FIELDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\r,"'))


@given(
    rows=st.lists(st.tuples(FIELDS, st.text(st.sampled_from("+-o*_"), max_size=20), FIELDS), max_size=6),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_any_table_keeps_its_own_columns_and_scoring_twice_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], end: str, mark: str
) -> None:
    folder = tmp_path_factory.mktemp("any")
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=end).writerows([("who", "uds", "note"), *rows])
    once = scored(folder, (mark + stream.getvalue()).encode())
    found = list(csv.reader(io.StringIO(once.decode().removeprefix("\ufeff"), newline="")))
    assert [tuple(row[:3]) for row in found[1:]] == rows
    expected = score_words([word for _, word, _ in rows])["Ab_fiellin_2006"]
    place = found[0].index("Ab_fiellin_2006")
    assert [row[place] for row in found[1:]] == ["" if value is None else str(value) for value in expected]
    assert scored(folder, once) == once


def test_present_score_columns_are_kept_and_the_others_added(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("Ab_kosten_1993,uds,Ab_fiellin_2006\ntrue,---,3.0\nNA,--,2\n")
    names = ["abstinence_fiellin_2006", "abstinence_kosten_1993", "abstinence_ling_1998"]
    summary = score_file(tmp_path / "in.csv", "uds", tmp_path / "out.csv", names)
    assert (summary.added, summary.kept) == (("Ab_ling_1998",), ("Ab_fiellin_2006", "Ab_kosten_1993"))
    assert (tmp_path / "out.csv").read_text().splitlines()[1:] == ["true,---,3.0,", "NA,--,2,"]


def test_a_present_score_that_differs_is_a_mistake(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, b"uds,Ab_fiellin_2006\n---,3\n--+,3\n")
    assert (found.line, found.key) == (3, "Ab_fiellin_2006")
    assert "'3' where the word scores 2" in found.message


def test_letters_outside_the_alphabet_are_named_with_line_week_and_nearest(tmp_path: Path) -> None:
    found = problems(tmp_path, 'who,uds\n"a\nb",--0\n2,–-\n3,-\n4,- -\n'.encode())
    assert [(each.line, each.nearest) for each in found] == [(2, "o"), (4, "-"), (6, "")]
    assert "'0' in week 3 of '--0'" in found[0].message


def test_many_mistakes_fit_on_one_screen(tmp_path: Path) -> None:
    found = problems(tmp_path, b"uds\n" + b"x\n" * 500)
    assert len(found) == 13
    assert "488 more" in found[-1].message


def test_the_nearest_column_is_named(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, b"who,usePatternUDS\n1,--\n", "usepatternUSD")
    assert (found.line, found.key, found.nearest) == (1, "usepatternUSD", "usePatternUDS")


def test_a_column_that_appears_twice_is_a_mistake(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, b"uds,uds\n-,-\n")
    assert "2 columns" in found.message


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (b"", None, "empty"),
        (b"\xef\xbb\xbf \r\n\n", None, "empty"),
        (b"\nuds\n", 1, "first line is blank"),
        (b"\x7fELF\x02\x01\x00\x00uds", 1, "not a text file"),
        ("uds\n--\n".encode("utf-16"), 1, "not a text file"),
        (b"who,uds\n1,--\n2\n", 3, "1 fields where the header has 2"),
        (b"who,uds\n1,--,9\n", 2, "3 fields where the header has 2"),
        (b'who,uds\n1,--\n"2,--\n3,--\n', 3, "not a comma-separated record"),
        (b'who,uds\n"1"2,--\n', 2, "not a comma-separated record"),
        (b"who,uds\n" + b"1" * 200_000 + b",--\n", 2, "field larger than field limit"),
        (b"who;uds\n1;--\n", 1, "no such column"),
    ],
)
def test_what_is_no_table_is_a_mistake(tmp_path: Path, content: bytes, line: int | None, message: str) -> None:
    (found,) = problems(tmp_path, content)
    assert message in found.message
    assert found.line == line


@given(content=st.binary(max_size=60) | st.text(st.sampled_from('+-o*_,"\n\rx'), max_size=60).map(str.encode))
def test_junk_is_scored_or_refused_and_never_anything_else(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("junk")
    (folder / "in.csv").write_bytes(b"uds\n" + content)
    message = ""
    try:
        score_file(folder / "in.csv", "uds", folder / "out.csv")
    except InputError as error:
        message = str(error)
    assert message.encode().startswith(str(folder).encode() if message else b""), "a message must be printable"
    assert names_in(folder) == (["in.csv"] if message else ["in.csv", "out.csv"])


def test_a_missing_file_and_a_directory_are_mistakes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        score_file(tmp_path / "none.csv", "uds", tmp_path / "out.csv")
    with pytest.raises(InputError, match="directory"):
        score_file(tmp_path, "uds", tmp_path / "out.csv")
    with pytest.raises(InputError, match="cannot be read"):
        score_file(tmp_path / "a\0b.csv", "uds", tmp_path / "out.csv")


def test_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="not a regular file"):
        score_file(tmp_path / "pipe", "uds", tmp_path / "out.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_without_permission_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("uds\n--\n")
    (tmp_path / "in.csv").chmod(0)
    with pytest.raises(InputError, match="permission denied"):
        score_file(tmp_path / "in.csv", "uds", tmp_path / "out.csv")


def test_the_input_is_never_the_output(tmp_path: Path) -> None:
    source, link = tmp_path / "in.csv", tmp_path / "link.csv"
    source.write_text("uds\n--\n")
    link.symlink_to(source)
    for destination in (source, link, tmp_path / "." / "in.csv"):
        with pytest.raises(InputError, match="the output is the input"):
            score_file(source, "uds", destination)
    assert source.read_text() == "uds\n--\n"


@pytest.mark.parametrize("place", ["no/such/folder/out.csv", "folder", "pipe", "in.csv/out.csv", "n" * 300, "a\0b"])
def test_an_output_that_cannot_be_written_is_a_mistake(tmp_path: Path, place: str) -> None:
    (tmp_path / "in.csv").write_text("uds\n--\n")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="cannot be written"):
        score_file(tmp_path / "in.csv", "uds", tmp_path / place)
    assert names_in(tmp_path) == ["folder", "in.csv", "pipe"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_an_older_output_survives_a_mistake_and_is_replaced_by_a_success(tmp_path: Path) -> None:
    source, destination = tmp_path / "in.csv", tmp_path / "out.csv"
    destination.write_text("older")
    source.write_text("uds\n-x\n")
    with pytest.raises(InputError):
        score_file(source, "uds", destination)
    assert destination.read_text() == "older"
    source.write_text("uds\n--\n")
    score_file(source, "uds", destination)
    assert destination.read_text().startswith("uds,RsT_")
    assert names_in(tmp_path) == ["in.csv", "out.csv"]


def test_nothing_is_left_when_the_rename_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in.csv").write_text("uds\n--\n")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError, match="no space left"):
        score_file(tmp_path / "in.csv", "uds", tmp_path / "out.csv")
    assert names_in(tmp_path) == ["in.csv"]
