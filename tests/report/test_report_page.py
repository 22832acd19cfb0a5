"""The whole page: sound, complete, honest about misses, deaf to what a scenario smuggles in."""

import base64
import copy
import hashlib
import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.report.html_checks import Page, assert_sound
from tests.report.sample import sample_cohort, sample_manifest, sample_trial
from trialsim.report import report_cohort, report_trial
from trialsim.report.mortality import mortality_tables

Report = Callable[[dict[str, Any], dict[str, Any]], str]
KINDS: list[tuple[Report, Callable[[], dict[str, Any]]]] = [
    (report_trial, sample_trial),
    (report_cohort, sample_cohort),
]
NASTY = "\"><script>alert(1)</script><img src=x onerror=alert(1)> & ' {{ 7*7 }}"


def trial_text(**changes: Any) -> str:
    return assert_sound(report_trial({**sample_trial(), **changes}, sample_manifest())).text()


def cohort_text(**changes: Any) -> str:
    return assert_sound(report_cohort({**sample_cohort(), **changes}, sample_manifest())).text()


@pytest.mark.parametrize(("report", "sample"), KINDS)
def test_pages_are_sound_and_have_every_section(report: Report, sample: Callable[[], dict[str, Any]]) -> None:
    page = assert_sound(report(sample(), sample_manifest()))
    common = {"summary", "results", "curves", "differences", "inputs", "run", "definitions"}
    own = {"comparison", "flow", "estimand"} if report is report_trial else {"mortality", "since"}
    assert common | own <= set(page.ids)
    assert page.tags.count("h1") == 1
    assert "https://doi.org/10.1016/S0140-6736%2817%2932812-X" in page.links


@pytest.mark.parametrize(("report", "sample"), KINDS)
def test_the_same_results_give_the_same_bytes(report: Report, sample: Callable[[], dict[str, Any]]) -> None:
    again = json.loads(json.dumps(sample()))
    assert report(sample(), sample_manifest()) == report(again, json.loads(json.dumps(sample_manifest())))


@pytest.mark.parametrize(("report", "sample"), KINDS)
def test_reading_leaves_the_results_as_they_were(report: Report, sample: Callable[[], dict[str, Any]]) -> None:
    summary, manifest = sample(), sample_manifest()
    report(summary, manifest)
    assert (summary, manifest) == (sample(), sample_manifest())


@pytest.mark.parametrize(("report", "sample"), KINDS)
def test_the_policy_admits_this_style_sheet_and_nothing_else(
    report: Report, sample: Callable[[], dict[str, Any]]
) -> None:
    text = report(sample(), sample_manifest())
    style = text.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    allowed = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'content="{allowed}"' in text


def poison(value: Any) -> Any:
    """Every text of a summary replaced by one that breaks out of markup wherever it is not escaped."""
    if isinstance(value, dict):
        return {key: poison(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [poison(inner) for inner in value]
    return NASTY if isinstance(value, str) else value


@pytest.mark.parametrize(("report", "sample"), KINDS)
def test_texts_of_a_scenario_are_never_markup(report: Report, sample: Callable[[], dict[str, Any]]) -> None:
    kept = {"differences", "kind", "mode"}
    summary = {key: value if key in kept else poison(value) for key, value in sample().items()}
    page = assert_sound(report(summary, poison(sample_manifest())))
    assert "img" not in page.tags
    assert "<script>alert(1)</script>" in page.text()
    assert "{{ 7*7 }}" in page.text()


@given(st.text(max_size=60))
@settings(max_examples=25, deadline=None)
def test_any_title_and_scenario_give_a_sound_page(text: str) -> None:
    manifest = {**sample_manifest(), "scenario_text": text}
    summary = {**sample_trial(), "title": text, "notes": [text], "curves": [], "arm_labels": {"xr_naltrexone": text}}
    assert_sound(report_trial(summary, manifest))


def test_a_miss_is_told_in_words_and_by_name() -> None:
    text = trial_text()
    assert "Miss the published value is below the range" in text
    told = (
        "Of 6 published numbers, 5 lie inside the range that holds 95% of simulated trials and 1 outside, or missed: "
    )
    assert f"{told}relapse by week 24, as randomised (Buprenorphine-naloxone: simulated 65.2%, published 56.8%)" in text


def without_published(arms: dict[str, Any]) -> dict[str, Any]:
    gone = {"published": None, "published_text": None, "published_source": None, "inside": None}
    return {arm: {name: {**cell, **gone} for name, cell in cells.items()} for arm, cells in arms.items()}


def test_without_published_numbers_nothing_is_called_checked() -> None:
    text = trial_text(arms=without_published(sample_trial()["arms"]))
    assert "nothing in it has been checked against a trial" in text
    assert "Inside the published value" not in text
    assert text.count("No published number") == 13


def test_when_all_published_numbers_lie_inside_it_says_so_and_that_some_were_fitted() -> None:
    arms = sample_trial()["arms"]
    for cells in arms.values():
        for cell in cells.values():
            cell["inside"] = None if cell["published"] is None else True
    text = trial_text(arms=arms)
    assert "All 6 published numbers lie inside the range" in text
    assert "2 input numbers were fitted to published results (X:BOT, inducted and X:BOT, relapse)" in text


def blank_numbers(value: Any) -> Any:
    """Every number gone, as None, inside whatever holds it."""
    if isinstance(value, dict):
        return {key: blank_numbers(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [blank_numbers(inner) for inner in value]
    return None if isinstance(value, float) else value


@pytest.mark.parametrize("missing", [None, math.nan])
def test_missing_estimates_are_dashes_never_nan(missing: float | None) -> None:
    summary = sample_trial()
    for cells in summary["arms"].values():
        for cell in cells.values():
            cell.update(mean=missing, low=missing, high=missing, mcse=missing)
    for row in summary["differences"]:
        row.update(mean=missing, low=missing, high=missing, mcse=missing)
    text = trial_text(arms=summary["arms"], differences=summary["differences"])
    assert "Not estimated" in text
    assert re.search(r"\bnan\b|\bNone\b|\binf\b", text) is None


@pytest.mark.parametrize(("report", "sample"), KINDS)
def test_a_summary_with_only_its_results_still_gives_a_page(
    report: Report, sample: Callable[[], dict[str, Any]]
) -> None:
    unit = "arms" if report is report_trial else "policies"
    page = assert_sound(report({unit: sample()[unit]}, {}))
    assert "The run recorded no input numbers" in page.text()
    assert re.search(r"\bnan\b|\bNone\b", page.text()) is None


@pytest.mark.parametrize(("report", "sample"), KINDS)
def test_numbers_gone_from_curves_flow_and_tables_give_a_page(
    report: Report, sample: Callable[[], dict[str, Any]]
) -> None:
    summary = sample()
    for key in ("flow", "by_time_since_start", "by_time_since_stop", "inputs"):
        if key in summary:
            summary[key] = blank_numbers(summary[key])
    for curve in summary["curves"]:
        for arm in curve["arms"].values():
            arm.update(low=[None] * len(arm["time"]), high=[None] * len(arm["time"]), at_risk_time=[], at_risk=[])
    assert re.search(r"\bnan\b|\bNone\b", assert_sound(report(summary, {})).text()) is None


def test_events_that_never_happen_are_zeros() -> None:
    arms = sample_trial()["arms"]
    zero = {"mean": 0.0, "low": 0.0, "high": 0.0, "mcse": 0.0}
    for cells in arms.values():
        for name in ("deaths", "fatal_overdoses", "nonfatal_overdoses"):
            cells[name].update(zero)
    text = trial_text(arms=arms)
    assert "0 deaths, 0 of them by overdose and 0 overdoses survived with XR-naltrexone 380 mg" in text
    title = "Deaths of all causes (count per trial) People in the arm."
    assert f"{title} XR-naltrexone 380 mg Simulated mean 0 95% range 0 to 0" in text


def test_one_arm_and_one_replicate() -> None:
    summary = sample_trial()
    only = {key: {"xr_naltrexone": summary[key]["xr_naltrexone"]} for key in ("arms", "arm_labels", "flow")}
    curves = [{**c, "arms": {"xr_naltrexone": c["arms"]["xr_naltrexone"]}} for c in summary["curves"]]
    text = trial_text(**only, curves=curves, differences=[], replicates=1)
    assert "played the arm once" in text
    assert "Differences between arms" not in text


def test_six_arms_with_long_labels() -> None:
    summary = sample_trial()
    long = "An arm whose label goes on and on, dose by dose, " * 3
    names = [f"arm_{k}" for k in range(6)]
    changed = {key: {name: copy.deepcopy(summary[key]["xr_naltrexone"]) for name in names} for key in ("arms", "flow")}
    curves = [{**c, "arms": dict.fromkeys(names, c["arms"]["xr_naltrexone"])} for c in summary["curves"]]
    labels = {name: f"{long}{name}" for name in names}
    text = trial_text(**changed, arm_labels=labels, curves=curves, differences=[])
    assert all(label in text for label in labels.values())


def test_a_long_table_of_inputs_holds_every_number() -> None:
    base = sample_trial()["inputs"]
    many = [{**base[k % len(base)], "name": f"parameter_{k}"} for k in range(900)]
    text = trial_text(inputs=many)
    assert all(f" parameter_{k} " in text for k in range(900))
    assert "Assumptions (300)" in text


def test_counterfactual_mode_counts_pairs_and_says_what_they_mean() -> None:
    rows = [{**row, "averted": 12.0, "caused": 3.5} for row in sample_trial()["differences"]]
    text = trial_text(mode="counterfactual", differences=rows)
    assert "Events averted 12" in text
    assert "Events caused 3.50" in text
    assert "(the coupling)" in text
    assert "Copied into every arm: 287" in text
    assert "Events averted" not in trial_text()


def test_rates_in_and_out_of_treatment_stand_beside_their_definition() -> None:
    definition = "In treatment: From the first dose until 28 days after the last injection."
    text = cohort_text()
    # Summary, both tables of rates, and the section by time since start and stop.
    assert text.count(definition) == 4
    assert "so these rates cannot be interpreted" in cohort_text(definitions={})
    assert "observational" in text


def test_an_outcome_with_one_cell_a_horizon_becomes_columns() -> None:
    policies = sample_cohort()["policies"]
    for cells in policies.values():
        cells["deaths_by_horizon"] = {"1 year": cells["deaths_by_horizon"], "5 years": cells["deaths_by_horizon"]}
    text = cohort_text(policies=policies, differences=[])
    assert "Deaths by horizon: 1 year" in text
    assert "Deaths by horizon: 5 years" in text


def test_outcomes_are_grouped_by_what_they_count() -> None:
    policies = sample_cohort()["policies"]
    for cells in policies.values():
        cells["nonfatal_overdoses_per_1000_py"] = cells["deaths_per_1000_py"]
        cells["overdose_deaths_by_1_year"] = {
            "mean": 0.02,
            "low": 0.0,
            "high": 0.03,
            "mcse": None,
            "unit": "proportion",
        }
    tables = mortality_tables({**sample_cohort(), "policies": policies})
    columns = {table.caption: len(table.columns) - 1 for table in tables}
    assert columns == {
        "Deaths of all causes": 4,
        "Deaths by overdose": 4,
        "Overdoses survived": 1,
        "Life-years and other outcomes": 1,
    }
    assert ("0.0 to 3.0%",) in [cell.below for cell in tables[1].groups[0].rows[0].cells]


def test_waits_units_and_replicates_without_a_value_are_told() -> None:
    arms = sample_trial()["arms"]
    median = {"mean": 8.04, "low": 4.0, "high": 15.0, "mcse": 0.31, "unit": "weeks", "undefined": 3}
    arms["xr_naltrexone"]["median_weeks"] = {**arms["xr_naltrexone"]["deaths"], **median}
    waits = [{"resource": "bed", "waits_per_trial": 41.25, "mean_days": 3.5, "longest_days": 19.0}]
    text = trial_text(arms=arms, waits=waits)
    assert "Median weeks XR-naltrexone 380 mg Simulated mean 8.0 3 replicates without a value" in text
    assert "Bed Waits a trial 41.2 Mean wait (days) 3.5 Longest wait (days) 19" in text
    assert "Deaths of all causes (count per trial)" in text


def test_each_source_is_named_once_with_its_rows() -> None:
    arms = sample_trial()["arms"]
    for k, cell in enumerate(arms["xr_naltrexone"].values()):
        cell["published_source"] = f"Lee 2018 10.1016/S0140-6736(17)32812-X [lee-{k}]" if k < 2 else None
    text = trial_text(arms={"xr_naltrexone": arms["xr_naltrexone"]})
    assert "Published: Lee 2018 doi:10.1016/S0140-6736(17)32812-X (evidence rows lee-0, lee-1)" in text
    assert text.count("204/283 Lee 2018 Picture") == 1


def test_many_differences_fold_by_outcome() -> None:
    rows = sample_cohort()["differences"] * 3
    page = Page(report_cohort({**sample_cohort(), "differences": rows}, {}))
    assert page.tags.count("details") > Page(report_cohort(sample_cohort(), {})).tags.count("details")


def test_the_scenario_text_and_its_sources_are_shown() -> None:
    text = trial_text()
    assert "name: xbot kind: trial participants: 570" in text
    assert "Lee 2018, table 1" in text
    assert "Follow up Value 36 weeks Source Assumption a round number" in text
    assert "aged 18 to 67; 70% men; main opioid heroin 82%, prescription 16%, fentanyl 2%" in text


def test_importing_the_report_loads_no_template_engine() -> None:
    code = (
        "import sys, trialsim.report; print(sorted({'jinja2', 'yaml', 'plotly', 'numpy', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
