"""Whatever a file holds, reading it gives a scenario or an InputError that can be printed, and nothing else."""

import pickle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trialsim.problems import InputError, Problem
from trialsim.scenario import Scenario, describe_scenario, parse_scenario, read_scenario
from trialsim.scenario.sheet import MAX_PROBLEMS

FILES = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
TEXTS = [path.read_text(encoding="utf-8") for path in FILES]
LINES = sorted({line for text in TEXTS for line in text.splitlines()})
FRAGMENTS = [
    *("no", "null", "~", "[]", "{}", "-1", "1e400", ".nan", ".inf", "1:30", "2018-01-01", "1/0", "1/2", "0x1F", "010"),
    *("&a", "*a", "!!str", "!x", "<<: {}", "[[", "? ", "- ", "|", ">", "---", "...", "%TAG", "\t", "#", ":", "''"),
    *('"\\ud800"', '"\\U00110000"', '"\\x1b["', "\u2028", "\x00", "\ufeff", "é", "9" * 400, "4 weeks", "-4 weeks"),
    *("3 per 0 days", "1 per 1e-300 days", "380 mg", "1e308 g", "{choices: {}}", "{choices: {a: 1}}", "{mean: 1}"),
]


def check(text: str) -> Scenario | None:
    problems: tuple[Problem, ...] = ()
    try:
        scenario = parse_scenario(text)
    except InputError as error:
        problems = error.problems
    else:
        assert pickle.loads(pickle.dumps(scenario)) == scenario
        describe_scenario(scenario)
        return scenario
    assert 0 < len(problems) <= MAX_PROBLEMS
    for problem in problems:
        assert str(problem).isprintable()
        assert len(str(problem)) < 2000
        assert problem.line is None or 1 <= problem.line <= text.count("\n") + 2
    return None


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError):  # no short random text is a scenario
        read_scenario(path)


yaml_values = st.recursive(
    st.sampled_from(FRAGMENTS) | st.text(max_size=8) | st.floats().map(str) | st.integers().map(str),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
        | st.dictionaries(
            st.sampled_from([*FRAGMENTS, "mean", "choices", "name", "medication"]), inner, max_size=3
        ).map(lambda block: "{" + ", ".join(f"{key}: {value}" for key, value in block.items()) + "}")
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_value_of_any_key_replaced(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(TEXTS)).split("\n")
    index = data.draw(st.sampled_from([number for number, line in enumerate(lines) if ": " in line]))
    lines[index] = lines[index].split(": ")[0] + ": " + data.draw(yaml_values)
    check("\n".join(lines))


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_mutated_file(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(TEXTS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 30))
        text = text[:start] + data.draw(st.sampled_from(FRAGMENTS) | st.text(max_size=5)) + text[start + length :]
    check(text)


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_lines_moved_between_files(data: st.DataObject) -> None:
    lines = data.draw(st.sampled_from(TEXTS)).split("\n")
    for _ in range(data.draw(st.integers(1, 5))):
        index = data.draw(st.integers(0, len(lines) - 1))
        if data.draw(st.booleans()):
            del lines[index : index + 1]
        lines.insert(index, data.draw(st.sampled_from(LINES)))
    check("\n".join(lines))


@settings(deadline=None, max_examples=50)
@given(text=st.sampled_from(TEXTS), data=st.data())
def test_order_of_keys_does_not_matter(text: str, data: st.DataObject) -> None:
    blocks = ("\n" + text).replace("\n\n", "\n").split("\n")
    chunks: list[str] = []
    for line in blocks:
        if line[:1] in (" ", "-") and chunks:
            chunks[-1] += "\n" + line
        elif line and not line.startswith("#"):
            chunks.append(line)
    moved = check("\n".join(data.draw(st.permutations(chunks))) + "\n")
    original = parse_scenario(text)
    assert moved is not None
    for name in ("population", "arms", "sites", "allocation", "published", "sources_of", "follow_up_days", "seed"):
        assert getattr(moved, name) == getattr(original, name)
