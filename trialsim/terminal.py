"""What the commands show on a terminal: tables of results, of a design and of checks, and one screen of mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialsim.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PROBLEMS = 12  # more would not fit on one screen
LONGEST_TEXT = 160
COHORT_OUTCOMES = ("deaths_per_1000_py", "overdose_deaths_per_1000_py", "deaths_by_horizon", "life_years")


def print_problems(problems: Sequence[Problem]) -> None:
    """Show mistakes on standard error: place, key, what is wrong, what was expected, the nearest valid name."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for problem in problems[:MOST_PROBLEMS]:
        where = problem.file if problem.line is None else f"{problem.file}, line {problem.line}"
        console.print(Text("Error ", "bold red").append(clean_text(where), "bold"))
        for label, text in (
            ("key", problem.key),
            ("problem", problem.message),
            ("expected", problem.expected),
            ("nearest", problem.nearest),
        ):
            if text:
                console.print(Text(f"  {label:9}", "dim").append(clean_text(text), ""))
    if len(problems) > MOST_PROBLEMS:
        console.print(f"and {len(problems) - MOST_PROBLEMS} more")


def clean_text(text: str) -> str:
    """The text on one line of bounded length, with unprintable characters spelled out: a file's junk stays harmless."""
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return printable if len(printable) <= LONGEST_TEXT else f"{printable[: LONGEST_TEXT - 1]}…"


def print_summary(summary: Mapping[str, Any]) -> None:
    """Show the results of a trial or a cohort, and the comparison of its arms or policies."""
    console = Console(highlight=False)
    if summary["kind"] == "trial":
        console.print(tabulate_trial(summary))
        pairs = [each for each in summary["differences"] if each["averted"] is not None]
    else:
        console.print(tabulate_cohort(summary))
        pairs = [each for each in summary["differences"] if each["outcome"] in COHORT_OUTCOMES]
    if pairs:
        console.print(tabulate_differences(pairs, summary))


def tabulate_trial(summary: Mapping[str, Any]) -> Table:
    """Arm by outcome: simulated mean, 95% range over replicates, Monte Carlo error, published value, inside or not."""
    title = f"{summary['title']}: {summary['replicates']} simulated trials of {summary['participants']}"
    table = _new_table(title, "arm", "outcome", "simulated", "95% range", "MC error", "published", "inside")
    for arm, outcomes in summary["arms"].items():
        for number, (outcome, figures) in enumerate(outcomes.items()):
            unit = figures["unit"]
            table.add_row(
                clean_text(summary["arm_labels"].get(arm, arm)) if number == 0 else "",
                summary["outcome_labels"].get(outcome, {}).get("label", outcome),
                show_figure(figures["mean"], unit),
                show_range(figures["low"], figures["high"], unit),
                show_figure(figures["mcse"], unit, digits=2),
                show_figure(figures["published"], unit),
                _show_verdict(figures["inside"]),
                end_section=number == len(outcomes) - 1,
            )
    return table


def tabulate_cohort(summary: Mapping[str, Any]) -> Table:
    """Policy by main outcome, each as mean ± Monte Carlo error; every other outcome is in the report and the JSON."""
    found = [name for name in COHORT_OUTCOMES if any(name in each for each in summary["policies"].values())]
    labels = [summary["outcome_labels"].get(name, {}).get("label", name) for name in found]
    table = _new_table(f"{summary['title']}: {summary['participants']} people", "policy", *labels)
    for policy, outcomes in summary["policies"].items():
        cells = (_show_estimate(outcomes.get(name)) for name in found)
        table.add_row(clean_text(summary["policy_labels"].get(policy, policy)), *cells)
    return table


def tabulate_differences(pairs: Iterable[Mapping[str, Any]], summary: Mapping[str, Any]) -> Table:
    """Differences between arms or policies over the same people, with the pairs averted and caused where counted."""
    table = _new_table("Differences over the same people", "", "against", "outcome", "difference", "averted", "caused")
    for each in pairs:
        outcome = each["outcome"]
        table.add_row(
            each.get("policy", each.get("arm")),
            each["comparator"],
            summary["outcome_labels"].get(outcome, {}).get("label", outcome),
            _show_estimate({"unit": "", **each}),
            show_figure(each["averted"], "count"),
            show_figure(each["caused"], "count"),
        )
    return table


def print_design(rows: Sequence[Mapping[str, Any]]) -> None:
    """Show a resolved design: one line a setting, with its unit and the source of its number."""
    table = _new_table("", "setting", "value", "unit", "source")
    for row in rows:
        table.add_row(*(clean_text(str(row[name])) for name in ("key", "value", "unit", "source")))
    Console(highlight=False).print(table)


def print_checks(checks: Sequence[Mapping[str, Any]]) -> None:
    """Show verification checks: name, passed or not, the figure that was found and what it may be at most."""
    table = _new_table("", "check", "", "figure", "tolerance")
    for each in checks:
        table.add_row(each["name"], _show_verdict(each["passed"]), f"{each['figure']:.4g}", f"{each['tolerance']:.4g}")
    failed = sum(not each["passed"] for each in checks)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"{len(checks) - failed} passed, {failed} failed")


def show_figure(value: float | None, unit: str, digits: int = 3) -> str:
    """A number for reading: proportions as percentages with one decimal (two for errors), others to `digits` digits."""
    if value is None:
        return "–"
    if unit == "proportion":
        return f"{100 * value:.{1 if digits > 2 else 2}f}%"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def show_range(low: float | None, high: float | None, unit: str) -> str:
    """Two limits; a dash where there is none."""
    return "–" if low is None or high is None else f"{show_figure(low, unit)} to {show_figure(high, unit)}"


def _show_estimate(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return "–"
    unit = figures["unit"]
    return f"{show_figure(figures['mean'], unit, 4)} ± {show_figure(figures['mcse'], unit, 2)}"


def _show_verdict(verdict: bool | None) -> Text:
    return Text("–") if verdict is None else Text("yes", "green") if verdict else Text("no", "bold red")


def _new_table(title: str, *headings: str) -> Table:
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number < 2 else "right", overflow="fold")
    return table
