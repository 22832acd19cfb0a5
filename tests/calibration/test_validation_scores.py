"""Scores against closed forms; what is predicted of a left-out study."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from scipy import stats

from meta.pooling import PoolSpec, pool
from meta.predictive import draw_setting
from meta.tables import read_set
from trialsim.calibration import validate
from trialsim.calibration.baselines import find_others, find_spread, find_weeks, predict_constant, predict_pooled
from trialsim.calibration.crossing import find_crossing
from trialsim.calibration.files import read_posterior
from trialsim.calibration.layout import find_taus, lay_out_targets, predict_targets
from trialsim.calibration.observing import (
    count_observed,
    draw_observed,
    find_left_out,
    find_observed,
    find_observed_link,
    list_studies,
)
from trialsim.calibration.posterior import Sample, find_links, split_points, widen_priors
from trialsim.calibration.scores import find_crps
from trialsim.calibration.sensitivity import find_chance, find_gains, find_main_effects, list_informative
from trialsim.calibration.stamp import strip_source
from trialsim.calibration.targets import read_targets
from trialsim.calibration.validate import (
    Without,
    list_doubted,
    predict_study,
    reweight_without,
    sample_without,
)

NORWAY = ("bech-2019-deaths-in", "skeie-2022-deaths-on")


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


def test_main_effects_of_a_linear_model_are_its_variance_shares() -> None:
    points = np.random.default_rng(2).standard_normal((20_000, 3))
    effects = find_main_effects(lambda rows: (rows @ np.array([2.0, 1.0, 0.0]))[:, None], points)
    assert effects[0] == pytest.approx([0.8, 0.2, 0.0], abs=0.02)


def test_a_parameter_that_only_goes_along_drives_nothing() -> None:
    """The evidence holds the second coordinate to the first, which alone matters."""
    rng = np.random.default_rng(3)
    first = rng.standard_normal(4000)
    points = np.column_stack([first, 0.9 * first + np.sqrt(0.19) * rng.standard_normal(4000)])
    effects = find_main_effects(lambda rows: np.sin(rows[:, :1]), points)
    assert effects[0, 0] > 0.9
    assert effects[0, 1] < 1e-12


def test_main_effects_add_up_where_coordinates_are_held_together() -> None:
    """Two that both matter and cancel: the variance of their sum is small, their shares are halves all the same."""
    rng = np.random.default_rng(5)
    first = rng.standard_normal(4000)
    points = np.column_stack([first, -0.9 * first + np.sqrt(0.19) * rng.standard_normal(4000)])
    effects = find_main_effects(lambda rows: rows.sum(axis=1, keepdims=True), points)
    assert effects[0] == pytest.approx([0.5, 0.5], abs=0.04)


def test_information_is_the_relative_entropy_of_normal_laws() -> None:
    """Against the integral of its definition; without a study the law is wider and elsewhere."""
    rng = np.random.default_rng(4)
    points = rng.normal(0.3, 0.5, (50_000, 1))
    wide = rng.normal(0.0, 1.0, (50_000, 1))
    grid = np.linspace(-4.0, 4.0, 8001)
    law, other = stats.norm(0.3, 0.5), stats.norm(0.0, 1.0)
    exact = np.trapezoid(law.pdf(grid) * (law.logpdf(grid) - other.logpdf(grid)), grid)
    without = Without(wide, np.full(len(wide), 1.0 / len(wide)), "refitted", 1.0)
    # Its slope on the mean is 0.3 and on the log variances about 0.4, whose errors are 0.004 and 0.006.
    assert find_gains(points, without)[0] == pytest.approx(exact, abs=4.0 * (0.3 * 0.004 + 0.4 * 0.009))
    # The same law as weights on rows of another.
    rows = rng.normal(0.0, 1.5, (200_000, 1))
    weights = np.exp(other.logpdf(rows) - stats.norm.logpdf(rows, scale=1.5))[:, 0]
    assert find_gains(points, Without(rows, weights / weights.sum(), "reweighted", 0.1))[0] == pytest.approx(
        exact, abs=4.0 * (0.3 * 0.004 + 0.4 * 0.009)
    )
    same = Without(points, np.full(len(points), 1.0 / len(points)), "reweighted", 0.1)
    assert find_gains(points, same)[0] == pytest.approx(0.0, abs=1e-9)


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
    links = predict_study(calibration, Without(row, np.ones(1), "refitted", 1.0), [target], 3)[:, 0]
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


def test_pools_know_the_other_studies_of_the_set_alone() -> None:
    """`meta` pools the set again without the study: against a pool of a table that lacks its rows."""
    targets = {target.name: target for target in read_targets()}
    own = targets["cousins-2016-overdose-in"]
    drawn = predict_pooled(own, read_targets(), np.random.default_rng(5))
    assert drawn is not None
    table = read_set("B1")
    others = tuple(row for row in table.rows if not row.excluded and row.study != "Cousins 2016")
    assert len(others) == 3
    found = pool(dataclasses.replace(table, rows=others), PoolSpec("log_rate", model="poisson"))
    at = draw_observed(own, draw_setting(found, 40_000, 6), np.random.default_rng(7))
    # Quartiles, as the tails are heavy: a normal law has errors of 1.36 standard deviations over the root of the rows.
    scale = (np.quantile(at, 0.75) - np.quantile(at, 0.25)) / 1.35
    for level in (0.25, 0.5, 0.75):
        assert abs(np.quantile(drawn, level) - np.quantile(at, level)) < 4.0 * 1.4 * scale / np.sqrt(len(drawn))


def test_pools_know_nobody_of_the_same_people() -> None:
    """Norway's two cohorts, of which set B4 has one, and the targets other rows: neither predicts the other."""
    targets = {target.name: target for target in read_targets()}
    alone = [predict_pooled(targets[f"{name}"], read_targets(), np.random.default_rng(0)) for name in NORWAY]
    assert alone == [None, None]
    drawn = predict_pooled(targets["skeie-2022-overdose-on"], read_targets(), np.random.default_rng(5))
    other = predict_pooled(targets["bech-2019-overdose-in"], read_targets(), np.random.default_rng(5))
    assert drawn is not None
    assert other is not None
    # Without both, the same three cohorts are left; the person-years of the two differ sevenfold.
    assert np.quantile(drawn, 0.5) == pytest.approx(np.quantile(other, 0.5), abs=0.15)


def test_chance_gives_more_information_to_one_in_a_thousand() -> None:
    """Two thousand times 50 rows of the same law, against the law itself."""
    rng = np.random.default_rng(6)
    points = rng.standard_normal((100_000, 1))
    without = [Without(rows, np.full(50, 0.02), "reweighted", 0.5) for rows in rng.standard_normal((2000, 50, 1))]
    beyond = [find_gains(points, each)[0] > find_chance(each) for each in without]
    # Expected are 2 of 2,000, and a little more for the small sample.
    assert 0 <= sum(beyond) <= 12
    assert find_chance(without[0]) == pytest.approx(6.9 / 50, rel=0.01)


def test_what_informs_is_fitted_and_named_once() -> None:
    """Studies that are left out together inform together."""
    targets = read_targets()
    named = list_informative(targets)
    fitted = {target.study for target in targets if target.role == "fit"}
    assert set(named) <= fitted
    assert len({find_left_out(targets, study) for study in named}) == len(named)
    assert {find_left_out(targets, study) for study in fitted} == {find_left_out(targets, study) for study in named}


def test_a_level_has_no_pool_of_contrasts_and_two_studies_have_none() -> None:
    targets = {target.name: target for target in read_targets()}
    for name in (
        "lee-2016-xr-relapse",
        "lee-2015-first-injection",
        "xbot-first-injection-by-day-7",
    ):
        assert predict_pooled(targets[name], read_targets(), np.random.default_rng(0)) is None


def test_predicted_counts_are_counts() -> None:
    """Links hold half an event more; what is printed does not."""
    targets = {target.name: target for target in read_targets()}
    for name in ("lee-2016-usual-fatal-overdoses", "friedmann-2018-first-injection", "oats-weeks-1-4-off"):
        target = targets[name]
        links = np.array([find_observed_link(target)[0]])
        assert count_observed(target, links)[0] == pytest.approx(find_observed(target), abs=1e-12)
    none = targets["lee-2016-xr-fatal-overdoses"]
    assert count_observed(none, np.array([find_observed_link(none)[0]]))[0] == 0.0


def test_the_crossing_of_certain_predictions_is_what_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of a half each make 15 in 16 inducted; differences, chances and intervals follow from the shares."""
    calibration = read_posterior()
    shares = {"xbot-relapse-xr": 0.6, "xbot-relapse-xr-inducted": 0.4}

    def predict(_calibration: object, _without: object, wanted: list[Any], **_options: object) -> np.ndarray:
        events = np.array([target.n * shares.get(target.name, 0.5) for target in wanted])
        others = np.array([target.n for target in wanted]) - events
        return np.tile(np.log((events + 0.5) / (others + 0.5)), (10, 1))

    monkeypatch.setattr("trialsim.calibration.crossing.predict_study", predict)
    found = find_crossing(calibration, Without(calibration.sample.points, np.ones(1), "refitted", 1.0))
    assert found is not None
    assert found["shares"][0]["median"] == pytest.approx(15 / 16)
    assert found["shares"][0]["observed"] == pytest.approx(204 / 283)
    assert [row["median"] for row in found["differences"]] == pytest.approx([0.1, -0.1])
    assert (found["worse_as_randomised"], found["no_worse_once_inducted"], found["both"]) == (1.0, 1.0, 1.0)
