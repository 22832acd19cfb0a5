"""A trial from scenario to run directory: chunks through an executor, then outcomes, tables and summary."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from trialsim.clinical.tallies import EVENTS_LOGGED, KERNEL_STEPS
from trialsim.engine.setup import build_observation
from trialsim.engine.world import build_world, list_values, pick_engine
from trialsim.parameters.entry import ParameterTable, stamp_table
from trialsim.parameters.evidence import EvidenceRow, read_evidence_rows
from trialsim.parameters.inputs import list_inputs
from trialsim.parameters.overrides import override_parameters
from trialsim.runs.chunks import run_chunks
from trialsim.runs.manifest import Manifest, hash_people
from trialsim.runs.options import RunOptions, RunResult
from trialsim.runs.progress import show_progress
from trialsim.runs.store import write_run
from trialsim.scenario.model import Scenario
from trialsim.trial.curves import estimate_survival, tabulate_survival
from trialsim.trial.estimands import tabulate_estimands
from trialsim.trial.flow import count_flow
from trialsim.trial.observe import DAYS_A_WEEK
from trialsim.trial.outcomes import Measured, find_scheduled, list_outcomes, measure_trial, select_lives
from trialsim.trial.simulate import Chunk, Observed, simulate_chunk
from trialsim.trial.summary import tabulate_arms, tabulate_differences
from trialsim.trial.tables import tabulate_events, tabulate_outcomes, tabulate_patients
from trialsim.trial.uncertainty import estimate_parameter_range
from trialsim.trial.words import DEFINITIONS, NOTES, label_outcomes

CHUNK_PATIENTS = 20_000


@dataclass(frozen=True, slots=True)
class Simulated:
    """Every simulated life of a run and the outcomes of each replicate and arm."""

    lives: Observed
    measured: tuple[list[dict[str, Measured]], ...]


def apply_options(scenario: Scenario, options: RunOptions) -> Scenario:
    """Return the scenario with what the command line changes."""
    return replace(
        scenario,
        seed=scenario.seed if options.seed is None else options.seed,
        replicates=options.replicates or scenario.replicates,
        participants=options.participants or scenario.participants,
    )


def list_chunks(scenario: Scenario, engine: str) -> tuple[Chunk, ...]:
    """Return the chunks of a run: ranges of patients under `batch`, whole replicates under `des`."""
    size = scenario.participants if engine == "des" else CHUNK_PATIENTS
    return tuple(
        Chunk(replicate, first, min(first + size, scenario.participants))
        for replicate in range(scenario.replicates)
        for first in range(0, scenario.participants, size)
    )


def join_observed(parts: Sequence[Observed]) -> Observed:
    """Return the lives of several chunks laid end to end; tallies are added."""

    def lay(name: str) -> npt.NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    return Observed(
        baselines=lay("baselines"),
        outcomes=lay("outcomes"),
        courses=lay("courses"),
        words=lay("words"),
        site=lay("site"),
        stratum=lay("stratum"),
        arrival_day=lay("arrival_day"),
        relapse_week=lay("relapse_week"),
        relapse_event=lay("relapse_event"),
        tally=np.sum([part.tally for part in parts], axis=0),
        log=lay("log"),
        waits=tuple(wait for part in parts for wait in part.waits),
    )


def simulate_trials(scenario: Scenario, table: ParameterTable, options: RunOptions, engine: str) -> Simulated:
    """Live and observe every replicate, and measure each arm's outcomes."""
    values = list_values(table)
    world = build_world(scenario, values, scenario.seed)
    schedules = tuple(
        find_scheduled(scenario, arm, float(world.regimens["dose_interval_days"][code]))
        for code, arm in enumerate(scenario.arms)
    )
    simulate = partial(simulate_chunk, world, build_observation(values), scenario, engine, options.events)
    parts: dict[int, list[Observed]] = defaultdict(list)
    with show_progress(f"Simulating {scenario.name}", quiet=options.quiet) as progress:
        for chunk_lives in run_chunks(simulate, list_chunks(scenario, engine), options.workers, progress):
            parts[int(chunk_lives.outcomes["replicate"][0])].append(chunk_lives)
    trials = [join_observed(parts[replicate]) for replicate in sorted(parts)]
    measured = tuple(measure_trial(scenario, trial, schedules) for trial in trials)
    return Simulated(join_observed(trials), measured)


def count_pairs(scenario: Scenario, lives: Observed) -> dict[tuple[int, int, str], tuple[int, int]]:
    """Return deaths averted and caused by an arm against a comparator in the same people (counterfactual mode)."""
    if scenario.mode != "counterfactual":
        return {}
    fatal = lives.outcomes["fatal"].reshape(-1, len(scenario.arms))
    pairs = {}
    for outcome, hit in (("deaths", fatal > 0), ("fatal_overdoses", fatal == 1)):
        for a in range(len(scenario.arms)):
            for b in range(a + 1, len(scenario.arms)):
                averted = int((hit[:, b] & ~hit[:, a]).sum())
                pairs[a, b, outcome] = (averted, int((hit[:, a] & ~hit[:, b]).sum()))
    return pairs


def tabulate_curves(scenario: Scenario, simulated: Simulated) -> list[dict[str, Any]]:
    """Return the survival curves of the report: the endpoint, retention, and survival from death, by arm."""
    lives, week = simulated.lives, scenario.endpoint_week
    day = week * DAYS_A_WEEK
    stop = np.minimum(lives.courses["discontinuation_day"], np.minimum(lives.outcomes["death"], day))
    kept = np.where(lives.outcomes["first_dose"] <= day, stop, 0.01)
    death = np.minimum(lives.outcomes["death"], scenario.follow_up_days)
    curves = [
        ("retention", "On the assigned medication (never stopped)", kept / DAYS_A_WEEK, kept < day, float(week)),
        (
            "survival",
            "Alive",
            death / DAYS_A_WEEK,
            lives.outcomes["death"] <= scenario.follow_up_days,
            scenario.follow_up_days / DAYS_A_WEEK,
        ),
    ]
    if scenario.endpoint not in (None, "retention"):
        label = "Free of relapse by the trial's endpoint"
        curves.insert(0, ("endpoint", label, lives.relapse_week, lives.relapse_event, float(week)))
    return [
        {
            "name": name,
            "label": label,
            "ylabel": "Share",
            "arms": {
                arm.name: tabulate_survival(
                    estimate_survival(
                        np.ceil(time[lives.outcomes["arm"] == code] * DAYS_A_WEEK) / DAYS_A_WEEK,
                        event[lives.outcomes["arm"] == code],
                        scenario.replicates,
                    ),
                    np.arange(0.0, last + 0.01, 4.0 if last <= 40 else 12.0),
                )
                for code, arm in enumerate(scenario.arms)
            },
        }
        for name, label, time, event, last in curves
    ]


def summarise_waits(lives: Observed, replicates: int) -> list[dict[str, Any]]:
    """Return for each resource how many waited a trial, and the mean and longest wait in days."""
    from trialsim.clinical.vocabulary import RESOURCES

    waits = np.array(lives.waits, dtype=np.float64).reshape(-1, 2)
    rows = []
    for code in np.unique(waits[:, 0]):
        days = waits[waits[:, 0] == code, 1]
        name = RESOURCES[int(code)]
        rows.append(
            {
                "resource": name,
                "waits_per_trial": len(days) / replicates,
                "mean_days": float(days.mean()),
                "longest_days": float(days.max()),
            }
        )
    return rows


def summarise_trial(scenario: Scenario, table: ParameterTable, simulated: Simulated, engine: str) -> dict[str, Any]:
    """Return summary.json of a trial run."""
    lives, measured = simulated.lives, simulated.measured
    outcomes = list_outcomes(scenario)
    evidence = read_evidence_rows(item.row for item in scenario.published)
    rows: Mapping[tuple[str, str], EvidenceRow] = {
        (item.arm, item.outcome): evidence[item.row] for item in scenario.published
    }
    flow = {
        arm.name: count_flow(select_lives(lives, lives.outcomes["arm"] == code), scenario)
        for code, arm in enumerate(scenario.arms)
    }
    return {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "kind": "trial",
        "mode": scenario.mode,
        "engine": engine,
        "seed": scenario.seed,
        "replicates": scenario.replicates,
        "participants": scenario.participants,
        "follow_up_days": scenario.follow_up_days,
        "endpoint": scenario.endpoint,
        "endpoint_week": scenario.endpoint_week,
        "estimand": scenario.estimand,
        "sources": list(scenario.sources),
        "arms": tabulate_arms(scenario, outcomes, measured, rows),
        "arm_labels": {arm.name: arm.label or arm.name for arm in scenario.arms},
        "outcome_labels": label_outcomes(outcomes),
        "differences": tabulate_differences(scenario, outcomes, measured, count_pairs(scenario, lives)),
        "estimands": tabulate_estimands(scenario, lives),
        "flow": flow,
        "curves": tabulate_curves(scenario, simulated),
        "waits": summarise_waits(lives, scenario.replicates),
        "events_logged": int(lives.tally[..., EVENTS_LOGGED].sum()),
        "kernel_steps": int(lives.tally[..., KERNEL_STEPS].sum()),
        "inputs": list_inputs(
            table, [arm.medication for arm in scenario.arms], {own.id: own.like for own in scenario.medications}
        ),
        "definitions": DEFINITIONS,
        "notes": list(NOTES),
    }


def add_share(found: dict[str, Any] | None, mcse: float | None, replicates: int) -> dict[str, Any] | None:
    """Return a range with the parameters' share of a trial's variance; the rest is the trial's chance."""
    if found is None:
        return None
    spread = found.pop("variance")
    chance = None if mcse is None else mcse**2 * replicates
    whole = None if spread is None or chance is None else spread + chance
    return {**found, "share_of_variance": spread / whole if whole else None}


def add_parameter_range(summary: dict[str, Any], ranges: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    """Set each outcome's range over parameter draws beside its range over trials."""
    for arm, outcomes in summary["arms"].items():
        for name, cells in outcomes.items():
            cells["parameter_range"] = add_share(ranges[arm].get(name), cells["mcse"], summary["replicates"])


def make_manifest(scenario: Scenario, table: ParameterTable, options: RunOptions, engine: str) -> Manifest:
    """Return what the run's numbers depend on."""
    return Manifest(
        name=scenario.name,
        kind=scenario.kind,
        mode=scenario.mode,
        engine=engine,
        seed=scenario.seed,
        replicates=scenario.replicates,
        participants=scenario.participants,
        events=options.events,
        draws=options.draws,
        scenario_text=scenario.text,
        parameters_sha256=stamp_table(table),
        inputs=hash_people(scenario),
    )


def run_trial(scenario: Scenario, table: ParameterTable, options: RunOptions) -> RunResult:
    """Simulate a trial scenario and write its run directory; raises InputError for parameters it cannot set."""
    scenario = apply_options(scenario, options)
    lines = {name: scenario.source_lines.get(f"parameters.{name}", 0) for name in scenario.parameters}
    table = override_parameters(table, scenario.parameters, scenario.path, lines)
    engine = pick_engine(scenario, options.engine)
    simulated = simulate_trials(scenario, table, options, engine)
    summary = summarise_trial(scenario, table, simulated, engine)
    tables = {
        "patients": tabulate_patients(scenario, simulated.lives),
        "outcomes": tabulate_outcomes(scenario, simulated.measured),
    }
    if options.events:
        tables["events"] = tabulate_events(scenario, simulated.lives.log)
    if options.draws:
        ranges = estimate_parameter_range(
            scenario, table, engine, options.draws, options.workers, options.quiet, summary["arms"]
        )
        add_parameter_range(summary, ranges)
    directory = write_run(options.out, make_manifest(scenario, table, options, engine), summary, tables, options.render)
    return RunResult(summary, directory)
