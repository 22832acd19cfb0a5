"""`trialsim evidence`: the commands of the `meta` package. Each imports what it needs when it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from trialsim.exits import print_json
from trialsim.problems import InputError, Problem, nearest_name

if TYPE_CHECKING:
    from meta.pooling import PoolSpec
    from meta.result import PooledResult
    from meta.tables import EvidenceTable

app = typer.Typer(
    name="evidence", help="Pool published outcomes: tables, models, networks, reports.", add_completion=False
)

Source = Annotated[
    str, typer.Argument(help="CSV file of evidence, or the name of a set such as A1.", show_default=False)
]
Measure = Annotated[str | None, typer.Option(help="Scale of analysis, such as log_odds_ratio. Sets know theirs.")]
Model = Annotated[str | None, typer.Option(help="normal | binomial | poisson. Default: normal, or the set's.")]
Method = Annotated[
    str, typer.Option(help="inverse-variance | mantel-haenszel | peto | dl | pm | reml | ml | exact | bayes.")
]
Effects = Annotated[str | None, typer.Option(help="random | common. Default: random where the method has it.")]
MuPrior = Annotated[
    str | None, typer.Option(help='Of the pooled effect: "flat", "normal(0, 4)" (default for log ratios).')
]
TauPrior = Annotated[
    str | None, typer.Option(help='Of the heterogeneity: "half-normal(0.5)", "half-cauchy(s)", "log-normal(m, s)".')
]
BaselinePrior = Annotated[
    str | None, typer.Option(help="Of each comparator's log odds or log rate, in exact likelihoods.")
]
Subset = Annotated[str | None, typer.Option(help="Rows to use, such as 'topic == \"retention\"'.")]
Reference = Annotated[str | None, typer.Option(help="The comparator. Default: the one that is evident.")]
Level = Annotated[float, typer.Option(help="Level of intervals, 0 to 1.")]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of sampling.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines, errors too.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No table.")]


@contextmanager
def faults_as_problems() -> Iterator[None]:
    """Turn what `meta` refuses into the one error that every command reports. Raises InputError."""
    from meta.problems import EvidenceError

    try:
        yield
    except EvidenceError as error:
        raise InputError([_as_problem(fault) for fault in error.faults]) from error


def _as_problem(fault: Any) -> Problem:
    return Problem(fault.file or "evidence", fault.line, fault.key, fault.message, fault.expected, fault.nearest)


def _read_table(source: str, subset: str | None) -> EvidenceTable:
    """The rows of a file, or of a set of the package, that the expression chooses."""
    import meta

    path = Path(source)
    is_file = path.exists() or path.suffix or len(path.parts) > 1
    table: EvidenceTable = meta.read_evidence(path) if is_file else meta.read_set(_find_set(source))
    if subset is not None:
        table = meta.select_rows(table, subset)
    return table


def _find_set(name: str) -> str:
    import meta

    known = [each.name for each in meta.list_sets()]
    if name not in known:
        message = "no such file, and no set of this name"
        raise InputError(
            [Problem(name, None, "", message, f"a CSV file, or one of {', '.join(known)}", nearest_name(name, known))]
        )
    return name


def _make_spec(
    source: str,
    *,
    measure: str | None,
    model: str | None,
    method: str,
    effects: str | None,
    priors: dict[str, str | None],
    **others: Any,
) -> PoolSpec:
    """What was asked, completed by what the set knows."""
    from meta.pooling import COMMON, FREQUENTIST, PoolSpec, check_spec
    from meta.priors import read_prior

    known = _describe_set(source)
    measure, model = measure or known.get("measure"), model or known.get("model", "normal")
    if measure is None:
        from meta.measures import MEASURES

        raise InputError([Problem("command line", None, "--measure", "missing", f"one of {', '.join(MEASURES)}")])
    given = {key: text for key, text in priors.items() if text is not None}
    if given and method in FREQUENTIST:
        key = next(iter(given))
        message = f"{method} has no prior"
        raise InputError([Problem("command line", None, f"--{key.replace('_', '-')}", message, "exact or bayes")])
    read = {key: read_prior(text, scale=key == "tau_prior", key=key) for key, text in given.items()}
    effects = effects or ("common" if method in COMMON else "random")
    spec = PoolSpec(measure, model, method, effects, **{**read, **others})
    check_spec(spec)
    return spec


def _describe_set(source: str) -> dict[str, str]:
    import meta

    found = [each for each in meta.list_sets() if each.name == source and not Path(source).exists()]
    return {"measure": found[0].measure, "model": found[0].model} if found else {}


@app.command("list")
def list_evidence(json: Json = False, quiet: Quiet = False) -> None:
    """List the tables of the package and the sets that can be pooled."""
    from dataclasses import asdict

    import meta

    with faults_as_problems():
        tables = [
            {"topic": topic, "rows": len(table.rows), "studies": len({row.study for row in table.rows})}
            for topic in meta.package_tables()
            for table in [meta.read_package_evidence(topic)]
        ]
        sets = [asdict(each) for each in meta.list_sets()]
    if json:
        print_json({"tables": tables, "sets": sets})
    elif not quiet:
        from trialsim.terminal_evidence import print_list

        print_list(tables, sets)


@app.command()
def check(source: Source, subset: Subset = None, json: Json = False, quiet: Quiet = False) -> None:
    """Check a table of evidence row by row; exit code 2 if a row has a fault."""
    with faults_as_problems():
        table = _read_table(source, subset)
    from trialsim.terminal_evidence import describe_table, print_table

    if json:
        print_json(describe_table(table))
    elif not quiet:
        print_table(table)


@app.command()
def pool(
    source: Source,
    measure: Measure = None,
    model: Model = None,
    method: Method = "exact",
    effects: Effects = None,
    mu_prior: MuPrior = None,
    tau_prior: TauPrior = None,
    baseline_prior: BaselinePrior = None,
    subset: Subset = None,
    reference: Reference = None,
    level: Level = 0.95,
    hartung_knapp: Annotated[bool, typer.Option("--hartung-knapp", help="Interval by Hartung and Knapp.")] = False,
    guard: Annotated[bool, typer.Option("--guard", help="Hartung-Knapp, but never narrower than without.")] = False,
    prediction: Annotated[
        str, typer.Option(help="Quantile of a frequentist prediction interval: t(k-2) | t(k-1) | normal.")
    ] = "t(k-2)",
    continuity: Annotated[float, typer.Option(help="Added to studies with a zero cell; none unless asked for.")] = 0.0,
    seed: Seed = 1,
    draws: Annotated[int, typer.Option(min=500, max=100_000, help="Draws of each of four chains (bayes).")] = 1000,
    figure: Annotated[Path | None, typer.Option(help="Write the forest plot to this SVG file.")] = None,
    sensitivity: Annotated[bool, typer.Option(help="Other heterogeneity priors beside the answer (exact).")] = True,
    trial_effects: Annotated[
        bool, typer.Option("--trial-effects", help="An effect of its own for each trial, shared by its arms (bayes).")
    ] = False,
    robust: Annotated[
        float | None, typer.Option(min=1.0, max=100.0, help="Student t heterogeneity, its degrees of freedom (bayes).")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Pool one outcome by one model and one method."""
    import meta

    with faults_as_problems():
        table = _read_table(source, subset)
        spec = _make_spec(
            source,
            measure=measure,
            model=model,
            method=method,
            effects=effects,
            priors={"mu_prior": mu_prior, "tau_prior": tau_prior, "baseline_prior": baseline_prior},
            level=level,
            hartung_knapp=hartung_knapp,
            guard=guard,
            prediction=prediction,
            continuity=continuity,
            seed=seed,
            draws=draws,
        )
        data = meta.make_data(table, spec, reference=reference)
        result = _pool_parts(table, data, spec, trial_effects=trial_effects, robust=robust)
        grid = _try_priors(data, spec) if sensitivity and method == "exact" else ()
    if figure is not None:
        from meta.pictures import draw_forest, write_figure

        write_figure(figure, draw_forest(result))
    if json:
        from meta.result import describe_result

        keys = ("prior", "estimate", "ci_low", "ci_high", "tau")
        print_json({**describe_result(result), "sensitivity": [dict(zip(keys, row, strict=True)) for row in grid]})
    elif not quiet:
        from trialsim.terminal_evidence import print_pool

        print_pool(result, grid)


def _pool_parts(table: Any, data: Any, spec: PoolSpec, *, trial_effects: bool, robust: float | None) -> PooledResult:
    """The pool, with the parts of a model that sampling alone answers."""
    from meta.pooling import pool_data

    if not trial_effects and robust is None:
        return pool_data(data, spec)
    from meta.bayes import Parts, pool_bayes
    from meta.effects import find_trials
    from meta.problems import refuse

    if spec.method != "bayes" or spec.effects != "random":
        given = "trial-effects" if trial_effects else "robust"
        raise refuse(given, "is a part of a sampled model with random effects", "--method bayes --effects random")
    parts = Parts(student=robust, trial=find_trials(table, data) if trial_effects else None)
    return pool_bayes(data, spec, parts)


def _try_priors(data: Any, spec: PoolSpec) -> tuple[tuple[str, float, float, float, float], ...]:
    """Prior, estimate, limits and tau under other priors of the heterogeneity, where those have a posterior."""
    from dataclasses import replace

    import meta
    from meta.exact.sensitivity import default_grid
    from meta.priors import describe_prior

    if spec.effects == "common":
        return ()
    rows = []
    for prior in default_grid(spec)[1:]:
        try:
            each = meta.pool_data(data, replace(spec, tau_prior=prior))
        except meta.EvidenceError:
            continue
        rows.append((describe_prior(prior), each.estimate, each.ci_low, each.ci_high, each.tau))
    return tuple(rows)


@app.command()
def compare(
    source: Source,
    measure: Measure = None,
    model: Model = None,
    effects: Effects = None,
    mu_prior: MuPrior = None,
    tau_prior: TauPrior = None,
    baseline_prior: BaselinePrior = None,
    subset: Subset = None,
    reference: Reference = None,
    level: Level = 0.95,
    tolerance: Annotated[
        float, typer.Option(min=0, help="Of the frequentist estimate, in posterior standard deviations.")
    ] = 0.5,
    seed: Seed = 1,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Pool by integration, by sampling and by a frequentist method; exit code 1 if they disagree."""
    from meta.comparing import compare_data, describe_comparison
    from meta.pooling import make_data

    with faults_as_problems():
        table = _read_table(source, subset)
        spec = _make_spec(
            source,
            measure=measure,
            model=model,
            method="exact",
            effects=effects,
            priors={"mu_prior": mu_prior, "tau_prior": tau_prior, "baseline_prior": baseline_prior},
            level=level,
            seed=seed,
        )
        data = make_data(table, spec, reference=reference)
        comparison = compare_data(data, spec, tolerance=tolerance)
    if json:
        print_json(describe_comparison(comparison))
    elif not quiet:
        from trialsim.terminal_evidence import print_comparison

        print_comparison(comparison)
    if not comparison.agrees:
        raise typer.Exit(1)


@app.command()
def network(
    source: Source,
    measure: Measure = None,
    model: Model = None,
    method: Annotated[str, typer.Option(help="inverse-variance | dl | reml | exact | bayes.")] = "exact",
    effects: Effects = None,
    mu_prior: MuPrior = None,
    tau_prior: TauPrior = None,
    baseline_prior: BaselinePrior = None,
    subset: Subset = None,
    reference: Annotated[str | None, typer.Option(help="Treatment that others are set against.")] = None,
    benefit: Annotated[
        str | None, typer.Option(help="higher | lower: which is good for people. Without it there is no ranking.")
    ] = None,
    level: Level = 0.95,
    seed: Seed = 1,
    draws: Annotated[int, typer.Option(min=500, max=100_000, help="Draws of each of four chains (bayes).")] = 1000,
    figure: Annotated[Path | None, typer.Option(help="Write the picture of the network to this SVG file.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Pool a network of treatments: every pair, heterogeneity, inconsistency and, if asked for, ranks."""
    from meta.networks import collect_network, pool_network, rank_treatments, split_nodes
    from trialsim.terminal_evidence import describe_full_network, print_network

    with faults_as_problems():
        table = _read_table(source, subset)
        spec = _make_spec(
            source,
            measure=measure,
            model=model,
            method=method,
            effects=effects,
            priors={"mu_prior": mu_prior, "tau_prior": tau_prior, "baseline_prior": baseline_prior},
            level=level,
            seed=seed,
            draws=draws,
        )
        data = collect_network(table, spec.measure, reference=reference)
        result = pool_network(data, spec)
        ranking = None if benefit is None else rank_treatments(result, benefit)
        splits = split_nodes(data, spec)
    if figure is not None:
        from meta.pictures import draw_network, write_figure

        write_figure(figure, draw_network(result.people, result.studies))
    if json:
        print_json(describe_full_network(result, ranking, splits))
    elif not quiet:
        print_network(result, ranking, splits)


@app.command()
def report(
    sets: Annotated[list[str] | None, typer.Argument(help="Sets to report; default: all.", show_default=False)] = None,
    out: Annotated[Path, typer.Option(help="Folder for evidence.html and the predictive draws.")] = Path("evidence"),
    docs: Annotated[Path | None, typer.Option(help="Folder for evidence.md and its pictures.")] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Pool every set of the package into one report that a policy reader can follow."""
    import meta
    from meta.report import report_set, write_report

    names = [_find_set(name) for name in sets] if sets else [each.name for each in meta.list_sets()]
    with faults_as_problems():
        written = write_report([report_set(name) for name in names], out, docs)
    paths = {"page": written.page, "draws": written.draws, "markdown": written.markdown}
    if json:
        print_json({"sets": names, **{key: str(path) if path else None for key, path in paths.items()}})
    elif not quiet:
        for path in paths.values():
            if path is not None:
                print(path)
