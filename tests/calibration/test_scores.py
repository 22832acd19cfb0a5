"""What predictions come to: errors over studies in closed form, and tables that leave out what there is none of."""

import math
from dataclasses import replace

import numpy as np
import pytest

from trialsim.calibration.observing import list_studies
from trialsim.calibration.report import _report_summary
from trialsim.calibration.scores import RESAMPLES, resample_studies, summarise_predictions
from trialsim.calibration.targets import Target, read_targets
from trialsim.calibration.validate import Prediction

TARGETS = read_targets()
NONE = float("nan")


def predict(target: Target, inside: bool, pooled: float = NONE) -> Prediction:
    """Return a prediction that is inside both intervals or neither, and scores 0.4."""
    return Prediction(
        *(target, "never seen", NONE, 0.5, 0.5, 0.4, 0.6, 0.1, 0.9, inside, inside, 0.4, pooled, NONE, 2.0, NONE)
    )


def test_errors_of_a_mean_over_studies_are_those_of_its_studies() -> None:
    """Eight studies of five equal numbers each: the error is that of eight, not of forty."""
    values = np.random.default_rng(2).standard_normal(8)
    means = resample_studies([f"study {i}" for i in range(8) for _ in range(5)], np.repeat(values, 5))
    exact = math.sqrt(values.var() / 8.0)
    # Relative Monte Carlo error of a standard deviation from 4,000: 0.011.
    assert means.std(ddof=1) == pytest.approx(exact, rel=4.0 / math.sqrt(2.0 * RESAMPLES))
    assert means.mean() == pytest.approx(values.mean(), abs=4.0 * exact / math.sqrt(RESAMPLES))


def test_a_study_counts_by_its_numbers() -> None:
    means = resample_studies(["large", "large", "large", "small"], np.array([1.0, 1.0, 1.0, 0.0]))
    assert set(np.round(means, 9)) == {0.0, 0.75, 1.0}


def test_a_summary_counts_by_kind_and_over_studies() -> None:
    first, second = list_studies([target for target in TARGETS if target.kind == "induction"])[:2]
    own = [target for target in TARGETS if target.kind == "induction" and target.study in (first, second)]
    other = next(target for target in TARGETS if target.kind == "relapse")
    found = [predict(target, target.study == first, 0.6 if target.study == first else 0.1) for target in own]
    summary = summarise_predictions([*found, predict(other, inside=True)])
    kinds = {row["kind"]: row for row in summary["by_kind"]}
    share = sum(target.study == first for target in own) / len(own)
    assert kinds["induction"]["coverage_95"] == kinds["induction"]["coverage_50"] == pytest.approx(share)
    assert (kinds["induction"]["targets"], kinds["induction"]["studies"]) == (len(own), 2)
    assert kinds["induction"]["coverage_95_error"] > 0.0
    assert math.isnan(kinds["relapse"]["coverage_95_error"])
    assert summary["misses"] == [target.name for target in own if target.study == second]
    score = summary["crps_against_pooled_mean"]
    assert (score["targets"], score["studies"], score["model"]) == (len(own), 2, pytest.approx(0.4))
    # Either study alone, twice: -0.2 or +0.3.
    assert (score["difference_low"], score["difference_high"]) == (pytest.approx(-0.2), pytest.approx(0.3))


def test_a_summary_without_a_baseline_compares_with_none() -> None:
    target = replace(next(t for t in TARGETS if t.study == "CHOICES"), role="fit")
    summary = summarise_predictions([predict(target, inside=False)])
    assert summary["targets"] == 1
    assert summary["never_fitted"]["targets"] == 0
    assert summary["misses"] == [target.name]
    assert summary["crps_against_constant_hazard"]["targets"] == 0
    page = _report_summary({"summary": {**_nothing(summary)}, "refitted": [], "priors_widened": {}})
    assert "0.0% of 1 left-out numbers" in page
    assert "constant-hazard" not in page
    assert "nan" not in page


def _nothing(summary: dict[str, object]) -> dict[str, object]:
    from trialsim.calibration.report import _clean

    return dict(_clean(summary))
