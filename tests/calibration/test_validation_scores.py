"""Scores against closed forms; what is predicted of a left-out study."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from trialsim.calibration import validate
from trialsim.calibration.files import read_posterior
from trialsim.calibration.layout import find_taus, lay_out_targets, predict_targets
from trialsim.calibration.posterior import Sample, find_links, split_points, widen_priors
from trialsim.calibration.sensitivity import find_first_order
from trialsim.calibration.stamp import strip_source
from trialsim.calibration.targets import read_targets
from trialsim.calibration.validate import (
    find_crps,
    find_left_out,
    find_others,
    find_spread,
    find_weeks,
    list_doubted,
    list_studies,
    predict_constant,
    predict_study,
    reweight_without,
    sample_without,
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
    assert find_weeks(targets["lee-2015-xr-second-injection"]) == 4.0
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
    # Their prior of the first weeks on methadone, which rests on another number of OATS, has twice its spread.
    column = calibration.problem.prior.names.index("overdose_ratio_first_weeks_methadone")
    z = calibration.sample.points[:, column]
    likelihood = calibration.sample.log_likelihood[:, theirs].sum(axis=1)
    likelihood += stats.norm.logpdf(z) - stats.norm.logpdf(z, scale=2.0)
    middle = np.argsort(likelihood)[len(likelihood) // 2 :]
    found = np.log(weights[middle]) + likelihood[middle]
    assert found == pytest.approx(np.full(len(middle), found[0]), abs=1e-6)


def test_a_study_is_sampled_without_its_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """No group of a left-out study or of its people reaches the sampler, and priors that rest on them are widened."""
    calibration = read_posterior()
    seen = []

    def sample(*arguments: Any, **options: Any) -> Sample:
        seen.append((arguments[1], options["doubted"]))
        return calibration.sample

    monkeypatch.setattr(validate, "sample_posterior", sample)
    for study in ("Krupitsky 2011", "Steer 2018", "X:BOT"):
        sample_without(calibration, study, 1)
        layout, doubted = seen[-1]
        assert {group[0] for group in layout.groups} & find_left_out(calibration.problem.targets, study) == set()
        assert len(layout.groups) < len(calibration.layout.groups)
        np.testing.assert_array_equal(doubted, list_doubted(calibration, study))


def test_priors_that_rest_on_the_same_people_are_doubted() -> None:
    calibration = read_posterior()

    def find(study: str) -> set[str]:
        return {calibration.problem.prior.names[i] for i in list_doubted(calibration, study)}

    krupitsky = {"relapse_rate_placebo", "relapse_rate_xr_naltrexone", "relapse_ratio_blocked"}
    assert find("Krupitsky 2011") == {*krupitsky, "discontinuation_ratio_lapse_placebo"}
    assert find("Kimber 2015") == find("Cornish 2010") == {"overdose_ratio_first_weeks_methadone"}
    assert find("START") == find("Lee 2016") == set()


def test_a_wider_prior_is_a_normal_of_twice_the_spread() -> None:
    z = np.linspace(-3.0, 3.0, 7)[:, None] * np.ones(3)
    gain = stats.norm.logpdf(z[:, :2], scale=2.0) - stats.norm.logpdf(z[:, :2])
    np.testing.assert_allclose(widen_priors(z, np.array([0, 1])), gain.sum(axis=1), atol=1e-12)
    np.testing.assert_array_equal(widen_priors(z, np.zeros(0, np.intp)), np.zeros(7))


def test_a_prediction_holds_parameters_discrepancy_and_counts() -> None:
    """One parameter set: left are discrepancy, what the surrogate's error does not share, and chance."""
    calibration = read_posterior()
    (target,) = (each for each in calibration.problem.targets if each.study == "CHOICES")
    row = calibration.sample.points[:1]
    links = predict_study(calibration, row, np.ones(1), [target], 3)[:, 0]
    layout = lay_out_targets([target], calibration.problem.components)
    parts, errors = find_links(calibration.surrogate, row)
    middle = predict_targets(layout, parts)[0, 0]
    tau = find_taus(split_points(row)[1])[0, layout.kind[0]]
    error = errors[0, layout.component[0]]
    rng = np.random.default_rng(4)
    at = middle + np.hypot(tau, np.sqrt(error)) * rng.standard_normal(400_000)
    n = round(target.n)
    events = rng.binomial(n, 1.0 / (1.0 + np.exp(-at)))
    expected = np.log((events + 0.5) / (n - events + 0.5))
    assert abs(links.mean() - expected.mean()) < 4.0 * expected.std() / np.sqrt(len(links))
    assert links.std() / expected.std() == pytest.approx(1.0, abs=4.0 / np.sqrt(2.0 * len(links)))


def test_a_constant_rate_is_one_of_the_same_deaths() -> None:
    targets = read_targets()
    rng = np.random.default_rng(2)
    own = {target.name: target for target in targets}["cousins-2016-deaths-out"]
    others = [each for each in find_others(own, targets) if each.kind == "death rate"]
    same = [each for each in others if each.component.statistic == "death rate"]
    rate = sum(each.events for each in same) / sum(each.n for each in same)
    drawn = predict_constant(own, others, rng)
    assert drawn is not None
    assert float(np.median(drawn)) == pytest.approx(np.log(rate), abs=4.0 * 1.25 * drawn.std() / np.sqrt(len(drawn)))
    assert predict_constant(own, [each for each in others if each not in same], rng) is None


def test_spread_leaves_out_what_chance_alone_gives() -> None:
    rng = np.random.default_rng(3)
    errors = np.full(4000, 0.5)
    assert find_spread(0.3 * rng.standard_normal(4000) + 0.5 * rng.standard_normal(4000), errors) == pytest.approx(
        0.3, abs=0.06
    )
    assert find_spread(np.zeros(5), errors[:5]) == 0.0
