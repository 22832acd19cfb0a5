"""Sampling: agreement with integration, the gate, the parts of a model, and stored calibration."""

import json
import math
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import meta
from meta import EvidenceError, PoolSpec, pool_data
from meta.appraisal import smooth_leave_one_out
from meta.bayes import (
    Parts,
    Piece,
    SamplingError,
    draw_bayes,
    find_tipping_point,
    pool_bayes,
    pool_mixed,
    sampling,
)
from meta.bayes.gate import Diagnostics, check_gate, diagnose
from meta.bayes.pool import find_quantile_error
from meta.calibration import DESIGNS, hash_sources, judge_ranks, smallest_p
from meta.data import ArmCounts, EffectSizes
from meta.effects import find_trials
from meta.priors import read_prior
from tests.meta.references import make_effects, read_reference

SBC = Path(__file__).parents[1] / "sbc"
STORED = sorted(path.stem for path in SBC.glob("*.json"))
ERRORS = 4.5
"""Monte Carlo standard errors between two computations of one number: 1 in 150,000, and there are some dozens."""


def find_largest_gap(data: EffectSizes | ArmCounts, spec: PoolSpec) -> float:
    """The largest difference between sampling and integration, in Monte Carlo standard errors."""
    from dataclasses import replace

    exact, sampled = pool_data(data, replace(spec, method="exact")), pool_data(data, replace(spec, method="bayes"))
    return max(
        abs(float(getattr(sampled, name)) - float(getattr(exact, name))) / float(sampled.diagnostics[f"mcse_{name}"])
        for name in ("estimate", "ci_low", "ci_high", "tau")
    )


def test_sampling_is_integration_for_bcg() -> None:
    """The published pool (mean −0.7103), by NUTS; one compilation, so that it may stay among the fast tests."""
    data = make_effects(read_reference("bcg-contrasts"), "log_risk_ratio")
    assert find_largest_gap(data, PoolSpec("log_risk_ratio")) <= ERRORS


@pytest.mark.parametrize("p", [0.025, 0.5, 0.975])
def test_the_error_of_a_quantile_is_that_of_independent_draws(p: float) -> None:
    """sqrt(p (1 - p) / n) over the density, in 200 samples: right on average, and never half of what it should be."""
    law, random, n = stats.norm(), np.random.default_rng(8), 4000
    true = math.sqrt(p * (1 - p) / n) / float(law.pdf(law.ppf(p)))
    found = np.array([find_quantile_error(random.standard_normal((4, n // 4)), p) for _ in range(200)]) / true
    assert abs(found.mean() - 1.0) < 0.08
    assert found.min() > 0.5


def test_smoothed_leave_one_out_names_studies_that_it_cannot_leave_out() -> None:
    """Given its own effect each study of BCG fits far better than from the others: every Pareto shape is judged."""
    data = make_effects(read_reference("bcg-contrasts"), "log_risk_ratio")
    found = smooth_leave_one_out(pool_data(data, PoolSpec("log_risk_ratio", method="bayes")))
    assert len(found.k) == 13
    assert math.isfinite(found.elpd)
    assert bool(found.warnings) == bool((found.k > 0.7).any())
    with pytest.raises(EvidenceError, match="not sampled"):
        smooth_leave_one_out(pool_data(data, PoolSpec("log_risk_ratio")))


@pytest.fixture(scope="module")
def sampler() -> None:
    """PyMC raises the recursion limit when it is first imported, which Hypothesis forbids within a test."""
    import_module("pymc")


@pytest.mark.slow
@pytest.mark.usefixtures("sampler")
@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["log_odds_ratio", "logit_proportion", "log_rate", "log_rate_ratio"]))
def test_sampling_is_integration_for_random_counts(seed: int, measure: str) -> None:
    random = np.random.default_rng(seed)
    arms = 2 if "ratio" in measure else 1
    k = int(random.integers(3, 9))
    n = random.integers(10, 200, (k, arms)).astype(float)
    p = random.uniform(0.05, 0.5, (k, arms))
    poisson = "rate" in measure
    events = (random.poisson(n * p) if poisson else random.binomial(n.astype(int), p)).astype(float)
    names = tuple(map(str, range(k)))
    data = ArmCounts(measure, "poisson" if poisson else "binomial", names, events, n)
    spec = PoolSpec(measure, "poisson" if poisson else "binomial", mu_prior=read_prior("normal(0, 2)"))
    assert find_largest_gap(data, spec) <= ERRORS


@pytest.mark.slow
def test_three_opinions_that_disagree_are_an_error() -> None:
    """A prior that contradicts the data parts the frequentist fit from the other two."""
    table = meta.read_set("B6")
    assert meta.compare(table, PoolSpec("log_rate_ratio")).agrees
    strong = PoolSpec("log_rate_ratio", mu_prior=read_prior("normal(0, 0.1)"))
    with pytest.raises(EvidenceError, match="estimate: reml gives"):
        meta.compare(table, strong)


def test_a_sample_that_has_not_converged_is_refused_with_the_remedy() -> None:
    random = np.random.default_rng(1)
    apart = random.standard_normal((4, 500)) + np.arange(4)[:, None]
    with pytest.raises(SamplingError) as caught:
        check_gate(diagnose({"mu": apart}, 3))
    shown = str(caught.value)
    assert all(word in shown for word in ("R-hat", "effective sample size", "3 divergences", "method exact"))
    check_gate(diagnose({"mu": random.standard_normal((4, 500))}, 0))
    check_gate(Diagnostics(1.01, 400, 400, 0))
    with pytest.raises(SamplingError):
        check_gate(Diagnostics(1.011, 400, 400, 0))


@pytest.mark.parametrize(
    ("first", "tried"),
    [
        (Diagnostics(1.0, 900, 900, 2), [("a", 0.95), ("a", 0.99), ("b", 0.99), ("a", 0.998)]),
        (Diagnostics(1.0, 300, 900, 2), [("a", 0.95), ("b", 0.99), ("a", 0.99), ("a", 0.998)]),
        (Diagnostics(1.02, 900, 900, 0), [("a", 0.95), ("b", 0.99), ("a", 0.99), ("a", 0.998)]),
    ],
)
def test_a_form_that_only_diverged_is_tried_again_before_the_other(
    monkeypatch: pytest.MonkeyPatch, first: Diagnostics, tried: list[tuple[str, float]]
) -> None:
    seen: list[tuple[str, float]] = []

    def run(model: Any, draws: int, seed: int, accept: float) -> Any:
        seen.append((model, accept))
        return {"posterior": {}, "sample_stats": {"diverging": SimpleNamespace(values=np.zeros(1))}}

    monkeypatch.setattr(sampling, "_run", run)
    monkeypatch.setattr(sampling, "diagnose", lambda found, divergences: first)
    with pytest.raises(SamplingError):
        sampling.sample_model([lambda: "a", lambda: "b"], [], draws=10, seed=1)
    assert seen == tried


def test_a_frequentist_or_failed_result_cannot_feed_a_simulation() -> None:
    result = pool_data(make_effects(read_reference("schools")), PoolSpec("log_odds_ratio", method="reml"))
    with pytest.raises(EvidenceError, match="not sampled"):
        draw_bayes(result, 10, 1)


@pytest.mark.slow
def test_a_regression_finds_the_latitude_of_bcg() -> None:
    """Absolute latitude explains BCG: metafor's slope by REML lies within a third of a posterior standard deviation."""
    reference = read_reference("bcg-contrasts")
    x = np.array(reference["data"]["x"], float)
    data = make_effects(reference, "log_risk_ratio")
    parts = Parts(covariates=((x - x.mean()) / 10)[:, None])
    result = pool_bayes(data, PoolSpec("log_risk_ratio", method="bayes"), parts)
    slope = result.draws.sample.draws["slope"].ravel()
    known = reference["expected"]["regression_z"]
    assert abs(slope.mean() - 10 * known["beta"][1]) < slope.std() / 3
    assert "slope" in result.priors


@pytest.mark.slow
def test_a_robust_heterogeneity_heeds_an_outlier_less() -> None:
    y = np.array([0.1, 0.15, 0.05, 0.12, 0.08, 3.0])
    data = EffectSizes("log_odds_ratio", tuple("abcdef"), y, np.full(6, 0.01))
    spec = PoolSpec("log_odds_ratio", method="bayes", tau_prior=read_prior("half-normal(0.3)"))
    robust, normal = pool_bayes(data, spec, Parts(student=3.0)), pool_bayes(data, spec)
    assert abs(robust.estimate - 0.1) < abs(normal.estimate - 0.1)


@pytest.mark.slow
def test_bias_terms_follow_the_trials() -> None:
    """Four biased cohorts about -1 and two trials about -0.25: with bias terms the pool follows the trials."""
    y = np.array([-1.0, -1.1, -0.9, -1.0, -0.3, -0.2])
    data = EffectSizes("log_odds_ratio", tuple("abcdef"), y, np.full(6, 0.02))
    spec = PoolSpec("log_odds_ratio", method="bayes", tau_prior=read_prior("half-normal(0.2)"))
    plain = pool_bayes(data, spec)
    adjusted = pool_bayes(data, spec, Parts(biased=np.array([1.0, 1, 1, 1, 0, 0])))
    assert abs(plain.estimate + 1.0) < abs(plain.estimate + 0.25)
    assert abs(adjusted.estimate + 0.25) < abs(adjusted.estimate + 1.0)
    assert {"bias", "tau_bias"} <= set(adjusted.priors)


@pytest.mark.slow
def test_mixed_kinds_of_data_speak_of_one_hazard() -> None:
    """Pieces made from a hazard of 0.2 a year, of every kind: the pool holds it; two studies share their pieces."""
    n, h = 4000.0, 0.2
    pieces = [
        Piece("A", "rate", round(h * 5000), 5000.0),
        Piece("B", "count", round(n * -math.expm1(-h * 0.5)), n, to=0.5),
        Piece("C", "retained", round(n * math.exp(-h * 0.5)), n, to=0.5),
        Piece("D", "interval", round(n * -math.expm1(-h * 0.25)), n, start=0.25, to=0.5),
        Piece("E", "hazard", math.log(h), 0.05),
        Piece("A", "hazard", math.log(h), 0.05),
    ]
    spec = PoolSpec("log_rate", "poisson", "bayes", tau_prior=read_prior("half-normal(0.2)"))
    result = pool_mixed(pieces, spec)
    assert len(result.studies) == 5
    assert abs(result.estimate - math.log(h)) < 3 * result.se
    assert result.tau < 0.1
    with pytest.raises(EvidenceError, match="pieces of studies"):
        smooth_leave_one_out(result)


@pytest.mark.slow
def test_a_contrast_from_mixed_data_is_the_pool_of_its_arms() -> None:
    """Person-years of both arms alone are the two-arm Poisson model, which integration answers; ratios alone are the
    normal one.
    """
    years = np.array([[400.0, 420.0], [150.0, 160.0], [900.0, 800.0], [300.0, 310.0]])
    events = np.array([[30.0, 18.0], [9.0, 8.0], [70.0, 35.0], [21.0, 17.0]])
    names = tuple("abcd")
    priors = {"mu_prior": read_prior("normal(0, 1)"), "tau_prior": read_prior("half-normal(0.5)")}
    spec = PoolSpec("log_hazard_ratio", method="bayes", baseline_prior=read_prior("normal(-3, 2)"), **priors)
    arms = [
        Piece(name, "rate", events[i, arm], years[i, arm], arm=arm) for i, name in enumerate(names) for arm in (0, 1)
    ]
    exact = pool_data(
        ArmCounts("log_rate_ratio", "poisson", names, events, years),
        PoolSpec("log_rate_ratio", "poisson", baseline_prior=spec.baseline_prior, **priors),
    )
    ratios = [Piece(name, "ratio", x, 0.25) for name, x in zip(names, (-0.5, -0.1, -0.8, -0.2), strict=True)]
    printed = EffectSizes("log_hazard_ratio", names, np.array([p.x for p in ratios]), np.full(4, 0.25**2))
    for pieces, known in ((arms, exact), (ratios, pool_data(printed, PoolSpec("log_hazard_ratio", **priors)))):
        found = pool_mixed(pieces, spec)
        for key in ("mean", "ci_low", "ci_high"):
            error = found.diagnostics[f"mcse_{'estimate' if key == 'mean' else key}"]
            assert abs(getattr(found, key) - getattr(known, key)) < ERRORS * error


@pytest.mark.slow
def test_hazard_ratios_and_arms_of_every_kind_speak_of_one_contrast() -> None:
    """Pieces made from hazards of 0.4 and 0.2 a year: the pool holds their ratio."""
    n, hazards = 4000.0, (0.4, 0.2)
    pieces = [Piece("E", "ratio", math.log(0.5), 0.05)]
    for arm, h in enumerate(hazards):
        pieces += [
            Piece("A", "rate", round(h * 5000), 5000.0, arm=arm),
            Piece("B", "count", round(n * -math.expm1(-h * 0.5)), n, to=0.5, arm=arm),
            Piece("C", "retained", round(n * math.exp(-h * 0.5)), n, to=0.5, arm=arm),
            Piece("D", "interval", round(n * -math.expm1(-h * 0.25)), n, start=0.25, to=0.5, arm=arm),
        ]
    spec = PoolSpec("log_hazard_ratio", method="bayes", tau_prior=read_prior("half-normal(0.2)"))
    result = pool_mixed(pieces, spec)
    assert abs(result.estimate - math.log(0.5)) < 3 * result.se
    assert result.tau < 0.1
    assert [study.study for study in result.studies] == ["E", "A", "B", "C", "D"]


def test_arms_and_ratios_are_checked_against_the_measure() -> None:
    contrast = PoolSpec("log_hazard_ratio", method="bayes")
    with pytest.raises(EvidenceError, match="A: only arm 1 has data"):
        pool_mixed([Piece("A", "rate", 3.0, 10.0, arm=1), Piece("B", "ratio", 0.1, 0.2)], contrast)
    with pytest.raises(EvidenceError) as caught:
        pool_mixed(
            [Piece("A", "ratio", 0.1, 0.2), Piece("B", "rate", 3.0, 10.0, arm=1)], PoolSpec("log_rate", "poisson")
        )
    assert len(caught.value.faults) == 2
    with pytest.raises(EvidenceError, match="log rate or a log hazard ratio"):
        pool_mixed([Piece("A", "ratio", 0.1, 0.2)], PoolSpec("log_odds_ratio", method="bayes"))


def test_rows_of_one_study_are_one_trial() -> None:
    table = meta.read_set("A1")
    data = meta.make_data(table, PoolSpec("logit_proportion", "binomial"))
    assert find_trials(table, data).tolist() == [0.0, 1.0, 1.0, 2.0, 3.0, 4.0]


def test_impossible_pieces_are_refused_all_at_once() -> None:
    pieces = [Piece("A", "rate", -1.0, 10.0), Piece("B", "count", 12.0, 10.0), Piece("C", "other", 1.0, 2.0)]
    with pytest.raises(EvidenceError) as caught:
        pool_mixed(pieces, PoolSpec("log_rate", "poisson", "bayes"))
    assert len(caught.value.faults) == 3


def test_the_tipping_point_is_where_the_interval_touches() -> None:
    """With one common effect and all studies marked it is the lower limit itself."""
    data = EffectSizes("log_odds_ratio", ("a", "b"), np.array([1.0, 1.2]), np.array([0.04, 0.04]))
    spec = PoolSpec("log_odds_ratio", effects="common", mu_prior=read_prior("flat"))
    limit = pool_data(data, spec).ci_low
    found = find_tipping_point(data, spec, np.array([True, True]))
    assert found.bias == pytest.approx(limit, abs=1e-3)
    one = find_tipping_point(data, spec, np.array([True, False]))
    assert one.bias == pytest.approx(2 * limit, abs=1e-3)
    with pytest.raises(EvidenceError, match="holds 0 already"):
        find_tipping_point(
            EffectSizes("log_odds_ratio", ("a",), np.array([0.1]), np.array([1.0])), spec, np.array([True])
        )


@pytest.mark.parametrize("name", DESIGNS)
def test_every_model_has_a_calibration_of_its_present_source(name: str) -> None:
    """Run `nox -s sbc` after a change of the modules that the design names."""
    assert name in STORED
    stored = json.loads((SBC / f"{name}.json").read_text(encoding="utf-8"))
    assert stored["source"] == hash_sources(DESIGNS[name])
    assert stored["failed"] <= 0.1 * stored["settings"]["count"]


def test_the_ranks_of_all_calibrations_are_uniform() -> None:
    """Chi-squared over ten bins; the least of all p values may be what luck makes of it once in a thousand times."""
    found = {
        (name, key): judge_ranks(ranks)
        for name in STORED
        for key, ranks in json.loads((SBC / f"{name}.json").read_text(encoding="utf-8"))["ranks"].items()
    }
    assert len(found) >= len(DESIGNS)
    assert min(found.values()) > smallest_p(len(found))


def test_ranks_of_a_wrong_posterior_are_seen() -> None:
    """A posterior whose spread is half of the truth's piles ranks up at both ends."""
    random = np.random.default_rng(3)
    truth = random.standard_normal(300)
    ranks = [int((0.5 * random.standard_normal(99) < t).sum()) for t in truth]
    assert judge_ranks(ranks) < smallest_p(100)
