"""Reading evidence: what a good table becomes, every fault with its place, and no other error for any bytes."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import meta
from meta import EvidenceError
from meta.tables import EvidenceSet, check_overlap
from meta.tables.read import read_text

GOOD = "study,treatment,events,n,citation\nA,drug,3,10,x\nA,placebo,5,11,x\n"


def read(text: str) -> meta.EvidenceTable:
    return read_text(text, "evidence.csv", "0")


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("study,treatment,events,n", "A,drug,3,10", "binary"),
        ("study,treatment,events,person_years", "A,drug,3,10.5", "rate"),
        ("study,treatment,mean,sd,n", "A,drug,3,1,10", "mean"),
        ("study,treatment,comparator,estimate,se,scale", "A,drug,placebo,-0.3,0.1,log_odds_ratio", "estimate"),
    ],
)
def test_the_kind_of_a_row_follows_from_its_numbers(header: str, cells: str, kind: str) -> None:
    assert read(f"{header}\n{cells}\n").rows[0].kind == kind


def test_printed_ratios_and_their_intervals_go_to_the_log_scale() -> None:
    row = read("study,treatment,comparator,value,ci_low,ci_high,measure\nA,b,a,2.0,1.0,4.0,HR\n").rows[0]
    assert (row.scale, row.estimate) == ("log_hazard_ratio", pytest.approx(0.6931471805599453))
    assert row.se == pytest.approx(2 * 0.6931471805599453 / (2 * 1.959963984540054))


def test_person_time_in_days_becomes_years() -> None:
    assert read("study,events,person_days\nA,3,3652.5\n").rows[0].person_years == pytest.approx(10.0)


@pytest.mark.parametrize(("mark", "separator"), [("\ufeff", ","), ("", ";"), ("", "\t")])
def test_marks_and_separators_of_spreadsheets_are_read(mark: str, separator: str) -> None:
    assert len(read(mark.lstrip("\ufeff") + GOOD.replace(",", separator).replace("\n", "\r\n")).rows) == 2


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("study,treatment,events,n\nA,drug,12,10\n", 2, "more events"),
        ("study,treatment,events,n\nA,drug,-1,10\n", 2, "negative"),
        ("study,treatment,events,n\nA,drug,1.5,10\n", 2, "whole number"),
        ("study,treatment,events,n\nA,drug,many,10\n", 2, "no number"),
        ("study,treatment,events,n\nA,drug,inf,10\n", 2, "not finite"),
        ("study,treatment,events,n\nA,drug,0,0\n", 2, "at least 1"),
        ("study,treatment,events,person_years\nA,drug,1,-5\n", 2, "positive"),
        ("study,treatment,events,n,person_years\nA,drug,1,5,36500\n", 2, "years each"),
        ("study,estimate,se\nA,0.1,-0.2\n", 2, "standard error"),
        ("study,mean,sd,n\nA,0.1,0,9\n", 2, "standard deviation"),
        ("study,treatment,events,n\nA,drug,1,9\nA,drug,1,9\n", 3, "line 2 already"),
        ("study,row,events,n\nA,r,1,9\nB,r,1,9\n", 3, "line 2 already"),
        ("study,events,n\n,1,9\n", 2, "missing"),
        ("trial,events,n\nA,1,9\n", 1, "no column study"),
        ("study,n,n\nA,1,9\n", 1, "two columns"),
        ("study,events,n\nA,1,9,7\n", 2, "cells under"),
        ('study,events,n\n"A,1,9\n', None, "not a table"),
        ("study,events,n\n", None, "without rows"),
        ("", None, "empty"),
    ],
)
def test_a_fault_has_its_line_and_its_words(text: str, line: int | None, said: str) -> None:
    from meta.tables.text import decode

    with pytest.raises(EvidenceError) as caught:
        read(decode("evidence.csv", text.encode()))
    assert said in str(caught.value)
    if line is not None:
        assert caught.value.faults[0].line == line


def test_all_faults_come_at_once() -> None:
    with pytest.raises(EvidenceError) as caught:
        read("study,treatment,events,n\nA,drug,12,10\nB,drug,x,10\nC,drug,-1,10\n")
    assert [fault.line for fault in caught.value.faults] == [2, 3, 4]


def test_variances_of_a_multi_arm_trial_must_be_possible() -> None:
    header = "study,treatment,comparator,estimate,se,scale\n"
    good = "A,b,a,0.5,0.2,log_odds_ratio\nA,c,a,0.2,0.2,log_odds_ratio\nA,c,b,-0.3,0.25,log_odds_ratio\n"
    assert len(read(header + good).rows) == 3
    with pytest.raises(EvidenceError, match="exceeds that of the two"):
        read(header + good.replace("0.25", "0.9"))
    with pytest.raises(EvidenceError, match="do not add up"):
        read(header + good.replace("-0.3,", "0.9,"))


def test_rows_that_are_kept_out_stay_with_their_reason() -> None:
    text = "study,treatment,events,n,exclude,verified\nA,drug,3,10,,yes\n"
    text += "B,drug,2,9,duplicate report,yes\nC,drug,2,9,,memory\n"
    reasons = [row.excluded for row in read(text).rows]
    assert reasons == ["", "duplicate report", "never found again in a text; not to be pooled"]
    assert read("study,estimate,scale\nA,0.3,OR\n").rows[0].excluded.startswith("printed without")


def test_faulty_rows_can_be_kept_as_excluded() -> None:
    table = read_text("study,treatment,events,n\nA,drug,12,10\nB,drug,1,10\n", "x", "0", on_fault="exclude")
    assert ["more" in row.excluded or "among" in row.excluded for row in table.rows] == [True, False]


def test_one_population_cannot_stand_twice() -> None:
    text = "study,treatment,events,n,overlap_group,period\nA,d,1,9,NSW,2001\nB,d,1,9,NSW,2001\nB,e,1,9,NSW,2001\n"
    with pytest.raises(EvidenceError, match="one population"):
        check_overlap(read(text).rows)
    other = text.replace("B,d,1,9,NSW,2001", "B,d,1,9,NSW,2010").replace("B,e,1,9,NSW,2001", "B,e,1,9,NSW,2010")
    check_overlap(read(other).rows)


def test_a_missing_citation_and_a_misspelt_column_are_said() -> None:
    table = read("study,treatment,events,n,person_year\nA,drug,3,10,2\n")
    assert any("citation" in warning for warning in table.warnings)
    assert any("person_years" in warning for warning in table.warnings)
    assert read(GOOD).warnings == ()


@pytest.mark.parametrize(
    ("expression", "count"),
    [
        ('treatment == "drug"', 1),
        ('treatment != "drug"', 1),
        ("events >= 5", 1),
        ('study in ("A", "B") and n < 11', 1),
        ('not (treatment == "drug")', 1),
        ("2 < events < 6", 2),
        ('treatment == "drug" or events > 4', 2),
    ],
)
def test_rows_are_chosen_by_an_expression(expression: str, count: int) -> None:
    assert len(meta.select_rows(read(GOOD), expression).rows) == count


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('treatmnt == "drug"', "no column"),
        ("__import__('os').getcwd()", "no comparison"),
        ("treatment == (lambda: 1)()", "neither a column"),
        ("events >", "cannot read"),
        ('treatment == "nobody"', "no row meets"),
        ("events", "no comparison"),
        ("(" * 500 + ")" * 500, "cannot read"),
        ("x" * 3000, "characters"),
    ],
)
def test_an_expression_is_parsed_and_never_run(expression: str, said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        meta.select_rows(read(GOOD), expression)


def test_covariates_compare_as_numbers() -> None:
    table = read("study,events,n,year\nA,1,9,1999\nB,2,9,2012\nC,2,9,\n")
    assert [row.study for row in meta.select_rows(table, "year >= 2000").rows] == ["B"]


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_table_or_a_clear_refusal(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "evidence.csv"
    path.write_bytes(data)
    try:
        table = meta.read_evidence(path)
    except EvidenceError:
        return
    assert table.rows


CELLS = st.sampled_from(["", "A", "B", "drug", "3", "10", "-1", "nan", "1e400", "0.5", "x" * 50, "é", "log_odds_ratio"])


@settings(max_examples=150)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=8), min_size=1, max_size=6))
def test_any_cells_under_our_header_are_a_table_or_a_clear_refusal(rows: list[list[str]]) -> None:
    header = "study,treatment,comparator,events,n,estimate,se,scale"
    text = "\n".join([header, *(",".join(row) for row in rows)]) + "\n"
    try:
        table = read(text)
    except EvidenceError:
        return
    assert all(row.study for row in table.rows)


@pytest.mark.parametrize("name", ["", "missing.csv"])
def test_what_is_no_file_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvidenceError, match=r"directory|No such file"):
        meta.read_evidence(tmp_path / name)


def test_a_wrong_encoding_names_the_line_and_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("study,events,n\nA,1,9\nMüller,1,9\n".encode("latin-1"))
    with pytest.raises(EvidenceError, match="UTF-8") as caught:
        meta.read_evidence(path)
    assert caught.value.faults[0].line == 3


def test_twenty_megabytes_are_read(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("w", encoding="utf-8") as stream:
        stream.write("study,treatment,events,n,note\n")
        for i in range(100_000):
            stream.write(f"study {i},drug,{i % 7},{20 + i % 50},{'x' * 180}\n")
    assert path.stat().st_size > 20_000_000
    assert len(meta.read_evidence(path).rows) == 100_000


def test_every_table_of_the_package_reads_without_a_fault() -> None:
    for topic in meta.package_tables():
        assert meta.read_package_evidence(topic).rows


@pytest.mark.parametrize("about", meta.list_sets(), ids=lambda about: str(about.name))
def test_every_set_has_rows_words_and_known_parameters(about: EvidenceSet) -> None:
    table = meta.read_set(about.name)
    assert sum(not row.excluded for row in table.rows) >= 2
    assert about.says
    assert about.does_not_say
    folder = Path(meta.__file__).parent / "evidence"
    with (folder / "parameters.csv").open(encoding="utf-8") as stream:
        known = {row["name"] for row in csv.DictReader(stream)}
    assert set(about.parameters) <= known
