"""docs/scenario-format.md says what the table of keys says, and its examples run."""

import re
from pathlib import Path

import pytest

from trialsim.scenario import parse_scenario
from trialsim.scenario.reference import report_keys

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "scenario-format.md").read_text(encoding="utf-8")
WHOLE = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
(POPULATION,) = re.findall(r"```yaml-population\n(.*?)```", TEXT, re.DOTALL)
(FRAGMENT,) = re.findall(r"```yaml-fragment\n(.*?)```", TEXT, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_examples_are_found() -> None:
    assert len(WHOLE) == 2
    assert len(PYTHON) == 1
    assert len(WHOLE) + len(PYTHON) + 2 == TEXT.count("```") / 2


@pytest.mark.parametrize("example", WHOLE)
def test_a_whole_example_is_a_scenario(example: str) -> None:
    assert parse_scenario(example).arms


def test_own_numbers_of_the_example_are_accepted() -> None:
    text = WHOLE[0].replace("medication: xr_naltrexone", "medication: weekly_implant") + FRAGMENT
    scenario = parse_scenario(text)
    assert scenario.parameters["tolerance_loss_days"].value == 21.0
    assert scenario.medications[0].overrides == {"dose_interval_days": 182.0}


def test_real_people_of_the_example_are_accepted(tmp_path: Path) -> None:
    columns = POPULATION.partition("# ")[2].partition("\n")[0]
    (tmp_path / "people.csv").write_text(f"{columns}\n30,1,heroin,1,30,0,1,0,1\n", encoding="utf-8")
    before, after = WHOLE[0].split("population:\n")[0], WHOLE[0][WHOLE[0].index("arms:\n") :]
    block = "".join(f"  {line}\n" for line in POPULATION.splitlines())
    text = (before + "population:\n" + block + after).partition("sources_of:")[0]
    assert parse_scenario(text, str(tmp_path / "a.yaml")).population.row_count == 1


@pytest.mark.parametrize("example", PYTHON)
def test_an_example_runs(example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(compile(example, "docs/scenario-format.md", "exec"), names)
    # The example's own assertions have held; it has them, and it has left results.
    assert "assert " in example
    assert set(names) - {"__builtins__"}


def test_every_key_is_described_in_the_words_of_the_table() -> None:
    assert report_keys() in TEXT
