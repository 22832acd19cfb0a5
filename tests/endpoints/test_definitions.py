"""Worked examples of every definition, short words, weeks without a test, and the registry itself."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from trialsim.endpoints import DEFINITIONS, NO_SCORE, score_codes, score_columns, score_words, select_definitions

type Value = int | bool | None

# word, then the scores of the definition's columns; found by hand from the published wording
EXAMPLES: list[tuple[str, str, tuple[Value, ...]]] = [
    ("relapse_ctnNinetyFour_2023", "-+o*+-", (2, 1)),
    ("relapse_ctnNinetyFour_2023", "-+o*-+++", (5, 0)),
    ("relapse_ctnNinetyFour_2023", "++_++", (2, 0)),
    ("dropout_ctnNinetyFour_2023", "-ooooo", (2, 1)),
    ("dropout_ctnNinetyFour_2023", "ooo+ooo*", (5, 0)),
    ("dropout_ctnNinetyFour_2023", "oo_oo", (2, 0)),
    ("relapse_johnson_1992", "+++--", (False,)),
    ("relapse_johnson_1992", "---+o", (True,)),
    ("relapse_johnson_1992", "---+_+", (False,)),
    ("relapse_krupitsky_2004", "-+o*", (True,)),
    ("relapse_krupitsky_2004", "++-+", (False,)),
    ("relapse_krupitsky_2004", "++_+", (False,)),
    ("relapse_lee_2016", "-+--o---", (4, 1)),
    ("relapse_lee_2016", "-+---+---", (8, 0)),
    ("relapse_lee_2016", "+__+", (3, 1)),
    ("relapse_ctnFiftyOne_2018", "oooooo", (3, 1)),
    ("relapse_ctnFiftyOne_2018", "++++-+++", (5, 0)),
    ("relapse_ctnFiftyOne_2018", "++++-oooo", (6, 1)),
    ("relapse_ctnFiftyOne_2018", "--++_++", (4, 0)),
    ("relapse_schottenfeld_2008", "-o*+", (2, 1)),
    ("relapse_schottenfeld_2008", "-o-++", (3, 0)),
    ("relapse_schottenfeld_2008", "+_++-", (3, 0)),
    ("abstinence_ctnNinetyFour_2023", "+" * 11 + "-o--", (True,)),
    ("abstinence_ctnNinetyFour_2023", "-" * 11 + "-oo-", (False,)),
    ("abstinence_ctnNinetyFour_2023", "-" * 11 + "-*--", (False,)),
    ("abstinence_ctnNinetyFour_2023", "-" * 11 + "-_o-", (True,)),
    ("abstinence_fiellin_2006", "-+o*_--", (3,)),
    ("abstinence_kosten_1993", "+---+", (True,)),
    ("abstinence_kosten_1993", "--+--o", (False,)),
    ("abstinence_kosten_1993", "--_-", (False,)),
    ("abstinence_krupitskyA_2011", "++++" + "-" * 11 + "+", (True,)),
    ("abstinence_krupitskyA_2011", "-" * 14 + "o", (False,)),
    ("abstinence_krupitskyA_2011", "----" + "-_" * 5 + "-", (True,)),
    ("abstinence_krupitskyB_2011", "-" * 24, (11,)),
    ("abstinence_krupitskyB_2011", "----" + "-_o+*------", (7,)),
    ("abstinence_ling_1998", "+----o", (True,)),
    ("abstinence_ling_1998", "---o---", (False,)),
    ("abstinence_ling_1998", "--_--", (False,)),
    ("abstinence_lofwall_2018", "++++" + "+--" + "+" + "-+-+-+-", (True,)),  # weeks 8, 10, 12, 14 are not visited
    ("abstinence_lofwall_2018", "++++" + "+--" + "+" + "-+-+-++", (True,)),
    ("abstinence_lofwall_2018", "----" + "-++" + "-" + "-------", (False,)),
    ("abstinence_lofwall_2018", "----" + "--o" + "-" + "-------", (False,)),  # week 8 carries week 7 forward
    ("abstinence_lofwall_2018", "----" + "---" + "-" + "--o----", (False,)),  # a missed visit counts for two weeks
    ("abstinence_lofwall_2018", "----" + "---" + "-" + "----o--", (False,)),
    ("abstinence_lofwall_2018", "----" + "---" + "-" + "------o", (True,)),
    ("abstinence_lofwall_2018", "----" + "__-" + "_" + "-_-_-_-", (True,)),
    ("abstinence_lofwall_2018", "___________-_-_", (False,)),  # weeks 12 and 14 are not visited: nothing to carry
    ("abstinence_mokri_2016", "--o-", (3, 1)),
    ("abstinence_mokri_2016", "--_-", (4, 0)),
    ("abstinence_schottenfeld_2005", "--o-_-*---", (4,)),
    ("abstinence_schottenfeld_2005", "ooo", (0,)),
    ("abstinence_schottenfeldA_2008", "-*--", (2, 1)),
    ("abstinence_schottenfeldA_2008", "_-+-", (3, 1)),
    ("abstinence_schottenfeldB_2008", "--o-_-*---", (3,)),
    ("abstinence_schottenfeldB_2008", "--_--", (2,)),
    ("abstinence_shufman_1994", "-oo*+", (4, 1)),
    ("abstinence_shufman_1994", "-o_-", (4, 0)),
    ("abstinence_ctnThirty_2011", "++--o-", (True,)),
    ("abstinence_ctnThirty_2011", "--+o--", (False,)),
    ("abstinence_ctnThirty_2011", "-----_", (False,)),
    ("abstinence_ctnThirty_2011", "+_*-", (False,)),
]


def score_one(name: str, word: str) -> tuple[Value, ...]:
    return tuple(values[0] for values in score_words([word], [name]).values())


@pytest.mark.parametrize(("name", "word", "expected"), EXAMPLES)
def test_worked_example(name: str, word: str, expected: tuple[Value, ...]) -> None:
    found = score_one(name, word)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_every_definition_has_a_worked_example_with_a_week_without_a_test() -> None:
    assert {name for name, word, _ in EXAMPLES if "_" in word} == set(DEFINITIONS)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_word_one_week_too_short_has_no_score(name: str) -> None:
    shortest = DEFINITIONS[name].minimum_weeks
    assert all(value is None for value in score_one(name, "-" * (shortest - 1)))
    assert all(value is not None for value in score_one(name, "-" * shortest))


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_word_without_any_test_due_has_no_score(name: str) -> None:
    assert all(value is None for value in score_one(name, "_" * 24))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("relapse_johnson_1992", 4, 24),
        ("relapse_ctnFiftyOne_2018", 3, 24),
        ("abstinence_ctnNinetyFour_2023", 12, 15),
        ("abstinence_krupitskyA_2011", 5, 15),
        ("abstinence_krupitskyB_2011", 5, 15),
        ("abstinence_lofwall_2018", 1, 15),
        ("abstinence_ctnThirty_2011", 21, 24),
        ("abstinence_fiellin_2006", 1, 24),
    ],
)
def test_a_score_needs_one_due_test_in_the_weeks_that_are_looked_at(name: str, first: int, last: int) -> None:
    word = "".join("_" if first <= week <= last else "-" for week in range(1, 25))
    assert all(value is None for value in score_one(name, word))
    for week in (first, last):
        assert all(value is not None for value in score_one(name, word[: week - 1] + "-" + word[week:]))


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_wording_is_complete(name: str) -> None:
    definition = DEFINITIONS[name]
    assert definition.name == name
    assert definition.meaning.endswith(".")
    assert definition.not_due
    assert re.search(r"(19|20)\d\d;.*doi:10\.\d+/", definition.citation)
    assert len(definition.columns) == (2 if definition.kind == "time_and_event" else 1)


def test_columns_are_unique_and_named_as_in_the_public_table() -> None:
    columns = score_columns()
    assert len(set(columns)) == len(columns) == 28
    assert all(re.fullmatch(r"(Rs|Dr|Ab)[TE]?_[A-Za-z]+_\d{4}", column) for column in columns)


def test_definitions_cannot_be_changed() -> None:
    definition = DEFINITIONS["relapse_lee_2016"]
    with pytest.raises(dataclasses.FrozenInstanceError):
        definition.minimum_weeks = 1  # type: ignore[misc]
    assert not hasattr(DEFINITIONS, "__setitem__")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="did you mean 'relapse_ctnFiftyOne_2018'"):
        select_definitions(["relapse_ctnfiftyone_2081"])


def test_names_choose_definitions_and_their_order() -> None:
    scores = score_words(["oooo"], ["abstinence_fiellin_2006", "relapse_lee_2016"])
    assert scores == {"Ab_fiellin_2006": [0], "RsT_lee_2016": [3], "RsE_lee_2016": [1]}


def test_a_foreign_letter_is_refused_with_its_place() -> None:
    with pytest.raises(ValueError, match="word 1, week 3: 'x'"):
        score_words(["---", "--x"])
    with pytest.raises(ValueError, match="codes outside the alphabet"):
        score_codes(np.frombuffer(b"--x-", np.uint8).reshape(1, 4))


def test_no_words_and_missing_words() -> None:
    assert all(values == [] for values in score_words([]).values())
    assert all(values == [None, None] for values in score_words(["", None]).values())
    assert all(scores.shape == (0,) for scores in score_codes(np.zeros((0, 24), np.uint8)).values())


def test_codes_beyond_the_length_of_a_word_are_ignored() -> None:
    codes = np.frombuffer(b"oooo\0\0" + b"--oooo", np.uint8).reshape(2, 6)
    scores = score_codes(codes, np.array([4, 6]), ["dropout_ctnNinetyFour_2023"])
    assert scores["DrT_ctnNinetyFour_2023"].tolist() == [1, 3]
    assert score_codes(codes, np.array([0, 3]))["RsT_lee_2016"].tolist() == [NO_SCORE, NO_SCORE]
