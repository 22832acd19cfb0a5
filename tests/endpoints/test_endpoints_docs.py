"""docs/endpoints.md says what the registry says, and its examples run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trialsim.endpoints import DEFINITIONS

TEXT = (Path(__file__).parents[2] / "docs" / "endpoints.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_runs(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(example, "docs/endpoints.md", "exec"), names)
    # The example's own assertions have held; it has them, and it has left results.
    assert "assert " in example
    assert set(names) - {"__builtins__"}


def test_the_examples_are_found() -> None:
    assert len(EXAMPLES) == TEXT.count("```python") == 2


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_is_described_in_the_words_of_the_registry(name: str) -> None:
    definition = DEFINITIONS[name]
    _, _, rest = TEXT.partition(f"### {name}\n")
    section = re.split(r"\n##", rest)[0]
    weeks = f"at least {definition.minimum_weeks};"
    for words in (definition.meaning, definition.paper, definition.citation, definition.not_due, weeks):
        assert words in section
    assert all(f"`{column}`" in section for column in definition.columns)


def test_no_definition_is_described_that_does_not_exist() -> None:
    assert re.findall(r"^### (.*)$", TEXT, re.MULTILINE) == list(DEFINITIONS)
