"""Double counting, and expressions that choose rows."""

from dataclasses import replace

import pytest

import meta
from meta import EvidenceError
from meta.tables import EvidenceRow, check_overlap
from meta.tables.read import read_text


def row(study: str, group: str = "NSW", period: str = "", treatment: str = "", excluded: str = "") -> EvidenceRow:
    numbers = EvidenceRow(2, study, study, "binary", treatment, events=1.0, n=9.0)
    return replace(numbers, overlap_group=group, period=period, excluded=excluded)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", ""),
        ("", "2001-2010"),
        ("2001-2010", "2005"),
        ("2001-2010", "2010–2018"),
        ("2002-17", "2011"),
        ("Before the Reform", "before  the reform"),
    ],
)
def test_periods_that_meet_are_one_population(first: str, second: str) -> None:
    for pair in ((first, second), (second, first)):
        with pytest.raises(EvidenceError, match="one population") as caught:
            check_overlap([row("A", period=pair[0]), row("B", period=pair[1])])
        said = str(caught.value)
        assert "'A'" in said
        assert "'B'" in said
        assert "NSW" in said
        assert "exclude one study" in said


@pytest.mark.parametrize(
    ("first", "second"), [("1995-2000", "2001-2010"), ("1995-99", "2000"), ("before the reform", "after it")]
)
def test_periods_apart_are_two_populations(first: str, second: str) -> None:
    check_overlap([row("A", period=first), row("B", period=second)])


def test_arms_of_one_study_and_rows_kept_out_do_not_count() -> None:
    check_overlap([row("A", treatment="on"), row("A", treatment="off"), row("B", "WA"), row("B", "")])
    check_overlap([row("A"), row("B", excluded="the same people as A")])


def test_a_study_of_two_populations_meets_both() -> None:
    with pytest.raises(EvidenceError, match="overlap group WA"):
        check_overlap([row("A", "NSW, WA"), row("B", "WA")])


def test_every_group_is_named_at_once() -> None:
    with pytest.raises(EvidenceError) as caught:
        check_overlap([row("A"), row("B"), row("C", "WA"), row("D", "wa")])
    assert len(caught.value.faults) == 2


def test_groups_written_in_notes_are_read() -> None:
    text = "study,events,n,note\nA,1,9,counts derived; [overlap group NSW]\nB,1,9,[Overlap group NSW]\n"
    table = read_text(text, "x", "0")
    assert [each.overlap_group for each in table.rows] == ["NSW", "NSW"]
    with pytest.raises(EvidenceError, match="one population"):
        meta.pool(table, meta.PoolSpec("logit_proportion", method="dl"))


TABLE = read_text(
    "study,arm,events,n,Start year,end_year,setting\n"
    "A,drug,3,10,999,1000,jail\nB,drug,4,10,2001,2002,\nC,pill,5,10,,,clinic\n",
    "x.csv",
    "0",
)


@pytest.mark.parametrize(
    ("expression", "studies"),
    [
        ("start_year < end_year", "AB"),  # as words 999 would come after 1000
        ("start_year <= 2001", "AB"),
        ("start_year != 2001", "AC"),
        ('start_year in ("2001", "2002")', "B"),
        ("start_year in (2001, 2002)", "B"),
        ('arm == "drug" and not (setting == "jail")', "B"),
        ('setting not in ("jail", "clinic")', "B"),
        ('"lin" in setting', "C"),
        ("events > -1", "ABC"),
        ('study == "A" or (events >= 4 and start_year > 2000)', "AB"),
    ],
)
def test_expressions_mean_what_they_say(expression: str, studies: str) -> None:
    chosen = meta.select_rows(TABLE, expression)
    assert "".join(each.study for each in chosen.rows) == studies
    assert (chosen.sha256, chosen.path) == (TABLE.sha256, f"x.csv [{expression}]")


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('events > 0 or setings == "jail"', "did you mean 'setting'"),
        ("events > 0 or __import__('os')", "no comparison"),
        ("events > 0 or events.real > 1", "neither a column"),
        ("events > 0 or events is n", "operator"),
        ("events > 0 or n == 1 + 1", "neither a column"),
        ('events > 0 or study == f"{events}"', "neither a column"),
        ("events > 0 or n == None", "neither a column"),
        ("(events := 3) > 2", "neither a column"),
        ("[each for each in study] == 1", "neither a column"),
        ("", "cannot read"),
        ("events > 0; study", "cannot read"),
    ],
)
def test_every_part_of_an_expression_is_looked_at(expression: str, said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        meta.select_rows(TABLE, expression)


@pytest.mark.parametrize("depth", [10, 200, 490])
def test_a_deep_expression_is_right_or_refused(depth: int) -> None:
    try:
        chosen = meta.select_rows(TABLE, "not " * depth + "events > 3")
    except EvidenceError as error:
        said = str(error)
    else:
        said = ""
        assert [row.study for row in chosen.rows] == ["B", "C"]  # an even number of nots
    assert not said or (depth > 100 and ("nested" in said or "cannot read" in said))


def test_warnings_of_a_choice_are_about_the_rows_chosen() -> None:
    text = "study,estimate,ci_low,ci_high,scale,citation,evnts\nA,2,1,4,OR,x,\nB,0.1,0,0.2,RD,,\n"
    table = read_text(text, "x.csv", "0")
    assert len(table.warnings) == 4
    chosen = meta.select_rows(table, 'study == "A"').warnings
    assert [("evnts" in said, "1 row (A): printed as OR" in said) for said in chosen] == [(True, False), (False, True)]
    assert meta.select_rows(meta.read_set("A1"), "n > 100").warnings == ()
