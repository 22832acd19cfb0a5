"""Files as people save them: separators, quotes, lines of another length, two names of a column, units of time."""

import csv
import io
import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import meta
from meta import EvidenceError
from meta.tables.read import MOST_FAULTS, ON_FAULT, OnFault, read_text


def read(text: str, on_fault: OnFault = "raise") -> meta.EvidenceTable:
    return read_text(text, "evidence.csv", "0", on_fault=on_fault)


def test_quoted_cells_hold_separators_and_line_ends() -> None:
    table = read('study,"note; with; marks",events,n\r\n"Smith, 1999","two\r\nlines",1,9\r\nB,,2,9\r\n')
    assert [(row.study, row.line) for row in table.rows] == [("Smith, 1999", 2), ("B", 4)]


def test_a_fault_after_a_cell_of_two_lines_has_its_own_line() -> None:
    with pytest.raises(EvidenceError) as caught:
        read('study,note,events,n\nA,"two\nlines",1,9\nB,,12,9\n')
    assert [fault.line for fault in caught.value.faults] == [4]


@pytest.mark.parametrize("line", ["A,1", "A,1,9,extra,extra"])
def test_lines_of_another_length_are_faults_of_that_line(line: str) -> None:
    with pytest.raises(EvidenceError, match="cells under 4 columns") as caught:
        read(f"study,events,n,note\n{line}\nB,1,9,\n")
    assert caught.value.faults[0].line == 2
    kept = read(f"study,events,n,note\n{line}\nB,1,9,\n", "exclude")
    assert ["cells under" in row.excluded for row in kept.rows] == [True, False]


def test_empty_cells_beyond_the_last_column_are_no_cells() -> None:
    assert read("study,events,n\nA,1,9,,,\n\n").rows[0].n == 9


def test_two_names_of_one_column_are_no_fault() -> None:
    row = read("study,doi,pmid,arm,treatment,events,n\nA,10.1/x,123,left,drug,1,9\n").rows[0]
    assert (row.citation, row.treatment) == ("10.1/x", "drug")
    assert dict(row.covariates) == {"pmid": "123", "arm": "left"}
    with pytest.raises(EvidenceError, match="two columns of one name"):
        read("study,Person-Years,person years,events\nA,1,2,1\n")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2,5", "decimal point"),
        ("1,200", "separator of thousands"),
        ("0·5", "decimal point"),
        ("1_0", "no number"),
        ("12 (34%)", "no number"),
        ("NaN", "not finite"),
        ("-Infinity", "not finite"),
        ("1e999", "not finite"),
        ("1e300", "more than all people"),
        ("٣", "no number"),
    ],
)
def test_a_cell_that_is_no_plain_number_is_refused_by_name(cell: str, said: str) -> None:
    with pytest.raises(EvidenceError, match=said) as caught:
        read(f"study;Total;events\nA;{cell};1\n")
    assert (caught.value.faults[0].line, caught.value.faults[0].key) == (2, "Total")


def test_a_minus_sign_of_print_is_a_minus() -> None:
    assert read("study,estimate,se\nA,\N{MINUS SIGN}0.5,0.1\n").rows[0].estimate == -0.5


@pytest.mark.parametrize(
    ("column", "per_year"), [("Person-Days", 365.25), ("person weeks", 365.25 / 7), ("person_months", 12.0)]
)
def test_person_time_becomes_person_years(column: str, per_year: float) -> None:
    row = read(f"study,events,{column}\nA,3,{per_year * 7.5!r}\n").rows[0]
    assert (row.kind, row.person_years) == ("rate", pytest.approx(7.5, rel=1e-12))


def test_person_time_in_two_units_must_agree() -> None:
    assert read("study,events,person_years,person_months\nA,3,10,120\n").rows[0].person_years == 10
    with pytest.raises(EvidenceError, match="10 person-years, but 120 stands"):
        read("study,events,person_years,person_months\nA,3,120,120\n")


def test_person_years_far_from_people_times_follow_up_are_said() -> None:
    head = "study,events,n,person_years,follow_up_years,citation\n"
    assert read(f"{head}A,3,100,180,2,x\n").warnings == ()
    assert "people times follow-up is 200" in " ".join(read(f"{head}A,3,100,2400,2,x\n").warnings)
    with pytest.raises(EvidenceError, match="0 years of follow-up"):
        read(f"{head}A,3,100,180,0,x\n")


@pytest.mark.parametrize(
    ("design", "randomised"),
    [
        ("RCT", True),
        ("randomized", True),
        ("cluster-randomised trial", True),
        ("non-randomised trial", False),
        ("quasi-randomised", False),
        ("not randomised", False),
        ("cohort", False),
        ("", None),
    ],
)
def test_a_design_that_denies_randomisation_is_not_randomised(design: str, randomised: bool | None) -> None:
    assert read(f"study,design,events,n\nA,{design},1,9\n").rows[0].randomised is randomised


def test_a_row_kept_out_by_its_author_needs_no_numbers() -> None:
    table = read("study,events,n,exclude\nA,many,9,no counts in the text\nB,12,9,events counted twice\nC,1,9,no\n")
    assert [row.excluded for row in table.rows] == ["no counts in the text", "events counted twice", ""]


def test_one_result_twice_is_said() -> None:
    said = " ".join(read("study,treatment,events,n,page\nA,drug,3,9,1\nA,drug,3,9,2\nB,drug,3,9,1\n").warnings)
    assert "line 3 has the arm and the numbers of line 2" in said
    assert "line 4" not in said


def test_a_table_without_anything_to_pool_says_so() -> None:
    assert "none of 1 rows can be pooled" in read("study,city\nA,Oslo\n").warnings[0]


def test_the_list_of_faults_is_cut_and_counted() -> None:
    with pytest.raises(EvidenceError) as caught:
        read("study,events,n\n" + "A,x,9\n" * (MOST_FAULTS + 7))
    assert len(caught.value.faults) == MOST_FAULTS + 1
    assert "and 7 more" in str(caught.value)


def test_an_unknown_way_with_faults_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="did you mean 'exclude'"):
        meta.read_evidence(tmp_path / "x.csv", on_fault="exclud")


@pytest.mark.parametrize("data", [b"\xff\xfes\x00t\x00", b"PK\x03\x04\x14\x00", b"\x00" * 100, b"study,n\n\xe9,1\n"])
def test_files_of_another_kind_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "evidence.csv"
    path.write_bytes(data)
    with pytest.raises(EvidenceError):
        meta.read_evidence(path)


def test_names_that_no_file_has_are_refused() -> None:
    with pytest.raises(EvidenceError, match="cannot be the name of a file"):
        meta.read_evidence("evidence\0.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "closed.csv"
    path.write_text("study,events,n\nA,1,9\n")
    path.chmod(0)
    with pytest.raises(EvidenceError, match="denied"):
        meta.read_evidence(path)


NAMES = st.lists(
    st.sampled_from(
        (
            *("study", "arm", "treatment", "comparator", "events", "n", "person_days", "person_years", "mean", "sd"),
            *("value", "se", "ci_low", "ci_high", "ci_level", "measure", "exclude", "row", "note", "year"),
        )
    ),
    min_size=1,
    max_size=12,
    unique=True,
).map(lambda names: ["study", *(name for name in names if name != "study")])
CELL = st.one_of(
    st.sampled_from(["", "A", "0", "1", "7", "-2", "0.5", "1e308", "nan", "OR", "HR", "proportion", "95", "range"]),
    st.sampled_from(["rate per 1000py", "log OR", "[overlap group X]", "memory", "no"]),
    st.text(max_size=6),
    st.floats().map(repr),
)


@given(NAMES, st.lists(st.lists(CELL, min_size=13, max_size=13), min_size=1, max_size=6), st.sampled_from(",;\t"))
def test_any_table_is_read_or_refused_and_never_wrong(names: list[str], lines: list[list[str]], mark: str) -> None:
    stream = io.StringIO()
    csv.writer(stream, delimiter=mark).writerows([names, *(cells[: len(names)] for cells in lines)])
    for on_fault in ON_FAULT:
        try:
            table = read(stream.getvalue(), on_fault)
        except EvidenceError:
            continue
        for row in table.rows:
            assert row.excluded or is_sound(row)


def is_sound(row: meta.EvidenceRow) -> bool:
    """What every method may take for granted of a row that is not excluded."""
    match row.kind:
        case "binary":
            return row.events is not None and row.n is not None and 0 <= row.events <= row.n and row.n >= 1
        case "rate":
            return row.events is not None and row.person_years is not None and row.events >= 0 < row.person_years
        case "mean":
            return row.mean is not None and row.sd is not None and row.sd > 0 and (row.n or 0) >= 2
        case _:
            return row.estimate is not None and math.isfinite(row.estimate) and 0 < (row.se or 0) < math.inf
