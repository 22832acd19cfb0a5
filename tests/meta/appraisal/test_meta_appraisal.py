"""Diagnostics against R's metafor, closed forms, and data made to have the fault that is looked for."""

import numpy as np
import pytest
from scipy import stats

from meta import EvidenceError, PoolSpec
from meta.appraisal import (
    check_prediction,
    egger,
    egger_random,
    fit_selection,
    leave_one_out,
    measure_influence,
    peters,
    replicate_posterior,
    replicate_prior,
)
from meta.data import ArmCounts, EffectSizes
from meta.frequentist.regression import regress
from meta.priors import FLAT, read_prior
from tests.meta.references import make_effects, make_table, read_reference

NAMES = ("raudenbush1985", "schools", "bcg-contrasts")
CLOSE = 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_influence_is_that_of_metafor(name: str) -> None:
    known = read_reference(name)["expected"]["influence"]
    found = measure_influence(make_effects(read_reference(name)))
    scale = float(np.max(make_effects(read_reference(name)).variance))
    np.testing.assert_allclose(found.residual, known["rstudent"], atol=CLOSE)
    np.testing.assert_allclose(found.dffits, known["dffits"], atol=CLOSE)
    np.testing.assert_allclose(found.cook, known["cook"], atol=CLOSE)
    np.testing.assert_allclose(found.hat, known["hat"], atol=CLOSE)
    np.testing.assert_allclose(found.tau2, known["tau2_del"], atol=CLOSE * scale)


@pytest.mark.parametrize("name", NAMES)
def test_leaving_one_out_is_that_of_metafor(name: str) -> None:
    reference = read_reference(name)
    found = leave_one_out(make_effects(reference), PoolSpec("log_odds_ratio", method="reml"))
    scale = reference["expected"]["reml"]["se"]
    np.testing.assert_allclose(
        [r.estimate for _, r in found], reference["expected"]["leave_one_out"], atol=CLOSE * scale
    )


@pytest.mark.parametrize("name", NAMES)
def test_eggers_tests_are_those_of_metafor(name: str) -> None:
    reference = read_reference(name)
    data = make_effects(reference)
    for found, known in ((egger(data), "egger"), (egger_random(data), "egger_random")):
        assert found.statistic == pytest.approx(reference["expected"][known]["z"], abs=CLOSE)
        assert found.p == pytest.approx(reference["expected"][known]["p"], abs=CLOSE)


@pytest.mark.parametrize("test", ["z", "knha"])
@pytest.mark.parametrize("name", ["raudenbush1985", "bcg-contrasts"])
def test_meta_regression_is_that_of_metafor(name: str, test: str) -> None:
    reference = read_reference(name)
    x = np.array(reference["data"]["x"], float)[:, None]
    known = reference["expected"][f"regression_{test}"]
    found = regress(make_effects(reference), x, ("x",), hartung_knapp=test == "knha")
    np.testing.assert_allclose(found.beta, known["beta"], atol=CLOSE)
    np.testing.assert_allclose(found.se, known["se"], rtol=CLOSE)
    assert found.tau2 == pytest.approx(known["tau2"], abs=CLOSE)
    assert found.qm == pytest.approx(known["qm"], rel=1e-4)
    assert found.qe == pytest.approx(known["qe"], rel=CLOSE)
    assert found.r2 == pytest.approx(known["r2"], abs=1e-4)


def test_peters_is_a_weighted_regression_on_one_over_n() -> None:
    """Against statsmodels' weighted least squares."""
    import statsmodels.api as sm

    from meta.effects import collect_arms

    data = collect_arms(make_table(read_reference("bcg")), "log_odds_ratio")
    a, c = data.events[:, 1], data.events[:, 0]
    b, d = data.exposure[:, 1] - a, data.exposure[:, 0] - c
    y, n = np.log(a * d / (b * c)), (a + b + c + d)
    fit = sm.WLS(y, sm.add_constant(1 / n), weights=1 / (1 / (a + c) + 1 / (b + d))).fit()
    found = peters(data)
    assert found.statistic == pytest.approx(fit.tvalues[1], rel=1e-8)
    assert found.p == pytest.approx(fit.pvalues[1], rel=1e-8)


@pytest.mark.parametrize("name", ["raudenbush1985", "bcg-contrasts"])
def test_the_selection_model_is_that_of_metafor(name: str) -> None:
    """Flat likelihoods: the optimum is known to the root of the optimisers' tolerances, the likelihood much better."""
    known = read_reference(name)["expected"]["selection"]
    data = make_effects(read_reference(name))
    found = fit_selection(data, higher=bool(data.estimate.mean() > 0))
    # Two optimisers: ours may find a point that is a little higher, never a lower one.
    assert -1e-5 < found.statistic - known["lrt"] < 1e-3
    assert found.estimate == pytest.approx(known["estimate"], abs=1e-3)
    assert found.relative == pytest.approx(known["delta"], rel=1e-2)


def test_a_selected_literature_is_corrected_towards_the_truth() -> None:
    """Nine tenths of insignificant studies of no effect are thrown away: the plain pool is biased, the model less."""
    random = np.random.default_rng(3)
    error = random.uniform(0.1, 0.5, 4000)
    y = random.normal(0.0, np.sqrt(error**2 + 0.01))
    keep = (stats.norm.sf(y / error) <= 0.025) | (random.random(4000) < 0.1)
    data = EffectSizes("mean_difference", tuple(map(str, range(int(keep.sum())))), y[keep], error[keep] ** 2)
    plain = float(np.average(data.estimate, weights=1 / data.variance))
    found = fit_selection(data)
    assert abs(found.estimate) < 0.3 * plain
    assert found.relative == pytest.approx(0.1, abs=0.05)
    assert found.p < 1e-6


def test_prediction_of_each_study_is_uniform_under_the_model() -> None:
    """Forty studies from the model itself: Kolmogorov-Smirnov does not see their PIT values leave the uniform law."""
    random = np.random.default_rng(11)
    error = random.uniform(0.1, 0.6, 40)
    y = random.normal(0.3, np.sqrt(error**2 + 0.09))
    data = EffectSizes("log_odds_ratio", tuple(map(str, range(40))), y, error**2)
    found = check_prediction(data, PoolSpec("log_odds_ratio"))
    assert stats.kstest(found.pit, "uniform").pvalue > 0.001
    assert found.elpd == pytest.approx(float(found.log_score.sum()))


def test_a_study_from_another_world_is_not_predicted() -> None:
    y = np.array([0.1, 0.2, 0.0, 0.15, 3.0])
    data = EffectSizes("log_odds_ratio", tuple("abcde"), y, np.full(5, 0.01))
    spec = PoolSpec("log_odds_ratio", tau_prior=read_prior("half-normal(0.1)"))
    assert check_prediction(data, spec).pit[4] > 0.999
    assert replicate_posterior(data, spec, 2000, 1)["q"] < 0.05
    assert replicate_prior(data, spec, 2000, 1)["q"] < 0.05
    with pytest.raises(EvidenceError):
        replicate_prior(data, PoolSpec("log_odds_ratio", mu_prior=FLAT), 10, 1)


def test_too_few_studies_are_refused_or_warned_about() -> None:
    two = EffectSizes("log_odds_ratio", ("a", "b"), np.array([0.1, 0.2]), np.array([0.1, 0.1]))
    for refused in (measure_influence, egger, egger_random):
        with pytest.raises(EvidenceError):
            refused(two)
    counts = ArmCounts("risk_difference", "binomial", ("a",), np.ones((1, 2)), np.full((1, 2), 9.0))
    with pytest.raises(EvidenceError, match="log odds ratio"):
        peters(counts)
    assert "power" in egger(make_effects(read_reference("schools"))).warnings[0]
