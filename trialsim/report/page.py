"""The page: figures and tables put into the templates, with a policy that lets the browser load nothing."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from trialsim.report.bars import BarFigure, bar_figure, bar_table
from trialsim.report.compare import (
    DIFFERENCE_NOTE,
    comparison_table,
    definition_of,
    difference_table,
    in_treatment_note,
    label_of,
    outcomes_of,
)
from trialsim.report.curves import CurveFigure, curve_figure
from trialsim.report.design import design_table, population_of, population_table, scenario_of, scenario_text
from trialsim.report.estimands import estimand_effects
from trialsim.report.flow import FlowFigure, flow_figure
from trialsim.report.inputs import estimand_table, input_tables, run_table
from trialsim.report.mortality import mortality_tables, policy_cells
from trialsim.report.prose import cohort_prose, trial_prose
from trialsim.report.steps import flow_table, waits_table
from trialsim.report.survival import arms_of, axis_floor, curve_table, is_cut
from trialsim.report.tables import Table, count_rows
from trialsim.report.text import format_fixed, split_references

if TYPE_CHECKING:
    import jinja2

WIDE, NARROW = 960.0, 400.0
# More rows than this in one table of differences, and each outcome folds away on its own.
FOLD_ROWS = 24
CHANCE = (
    "Monte Carlo error is the standard error of a simulated mean: how far it may lie from the mean of infinitely many "
    "simulations. It falls with the square root of the number of replicates and says nothing about whether the "
    "model is right."
)


def report_trial(summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """The report of a simulated trial as one self-contained HTML text; the same inputs give the same bytes.

    ``summary`` and ``manifest`` are the parsed ``summary.json`` and ``manifest.json`` of a run of kind ``trial``.
    """
    scenario = scenario_of(manifest)
    population = population_of(summary, scenario)
    labels = _names(summary.get("arm_labels"), summary["arms"])
    parts = _shared(summary, manifest, scenario, population, labels, "arm") | {
        "kicker": "Report of a simulated trial",
        "sources_lead": "Protocol and results of the trial simulated",
        "prose": trial_prose(summary, population),
        "comparison": comparison_table(summary),
        "flow": _flow_figures(summary),
        "flow_table": flow_table(summary) if summary.get("flow") else None,
        "waits": waits_table(summary.get("waits") or []),
        "estimand": estimand_table(summary.get("estimand") or {}),
        "estimand_effects": estimand_effects(summary, labels),
        "endpoint": summary.get("endpoint"),
        "counterfactual": summary.get("mode") == "counterfactual",
    }
    return _render("trial.html", parts)


def report_cohort(summary: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """The report of a cohort under several policies as one self-contained HTML text; same inputs, same bytes.

    ``summary`` and ``manifest`` are the parsed ``summary.json`` and ``manifest.json`` of a run of kind ``cohort``.
    """
    scenario = scenario_of(manifest)
    population = population_of(summary, scenario)
    flat = {**summary, "policies": policy_cells(summary)}
    labels = _names(summary.get("policy_labels"), summary["policies"])
    parts = _shared(flat, manifest, scenario, population, labels, "policy") | {
        "kicker": "Report of a simulated cohort",
        "sources_lead": "Sources of the scenario",
        "prose": cohort_prose(flat, population),
        "mortality": mortality_tables(flat),
        "since": [
            _since(summary, labels, "by_time_since_start", "Deaths by time since treatment started"),
            _since(summary, labels, "by_time_since_stop", "Deaths by time since treatment stopped"),
        ],
        "in_treatment": in_treatment_note(summary),
        "counterfactual": True,
    }
    return _render("cohort.html", parts)


def _names(labels: Mapping[str, str] | None, units: Mapping[str, Any]) -> dict[str, str]:
    """Readable names in the order of the results, whatever the labels leave out."""
    return {name: str((labels or {}).get(name, name)) for name in units}


def _shared(
    summary: Mapping[str, Any],
    manifest: Mapping[str, Any],
    scenario: Mapping[str, Any],
    population: Mapping[str, Any],
    labels: dict[str, str],
    unit: str,
) -> dict[str, Any]:
    """What both kinds of report show."""
    known = summary.get("outcome_labels") or {}
    definitions = dict(summary.get("definitions") or {})
    differences = difference_table(summary, unit, f"Differences between {'arms' if unit == 'arm' else 'policies'}")
    inputs = list(summary.get("inputs") or ())
    return {
        "title": str(summary.get("title") or summary.get("name") or "Simulation"),
        "description": str(summary.get("description") or ""),
        "sources": [str(source) for source in summary.get("sources") or ()],
        "labels": labels,
        "population": population_table(population, scenario) if population else None,
        "design": design_table(scenario),
        "differences": _folded(differences),
        "difference_note": DIFFERENCE_NOTE,
        "curves": [
            _curve(curve, labels, k) for k, curve in enumerate(summary.get("curves") or ()) if arms_of(curve, [])
        ],
        "inputs": input_tables(inputs),
        "input_count": len(inputs),
        "run": run_table(summary, manifest),
        "scenario": scenario_text(manifest),
        "chance": str(definitions.pop("monte_carlo_error", "") or CHANCE),
        "definitions": [(str(key).replace("_", " ").capitalize(), str(text)) for key, text in definitions.items()],
        "outcomes": _outcome_definitions(summary, known),
        "notes": [str(note) for note in summary.get("notes") or ()],
    }


def _outcome_definitions(summary: Mapping[str, Any], labels: Mapping[str, Any]) -> list[tuple[str, str]]:
    units = summary.get("arms") or summary.get("policies") or {}
    pairs = [(label_of(labels, name), definition_of(labels, name)) for name in outcomes_of(units, labels)]
    return [pair for pair in pairs if pair[1]]


def _folded(table: Table | None) -> list[Table]:
    """One table, or one an outcome where the whole would be too long to read."""
    if table is None or count_rows(table) <= FOLD_ROWS:
        return [table] if table else []
    return [Table(group.title, table.columns, (group,), table.notes) for group in table.groups]


def _curve(curve: Mapping[str, Any], labels: dict[str, str], index: int) -> dict[str, Any]:
    wide = curve_figure(curve, labels, f"curve{index}-wide", WIDE, gutter=True)
    narrow = curve_figure(curve, labels, f"curve{index}-narrow", NARROW, gutter=False)
    floor = axis_floor(curve)
    start = format_fixed(100 * floor, 1).removesuffix(".0")
    note = f"The vertical axis starts at {start}%, not at zero." if floor else ""
    note += " Bands that reach lower are cut; the table has their ends." if floor and is_cut(curve) else ""
    return {
        "figures": (wide, narrow),
        "table": curve_table(curve, labels),
        "note": note,
        "legend": _legend(wide, curve, labels),
    }


def _legend(figure: CurveFigure, curve: Mapping[str, Any], labels: dict[str, str]) -> list[tuple[int, str]]:
    names = [*labels.values(), *(name for name in curve["arms"] if name not in labels)]
    return [(line.series, names[line.series]) for line in figure.lines]


def _flow_figures(summary: Mapping[str, Any]) -> tuple[FlowFigure, ...]:
    if not summary.get("flow"):
        return ()
    columns = 2 if len(summary["flow"]) in (1, 2, 4) else 3
    return flow_figure(summary, "flow-wide", WIDE, columns), flow_figure(summary, "flow-narrow", NARROW, 1)


def _since(summary: Mapping[str, Any], labels: dict[str, str], key: str, title: str) -> dict[str, Any]:
    table = summary.get(key) or {}
    wide = bar_figure(table, labels, f"{key}-wide", title, WIDE, 3)
    narrow = bar_figure(table, labels, f"{key}-narrow", title, NARROW, 1)
    figures: tuple[BarFigure, ...] = (wide, narrow) if wide and narrow else ()
    missing = [label for name, label in labels.items() if not table.get(name)]
    return {"title": title, "figures": figures, "table": bar_table(table, labels, title), "missing": missing}


def _render(template: str, parts: dict[str, Any]) -> str:
    environment = _environment()
    style = files("trialsim.report").joinpath("templates", "style.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template(template).render(style=style, style_hash=f"sha256-{digest}", **parts)


def _environment() -> "jinja2.Environment":
    """Templates with every value escaped; a name that a template misspells is an error, not a blank."""
    import jinja2

    loader = jinja2.PackageLoader("trialsim.report", "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["linked"] = split_references
    return environment
