"""The validation report: predictions of left-out studies, what drives what, and text around them, as JSON and Markdown.

What such a report owes its reader: AdViSHE (Vemer 2016, doi 10.1007/s40273-015-0327-2), TRACE (Grimm 2014, doi
10.1016/j.ecolmodel.2014.01.018), good practice of ISPOR and SMDM (Eddy 2012, doi 10.1016/j.jval.2012.04.012).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from trialsim.calibration.calibrate import Calibration
from trialsim.calibration.crossing import STUDY, find_crossing
from trialsim.calibration.informing import LEAST_NATS, list_informing
from trialsim.calibration.observing import list_studies
from trialsim.calibration.scores import summarise_predictions
from trialsim.calibration.sensitivity import find_information, find_sensitivity
from trialsim.calibration.validate import Prediction, Without, list_doubted
from trialsim.runs.atomic import write_directory

UNITS = {"binomial": "share", "poisson": "per person-year", "normal": "ratio"}


def describe_validation(
    calibration: Calibration,
    predictions: Sequence[Prediction],
    left: Mapping[str, Without],
    rates: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """Return the validation as plain data: summary, one row a left-out number, X:BOT without X:BOT, sensitivities.

    left: the posteriors without each study; rates: as `rates.find_rates` gives them, or none where a single study was
    left out.
    """
    return {
        "summary": _clean(summarise_predictions(predictions)),
        "predictions": [_describe_prediction(each) for each in predictions],
        "xbot_without_xbot": _clean(find_crossing(calibration, left[STUDY])) if STUDY in left else None,
        "refitted": sorted(study for study, without in left.items() if without.how == "refitted"),
        "priors_widened": _list_widened(calibration, list_studies([each.target for each in predictions])),
        "rates": [_clean(row) for row in rates],
        "units": {target.name: UNITS[target.law] for target in calibration.problem.targets},
        "sensitivity": find_sensitivity(calibration),
        "information": find_information(calibration, left),
    }


def _list_widened(calibration: Calibration, studies: Sequence[str]) -> dict[str, list[str]]:
    names = calibration.problem.prior.names
    found = {study: [names[i] for i in list_doubted(calibration, study)] for study in studies}
    return {study: widened for study, widened in found.items() if widened}


def _clean(value: Any) -> Any:
    """Plain data for JSON: what is not a number becomes null, others keep six digits."""
    if isinstance(value, Mapping):
        return {key: _clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value


def _describe_prediction(each: Prediction) -> dict[str, Any]:
    target = each.target
    cells: dict[str, Any] = _clean(
        {
            "target": target.name,
            "study": target.study,
            "kind": target.kind,
            "set": target.pool,
            "role": target.role,
            "population": target.component.population,
            "unit": UNITS[target.law],
            "row": target.row.row,
            "doi": target.row.doi,
            "how": each.how,
            "pareto_k": each.pareto_k,
            "observed": each.observed,
            "median": each.median,
            "low50": each.low50,
            "high50": each.high50,
            "low": each.low,
            "high": each.high,
            "inside": each.inside,
            "inside50": each.inside50,
            "crps": each.crps,
            "crps_pooled_mean": each.crps_pooled,
            "crps_constant_hazard": each.crps_constant,
            "width": each.width,
            "naive_width": each.naive_width,
        }
    )
    return cells


def write_validation(report: Mapping[str, Any], folder: Path) -> None:
    """Write validation.json and validation.md into a folder, both or none. Raises OSError."""
    files = {
        "validation.json": (json.dumps(report, indent=1, ensure_ascii=False) + "\n").encode(),
        "validation.md": report_validation(report).encode(),
    }
    write_directory(folder, files)


def report_validation(report: Mapping[str, Any]) -> str:
    """Return the tables of the validation report as Markdown."""
    return "\n".join(
        [
            _HEAD,
            _report_summary(report),
            _report_crossing(report),
            _report_rates(report),
            _report_predictions(report),
            _report_information(report),
            _report_drivers(report),
        ]
    )


_HEAD = """# What the model predicts of studies it has not seen

Written by `trialsim validate`: change the evidence or the model, never this file. Each study's numbers are
predicted by a posterior without any number of that study: 50% and 95% intervals of a study of the same size and design.
How it is done and what it does not show: [validation.md](validation.md).
"""


def _report_summary(report: Mapping[str, Any]) -> str:
    own = report["summary"]
    lines = [
        "## In short\n",
        f"- {_cover(own, 95)} of {own['targets']} left-out numbers lie in their 95% intervals, {_cover(own, 50)} in "
        "their 50% intervals.",
    ]
    never = own["never_fitted"]
    if never["targets"]:
        shares = f"{_cover(never, 95)} and {_cover(never, 50)}"
        lines.append(f"- Of the {never['targets']} among them that are never fitted: {shares}.")
    for key, words in (
        ("crps_against_pooled_mean", "the pooled mean of the other studies in the set"),
        ("crps_against_constant_hazard", "a constant-hazard model"),
    ):
        if own[key]["targets"]:
            lines.append(_report_score(own[key], words))
    if own["median_width_over_naive"] is not None:
        lines.append(
            f"- Intervals are {own['median_width_over_naive']:.2f} times as wide as naive prediction intervals "
            f"(median), and narrower in {own['narrower_than_naive']:.0%}."
        )
    misses = _code(own["misses"]) or "none"
    lines.append(f"- Misses: {misses}.")
    lines.append(f"- Sampled anew, since reweighting was not sound: {', '.join(report['refitted']) or 'none'}.")
    widened = report["priors_widened"]
    for names in dict.fromkeys(map(tuple, widened.values())):
        studies = ", ".join(study for study, own in widened.items() if tuple(own) == names)
        lines.append(
            f"- Priors that rest on people left out with {studies} have twice their spread then: {_code(names)}."
        )
    return "\n".join([*lines, *_report_kinds(own["by_kind"])]) + "\n"


def _cover(own: Mapping[str, Any], level: int) -> str:
    """Words for a share inside, with the standard error of drawing studies anew."""
    share, error = own[f"coverage_{level}"], own[f"coverage_{level}_error"]
    return f"{share:.1%}" + ("" if error is None else f" (standard error {100.0 * error:.1f} points)")


def _report_score(own: Mapping[str, Any], words: str) -> str:
    better = own["model"] - own["baseline"]
    ends = "" if own["difference_low"] is None else f", {own['difference_low']:+.3f} to {own['difference_high']:+.3f}"
    return (
        f"- Score (CRPS, link scale, smaller is better) {own['model']:.3f}, against {own['baseline']:.3f} of {words} "
        f"({own['targets']} numbers of {own['studies']} studies; difference {better:+.3f}{ends} over studies)."
    )


def _report_kinds(kinds: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lines of the table of coverage by kind of number."""
    lines = [
        "",
        "Numbers of one study stand or fall together: standard errors and ranges are those of drawing studies anew",
        "(of a handful of studies they say too little, and nothing where all agree).",
        "",
        "| kind | numbers | studies | inside 95% | standard error | inside 50% | standard error |",
        "|---|---|---|---|---|---|---|",
    ]
    for own in kinds:
        cells = [
            "" if (value := own[f"coverage_{level}{end}"]) is None else f"{value:.0%}"
            for level in (95, 50)
            for end in ("", "_error")
        ]
        lines.append(f"| {own['kind']} | {own['targets']} | {own['studies']} | {' | '.join(cells)} |")
    return lines


def _code(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _report_crossing(report: Mapping[str, Any]) -> str:
    own = report["xbot_without_xbot"]
    if own is None:
        return ""
    shares = "\n".join(_report_share(row) for row in own["shares"])
    differences = "\n".join(_report_share(row, "+.1%", "Difference in relapse, ") for row in own["differences"])
    return f"""## X:BOT without X:BOT

No number of X:BOT was seen. Trials of its size, with the chance of counts; differences in relapse (XR-naltrexone minus
buprenorphine) with what two arms of one trial do not share of its difference from the model:

| | observed | predicted | 95% | inside |
|---|---|---|---|---|
{shares}
{differences}

Probability that XR-naltrexone is worse as randomised: {own["worse_as_randomised"]:.0%}; no worse once inducted:
{own["no_worse_once_inducted"]:.0%}; both (the crossing that was published): {own["both"]:.0%}.
"""


def _report_share(row: Mapping[str, Any], form: str = ".1%", before: str = "") -> str:
    observed, median, low, high = (format(row[key], form) for key in ("observed", "median", "low", "high"))
    return f"| {before}{row['what']} | {observed} | {median} | {low} to {high} | {_say(row['inside'])} |"


def _say(inside: bool | None) -> str:
    return "" if inside is None else "yes" if inside else "**no**"


def _report_rates(report: Mapping[str, Any]) -> str:
    if not report["rates"]:
        return ""
    lines = [
        "## Rates of death in and out of treatment\n",
        "Simulated directly at draws of the posterior that has seen all fitted numbers; rates per 1,000 person-years.",
        "Daily treatment ends with its last dose here, as in registers; that of XR-naltrexone 28 days after it.",
        "Simulated: over all draws, with the Monte Carlo error of counting and of their number; the range is over",
        "draws of the parameters, without the chance of counting. Published: a set's pool with its 95% prediction",
        "interval for a new setting ([evidence.md](evidence.md); the sets do not tell medications apart, and an",
        "interval as wide as that of B4 excludes little), a review's pooled mean with its confidence interval (Sordo",
        "2017, Santo 2021), or one study's rate with its exact interval. Nothing is fitted to a review's number, but",
        "Sordo 2017 pools Davoli 2007 and Cousins 2016 among others, which are fitted.\n",
        "| rate | simulated | Monte Carlo error | 95% over draws | published | 95% range | inside | source |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in report["rates"]:
        keys = ("mean", "mcse", "low", "high", "published", "published_low", "published_high")
        mean, mcse, low, high, value, least, most = (_format(row[key], row["unit"]) for key in keys)
        span = f"{least} to {most}" if least else "none printed"
        drawn = f"{low} to {high}" if low else "too few deaths to tell"
        lines.append(
            f"| {row['rate']} | {mean} | {mcse} | {drawn} | {value} | {span} | {_say(row['inside'])} "
            f"| {row['source']} |"
        )
    return "\n".join(lines) + "\n"


def _format(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "share":
        return f"{value:.1%}"
    return f"{1000.0 * value:.3g}" if unit == "per person-year" else f"{value:.3g}"


def _report_predictions(report: Mapping[str, Any]) -> str:
    lines = [
        "## Every left-out number\n",
        "Shares in percent; rates per 1,000 person-years; ratios as they are. `seen`: fitted otherwise, or never.",
        "`lived in`: the scenario whose people stand for the study's. Counts of a few events have few values: an",
        "interval may hold one of them alone.\n",
        "| number | study | lived in | seen | observed | predicted | 50% | 95% | inside | row |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in report["predictions"]:
        cells = [_format(row[key], row["unit"]) for key in ("observed", "median", "low50", "high50", "low", "high")]
        seen = "fitted" if row["role"] == "fit" else "never"
        lines.append(
            f"| {row['target']} | {row['study']} | {row['population']} | {seen} | {cells[0]} | {cells[1]} "
            f"| {cells[2]} to {cells[3]} | {cells[4]} to {cells[5]} | {_say(row['inside'])} | `{row['row']}` |"
        )
    return "\n".join(lines) + "\n"


def _report_information(report: Mapping[str, Any]) -> str:
    lines = [
        "## What the evidence tells about each parameter\n",
        "Contraction: 1 − posterior variance / prior variance. Below 0.2 the prior speaks, not the evidence. Informed",
        f"by: studies without which the posterior would be another, by {LEAST_NATS} nats or more (0.02 is a shift by a",
        "fifth of a standard deviation).\n",
        "| parameter | contraction | shift (prior sd) | informed most by |",
        "|---|---|---|---|",
    ]
    for row in sorted(report["information"], key=lambda each: -each["contraction"]):
        by = ", ".join(f"{each['study']} ({each['nats']:.2f})" for each in list_informing(row))
        lines.append(
            f"| `{row['parameter']}` | {row['contraction']:.2f} | {row['shift']:+.1f} | {by or 'none alone'} |"
        )
    dominated = [f"`{row['parameter']}`" for row in report["information"] if row["prior_dominates"]]
    lines += ["", f"The prior dominates in {len(dominated)} of {len(report['information'])}: {', '.join(dominated)}."]
    return "\n".join(lines) + "\n"


def _report_drivers(report: Mapping[str, Any]) -> str:
    lines = [
        "## What drives what\n",
        "First-order share of the number's variance, were the parameters independent with the spreads that they have,",
        "and in brackets the number at the parameter's 2.5% and 97.5% points with all others at their medians.\n",
        "| number | drivers |",
        "|---|---|",
    ]
    for name, rows in report["sensitivity"].items():
        words = ", ".join(_describe_driver(row, report["units"][name]) for row in rows[:3] if row["index"] >= 0.03)
        lines.append(f"| {name} | {words or 'many, none alone'} |")
    return "\n".join(lines) + "\n"


def _describe_driver(row: Mapping[str, Any], unit: str) -> str:
    low, high = _format(row["at_low"], unit), _format(row["at_high"], unit)
    return f"`{row['parameter']}` {row['index']:.0%} ({low} to {high})"
