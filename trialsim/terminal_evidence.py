"""What `trialsim evidence` shows on a terminal: lists, a checked table, a pool, a network, a comparison of methods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from trialsim.terminal import clean_text, new_table, open_console, plain_text

if TYPE_CHECKING:
    from meta.comparing import Comparison
    from meta.networks import NetworkResult, Ranking, Split
    from meta.result import PooledResult, StudyResult
    from meta.tables import EvidenceTable


WIDEST_LEAGUE = 5


def describe_table(table: EvidenceTable) -> dict[str, Any]:
    """Plain data of a checked table: counts of rows, studies and kinds, excluded rows with reasons, warnings."""
    return {
        "file": table.path,
        "sha256": table.sha256,
        "rows": len(table.rows),
        "studies": len({row.study for row in table.rows}),
        "kinds": dict(Counter(row.kind for row in table.rows)),
        "excluded": [
            {"line": row.line, "row": row.row, "study": row.study, "reason": row.excluded}
            for row in table.rows
            if row.excluded
        ],
        "warnings": list(table.warnings),
        "faults": 0,
    }


def print_list(tables: Sequence[Mapping[str, Any]], sets: Sequence[Mapping[str, Any]]) -> None:
    """Show the tables of the package, then the sets that can be pooled."""
    console = open_console()
    shown = new_table("Tables of the package", "topic", "rows", "studies")
    for each in tables:
        shown.add_row(each["topic"], str(each["rows"]), str(each["studies"]))
    console.print(shown)
    pools = new_table("Sets: trialsim evidence pool NAME", "set", "outcome", "measure", "model")
    for each in sets:
        pools.add_row(each["name"], *map(plain_text, (each["title"], each["measure"], each["model"])))
    console.print(pools)


def print_table(table: EvidenceTable) -> None:
    """Show how many rows of which kind a table has, what is excluded and why, and what must be read with it."""
    console = open_console()
    about = describe_table(table)
    kinds = ", ".join(f"{count} {kind}" for kind, count in about["kinds"].items()) or "none"
    console.print(plain_text(f"{table.path}: {about['rows']} rows ({kinds}) of {about['studies']} studies; no faults"))
    if about["excluded"]:
        shown = new_table("Excluded rows stay in the table with their reason", "row", "study", "reason")
        for each in about["excluded"]:
            shown.add_row(*map(plain_text, (each["row"], each["study"], each["reason"])))
        console.print(shown)
    print_warnings(table.warnings)


def print_pool(result: PooledResult, grid: Sequence[tuple[str, float, float, float, float]] = ()) -> None:
    """Show the studies, the pool in natural units, heterogeneity, prediction, priors, and every warning.

    `grid`: prior, estimate, limits and tau under other priors of the heterogeneity.
    """
    from meta.measures import find_measure, label_shown
    from meta.pictures.axes import format_natural

    measure = find_measure(result.measure)

    def natural(low: float | None, high: float | None) -> str:
        return "–" if low is None or high is None else " to ".join(format_natural(measure, x) for x in (low, high))

    against = f", {result.treatment} against {result.comparator}" if result.comparator else ""
    share = f"{100 * result.level:g}%"
    table = new_table(
        f"{label_shown(measure)}{against}".capitalize(), "study", "estimate", share, "weight", "given the others"
    )
    for study in result.studies:
        table.add_row(*map(plain_text, _show_study(study, measure, natural)))
    table.add_section()
    middle = result.median if result.median is not None else result.estimate
    pooled = (format_natural(measure, middle), natural(result.ci_low, result.ci_high), "", "")
    table.add_row(plain_text(f"pooled ({result.effects} effects, {result.method})"), *pooled, style="bold")
    predicted = natural(result.prediction_low, result.prediction_high)
    table.add_row("prediction for a new study", "", predicted, "", "")
    console = open_console()
    console.print(table)
    for sentence in _describe_pool(result):
        console.print(plain_text(sentence))
    for prior, estimate, low, high, tau in grid:
        moved = f"{format_natural(measure, estimate)} ({natural(low, high)})"
        console.print(plain_text(f"With {prior} for tau instead: {moved}, tau {tau:.3f}."))
    print_warnings(result.warnings)


def _show_study(study: StudyResult, measure: Any, natural: Any) -> tuple[str, ...]:
    from meta.pictures.axes import format_natural

    return (
        study.study,
        format_natural(measure, study.estimate),
        natural(study.low, study.high),
        "–" if study.weight is None else f"{100 * study.weight:.1f}%",
        f"{format_natural(measure, study.shrunk)} ({natural(study.shrunk_low, study.shrunk_high)})"
        if study.shrunk is not None
        else "–",
    )


def _describe_pool(result: PooledResult) -> list[str]:
    """Figures on the analysis scale, heterogeneity and priors, in sentences."""
    lines = [f"On the analysis scale: {result.estimate_is} {result.estimate:.4f}, standard error {result.se:.4f}."]
    if result.effects == "random":
        spread = f"Heterogeneity: tau {result.tau:.3f}"
        if result.tau_low is not None and result.tau_high is not None:
            spread += f" ({result.tau_low:.3f} to {result.tau_high:.3f})"
        lines.append(spread + (f", I² {100 * result.i2:.0f}%." if result.i2 is not None else "."))
    if result.q is not None and result.q_df and result.q_p is not None:
        lines.append(f"Cochran's Q {result.q:.2f} on {result.q_df} degrees of freedom, p {result.q_p:.3g}.")
    lines += [f"Prior of {name}: {words}." for name, words in result.priors.items()]
    return lines


def print_comparison(comparison: Comparison) -> None:
    """Show the methods side by side on the analysis scale, then what was held against what."""
    console = open_console()
    table = new_table("Analysis scale", "method", "estimate", "standard error", "interval", "tau")
    for each in comparison.results:
        interval = f"{each.ci_low:.4f} to {each.ci_high:.4f}"
        table.add_row(each.method, f"{each.estimate:.4f}", f"{each.se:.4f}", interval, f"{each.tau:.4f}")
    console.print(table)
    held = new_table("Held against exact", "quantity", "method", "difference", "may differ by", "agrees")
    for item in comparison.agreements:
        verdict = "yes" if item.agrees else "no"
        held.add_row(item.quantity, item.method, f"{item.difference:+.4g}", f"{item.tolerance:.2g}", verdict)
    console.print(held)
    print_warnings([warning for each in comparison.results for warning in each.warnings])


def describe_full_network(result: NetworkResult, ranking: Ranking | None, splits: Sequence[Split]) -> dict[str, Any]:
    """Plain data of a network with its node-splits, for `--json`."""
    from dataclasses import asdict

    from meta.networks import describe_network

    return {**describe_network(result, ranking), "node_splits": [asdict(split) for split in splits]}


def print_network(result: NetworkResult, ranking: Ranking | None, splits: Sequence[Split]) -> None:
    """Show the league (row against column, natural units), heterogeneity, inconsistency, ranks, priors, warnings."""
    from meta.measures import find_measure, label_shown
    from meta.pictures.axes import format_natural

    measure = find_measure(result.measure)
    console = open_console()
    # A league of many treatments is wider than any terminal: then only against the reference; --json has every pair.
    columns = range(len(result.treatments) if len(result.treatments) <= WIDEST_LEAGUE else 1)
    title = f"{label_shown(measure)}: row against column".capitalize()
    table = new_table(title, "", *(result.treatments[j] for j in columns))
    for i, name in enumerate(result.treatments):
        cells = []
        for j in columns:
            numbers = [format_natural(measure, float(x[i, j])) for x in (result.estimate, result.low, result.high)]
            cells.append("" if i == j else f"{numbers[0]} ({numbers[1]} to {numbers[2]})")
        table.add_row(*map(plain_text, (name, *cells)))
    console.print(table)
    spread = "" if result.tau_low is None else f" ({result.tau_low:.3f} to {result.tau_high:.3f})"
    console.print(plain_text(f"Heterogeneity: tau {result.tau:.3f}{spread}, {result.effects} effects."))
    if result.q:
        q = result.q
        words = (
            f"Q between designs (inconsistency) {q['q_between']:.2f} on {q['df_between']:.0f}, p {q['p_between']:.3g}"
        )
        console.print(
            plain_text(f"{words}; within {q['q_within']:.2f} on {q['df_within']:.0f}, p {q['p_within']:.3g}.")
        )
    for split in splits:
        words = (
            f"{split.treatment} against {split.comparator}: direct {split.direct:.3f}, indirect {split.indirect:.3f}"
        )
        console.print(plain_text(f"{words}, difference {split.difference:+.3f}, p {split.p:.3g}"))
    if ranking is not None:
        shown = sorted(zip(result.treatments, ranking.score, strict=True), key=lambda pair: -pair[1])
        words = ", ".join(f"{name} {score:.2f}" for name, score in shown)
        console.print(plain_text(f"{ranking.kind} ({ranking.benefit} is better): {words}"))
    else:
        console.print("No ranking: name the direction of benefit (--benefit higher or lower).")
    for name, words in result.priors.items():
        console.print(plain_text(f"Prior of {name}: {words}."))
    print_warnings(result.warnings)


def print_warnings(warnings: Sequence[str]) -> None:
    """Show each warning once, after all else, where it is read."""
    console = open_console()
    for warning in dict.fromkeys(warnings):
        console.print(plain_text(clean_text(f"Read this: {warning}", 600)), style="yellow")
