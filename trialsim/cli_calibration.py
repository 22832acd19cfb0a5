"""The commands of calibration: `calibrate`, `validate`, and `parameters list | show`."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from trialsim.exits import print_json
from trialsim.problems import InputError, Problem, nearest_name

if TYPE_CHECKING:
    from trialsim.calibration.calibrate import First, Options, Problemset
    from trialsim.calibration.gates import Gates
    from trialsim.calibration.surrogate import Surrogate
    from trialsim.calibration.targets import Target

parameters_app = typer.Typer(
    name="parameters", add_completion=False, no_args_is_help=True, help="From a parameter to its sources in one step."
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines, errors too.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, and no table.")]


def calibrate(
    targets: Annotated[
        Path | None, typer.Option(help="CSV of targets; default: the package's.", show_default=False)
    ] = None,
    draws: Annotated[int, typer.Option(min=10, max=4000, help="Joint draws to write, of 4,000.")] = 500,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Seed of design and sampler.")] = 20261,
    design: Annotated[int, typer.Option(min=200, max=100_000, help="Parameter sets to simulate at first.")] = 1600,
    truths: Annotated[
        int | None,
        typer.Option(
            min=8,
            max=10_000,
            help="Known truths, stored ones among them; default: the stored ones, or 16 where none are of today.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=4096, help="Threads; default: one a core.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the result; finished simulations are kept in it.")] = Path(
        "calibrated"
    ),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Calibrate the unobserved parameters to the targets; a killed calibration resumes when it is run again."""
    from trialsim.calibration.calibrate import Options, pose_problem
    from trialsim.calibration.calibrate import calibrate as run_calibration
    from trialsim.calibration.files import write_calibration
    from trialsim.calibration.gates import find_rank_gates
    from trialsim.calibration.sbc import find_ranks
    from trialsim.parameters.reader import read_parameters
    from trialsim.runs.atomic import check_writable

    problem = pose_problem(read_parameters(calibrated=False), _read_targets(targets))
    check_writable(out)
    options = Options(
        first=design,
        second=max(design // 3, 100),
        unseen=max(design * 3 // 40, 40),
        draws=draws,
        seed=seed,
        folder=out / "work",
        workers=workers,
        quiet=quiet,
    )
    first = _FirstWhenNeeded(problem, options)
    ranked = find_rank_gates(find_ranks(problem, cast("First", first), options, out, truths))
    _demand(
        ranked,
        "truths that are found; more of them (--truths) tell chance from a fault of the method (docs/validation.md)",
    )
    found = run_calibration(problem, first.found, options)
    _demand(found.gates, "more parameter sets (--design), or targets that agree better")
    stamp = write_calibration(replace(found, gates={**found.gates, **ranked}), options, out)
    if json:
        print_json({**stamp, "directory": str(out)})
        return
    if not quiet:
        from trialsim.terminal_calibration import print_calibration

        print_calibration(stamp)
    print(out / "draws.csv")


class _FirstWhenNeeded:
    """A first design that is simulated when its surrogate is asked for: stored ranks that miss a gate end a calibration
    before it.
    """

    def __init__(self, problem: Problemset, options: Options) -> None:
        self._asked = problem, options

    @cached_property
    def found(self) -> First:
        """The first design with its surrogate."""
        from trialsim.calibration.calibrate import fit_first

        return fit_first(*self._asked)

    @property
    def surrogate(self) -> Surrogate:
        """The surrogate of the first design."""
        return self.found.surrogate


def _demand(gates: Gates, remedy: str) -> None:
    """Raise InputError naming every gate that does not hold."""
    message = "the calibration misses this gate: {figure:.3g} where {limit:.3g} is the limit"
    missed = {name: gate for name, gate in gates.items() if not gate["passed"]}
    if missed:
        raise InputError(
            [Problem("calibration", None, name, message.format(**gate), remedy) for name, gate in missed.items()]
        )


def _read_targets(path: Path | None) -> tuple[Target, ...] | None:
    from trialsim.calibration.target_file import read_target_file

    return None if path is None else read_target_file(path)


def validate(
    leave_out: Annotated[
        str | None, typer.Option(help="Predict this study only; default: each in turn.", show_default=False)
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(help="Folder of a calibration; default: the one that ships.", show_default=False)
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option(help="CSV of targets that it was made from; default: the package's.", show_default=False),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder that receives validation.json and validation.md.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Leave each study out, predict it, and score the predictions against two baselines."""
    from trialsim.calibration.files import POSTERIOR, read_posterior
    from trialsim.calibration.observing import list_studies
    from trialsim.calibration.rates import find_rates
    from trialsim.calibration.report import describe_validation, write_validation
    from trialsim.calibration.validate import validate as run_validation
    from trialsim.runs.atomic import check_writable
    from trialsim.runs.progress import show_progress

    _demand_fresh(calibration, targets)
    found = read_posterior(None if calibration is None else calibration / POSTERIOR, _read_targets(targets))
    if out is not None:
        check_writable(out)
    studies = list_studies(found.problem.targets)
    if leave_out is not None and leave_out not in studies:
        nearest = nearest_name(leave_out, studies)
        raise InputError([Problem("command line", None, "leave-out", f"no study is called {leave_out!r}", "", nearest)])
    with show_progress("Leaving studies out", "studies", quiet=quiet) as progress:
        predictions, left = run_validation(found, progress, None if leave_out is None else [leave_out])
    rates = []
    if leave_out is None:
        with show_progress("Rates in and out of treatment", "parameter sets", quiet=quiet) as progress:
            rates = find_rates(found, progress)
    report = describe_validation(found, predictions, left, rates)
    if out is not None:
        write_validation(report, out)
    if json:
        print_json(report)
    elif not quiet:
        from trialsim.terminal_calibration import print_validation

        print_validation(report)


def _demand_fresh(calibration: Path | None, targets: Path | None) -> None:
    """Raise InputError where a calibration (None: the one that ships) was made by other code, or of other evidence."""
    from trialsim.calibration.stamp import hash_everything
    from trialsim.parameters.calibrated import check_fresh, read_calibration, read_stamp

    if calibration is None:
        check_fresh(hash_everything(), read_calibration())
        return
    file = calibration / "draws.json"
    stamp = read_stamp(file, str(file))
    # Whether the targets are those of the posterior is asked of the posterior.
    own = {} if targets is None else {"data": str(stamp.get("data"))}
    check_fresh({**hash_everything(), **own}, stamp, str(file))


@parameters_app.command("list")
def list_parameters(json: Json = False, quiet: Quiet = False) -> None:
    """List every parameter with its value, limits and how it was obtained."""
    from trialsim.parameters.reader import read_parameters

    rows = [
        {"name": e.name, "value": e.value, "low": e.low, "high": e.high, "unit": e.unit, "obtained": e.obtained}
        for e in read_parameters().entries.values()
    ]
    if json:
        print_json({"parameters": rows})
    elif not quiet:
        from trialsim.terminal_calibration import print_parameters

        print_parameters(rows)


@parameters_app.command("show")
def show_parameter(
    name: Annotated[str, typer.Argument(help="Parameter, as in the codebook.", show_default=False)],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Show a parameter: value, unit, prior, posterior, what informs it, source rows and citations."""
    from trialsim.calibration.informing import find_informing
    from trialsim.parameters.calibrated import read_calibration
    from trialsim.parameters.evidence import read_evidence_rows
    from trialsim.parameters.follow import trace_entry
    from trialsim.parameters.inputs import describe_entry
    from trialsim.parameters.reader import read_parameters

    table = read_parameters()
    if name not in table.entries:
        nearest = nearest_name(name, table.entries)
        raise InputError(
            [Problem("command line", None, name, "is no parameter", "a parameter of the codebook", nearest)]
        )
    entry = trace_entry(table, name)
    followed = entry.same_as or name
    shown = describe_entry(entry, read_evidence_rows(entry.source_rows))
    cells = ((read_calibration() or {}).get("parameters") or {}).get(followed)
    before = read_parameters(calibrated=False).entries[followed]
    shown["prior"] = cells["prior"] if cells else {"median": before.value, "low": before.low, "high": before.high}
    shown["prior_reason"] = (
        cells["prior_reason"] if cells else "not calibrated: value and limits of the parameter table"
    )
    shown["posterior"] = cells["posterior"] if cells else None
    shown["contraction"] = cells["contraction"] if cells else None
    shown["informed_by"] = find_informing(followed) if cells else []
    if json:
        print_json(shown)
    elif not quiet:
        from trialsim.terminal_calibration import print_parameter

        print_parameter(shown)
