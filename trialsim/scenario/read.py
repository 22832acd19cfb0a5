"""Reading a scenario: bytes to nodes, nodes to data, data to frozen records, with every mistake reported at once."""

import os
from dataclasses import replace
from pathlib import Path

from trialsim.scenario import checks
from trialsim.scenario.model import Allocation, Arm, CustomMedication, Override, Population, Published, Scenario, Site
from trialsim.scenario.nodes import Block, Scalar, decode, read_bytes, read_nodes
from trialsim.scenario.overrides import check_overrides
from trialsim.scenario.people import read_population
from trialsim.scenario.reader import Data, read_block
from trialsim.scenario.sheet import Sheet, note, refuse, stop_on_problems
from trialsim.scenario.spec import KEYS, ROOT, Key


def read_scenario(path: str | Path) -> Scenario:
    """The scenario in a YAML file; durations in days, rates per day. Raises InputError with up to 20 mistakes."""
    path = Path(path)
    sheet = Sheet(_printable(path))
    text = decode(sheet, read_bytes(sheet, path))
    return _read(sheet, text, path)


def parse_scenario(text: str, file: str = "scenario.yaml") -> Scenario:
    """As `read_scenario`, for a text at hand; a CSV file of people is looked for beside `file`."""
    sheet = Sheet(_printable(Path(file)))
    return _read(sheet, decode(sheet, text.encode("utf-8", "surrogatepass")), Path(file))


def _read(sheet: Sheet, text: str, path: Path) -> Scenario:
    root = read_nodes(sheet, text)
    if not isinstance(root, Block):
        raise refuse(sheet, root.line, "", "is no scenario", "keys and values, such as 'kind: trial'")
    kind = _kind(root)
    data = read_block(sheet, _without_foreign_keys(sheet, root, kind), _root_for(kind), "")
    assert data is not None
    data.setdefault("mode", "counterfactual" if kind == "cohort" else "randomised")
    _check(sheet, data, kind)
    population = read_population(sheet, data, path.parent)
    stop_on_problems(sheet)
    assert population is not None
    return _scenario(sheet, data, population, text)


def _kind(root: Block) -> str:
    for name, value in root.entries:
        if name.text == "kind" and isinstance(value, Scalar):
            return value.text
    return ""


def _root_for(kind: str) -> Key:
    """The keys of this kind of scenario; of an unknown kind all, with only the common ones required."""
    if kind in ("trial", "cohort"):
        return replace(ROOT, keys=tuple(key for key in KEYS if key.only in (None, kind)))
    return replace(ROOT, keys=tuple(replace(key, required=key.required and key.only is None) for key in KEYS))


def _without_foreign_keys(sheet: Sheet, root: Block, kind: str) -> Block:
    """The root without keys of the other kind of scenario, which are noted."""
    other = {"trial": "cohort", "cohort": "trial"}.get(kind)
    foreign = {key.name for key in KEYS if key.only is not None and key.only == other}
    for name, _ in root.entries:
        if name.text in foreign:
            hint = {"arms": "policies", "policies": "arms"}.get(name.text, "")
            note(sheet, name.line, name.text, f"belongs to a {other}, and this is a {kind}", "no such key", hint)
    return Block(tuple(entry for entry in root.entries if entry[0].text not in foreign), root.line)


def _check(sheet: Sheet, data: Data, kind: str) -> None:
    checks.check_arms(sheet, data, "policies" if kind == "cohort" else "arms")
    checks.check_allocation(sheet, data)
    checks.check_sites(sheet, data)
    checks.check_times(sheet, data)
    checks.check_endpoint(sheet, data)
    checks.check_published(sheet, data)
    checks.check_start(sheet, data)
    checks.check_sources_of(sheet, data)
    check_overrides(sheet, data)


def _scenario(sheet: Sheet, data: Data, population: Population, text: str) -> Scenario:
    trial = data["kind"] == "trial"
    arms = _arms(data["arms" if trial else "policies"])
    visits = data.get("visits", {})
    return Scenario(
        name=data["name"],
        kind=data["kind"],
        title=data["title"],
        description=data.get("description", ""),
        sources=tuple(data["sources"]),
        seed=data["seed"],
        mode=data["mode"],
        replicates=data.get("replicates", 100 if trial else 1),
        participants=data["participants"],
        screened=data.get("screened"),
        population=population,
        arms=arms,
        medications=_medications(data),
        parameters=_overrides(data),
        allocation=_allocation(data, arms),
        accrual_days=data.get("accrual", {}).get("duration", 0.0),
        sites=_sites(data),
        visit_interval_days=visits.get("every", 0.0),
        visit_count=visits.get("count", 0),
        endpoint=data.get("endpoint"),
        endpoint_week=data.get("endpoint_week", 0),
        estimand=data.get("estimand", {}),
        retreatment_days=data.get("retreatment", {}).get("until", 0.0),
        reentry=data.get("reentry", False),
        follow_up_days=data["follow_up"],
        horizons_days=() if trial else tuple(data.get("horizons", (data["follow_up"],))),
        published=tuple(Published(row["arm"], row["outcome"], row["row"]) for row in data.get("published", ())),
        sources_of=data.get("sources_of", {}),
        path=sheet.file,
        text=text,
        source_lines=dict(sheet.lines),
    )


def _arms(entries: Data) -> tuple[Arm, ...]:
    return tuple(
        Arm(
            name=name,
            medication=arm["medication"],
            procedure=arm["procedure"],
            outpatient=arm["outpatient"],
            contingency=arm["contingency"],
            supervised=arm["supervised"],
            dose_mg=arm.get("dose"),
            label=arm.get("label", name),
        )
        for name, arm in entries.items()
    )


def _medications(data: Data) -> tuple[CustomMedication, ...]:
    return tuple(
        CustomMedication(
            id=name,
            like=entry["like"],
            overrides={field: quantity.value for field, quantity in entry.items() if field != "like"},
        )
        for name, entry in data.get("medications", {}).items()
    )


def _overrides(data: Data) -> dict[str, Override]:
    out = {}
    for name, entry in data.get("parameters", {}).items():
        value, low, high = (entry.get(key, entry["value"]).value for key in ("value", "low", "high"))
        out[name] = Override(value, low, high, entry["source"])
    return out


def _allocation(data: Data, arms: tuple[Arm, ...]) -> Allocation | None:
    allocation = data.get("allocation")
    if allocation is None:
        return None
    ratio = tuple(allocation["ratio"][arm.name] for arm in arms)
    return Allocation(ratio, allocation["block_size"], tuple(allocation.get("strata", ())))


def _sites(data: Data) -> tuple[Site, ...]:
    sites = data.get("sites") or [{"name": "all"}]
    total = sum(site.get("share", 1.0) for site in sites)
    return tuple(
        Site(
            name=site["name"],
            share=site.get("share", 1.0) / total,
            beds=site.get("beds"),
            injection_slots=site.get("injection_slots"),
            dosing_slots=site.get("dosing_slots"),
        )
        for site in sites
    )


def _printable(path: Path) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
