"""The JSON Schema accepts every shipped scenario and refuses what the reader refuses about single keys."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from trialsim.scenario import scenario_schema
from trialsim.scenario.spec import KEYS

FILES = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))


def as_json(value: Any) -> Any:
    """What an editor checks: keys are text."""
    if isinstance(value, dict):
        return {str(key): as_json(inner) for key, inner in value.items()}
    return [as_json(inner) for inner in value] if isinstance(value, list) else value


def is_valid(document: Any) -> bool:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    return bool(jsonschema.Draft202012Validator(scenario_schema()).is_valid(as_json(document)))


def test_schema_is_json_and_lists_every_key() -> None:
    schema = json.loads(json.dumps(scenario_schema()))
    assert set(schema["properties"]) == {key.name for key in KEYS}
    assert schema["additionalProperties"] is False
    assert all(schema["properties"][key.name]["description"] for key in KEYS)


def test_schema_itself_is_valid() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    jsonschema.Draft202012Validator.check_schema(scenario_schema())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_scenarios_meet_the_schema(path: Path) -> None:
    assert is_valid(yaml.safe_load(path.read_text(encoding="utf-8")))


CHANGES: list[tuple[str, Any]] = [
    ("folow_up", "36 weeks"),
    ("follow_up", 36),
    ("follow_up", "36 weks"),
    ("participants", 0),
    ("participants", "570"),
    ("seed", 2**53),
    ("mode", "randomized"),
    ("name", "X BOT"),
    ("sources", []),
    ("policies", {"a": {"medication": "none"}}),
    ("reentry", True),
    ("kind", "cohort"),
    ("arms", {}),
    ("arms", {"a": {"medication": "none", "procedure": "slow"}}),
    ("visits", {"every": "1 week"}),
    ("sites", [{"name": "a", "beds": 0.5}]),
    ("population", {"age": 5}),
    ("estimand", None),
]


@pytest.mark.parametrize(("key", "value"), CHANGES)
def test_wrong_keys_do_not_meet_the_schema(key: str, value: Any) -> None:
    document = yaml.safe_load((Path(__file__).parent / "trial.yaml").read_text(encoding="utf-8"))
    assert is_valid(document)
    assert not is_valid({**document, key: value})
