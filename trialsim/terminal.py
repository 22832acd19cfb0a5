"""What the commands show on a terminal: tables of results, of a design and of checks, and one screen of mistakes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trialsim.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_PROBLEMS = 11  # two lines each: more would not fit on a screen of 24 lines
LONGEST_TEXT = 160
ERROR_SIGN = "(± Monte Carlo error)"
LONGEST_CELL = 2000
WIDTH_OF_A_FILE = 140
COHORT_OUTCOMES = ("deaths_per_1000_py", "overdose_deaths_per_1000_py", "deaths_by_horizon", "life_years")


def print_problems(problems: Sequence[Problem]) -> None:
    """Show mistakes on standard error, two lines each: place, key and what is wrong; what was expected and the nearest.

    At most `MOST_PROBLEMS` are shown, so that all of it fits on one screen.
    """
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for problem in problems[:MOST_PROBLEMS]:
        where = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
        line = Text(f"{clean_text(where)}: ", "bold")
        if problem.key:
            line.append(f"{clean_text(problem.key)}: ", "bold red")
        console.print(line.append(clean_text(problem.message), "not bold"))
        hints = [f"expected {problem.expected}"] if problem.expected else []
        hints += [f"nearest: {problem.nearest}"] if problem.nearest else []
        if hints:
            console.print(Text(f"    {clean_text('; '.join(hints))}", "dim"))
    if len(problems) > MOST_PROBLEMS:
        console.print(f"and {len(problems) - MOST_PROBLEMS} more")


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text on one line of bounded length, with unprintable characters spelled out: a file's junk stays harmless."""
    printable = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return printable if len(printable) <= longest else f"{printable[: longest - 1]}…"


def print_summary(summary: Mapping[str, Any]) -> None:
    """Show the results of a trial or a cohort, and the comparison of its arms or policies."""
    console = open_console()
    if summary["kind"] == "trial":
        tested = [each for each in summary["differences"] if "power" in each]
        if tested:
            console.print(tabulate_power(tested, summary))
        for pair in summary.get("estimands") or ():
            console.print(tabulate_estimands(pair, summary["arm_labels"]))
        console.print(tabulate_trial(summary))
        pairs = [each for each in summary["differences"] if each["averted"] is not None]
    else:
        console.print(tabulate_cohort(summary))
        pairs = [
            each
            for each in summary["differences"]
            if each["outcome"] in COHORT_OUTCOMES and each["comparator"] == summary["comparator"]
        ]
    if pairs:
        console.print(tabulate_differences(pairs, summary))


def tabulate_trial(summary: Mapping[str, Any]) -> Table:
    """Outcomes of each arm: simulated mean, 95% range over replicates, Monte Carlo error, published, inside or not."""
    title = f"{summary['title']}: {summary['replicates']} simulated trials of {summary['participants']}"
    table = new_table(
        title, "outcome by arm", "simulated", "95% range", "MC error", "published", "inside", "parameters"
    )
    for arm, outcomes in summary["arms"].items():
        table.add_row(Text(clean_text(summary["arm_labels"].get(arm, arm)), "bold"))
        for outcome, figures in outcomes.items():
            unit = figures["unit"]
            table.add_row(
                plain_text(f"  {_name_outcome(summary, outcome)}"),
                show_figure(figures["mean"], unit),
                show_range(figures["low"], figures["high"], unit),
                show_figure(figures["mcse"], unit, digits=2),
                show_figure(figures["published"], unit),
                _show_verdict(figures["inside"]),
                _show_parameters(figures.get("parameter_range"), unit),
            )
        table.add_section()
    return table


def tabulate_cohort(summary: Mapping[str, Any]) -> Table:
    """Policy by main outcome, each as mean ± Monte Carlo error; every other outcome is in the report and the JSON."""
    found = [name for name in COHORT_OUTCOMES if any(name in each for each in summary["policies"].values())]
    labels = [_name_outcome(summary, name) for name in found]
    table = new_table(f"{summary['title']}: {summary['participants']:,} people {ERROR_SIGN}", "policy", *labels)
    for policy, outcomes in summary["policies"].items():
        cells = (_show_estimate(outcomes.get(name)) for name in found)
        table.add_row(plain_text(summary["policy_labels"].get(policy, policy)), *cells)
        drawn = [(outcomes.get(name) or {}).get("parameter_range") for name in found]
        if any(drawn):
            units = [(outcomes.get(name) or {}).get("unit", "") for name in found]
            table.add_row(Text("  over parameters", "dim"), *map(_show_parameters, drawn, units))
    return table


def tabulate_differences(pairs: Iterable[Mapping[str, Any]], summary: Mapping[str, Any]) -> Table:
    """Differences between arms or policies over the same people, with the pairs averted and caused where counted."""
    table = new_table(
        f"Differences over the same people {ERROR_SIGN}", "", "against", "outcome", "difference", "averted", "caused"
    )
    labels = summary.get("policy_labels") or summary.get("arm_labels") or {}
    for each in pairs:
        units = (each.get("policy", each.get("arm")), each["comparator"])
        names = (*(labels.get(unit, unit) for unit in units), _name_outcome(summary, each["outcome"]))
        table.add_row(
            *map(plain_text, names),
            _show_estimate({"unit": "", **each}),
            show_figure(each["averted"], "count"),
            show_figure(each["caused"], "count"),
        )
    return table


def tabulate_power(tested: Iterable[Mapping[str, Any]], summary: Mapping[str, Any]) -> Table:
    """Differences between randomised arms over simulated trials, and the share of trials that find them."""
    title = "Differences between arms, and power (score test, two-sided at 5%)"
    table = new_table(title, "", "against", "outcome", "difference", "95% range", "power")
    labels = summary["arm_labels"]
    for each in tested:
        names = (labels.get(each["arm"], each["arm"]), labels.get(each["comparator"], each["comparator"]))
        table.add_row(
            *map(plain_text, (*names, _name_outcome(summary, each["outcome"]))),
            _show_estimate(each),
            show_range(each["low"], each["high"], each["unit"]),
            _show_estimate({"mean": each["power"], "mcse": each["power_mcse"], "unit": "proportion"}),
        )
    return table


def tabulate_estimands(pair: Mapping[str, Any], labels: Mapping[str, str]) -> Table:
    """The endpoint's effect in one pair of arms under each estimand, and the bias of comparing the inducted."""
    first, second = (labels.get(pair[end], pair[end]) for end in ("arm", "comparator"))
    table = new_table(f"{first} minus {second}: {pair['outcome']} by estimand", "", "difference", "95% range")
    rows = [
        *((each["label"], each) for each in pair["effects"].values()),
        ("Bias of comparing the inducted", pair["bias"]),
    ]
    for label, each in rows:
        table.add_row(plain_text(label), _show_estimate(each), show_range(each["low"], each["high"], each["unit"]))
    return table


def print_design(design: Mapping[str, Any]) -> None:
    """Show a resolved design, section by section: one line a setting, with its unit and the source of its number."""
    console = open_console()
    console.print(Text(clean_text(f"{design['title']} ({design['kind']} {design['name']})"), "bold"))
    console.print(plain_text(f"protocol: {', '.join(design['protocol']) or 'none given'}"))
    for section in design["sections"]:
        table = Table(title=plain_text(section["title"]), title_justify="left", title_style="bold", box=SIMPLE_HEAD)
        table.add_column("setting", ratio=3, overflow="fold")
        table.add_column("value", ratio=4, overflow="fold")
        table.add_column("source", ratio=5, overflow="fold", style="dim")
        for row in section["rows"]:
            value = row["value"] if isinstance(row["value"], str) else f"{row['value']:.6g}"
            limits = f" ({row['low']:.4g} to {row['high']:.4g})" if "low" in row else ""
            table.add_row(*map(plain_text, (row["name"], f"{value}{limits} {row['unit']}".strip(), row["source"])))
        console.print(table)


def print_checks(checks: Sequence[Mapping[str, Any]]) -> None:
    """Show verification checks: name, passed or not, the figure that was found and what it may be at most."""
    table = new_table("", "check", "", "figure", "tolerance")
    for each in checks:
        figures = (f"{each[name]:.4g}" for name in ("figure", "tolerance"))
        table.add_row(plain_text(each["name"]), _show_verdict(each["passed"]), *figures)
    failed = sum(not each["passed"] for each in checks)
    console = open_console()
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


def open_console() -> Console:
    """A console for results: as wide as the terminal, or with room enough in a file or a pipe."""
    # A file or a pipe has no width of its own: leave room, so that lines need not break.
    console = Console(highlight=False)
    return (
        console if console.is_terminal or "COLUMNS" in os.environ else Console(highlight=False, width=WIDTH_OF_A_FILE)
    )


def _name_outcome(summary: Mapping[str, Any], outcome: str) -> str:
    label: str = summary["outcome_labels"].get(outcome, {}).get("label", outcome)
    return label


def plain_text(text: str) -> Text:
    """Text from a file, whose square brackets are no markup."""
    return Text(clean_text(text, LONGEST_CELL))


def _show_estimate(figures: Mapping[str, Any] | None) -> str:
    if figures is None:
        return "–"
    unit = figures["unit"]
    return f"{show_figure(figures['mean'], unit, 4)} ± {show_figure(figures['mcse'], unit, 2)}"


def _show_parameters(cells: Mapping[str, Any] | None, unit: str) -> Text:
    return plain_text("–" if cells is None else show_range(cells["low"], cells["high"], unit))


def _show_verdict(verdict: bool | None) -> Text:
    return Text("–") if verdict is None else Text("yes", "green") if verdict else Text("no", "bold red")


def new_table(title: str, *headings: str) -> Table:
    """An empty table of the house style: texts to the left, figures to the right."""
    table = Table(title=plain_text(title) if title else None, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for number, heading in enumerate(headings):
        table.add_column(
            plain_text(heading),
            justify="left" if number == 0 or heading in ("against", "outcome") else "right",
            overflow="fold",
        )
    return table
