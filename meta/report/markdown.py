"""`docs/evidence.md`: every set of the package with its pool, as Markdown beside SVG files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from meta.measures import find_measure
from meta.pictures import draw_forest, write_figure
from meta.pictures.axes import format_natural
from meta.report.appendix import count_flow, tabulate_grade
from meta.report.sets import SetReport
from meta.report.words import say_heterogeneity, say_methods, say_result, say_sensitivity
from meta.result import PooledResult
from meta.tables import EvidenceRow

HEAD = """# What the evidence says

Every poolable set of the package, pooled by one command:

```console
$ trialsim evidence report --docs docs
```

Intervals are 95%. *Prediction*: where the value of a new setting of the same kind would lie; it is this, and not the
pooled mean, that a simulation of a new place should be given. Squares: studies; grey below them: the study given all
others; diamond: the pool.
"""


def write_markdown(reports: Sequence[SetReport], folder: Path) -> Path:
    """Write `evidence.md` and `evidence/<set>.svg` into a folder, which must exist. Raises OSError."""
    pictures = folder / "evidence"
    pictures.mkdir(exist_ok=True)
    for report in reports:
        write_figure(pictures / f"{report.about.name}.svg", draw_forest(report.result))
    page = folder / "evidence.md"
    write_figure(page, format_markdown(reports))
    return page


def format_markdown(reports: Sequence[SetReport]) -> str:
    """The page as text; equal evidence gives equal bytes."""
    return "\n".join([HEAD, *_overview(reports), *(line for report in reports for line in _section(report))])


def _overview(reports: Sequence[SetReport]) -> list[str]:
    rows = ["| set | outcome | estimates | pooled (95% interval) | prediction | tau |", "|---|---|---|---|---|---|"]
    for report in reports:
        result = report.result
        link = f"[{report.about.name}](#{_anchor(report)})"
        pooled = f"{_natural(result, _middle(result))} ({_pair(result, result.ci_low, result.ci_high)})"
        predicted = _pair(result, result.prediction_low, result.prediction_high)
        count = len(result.studies)
        rows.append(f"| {link} | {report.about.title} | {count} | {pooled} | {predicted} | {result.tau:.2f} |")
    return [*rows, ""]


def _heading(report: SetReport) -> str:
    return f"{report.about.name}: {report.about.title}"


def _anchor(report: SetReport) -> str:
    kept = "".join(c for c in _heading(report).lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def _section(report: SetReport) -> list[str]:
    result, about = report.result, report.about
    return [
        f"## {_heading(report)}",
        "",
        say_result(result),
        say_heterogeneity(result),
        "",
        f"![Forest plot of {about.name}](evidence/{about.name}.svg)",
        "",
        f"**What it says.** {about.says}",
        "",
        f"**What it does not say.** {about.does_not_say}",
        "",
        f"**Methods.** {say_methods(result, report.spec)} {say_sensitivity(report.sensitivity)}",
        *(f"\n**Read this.** {warning}" for warning in result.warnings),
        "",
        *_studies(report),
        *_grade(report),
        *_sensitivity(report),
    ]


def _studies(report: SetReport) -> list[str]:
    flow = count_flow(report.table)
    lines = [
        f"Rows considered: {flow['rows']}; pooled: {flow['included_rows']} of {flow['included_studies']} studies.",
        "",
    ]
    lines += ["| row | study | arm | figures | citation | kept out because |", "|---|---|---|---|---|---|"]
    for row in report.table.rows:
        arms = f"{row.treatment} against {row.comparator}" if row.comparator else row.treatment
        cells = (row.row, row.study, arms, describe_figures(row), row.citation, row.excluded)
        lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
    return [*lines, ""]


def describe_figures(row: EvidenceRow) -> str:
    """The numbers of an evidence row as people print them."""
    if row.kind == "binary":
        return f"{row.events:g}/{row.n:g}"
    if row.kind == "rate":
        return f"{row.events:g} in {row.person_years:,.0f} person-years"
    if row.kind == "mean":
        return f"mean {row.mean:g} (sd {row.sd:g}, n {row.n:g})"
    if row.estimate is None:
        return "–"
    return f"{row.estimate:.3f}" + ("" if row.se is None else f" (se {row.se:.3f})") + f", {row.scale}"


def _grade(report: SetReport) -> list[str]:
    rows = [f"| {domain} | {finding} |" for domain, finding in tabulate_grade(report.table, report.result)]
    return ["| for a GRADE table | |", "|---|---|", *rows, ""]


def _sensitivity(report: SetReport) -> list[str]:
    lines = ["| prior of heterogeneity, or study left out | pooled (95% interval) | tau |", "|---|---|---|"]
    return [*lines, *(f"| {words} | {pooled} | {tau} |" for words, pooled, tau in summarise_grid(report)), ""]


def summarise_grid(report: SetReport) -> list[tuple[str, str, str]]:
    """Prior, arms together, or study left out; pooled value with its interval in natural units, and tau, as texts."""
    together = () if report.together is None else (("arms of one study taken together", report.together),)
    left_out = ((f"without {name}", result) for name, result in report.left_out)
    found = (*report.sensitivity, *together, *left_out)
    return [
        (words, f"{_natural(r, _middle(r))} ({_pair(r, r.ci_low, r.ci_high)})", f"{r.tau:.2f}") for words, r in found
    ]


def _middle(result: PooledResult) -> float:
    return result.median if result.median is not None else result.estimate


def _natural(result: PooledResult, value: float | None) -> str:
    return format_natural(find_measure(result.measure), value)


def _pair(result: PooledResult, low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{_natural(result, low)} to {_natural(result, high)}"
