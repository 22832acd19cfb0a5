"""The resolved design as plain data: what `trialsim check` prints, with the unit and the source of every number."""

import math
from collections.abc import Mapping
from typing import Any, Protocol

from trialsim.scenario.model import Choices, Covariate, Fixed, Scenario, Site, TruncatedNormal
from trialsim.scenario.vocabulary import COVARIATES, MEDICATIONS, CovariateRule

type Row = dict[str, str | float | int]
type Section = dict[str, Any]

NO_SOURCE = "no source given"
DEFAULT = "default"


class Entry(Protocol):
    """What is needed of an entry of the parameter table."""

    @property
    def value(self) -> float:
        """Its value."""

    @property
    def unit(self) -> str:
        """Its unit."""

    @property
    def obtained(self) -> str:
        """How it was obtained: evidence, fitted, fixed or assumption."""

    @property
    def fitted_to(self) -> str:
        """The published numbers that a fitted value was chosen to meet."""

    @property
    def source_rows(self) -> tuple[str, ...]:
        """Rows of the evidence tables."""

    @property
    def same_as(self) -> str:
        """The parameter whose value it shares, or nothing."""


class Table(Protocol):
    """What is needed of the parameter table."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """All parameters by name."""


def describe_scenario(scenario: Scenario, parameters: Table | None = None) -> dict[str, Any]:
    """`{"name", "title", "kind", "file", "protocol", "sections": [{"title", "rows"}]}`, all of it plain JSON data.

    A row is `{"name", "value", "unit", "source"}`: value a number or a text, unit empty where there is none, source
    "default", "no source given", or the text of `sources_of` (an assumption starts with "assumption"). With
    `parameters` the last section lists the parameters that the scenario uses and does not replace: the general ones
    and those of its medications.
    """
    sections = [
        _section("Design", _design_rows(scenario)),
        _section("Population", _population_rows(scenario)),
        _section("Arms" if scenario.kind == "trial" else "Policies", _arm_rows(scenario)),
        _section(
            "Sites", [row for number, site in enumerate(scenario.sites, 1) for row in _site(scenario, number, site)]
        ),
        _section("Estimand", _estimand_rows(scenario)),
        _section("Published numbers", [_published(scenario, number) for number in range(len(scenario.published))]),
        _section("Set by this scenario", _override_rows(scenario, parameters)),
        _section("Parameters", _parameter_rows(scenario, parameters) if parameters else []),
    ]
    return {
        "name": scenario.name,
        "title": scenario.title,
        "kind": scenario.kind,
        "file": scenario.path,
        "protocol": list(scenario.sources),
        "sections": [section for section in sections if section["rows"]],
    }


def source_of(scenario: Scenario, path: str) -> str:
    """The source of the number behind a key path, or of its nearest parent; `NO_SOURCE`, or `DEFAULT` if left out."""
    part = path
    while part:
        if part in scenario.sources_of:
            return scenario.sources_of[part]
        part = part.rpartition(".")[0]
    return NO_SOURCE if path in scenario.source_lines else DEFAULT


def _section(title: str, rows: list[Row]) -> Section:
    return {"title": title, "rows": rows}


def _row(scenario: Scenario, path: str, value: str | float, unit: str = "", name: str = "") -> Row:
    return {"name": name or path, "value": value, "unit": unit, "source": source_of(scenario, path)}


def _plain(scenario: Scenario, path: str, value: str | float, source: str) -> Row:
    """A choice of the designer's own: the file itself is the source unless it names another."""
    given = source_of(scenario, path)
    return {"name": path, "value": value, "unit": "", "source": source if given == NO_SOURCE else given}


def _design_rows(scenario: Scenario) -> list[Row]:
    own = "choice of this file"
    rows = [
        _row(scenario, "participants", scenario.participants, "people"),
        _plain(scenario, "replicates", scenario.replicates, own),
        _plain(scenario, "seed", scenario.seed, own),
        _plain(scenario, "mode", scenario.mode, own),
        _row(scenario, "accrual", scenario.accrual_days, "days"),
        _row(scenario, "retreatment", scenario.retreatment_days, "days"),
        _row(scenario, "follow_up", scenario.follow_up_days, "days"),
    ]
    if scenario.kind == "cohort":
        horizons = ", ".join(f"{days:g}" for days in scenario.horizons_days)
        return [
            *rows,
            _plain(scenario, "reentry", _yes_no(scenario.reentry), own),
            _row(scenario, "horizons", horizons, "days"),
        ]
    rows += [
        _row(scenario, "visits.every", scenario.visit_interval_days, "days"),
        _row(scenario, "visits.count", scenario.visit_count, "visits"),
        _row(scenario, "endpoint", scenario.endpoint or ""),
        _row(scenario, "endpoint_week", scenario.endpoint_week, "weeks"),
    ]
    if scenario.allocation:
        pairs = zip(scenario.arms, scenario.allocation.ratio, strict=True)
        ratio = ", ".join(f"{arm.name} {part}" for arm, part in pairs)
        strata = ", ".join(scenario.allocation.strata) or "none"
        rows += [
            _row(scenario, "allocation.ratio", ratio),
            _row(scenario, "allocation.block_size", scenario.allocation.block_size, "people"),
            _row(scenario, "allocation.strata", strata),
        ]
    return rows


def _population_rows(scenario: Scenario) -> list[Row]:
    people = scenario.population
    rows = [
        _row(scenario, f"population.{rule.name}", _law(people.covariates[rule.name], rule), rule.unit, rule.name)
        for rule in COVARIATES
        if rule.name in people.covariates
    ]
    if people.csv:
        columns = f"{people.row_count} rows of {people.csv}: {', '.join(people.rows)}"
        rows.append(_row(scenario, "population.csv", columns, name="real people"))
    for name in ("setting", "start", "era", "country", "naloxone_coverage"):
        unit = "share of overdoses" if name == "naloxone_coverage" else ""
        rows.append(_row(scenario, f"population.{name}", getattr(people, name), unit, name))
    return rows


def _law(law: Covariate, rule: CovariateRule) -> str | float:
    match law:
        case Fixed(value):
            return value
        case Choices(values, shares):
            names = (value if isinstance(value, str) else f"{value:g}" for value in values)
            return ", ".join(f"{name} {share:.4g}" for name, share in zip(names, shares, strict=True))
        case TruncatedNormal(mean, sd, low, high):
            after, spread = moments_after_cut(law)
            before = f"normal with mean {mean:g} and SD {sd:g}, cut to {low:g} to {high:g}"
            return f"{before}: mean {after:.4g}, SD {spread:.4g}"


def moments_after_cut(law: TruncatedNormal) -> tuple[float, float]:
    """Mean and standard deviation of a truncated normal law (Johnson, Kotz and Balakrishnan 1994, section 10.1)."""
    low, high = (law.low - law.mean) / law.sd, (law.high - law.mean) / law.sd
    inside = (math.erf(high / math.sqrt(2)) - math.erf(low / math.sqrt(2))) / 2
    at_low, at_high = (math.exp(-z * z / 2) / math.sqrt(2 * math.pi) for z in (low, high))
    shift = (at_low - at_high) / inside
    variance = 1 + (low * at_low - high * at_high) / inside - shift * shift
    return law.mean + law.sd * shift, law.sd * math.sqrt(max(variance, 0.0))


def _arm_rows(scenario: Scenario) -> list[Row]:
    key = "arms" if scenario.kind == "trial" else "policies"
    rows: list[Row] = []
    for arm in scenario.arms:
        path = f"{key}.{arm.name}"
        words = [arm.medication, f"{arm.procedure} start" if arm.procedure != "standard" else ""]
        words += [word for word in ("outpatient", "contingency", "supervised") if getattr(arm, word)]
        rows.append(_plain(scenario, path, ", ".join(word for word in words if word), "choice of this file"))
        if arm.dose_mg is not None:
            rows.append(_row(scenario, f"{path}.dose", arm.dose_mg, "mg"))
    return rows


def _site(scenario: Scenario, number: int, site: Site) -> list[Row]:
    path = f"sites.{number}"
    rows = [_row(scenario, f"{path}.share", site.share, "share of participants", site.name)]
    for name, unit in (("beds", "beds"), ("injection_slots", "a day"), ("dosing_slots", "places")):
        capacity = getattr(site, name)
        if capacity is not None:
            rows.append(_row(scenario, f"{path}.{name}", capacity, unit, f"{site.name}: {name}"))
    return rows


def _estimand_rows(scenario: Scenario) -> list[Row]:
    rows: list[Row] = []
    for name, value in scenario.estimand.items():
        pairs = {name: value} if isinstance(value, str) else {f"{name}.{event}": how for event, how in value.items()}
        rows += [_plain(scenario, f"estimand.{path}", text, "choice of this file") for path, text in pairs.items()]
    return rows


def _published(scenario: Scenario, index: int) -> Row:
    from trialsim.parameters import read_evidence_rows

    published = scenario.published[index]
    row = read_evidence_rows([published.row])[published.row]
    counts = f"{row.events:g}/{row.n:g}" if row.events is not None and row.n is not None else ""
    value: str | float = counts or ("not printed" if row.value is None else row.value)
    source = f"{row.study}, {row.doi} (row {row.row})"
    return {"name": f"{published.arm}: {published.outcome}", "value": value, "unit": row.measure, "source": source}


def _override_rows(scenario: Scenario, parameters: Table | None) -> list[Row]:
    rows: list[Row] = []
    for name, entry in scenario.parameters.items():
        unit = parameters.entries[name].unit if parameters else "as in the parameter table"
        limits: Row = {} if entry.low == entry.high else {"low": entry.low, "high": entry.high}
        rows.append({"name": name, "value": entry.value, "unit": unit, "source": entry.source, **limits})
    for medication in scenario.medications:
        path = f"medications.{medication.id}"
        rows.append(_plain(scenario, f"{path}.like", medication.like, "choice of this file"))
        rows += [_row(scenario, f"{path}.{name}", value) for name, value in medication.overrides.items()]
    return rows


def _parameter_rows(scenario: Scenario, parameters: Table) -> list[Row]:
    custom = {medication.id: medication.like for medication in scenario.medications}
    used = {custom.get(arm.medication, arm.medication) for arm in scenario.arms}
    others = tuple(f"_{medication}" for medication in MEDICATIONS if medication not in used)
    return [
        {"name": name, "value": entry.value, "unit": entry.unit, "source": _origin(entry, parameters.entries)}
        for name, entry in parameters.entries.items()
        if name not in scenario.parameters and not name.endswith(others)
    ]


def _origin(entry: Entry, entries: Mapping[str, Entry]) -> str:
    """How a parameter was obtained, what it was fitted to, and the evidence rows behind it or what it follows."""
    fitted = entry.fitted_to and entry.obtained != "calibrated"
    obtained = f"fitted to {entry.fitted_to}" if fitted else entry.obtained
    obtained = f"as {entry.same_as}" if entry.same_as else obtained
    rows = entries[entry.same_as].source_rows if entry.same_as else entry.source_rows
    return ": ".join(part for part in (obtained, ", ".join(rows)) if part)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
