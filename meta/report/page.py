"""`evidence.html`: one self-contained page that a policy reader can follow; no script, nothing from any network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from meta.data import EffectSizes
from meta.pictures import draw_forest, draw_funnel
from meta.report.appendix import FEWEST_FOR_FUNNEL, count_flow, tabulate_grade
from meta.report.markdown import describe_figures
from meta.report.pictures import draw_prior_posterior
from meta.report.sets import SetReport
from meta.report.words import say_heterogeneity, say_methods, say_result, say_sensitivity


def format_page(reports: Sequence[SetReport], stamp: dict[str, str]) -> str:
    """The page as text. `stamp`: what produced it (hash of the evidence, versions), shown at the end."""
    import jinja2

    style = files("meta.report").joinpath("templates", "evidence.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("meta.report", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["address"] = _find_address
    parts = {"style": style, "style_hash": f"sha256-{digest}", "sets": [_lay_out(r) for r in reports], "stamp": stamp}
    return environment.get_template("evidence.html").render(parts)


def _find_address(citation: str) -> str:
    """Where a citation leads, empty where it is no identifier."""
    if citation.startswith("10."):
        return f"https://doi.org/{citation}"
    if citation.startswith("PMC"):
        return f"https://www.ncbi.nlm.nih.gov/pmc/articles/{citation}"
    return f"https://pubmed.ncbi.nlm.nih.gov/{citation}" if citation.isdigit() else ""


def _lay_out(report: SetReport) -> dict[str, Any]:
    from meta.report.markdown import summarise_grid

    result = report.result
    return {
        "about": report.about,
        "result": say_result(result),
        "heterogeneity": say_heterogeneity(result),
        "methods": say_methods(result, report.spec),
        "sensitivity": say_sensitivity(report.sensitivity),
        "grid": summarise_grid(report),
        "warnings": result.warnings,
        "forest": draw_forest(result),
        "funnel": _draw_funnel(report),
        "densities": draw_prior_posterior(report),
        "rows": [(row, describe_figures(row)) for row in report.table.rows],
        "flow": count_flow(report.table),
        "grade": tabulate_grade(report.table, result),
    }


def _draw_funnel(report: SetReport) -> str:
    """The funnel plot where there are estimates enough for one, else nothing."""
    if isinstance(report.data, EffectSizes) and len(report.data.studies) >= FEWEST_FOR_FUNNEL:
        return draw_funnel(report.data, report.result)
    return ""
