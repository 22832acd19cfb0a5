"""What the scenario file asked for, told with its sources: the people simulated and the design."""

import json
from collections.abc import Mapping
from typing import Any

from trialsim.report.tables import Cell, Group, Row, Table
from trialsim.report.text import MISSING, format_fixed, format_significant, is_number

SCENARIO_KEYS = ("scenario_text", "scenario")


def scenario_text(manifest: Mapping[str, Any]) -> str:
    """The scenario as text: as written where the manifest kept it, else as the manifest resolved it."""
    for key in SCENARIO_KEYS:
        value = manifest.get(key)
        if value:
            return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
    return ""


def scenario_of(manifest: Mapping[str, Any]) -> Mapping[str, Any]:
    """The scenario as data; nothing where the manifest keeps none, or a text that is no YAML mapping."""
    import yaml

    if isinstance(manifest.get("scenario"), Mapping):
        return dict(manifest["scenario"])
    try:
        found = yaml.safe_load(scenario_text(manifest))
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, Mapping) else {}


def population_of(summary: Mapping[str, Any], scenario: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who was simulated: the summary's population, else the scenario's, else nothing."""
    found = summary.get("population") or scenario.get("population")
    return found if isinstance(found, Mapping) else {}


def population_table(population: Mapping[str, Any], scenario: Mapping[str, Any]) -> Table:
    """One row a characteristic, as it was asked for, with the source that the scenario gives."""
    sources = _sources(scenario)
    rows = (
        Row(
            Cell(_words(key)),
            (Cell(describe_spread(str(key), value)), _source(sources.get(f"population.{key}", MISSING))),
        )
        for key, value in population.items()
    )
    caption = "Characteristics of the people simulated"
    return Table(caption, ("Characteristic", "Distribution", "Source"), (Group("", tuple(rows)),))


def design_table(scenario: Mapping[str, Any]) -> Table | None:
    """One row a design choice whose source the scenario names, apart from the population; None without any."""
    rows = tuple(
        Row(Cell(_words(key)), (Cell(_found(scenario, key)), _source(source)))
        for key, source in _sources(scenario).items()
        if not key.startswith("population.")
    )
    return Table("Design choices", ("Choice", "Value", "Source"), (Group("", rows),)) if rows else None


def _sources(scenario: Mapping[str, Any]) -> dict[str, str]:
    found = scenario.get("sources_of")
    return {str(key): str(text) for key, text in found.items()} if isinstance(found, Mapping) else {}


def _source(text: str) -> Cell:
    """A source; what the scenario calls an assumption is marked as one."""
    mark, _, reason = text.partition(":")
    return Cell("Assumption", (reason.strip(),), "miss") if mark.lower() == "assumption" else Cell(text)


def _words(key: object) -> str:
    return str(key).replace("_", " ").replace(".", ": ").capitalize()


def _found(scenario: Mapping[str, Any], path: str) -> str:
    """A value of the scenario by its dotted path as text; a list of names for a mapping."""
    value: Any = scenario
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    if isinstance(value, Mapping):
        return ", ".join(str(key).replace("_", " ") for key in value)
    if isinstance(value, list):
        return (
            ", ".join(str(item) for item in value) if all(isinstance(v, str | int) for v in value) else str(len(value))
        )
    return MISSING if value is None else str(value)


def describe_spread(name: str, value: object) -> str:
    """A characteristic in words: a share, a cut normal, choices with their shares, or the value itself."""
    if is_number(value):
        share = 0 <= value <= 1 and not name.endswith("days") and name != "age"
        return f"{format_significant(100 * value)}%" if share else format_significant(value)
    if not isinstance(value, Mapping):
        return str(value)
    if isinstance(value.get("choices"), Mapping):
        return ", ".join(_choice(choice, share) for choice, share in value["choices"].items())
    if is_number(value.get("mean")):
        return _cut_normal(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _choice(choice: object, share: object) -> str:
    told = f"{format_fixed(100 * share, 0)}%" if is_number(share) else str(share)
    return f"{choice}: {told}" if str(choice)[:1].isdigit() else f"{choice} {told}"


def _cut_normal(value: Mapping[str, Any]) -> str:
    """A normal law before it is cut: its centre is not the mean of the people."""
    spread = f" (SD {format_significant(value['sd'])})" if is_number(value.get("sd")) else ""
    ends = [format_significant(value.get(key)) for key in ("low", "high")]
    limits = f", cut to {ends[0]} to {ends[1]}" if MISSING not in ends else ""
    return f"normal around {format_significant(value['mean'])}{spread}{limits}"
