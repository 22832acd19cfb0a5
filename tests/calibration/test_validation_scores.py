"""Scores against closed forms; what is predicted of a left-out study."""

import math

import numpy as np
import pytest
from scipy import stats

from trialsim.calibration.files import read_posterior
from trialsim.calibration.sensitivity import find_first_order
from trialsim.calibration.stamp import strip_source
from trialsim.calibration.targets import read_targets
from trialsim.calibration.validate import (
    find_crps,
    find_left_out,
    find_others,
    find_weeks,
    list_studies,
    predict_constant,
    reweight_without,
)


def test_crps_of_a_normal_sample_is_the_closed_form() -> None:
    # Gneiting and Raftery 2007, equation 5.
    draws = stats.norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    for observed in (-1.0, 0.0, 2.5):
        density, below = stats.norm.pdf(observed), stats.norm.cdf(observed)
        exact = observed * (2.0 * below - 1.0) + 2.0 * density - 1.0 / math.sqrt(math.pi)
        assert find_crps(draws, observed) == pytest.approx(exact, abs=1e-3)


def test_a_sharper_right_prediction_scores_better_and_a_wrong_one_worse() -> None:
    rng = np.random.default_rng(1)
    sharp, wide, wrong = rng.normal(0, 0.2, 4000), rng.normal(0, 1.0, 4000), rng.normal(3, 0.2, 4000)
    assert find_crps(sharp, 0.1) < find_crps(wide, 0.1) < find_crps(wrong, 0.1)


def test_first_order_indices_of_a_linear_model_are_its_variance_shares() -> None:
    points = np.random.default_rng(2).standard_normal((20_000, 3))
    links = (points @ np.array([2.0, 1.0, 0.0]))[:, None]
    assert find_first_order(points, links)[0] == pytest.approx([0.8, 0.2, 0.0], abs=0.02)


def test_a_constant_hazard_knows_its_own_lengths() -> None:
    targets = {target.name: target for target in read_targets()}
    assert find_weeks(targets["xbot-injection-2-after-1"]) == 4.0
    assert find_weeks(targets["xbot-buprenorphine-week-12-after-8"]) == 4.0
    assert find_weeks(targets["start-methadone-retained"]) == 24.0
    ratio = predict_constant(targets["oats-weeks-1-4-off"], read_targets(), np.random.default_rng(0))
    assert ratio is not None
    assert abs(float(np.median(ratio))) < 0.05


def test_studies_are_named_once() -> None:
    studies = list_studies(read_targets())
    assert len(set(studies)) == len(studies)
    assert "X:BOT" in studies


def test_a_better_sentence_makes_nothing_stale_and_another_number_does() -> None:
    one = 'def f(x):\n    """Old."""\n    # why\n    return x + 1\n'
    assert strip_source(one) == strip_source('def f(x):\n    """New words."""\n\n    return x + 1  # because\n')
    assert strip_source(one) != strip_source(one.replace("+ 1", "+ 2"))


def test_leaving_a_study_out_weighs_down_what_fits_it() -> None:
    calibration = read_posterior()
    weights, k = reweight_without(calibration, "CHOICES")
    own = [g for g, group in enumerate(calibration.layout.groups) if group[0] == "CHOICES"]
    likelihood = calibration.sample.log_likelihood[:, own].sum(axis=1)
    assert weights.sum() == pytest.approx(1.0)
    assert k < 0.7
    # The weights are one over the likelihood, smoothed in the tail only.
    order = np.argsort(likelihood)
    middle = order[len(order) // 2 :]
    expected = -likelihood[middle] - np.log(np.exp(-likelihood[middle]).sum())
    found = np.log(weights[middle] / weights[middle].sum())
    assert found == pytest.approx(expected, abs=1e-6)


def test_studies_of_the_same_people_are_left_out_together() -> None:
    targets = read_targets()
    assert find_left_out(targets, "Steer 2018") == {"Steer 2018", "Hickman 2018", "Cornish 2010"}
    assert find_left_out(targets, "Bisaga 2018") == {"Bisaga 2018"}
    assert {"Larney 2023", "OATS", "Kimber 2015"} <= find_left_out(targets, "Bell 2006")
    one = next(target for target in targets if target.name == "bell-2006-overdose-methadone")
    others = find_others(one, targets)
    assert {other.role for other in others} == {"fit"}
    assert {"Larney 2023", "OATS"} & {other.study for other in others} == set()
    assert "Cousins 2016" in {other.study for other in others}


def test_weights_forget_all_studies_of_the_same_people() -> None:
    calibration = read_posterior()
    weights, _ = reweight_without(calibration, "OATS")
    same = ("OATS", "Larney 2023", "Bell 2009")
    theirs = [g for g, group in enumerate(calibration.layout.groups) if group[0] in same]
    likelihood = calibration.sample.log_likelihood[:, theirs].sum(axis=1)
    middle = np.argsort(likelihood)[len(likelihood) // 2 :]
    found = np.log(weights[middle]) + likelihood[middle]
    assert found == pytest.approx(np.full(len(middle), found[0]), abs=1e-6)
