"""Laws that hold for every word, and a second derivation of every definition by plain string operations."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from trialsim.endpoints import DEFINITIONS, NO_SCORE, score_codes, score_columns, score_words
from trialsim.endpoints.words import encode_words

type Value = int | bool | None

WORDS = st.text(st.sampled_from("+-o*_"), max_size=30)
RUNS = st.lists(st.tuples(st.sampled_from("+-o*_"), st.integers(1, 12)), max_size=8).map(
    lambda runs: "".join(letter * count for letter, count in runs)
)
MOSTLY_NEGATIVE = st.text(st.sampled_from("-------+o*_"), min_size=15, max_size=25)
ANY_WORD = WORDS | RUNS | MOSTLY_NEGATIVE  # letters drawn one by one rarely show long runs and abstinence

MISSING_IS_POSITIVE = [
    name
    for name in DEFINITIONS
    if name
    not in {
        "dropout_ctnNinetyFour_2023",
        "abstinence_ctnNinetyFour_2023",
        "abstinence_schottenfeld_2005",
        "abstinence_shufman_1994",
    }
]


def when(found: int, otherwise: int) -> tuple[int, int]:
    return (found + 1, 1) if found >= 0 else (otherwise, 0)


def lee(marks: str) -> tuple[int, int]:
    for week in range(1, len(marks) - 2):
        if marks[week - 1 : week + 3].count("+") >= 2:
            return week + 2, 1
    return len(marks) - 1, 0


def lofwall(marks: str) -> bool:
    letters: list[str] = []
    for week in range(1, 16):
        visited = week <= 7 or week % 2 == 1
        before = letters[-1] if letters else "_"
        letters.append(marks[week - 1] if visited and marks[week - 1] != "_" else before)
    clean = [letter == "-" for letter in letters]
    return sum(clean[4:7]) >= 2 and clean[7] and sum(clean[8:15]) >= 6


def longest(marks: str) -> int:
    return max(len(run) for run in re.split("[^-]", marks))


def derive(word: str) -> dict[str, Value]:
    """Every column of a word by string operations on the published wording; no score is None."""
    size, marks = len(word), word.replace("o", "+").replace("*", "+")
    found: dict[str, Value] = dict.fromkeys(score_columns())

    def put(stem: str, minimum: int, seen: str, kind: str, pair: tuple[int, int]) -> None:
        if size >= minimum and set(seen) - {"_"}:
            found[f"{kind}T_{stem}"], found[f"{kind}E_{stem}"] = pair

    put("ctnNinetyFour_2023", 4, word, "Rs", when(marks.find("++++"), size - 3))
    put("ctnNinetyFour_2023", 4, word, "Dr", when(word.find("oooo"), size - 3))
    put("lee_2016", 4, word, "Rs", lee(marks))
    put("ctnFiftyOne_2018", 6, word[2:], "Rs", when(marks.find("++++", 2), size - 3))
    put("schottenfeld_2008", 3, word, "Rs", when(marks.find("+++"), size - 2))
    put("mokri_2016", 1, word, "Ab", when(marks.find("+"), size))
    put("schottenfeldA_2008", 1, word, "Ab", when(marks.find("+"), size))
    put("shufman_1994", 1, word, "Ab", when(word.replace("*", "+").find("+"), size))

    def put_one(column: str, minimum: int, seen: str, value: Value) -> None:
        if size >= minimum and set(seen) - {"_"}:
            found[column] = value

    last = word[11:15]
    put_one("Rs_johnson_1992", 5, word[3:], "++" in marks[3:])
    put_one("Rs_krupitsky_2004", 3, word, "+++" in marks)
    put_one("Ab_ctnNinetyFour_2023", 15, last, not set(last) & {"+", "*"} and last.count("o") <= 1)
    put_one("Ab_fiellin_2006", 1, word, word.count("-"))
    put_one("Ab_kosten_1993", 3, word, "---" in word)
    put_one("Ab_krupitskyA_2011", 15, word[4:15], "+" not in marks[4:15])
    put_one("Ab_krupitskyB_2011", 15, word[4:15], word[4:15].count("-"))
    put_one("Ab_ling_1998", 4, word, "----" in word)
    put_one("Ab_lofwall_2018", 15, word[:15], lofwall(marks) if size >= 15 else None)
    put_one("Ab_schottenfeld_2005", 1, word, longest(word.replace("o", "").replace("_", "")))
    put_one("Ab_schottenfeldB_2008", 1, word, longest(word))
    put_one("Ab_ctnThirty_2011", 4, word[-4:], word.endswith("-") and marks[-4:-1].count("+") <= 1)
    return found


def score_one(word: str) -> dict[str, Value]:
    return {column: values[0] for column, values in score_words([word]).items()}


@given(ANY_WORD)
def test_every_column_agrees_with_the_plain_derivation(word: str) -> None:
    assert score_one(word) == derive(word)


@given(st.lists(ANY_WORD, max_size=8))
def test_a_word_scores_the_same_alone_and_among_others(words: list[str]) -> None:
    alone = [score_one(word) for word in words]
    assert score_words(words) == {column: [each[column] for each in alone] for column in score_columns()}


@given(st.lists(ANY_WORD, min_size=1, max_size=8))
def test_padded_codes_score_as_the_words_do(words: list[str]) -> None:
    width = max(len(word) for word in words)
    codes = encode_words([word.ljust(width, "+") for word in words])
    scores = score_codes(codes, np.array([len(word) for word in words]))
    expected = {
        column: [NO_SCORE if value is None else int(value) for value in values]
        for column, values in score_words(words).items()
    }
    assert {column: values.tolist() for column, values in scores.items()} == expected


@given(ANY_WORD)
def test_times_lie_within_the_word_and_events_are_one_or_zero(word: str) -> None:
    for definition in DEFINITIONS.values():
        if definition.kind == "time_and_event":
            time, event = (score_one(word)[column] for column in definition.columns)
            assert (time is None) == (event is None)
            if time is not None:
                assert definition.looks_at[0] <= time <= len(word)
                assert event in (0, 1)


@given(ANY_WORD)
def test_counts_are_never_more_than_the_negative_weeks(word: str) -> None:
    scores = score_one(word)
    for definition in DEFINITIONS.values():
        if definition.kind == "count":
            assert (scores[definition.columns[0]] or 0) <= word.count("-")


@given(ANY_WORD)
def test_missing_is_positive_where_the_definition_says_so(word: str) -> None:
    assert score_words([word], MISSING_IS_POSITIVE) == score_words([word.replace("o", "+")], MISSING_IS_POSITIVE)


@given(ANY_WORD)
def test_mixed_is_positive_everywhere(word: str) -> None:
    assert score_one(word) == score_one(word.replace("*", "+"))


def goodness(word: str) -> dict[str, tuple[int, ...]]:
    """Each definition's score ordered so that more is better for the patient; empty without a score."""
    scores, ordered = score_one(word), {}
    for name, definition in DEFINITIONS.items():
        values = [scores[column] for column in definition.columns]
        if definition.kind == "time_and_event":
            ordered[name] = tuple(int(value or 0) * sign for value, sign in zip(values, (1, -1), strict=True))
        else:
            ordered[name] = (int(values[0] or 0) * (-1 if name.startswith("relapse") else 1),)
    return ordered


@given(ANY_WORD.filter(lambda word: "-" in word), st.data())
def test_a_negative_week_turned_positive_never_improves_a_score(word: str, data: st.DataObject) -> None:
    week = data.draw(st.sampled_from([week for week, letter in enumerate(word) if letter == "-"]))
    before, after = goodness(word), goodness(word[:week] + "+" + word[week + 1 :])
    assert all(after[name] <= before[name] for name in DEFINITIONS)


@given(ANY_WORD.filter(bool), st.data())
def test_weeks_that_a_definition_does_not_look_at_change_nothing(word: str, data: st.DataObject) -> None:
    week = data.draw(st.integers(1, len(word)))
    other = word[: week - 1] + data.draw(st.sampled_from("+-o*_")) + word[week:]
    for name, definition in DEFINITIONS.items():
        first, last = (place if place > 0 else len(word) + 1 + place for place in definition.looks_at)
        if not first <= week <= last:
            assert score_words([word], [name]) == score_words([other], [name])


@given(ANY_WORD, st.text(st.sampled_from("+-o*_"), min_size=1, max_size=5))
def test_an_event_that_was_seen_stays_where_it_is_when_the_word_grows(word: str, more: str) -> None:
    scores, later = score_one(word), score_one(word + more)
    for definition in DEFINITIONS.values():
        if definition.kind == "time_and_event" and scores[definition.columns[1]] == 1:
            assert [scores[column] for column in definition.columns] == [later[column] for column in definition.columns]
