"""A cohort from scenario to run directory: everyone lives under every policy, then outcomes, differences, summary."""

from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from trialsim.clinical.tallies import EVENTS_LOGGED, KERNEL_STEPS
from trialsim.engine.world import build_world, has_capacity, list_values
from trialsim.parameters.entry import ParameterTable, stamp_table
from trialsim.parameters.inputs import list_inputs
from trialsim.parameters.overrides import override_parameters
from trialsim.policy.counts import CHUNK_PATIENTS, Counts, count_cohort, cut_time
from trialsim.policy.curves import tabulate_curves
from trialsim.policy.outcomes import Outcome, list_outcomes
from trialsim.policy.since import tabulate_since_start, tabulate_since_stop
from trialsim.policy.summary import (
    estimate_outcomes,
    find_comparator,
    tabulate_differences,
    tabulate_groups,
    tabulate_policies,
)
from trialsim.policy.uncertainty import add_parameter_ranges, draw_outcomes
from trialsim.policy.words import DEFINITIONS, NOTES, label_outcomes
from trialsim.problems import InputError, Problem
from trialsim.runs.manifest import Manifest, hash_people
from trialsim.runs.options import RunOptions, RunResult
from trialsim.runs.progress import show_progress
from trialsim.runs.store import write_run
from trialsim.scenario.model import Scenario

ENGINE: Final = "batch"


def apply_options(scenario: Scenario, options: RunOptions) -> Scenario:
    """Return the scenario with what the command line changes."""
    return replace(
        scenario,
        seed=scenario.seed if options.seed is None else options.seed,
        participants=options.participants or scenario.participants,
    )


def check_engine(scenario: Scenario, asked: str) -> None:
    """Raise InputError where a cohort would need queues: its lives are independent, so that memory stays small."""
    if asked == "des":
        expected = "batch, or auto"
        raise InputError([Problem("command line", None, "engine", "a cohort has no queues to simulate", expected)])
    if has_capacity(scenario):
        line = scenario.source_lines.get("sites")
        message = "has a site with limited capacity, but a cohort is lived without queues"
        expected = "sites without beds, dosing_slots and injection_slots; or a trial, which may queue"
        raise InputError([Problem(scenario.path, line, "sites", message, expected)])


def summarise_cohort(
    scenario: Scenario,
    table: ParameterTable,
    counts: Counts,
    outcomes: tuple[Outcome, ...],
    ends: npt.NDArray[np.float64],
) -> dict[str, Any]:
    """Return summary.json of a cohort run.

    `parameter_uncertainty` is None until draws of the parameters are added (`add_parameter_ranges`).
    """
    ratios = estimate_outcomes(outcomes, counts)
    return {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "kind": "cohort",
        "mode": "counterfactual",
        "engine": ENGINE,
        "seed": scenario.seed,
        "participants": scenario.participants,
        "follow_up_days": scenario.follow_up_days,
        "horizons_days": list(scenario.horizons_days),
        "sources": list(scenario.sources),
        "comparator": scenario.arms[find_comparator(scenario)].name,
        "policies": tabulate_policies(scenario, outcomes, ratios),
        "policy_labels": {arm.name: arm.label or arm.name for arm in scenario.arms},
        "outcome_labels": label_outcomes(outcomes),
        "differences": tabulate_differences(scenario, outcomes, counts, ratios),
        "parameter_uncertainty": None,
        "by_time_since_start": tabulate_since_start(scenario, counts),
        "by_time_since_stop": tabulate_since_stop(scenario, counts),
        "curves": tabulate_curves(scenario, counts, ends),
        "events_logged": int(counts.tally[..., EVENTS_LOGGED].sum()),
        "kernel_steps": int(counts.tally[..., KERNEL_STEPS].sum()),
        "inputs": list_inputs(
            table,
            [arm.medication for arm in scenario.arms],
            {own.id: own.like for own in scenario.medications},
            observed=False,
        ),
        "definitions": DEFINITIONS,
        "notes": list(NOTES),
    }


def make_manifest(scenario: Scenario, table: ParameterTable, draws: int) -> Manifest:
    """Return what the run's numbers depend on, a file of real people included."""
    return Manifest(
        name=scenario.name,
        kind=scenario.kind,
        mode="counterfactual",
        engine=ENGINE,
        seed=scenario.seed,
        replicates=1,
        participants=scenario.participants,
        draws=draws,
        events=False,
        scenario_text=scenario.text,
        parameters_sha256=stamp_table(table),
        inputs=hash_people(scenario),
    )


def run_comparison(
    scenario: Scenario, table: ParameterTable, options: RunOptions, chunk_patients: int = CHUNK_PATIENTS
) -> RunResult:
    """Live a cohort under every policy and write its run directory.

    No result depends on `chunk_patients` or on the number of workers. Raises InputError for parameters that cannot be
    set and for scenarios that need queues.
    """
    scenario = apply_options(scenario, options)
    check_engine(scenario, options.engine)
    lines = {name: scenario.source_lines.get(f"parameters.{name}", 0) for name in scenario.parameters}
    table = override_parameters(table, scenario.parameters, scenario.path, lines)
    world = build_world(scenario, list_values(table), scenario.seed)
    ends = cut_time(scenario.follow_up_days, scenario.horizons_days)
    size, people = scenario.participants, scenario.population
    with show_progress(f"Simulating {scenario.name}", quiet=options.quiet) as progress:
        counts = count_cohort(world, people, size, ends, options.workers, progress, chunk_patients)
    outcomes = list_outcomes(counts, ends, scenario.horizons_days)
    summary = summarise_cohort(scenario, table, counts, outcomes, ends)
    if options.draws:
        drawn = draw_outcomes(scenario, table, ends, options.draws, options.workers, options.quiet)
        add_parameter_ranges(summary, scenario, drawn)
    tables = {"outcomes": tabulate_groups(scenario, outcomes, counts)}
    directory = write_run(options.out, make_manifest(scenario, table, options.draws), summary, tables, options.render)
    return RunResult(summary, directory)
