"""The evidence report as files: the HTML page, the Markdown page with its pictures, and the predictive draws."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from meta.measures import find_measure
from meta.pictures import write_figure
from meta.predictive import PredictiveDraws, draw_natural, join_columns, write_draws
from meta.predictive.table import stamp_software
from meta.report.markdown import write_markdown
from meta.report.page import format_page
from meta.report.sets import SetReport
from meta.report.words import describe_spec

DRAWS = 1000
SEED = 20_261_124


@dataclass(frozen=True, slots=True)
class Written:
    """Paths of what was written; None for what was not asked for."""

    page: Path
    markdown: Path | None
    draws: Path


def write_report(reports: Sequence[SetReport], out: Path, docs: Path | None = None) -> Written:
    """Write `evidence.html` and `predictive-draws.csv` with its stamp into `out`; with `docs`, `evidence.md` there.

    Folders are made where they are missing. Raises OSError.
    """
    text, table = format_page(reports, make_stamp(reports)), make_draws(reports)
    out.mkdir(parents=True, exist_ok=True)
    page, draws = out / "evidence.html", out / "predictive-draws.csv"
    write_figure(page, text)
    write_draws(table, draws)
    markdown = None
    if docs is not None:
        docs.mkdir(parents=True, exist_ok=True)
        markdown = write_markdown(reports, docs)
    return Written(page, markdown, draws)


def make_stamp(reports: Sequence[SetReport]) -> dict[str, str]:
    """What the numbers depend on: hash of all rows, hash of all questions, software."""
    rows = "".join(report.table.sha256 for report in reports)
    questions = "\n".join(f"{report.about.name}: {describe_spec(report.spec)}" for report in reports)
    return {
        "sets": ", ".join(report.about.name for report in reports),
        "evidence": hashlib.sha256(rows.encode()).hexdigest(),
        "models": hashlib.sha256(questions.encode()).hexdigest(),
        "software": stamp_software(),
    }


def make_draws(reports: Sequence[SetReport]) -> PredictiveDraws:
    """One column a set: its value in a new setting, natural units. Sets are separate fits: columns are independent."""
    columns = []
    for number, report in enumerate(reports):
        values = draw_natural(report.result, DRAWS, SEED + number)
        columns.append((report.about.draws or report.about.name, find_measure(report.about.measure).natural, values))
    return join_columns(columns, {**make_stamp(reports), "seed": str(SEED), "draws": str(DRAWS)})
