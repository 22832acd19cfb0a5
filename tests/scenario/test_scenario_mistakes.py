"""Every mistake in a scenario file names its line, its key, what was expected and the nearest valid name."""

import re
from pathlib import Path

import pytest

from trialsim.problems import InputError, Problem
from trialsim.scenario import parse_scenario
from trialsim.terminal import LONGEST_TEXT

FOLDER = Path(__file__).parent
TRIAL = (FOLDER / "trial.yaml").read_text(encoding="utf-8")
COHORT = (FOLDER / "cohort.yaml").read_text(encoding="utf-8")

# The line to change is another one than the line of the edit.
ELSEWHERE = {"sites", "population.opioid_free_days", "allocation.ratio"}
TEXTS = {"trial": TRIAL, "cohort": COHORT}


def read_cases() -> list[list[str]]:
    lines = (FOLDER / "mistakes.txt").read_text(encoding="utf-8").splitlines()
    cases = [[part.strip(" ") for part in line.split("|")] for line in lines if not line.startswith("#")]
    assert {len(case) for case in cases} == {7}
    return [[part.replace("\\n", "\n") for part in case] for case in cases]


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        parse_scenario(text, "a.yaml")
    return caught.value.problems


@pytest.mark.parametrize(("file", "old", "new", "key", "message", "expected", "nearest"), read_cases())
def test_mistake_is_explained(
    file: str, old: str, new: str, key: str, message: str, expected: str, nearest: str
) -> None:
    text = TEXTS[file]
    assert old in text
    changed = text.replace(old, new, 1)
    found = [problem for problem in problems_of(changed) if problem.key == key and message in problem.message]
    assert found, problems_of(changed)
    (problem,) = found
    assert problem.file == "a.yaml"
    assert expected in problem.expected
    assert problem.nearest == nearest
    # The terminal shows so much of it, with the nearest name last.
    assert len(f"expected {problem.expected}; nearest: {problem.nearest}") <= LONGEST_TEXT
    first = changed[: text.index(old)].count("\n") + 1
    assert problem.line is not None
    if key not in ELSEWHERE:
        assert first <= problem.line <= first + new.rstrip("\n").count("\n") + 1


def test_missing_keys_say_what_they_mean() -> None:
    problems = problems_of("name: a\nkind: trial\n")
    missing = {problem.key: problem for problem in problems if problem.message == "is missing"}
    assert {"title", "sources", "seed", "participants", "arms", "population", "visits", "follow_up"} <= set(missing)
    assert missing["follow_up"].expected == "how long everyone is followed"


def test_randomised_trial_of_two_arms_needs_allocation() -> None:
    text = re.sub(r"\nallocation:\n(  .*\n)+", "\n", TRIAL)
    keys = {problem.key for problem in problems_of(text)}
    assert "allocation" in keys


def test_all_mistakes_are_reported_at_once_in_the_order_of_lines() -> None:
    text = TRIAL
    for old, new in [
        ("seed: 51", "seed: x"),
        ("570\n", "0\n"),
        ("uses_alone: 0.5", "uses_alone: 5"),
        ("36 weeks", "36"),
    ]:
        text = text.replace(old, new, 1)
    problems = problems_of(text)
    assert [problem.key for problem in problems] == ["seed", "participants", "population.uses_alone", "follow_up"]
    lines = [problem.line or 0 for problem in problems]
    assert lines == sorted(lines)


def test_at_most_twenty_mistakes_are_reported() -> None:
    text = "".join(f"wrong_{number}: 1\n" for number in range(50))
    assert len(problems_of(text)) == 20


def test_misspelt_key_is_one_mistake_not_three() -> None:
    (problem,) = problems_of(TRIAL.replace("\nfollow_up:", "\nfolow_up:", 1))
    assert (problem.key, problem.nearest) == ("folow_up", "follow_up")
