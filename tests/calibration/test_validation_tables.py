"""The stored validation: of today's draws, near nominal coverage, every miss named, the ranks of known truths too."""

import json
from pathlib import Path

import pytest

from trialsim.calibration.gates import find_rank_gates
from trialsim.calibration.report import report_validation
from trialsim.calibration.stamp import hash_everything
from trialsim.calibration.targets import read_targets
from trialsim.parameters.evidence import find_evidence_file

DOCUMENT = Path(__file__).parents[2] / "docs" / "validation-tables.md"
REPORT = json.loads(find_evidence_file("calibrated/validation.json").read_text(encoding="utf-8"))
RANKS = json.loads(find_evidence_file("calibrated/sbc.json").read_text(encoding="utf-8"))


def test_the_page_is_the_stored_report() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == report_validation(REPORT)


def test_every_target_was_predicted_without_its_study() -> None:
    assert {row["target"] for row in REPORT["predictions"]} == {target.name for target in read_targets()}
    assert {row["how"] for row in REPORT["predictions"]} <= {"reweighted", "refitted", "never seen"}
    assert all(row["pareto_k"] <= 0.7 for row in REPORT["predictions"] if row["how"] == "reweighted")


def test_coverage_is_near_nominal_and_misses_are_named() -> None:
    own = REPORT["summary"]
    assert own["coverage_95"] >= 0.85
    missed = [row["target"] for row in REPORT["predictions"] if not row["inside"]]
    assert missed == own["misses"]
    assert own["coverage_95"] == pytest.approx(1.0 - len(missed) / own["targets"], abs=1e-5)


def test_ranks_of_known_truths_are_of_todays_model_and_enough() -> None:
    assert {key: RANKS[key] for key in hash_everything()} == hash_everything()
    assert RANKS["replications"] >= 60
    # A sampler whose proposals had collapsed (300 particles) covered 31% and 64%: such a fault must not pass.
    assert RANKS["coverage_50"] > 0.40
    assert RANKS["coverage_90"] > 0.80


GATES = find_rank_gates(RANKS)


def test_known_truths_are_covered_as_often_as_the_intervals_say() -> None:
    assert [name for name, gate in GATES.items() if not gate["passed"]] == []


def test_the_page_calls_the_ranks_of_known_truths_what_they_are() -> None:
    page = " ".join((DOCUMENT.parent / "validation.md").read_text(encoding="utf-8").split())
    assert f"In {RANKS['replications']} replications" in page
    assert f"{RANKS['coverage_50']:.1%} of the truths in 50% intervals" in page
    assert f"{RANKS['coverage_90']:.1%} in 90% intervals" in page
    assert ("were asked for: **a miss**" in page) == (not all(gate["passed"] for gate in GATES.values()))


def test_the_page_says_what_the_tables_say() -> None:
    """Figures that docs/validation.md repeats are those of the stored report."""
    page = " ".join((DOCUMENT.parent / "validation.md").read_text(encoding="utf-8").split())
    own, never, pools = (
        REPORT["summary"],
        REPORT["summary"]["never_fitted"],
        REPORT["summary"]["crps_against_pooled_mean"],
    )
    assert f"{own['coverage_95']:.1%} of {own['targets']} left-out numbers lie in their 95% intervals" in page
    assert f"of the {never['targets']} never fitted {never['coverage_95']:.1%} and {never['coverage_50']:.1%}" in page
    assert f"The score is {pools['model']:.3f}, that of the pools {pools['baseline']:.3f}" in page
    assert f"{own['median_width_over_naive']:.2f} times as wide (median)" in page
    assert f"narrower in {own['narrower_than_naive']:.0%}" in page
    assert f"is predicted in {REPORT['xbot_without_xbot']['both']:.0%}" in page
    judged = [row["inside"] for row in REPORT["rates"] if row["inside"] is not None]
    assert f"Of {len(judged)}, {sum(judged)} lie inside" in page
    outside = [row["source"] for row in REPORT["rates"] if row["inside"] is False]
    assert all(f"({source})" in page for source in outside)
    dominated = [row for row in REPORT["information"] if row["prior_dominates"]]
    assert f"{len(dominated)} of {len(REPORT['information'])} parameters" in page
