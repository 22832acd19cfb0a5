"""The commands. Each is thin and imports what it needs when it runs, so that help answers at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import trialsim
from trialsim import cli_calibration, cli_evidence
from trialsim.exits import (
    INTERRUPTED,
    close_broken_pipe,
    describe_failure,
    leave_on_termination,
    print_json,
    report_problems,
    settle_streams,
)
from trialsim.problems import InputError, Problem

if TYPE_CHECKING:
    from trialsim.parameters import ParameterTable
    from trialsim.runs.options import RunOptions, RunResult
    from trialsim.scenario import Scenario

# What the libraries behind numpy take their number of threads from (OpenBLAS, MKL, Apple's Accelerate).
ALGEBRA = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
LARGEST = {"replicates": 1_000_000, "participants": 10_000_000, "seed": 2**64 - 1, "workers": 4096}

app = typer.Typer(
    name="trialsim",
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_evidence.app)
app.command()(cli_calibration.calibrate)
app.command()(cli_calibration.validate)
app.add_typer(cli_calibration.parameters_app)

File = Annotated[Path, typer.Argument(help="Scenario file (YAML).", show_default=False)]
Seed = Annotated[int | None, typer.Option(min=0, max=LARGEST["seed"], help="Seed of all luck; default: the file's.")]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=LARGEST["workers"], help="Threads; changes no number. Default: one a core."),
]
Draws = Annotated[
    int, typer.Option(min=0, max=LARGEST["replicates"], help="Parameter draws that show their uncertainty; 0: none.")
]
Out = Annotated[Path, typer.Option(help="Directory that receives the run's own directory.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines, errors too.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, and no table.")]


def _show_version(asked: bool) -> None:
    if asked:
        print(trialsim.__version__)
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Simulate opioid use disorder trials and cohorts from a scenario file, beside the published numbers."""


@app.command()
def run(
    file: File,
    replicates: Annotated[
        int | None, typer.Option(min=1, max=LARGEST["replicates"], help="Simulated trials; default: the file's.")
    ] = None,
    participants: Annotated[
        int | None,
        typer.Option(
            "--participants",
            "--size",
            min=1,
            max=LARGEST["participants"],
            help="Size of each trial; default: the file's.",
        ),
    ] = None,
    seed: Seed = None,
    engine: Annotated[
        Literal["auto", "batch", "des"], typer.Option(help="auto: des where a site has a capacity, else batch.")
    ] = "auto",
    workers: Workers = None,
    draws: Draws = 100,
    events: Annotated[bool, typer.Option("--events", help="Write every event to events.parquet.")] = False,
    out: Out = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Simulate a trial and set it beside the published one."""
    scenario = _read_kind(file, "trial", "compare")
    from trialsim.report import report_trial
    from trialsim.runs.options import RunOptions
    from trialsim.trial.run import run_trial

    options = RunOptions(
        replicates=replicates,
        participants=participants,
        seed=seed,
        engine=engine,
        workers=workers,
        events=events,
        draws=draws,
        out=out,
        quiet=quiet,
        render=report_trial,
    )
    table = _read_fresh_parameters()
    _prepare(options)
    _show_run(run_trial(scenario, table, options), json=json, quiet=quiet)


@app.command()
def compare(
    file: File,
    size: Annotated[
        int | None,
        typer.Option(min=1, max=LARGEST["participants"], help="People in the cohort; default: the file's."),
    ] = None,
    seed: Seed = None,
    workers: Workers = None,
    draws: Draws = 100,
    out: Out = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare deaths and life-years between the policies of a cohort."""
    scenario = _read_kind(file, "cohort", "run")
    from trialsim.policy.compare import run_comparison
    from trialsim.report import report_cohort
    from trialsim.runs.options import RunOptions

    options = RunOptions(
        participants=size, seed=seed, workers=workers, draws=draws, out=out, quiet=quiet, render=report_cohort
    )
    table = _read_fresh_parameters()
    _prepare(options)
    _show_run(run_comparison(scenario, table, options), json=json, quiet=quiet)


@app.command()
def check(file: File, json: Json = False, quiet: Quiet = False) -> None:
    """Print the resolved design of a scenario file with units and the source of every number."""
    from trialsim.parameters import read_parameters
    from trialsim.scenario import describe_scenario, read_scenario
    from trialsim.terminal import print_design

    design = describe_scenario(read_scenario(file), read_parameters())
    if json:
        print_json(design)
    elif not quiet:
        print_design(design)


@app.command()
def schema(json: Json = False, quiet: Quiet = False) -> None:
    """Print the JSON Schema of scenario files, for editors (always as JSON)."""
    from trialsim.scenario import scenario_schema

    if json or not quiet:
        print_json(scenario_schema())


@app.command()
def endpoints(
    file: Annotated[Path, typer.Argument(help="CSV file with one weekly pattern word a record.", show_default=False)],
    column: Annotated[str, typer.Option(help="Column that holds the words.", show_default=False)],
    out: Annotated[Path, typer.Option(help="CSV file to write: the input with one more column a definition.")],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score the weekly use patterns of a real trial by every published outcome definition."""
    from dataclasses import asdict

    from trialsim.endpoints import score_file

    scored = score_file(file, column, out)
    if json:
        print_json({**asdict(scored), "source": str(scored.source), "destination": str(scored.destination)})
    elif not quiet:
        print(f"{scored.records} records, {len(scored.added)} columns added, {len(scored.kept)} already there")
        print(scored.destination)


@app.command()
def verify(json: Json = False, quiet: Quiet = False) -> None:
    """Run the verification checks on this installation; exit code 1 if one fails."""
    from dataclasses import asdict

    from trialsim.terminal import print_checks
    from trialsim.verify import run_checks

    checks = [asdict(each) for each in run_checks()]
    if json:
        print_json({"checks": checks})
    elif not quiet:
        print_checks(checks)
    if not all(each["passed"] for each in checks):
        raise typer.Exit(1)


def _read_kind(file: Path, kind: str, other: str) -> Scenario:
    from trialsim.scenario import read_scenario

    scenario = read_scenario(file)
    if scenario.kind != kind:
        message = f"this file describes a {scenario.kind}"
        line = scenario.source_lines.get("kind")
        raise InputError([Problem(str(file), line, "kind", message, f"a {kind}; or use `trialsim {other}`")])
    return scenario


def _read_fresh_parameters() -> ParameterTable:
    """The parameter table; calibrated draws made from other evidence or by other code are refused."""
    from trialsim.calibration.stamp import hash_everything
    from trialsim.parameters import read_parameters
    from trialsim.parameters.calibrated import check_fresh, read_calibration

    if (stamp := read_calibration()) is not None:
        check_fresh(hash_everything(), stamp)
    return read_parameters()


def _prepare(options: RunOptions) -> None:
    from trialsim.runs.atomic import check_writable

    check_writable(options.out)


def _show_run(result: RunResult, *, json: bool, quiet: bool) -> None:
    if json:
        print_json({**result.summary, "directory": str(result.directory)})
        return
    if not quiet:
        from trialsim.terminal import print_summary

        print_summary(result.summary)
    print(result.directory / "report.html")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 a check failed, 2 unusable input, 130 interrupted.

    Whatever the user can put right comes as one screen on standard error, with `--json` as JSON on standard output.
    """
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    as_json = "--json" in given
    settle_streams()
    leave_on_termination()
    _keep_algebra_single()
    try:
        code = app(given, prog_name="trialsim", standalone_mode=False)
        sys.stdout.flush()
    except InputError as error:
        return report_problems(error.problems, as_json=as_json)
    except BrokenPipeError:
        return close_broken_pipe()
    except (OSError, MemoryError) as error:
        return report_problems([describe_failure(error)], as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except Exception as error:
        # Mistakes on the command line; their class is private to typer's copy of click.
        if not hasattr(error, "format_message"):
            raise
        return report_problems([Problem("command line", None, "", str(error.format_message()))], as_json=as_json)
    return code if isinstance(code, int) else 0


def _keep_algebra_single() -> None:
    """Give linear algebra one thread in this process and its workers, unless the environment says otherwise; numpy
    reads it when it is loaded.

    Work that is divided has a worker a core already: with threads of their own the ranking of known truths took more
    than twice as long. And the last digits of a sum depend on how many threads share it.
    """
    for name in ALGEBRA:
        os.environ.setdefault(name, "1")
