"""Exact pools against brute force written another way, closed forms, published values, and laws that must hold."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats
from scipy.special import expit

from meta import EvidenceError, PoolSpec, pool, pool_data
from meta.data import ArmCounts, EffectSizes
from meta.exact import draw_exact, prior_sensitivity
from meta.priors import FLAT, read_prior
from tests.meta.references import make_effects, make_table, read_reference

SMALL = 2e-4
"""Of a posterior standard deviation: what the default grids are good for, and less than the third printed digit."""


def make_counts(events: list[list[int]], people: list[list[int]], measure: str = "log_odds_ratio") -> ArmCounts:
    names = tuple(f"study {i}" for i in range(len(events)))
    likelihood = "poisson" if "rate" in measure else "binomial"
    return ArmCounts(measure, likelihood, names, np.array(events, float), np.array(people, float))


def test_bcg_as_published() -> None:
    """Half-normal(0.5) for tau, normal(0, 4) for mu: mean −0.7103, standard deviation 0.187."""
    result = pool(
        make_table(read_reference("bcg")), PoolSpec("log_risk_ratio", tau_prior=read_prior("half-normal(0.5)"))
    )
    assert round(result.estimate, 4) == -0.7103
    assert round(result.se, 3) == 0.187


def brute_normal(y: np.ndarray, v: np.ndarray, log_tau: Any, sd0: float) -> dict[str, float]:
    """mu and tau by a dense uniform grid of tau, mu integrated by its closed form (Röver 2020, section 2)."""
    tau = np.linspace(0, 60 * math.sqrt(float(v.max())), 400_001)
    w = 1 / (v[:, None] + tau**2)
    precision = w.sum(axis=0) + 1 / sd0**2
    mean = (w * y[:, None]).sum(axis=0) / precision
    log_p = 0.5 * np.log(w).sum(axis=0) - 0.5 * np.log(precision) - 0.5 * (w * y[:, None] ** 2).sum(axis=0)
    log_p += 0.5 * precision * mean**2 + log_tau(tau)
    p = np.exp(log_p - log_p.max())
    p[0] *= 0.5
    p /= p.sum()
    mu = float((p * mean).sum())
    return {
        "mean": mu,
        "sd": math.sqrt(float((p * (1 / precision + (mean - mu) ** 2)).sum())),
        "tau": float(tau[np.searchsorted(np.cumsum(p), 0.5)]),
        "low": float((p * stats.norm.cdf((-1.0 - mean) * np.sqrt(precision))).sum()),
        "new": float((p * stats.norm.cdf((-1.0 - mean) / np.sqrt(1 / precision + tau**2))).sum()),
    }


@pytest.mark.parametrize(
    ("name", "prior", "law"),
    [
        ("bcg-contrasts", "half-normal(0.5)", stats.halfnorm(0, 0.5)),
        ("raudenbush1985", "half-cauchy(0.3)", stats.halfcauchy(0, 0.3)),
        ("schools", "half-cauchy(25)", stats.halfcauchy(0, 25)),
        ("schools", "half-normal(10)", stats.halfnorm(0, 10)),
        ("bcg-contrasts", "log-normal(-1.28, 0.87)", stats.lognorm(0.87, 0, math.exp(-1.28))),
    ],
)
def test_normal_pools_against_a_dense_grid(name: str, prior: str, law: Any) -> None:
    data = make_effects(read_reference(name))
    spec = PoolSpec("log_odds_ratio", mu_prior=read_prior("normal(0, 100)"), tau_prior=read_prior(prior))
    result = pool_data(data, spec)
    with np.errstate(divide="ignore"):
        known = brute_normal(data.estimate, data.variance, law.logpdf, 100.0)
    assert result.mean == pytest.approx(known["mean"], abs=SMALL * known["sd"])
    assert result.se == pytest.approx(known["sd"], rel=SMALL)
    assert result.tau == pytest.approx(
        known["tau"], abs=1e-3 * known["tau"] + 60 * math.sqrt(data.variance.max()) / 4e5
    )
    assert result.diagnostics["grid_halving_error"] < 0.01


def test_quantiles_hold_the_probability_that_they_say() -> None:
    """The limits, fed to the brute-force distribution functions, give back their level."""
    data = make_effects(read_reference("bcg-contrasts"))
    spec = PoolSpec("log_odds_ratio", mu_prior=read_prior("normal(0, 4)"), level=0.9)
    result = pool_data(data, spec)
    tau = np.linspace(0, 6, 100_001)
    w = 1 / (data.variance[:, None] + tau**2)
    precision = w.sum(axis=0) + 1 / 16
    mean = (w * data.estimate[:, None]).sum(axis=0) / precision
    log_p = 0.5 * np.log(w).sum(axis=0) - 0.5 * np.log(precision) + 0.5 * precision * mean**2
    log_p += -0.5 * (w * data.estimate[:, None] ** 2).sum(axis=0) + stats.halfnorm(0, 0.5).logpdf(tau)
    p = np.exp(log_p - log_p.max())
    p[0] *= 0.5
    p /= p.sum()
    assert result.prediction_low is not None
    for limit, share in ((result.ci_low, 0.05), (result.ci_high, 0.95)):
        assert float((p * stats.norm.cdf((limit - mean) * np.sqrt(precision))).sum()) == pytest.approx(share, abs=1e-4)
    spread = np.sqrt(1 / precision + tau**2)
    assert float((p * stats.norm.cdf((result.prediction_low - mean) / spread)).sum()) == pytest.approx(0.05, abs=1e-4)


def test_a_single_arm_pool_against_nested_quadrature() -> None:
    """Three proportions, one of them at its end, by scipy's adaptive quadrature over level, mean and heterogeneity."""
    events, people = [3, 9, 0], [10, 20, 8]
    result = pool_data(
        make_counts([[e] for e in events], [[n] for n in people], "logit_proportion"),
        PoolSpec("logit_proportion", "binomial", mu_prior=read_prior("normal(0, 2)")),
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    tau_nodes, tau_weights = np.polynomial.legendre.leggauss(80)
    mu = np.linspace(-9, 7, 1601)
    density = np.zeros_like(mu)
    for t, u in zip(3.0 * (tau_nodes + 1), 3.0 * tau_weights, strict=True):
        level = expit(mu[:, None] + t * nodes)
        value = stats.norm.pdf(mu, 0, 2) * stats.halfnorm.pdf(t, 0, 1) * u
        for e, n in zip(events, people, strict=True):
            value = value * (stats.binom.pmf(e, n, level) @ (weights / weights.sum()))
        density += value
    density /= density.sum()
    mean = float((density * mu).sum())
    sd = math.sqrt(float((density * (mu - mean) ** 2).sum()))
    assert result.mean == pytest.approx(mean, abs=2e-3 * sd)
    assert result.se == pytest.approx(sd, rel=2e-3)
    assert result.median == pytest.approx(float(np.interp(0.5, np.cumsum(density), mu)), abs=0.02 * sd)


def test_a_two_arm_pool_against_nested_quadrature() -> None:
    """A common odds ratio of two small trials, one with two zero cells: baselines by adaptive quadrature."""
    events, people = [[2, 5], [0, 0]], [[12, 11], [9, 10]]
    spec = PoolSpec(
        "log_odds_ratio",
        "binomial",
        effects="common",
        mu_prior=read_prior("normal(0, 2)"),
        baseline_prior=read_prior("normal(-1, 2)"),
    )
    result = pool_data(make_counts(events, people), spec)
    theta = np.linspace(-9, 9, 121)
    log_density = stats.norm.logpdf(theta, 0, 2)
    for (e0, e1), (n0, n1) in zip(events, people, strict=True):

        def study(a: float, t: float, cells: tuple[int, ...] = (e0, e1, n0, n1)) -> float:
            x0, x1, m0, m1 = cells
            binomials = stats.binom.pmf(x0, m0, expit(a)) * stats.binom.pmf(x1, m1, expit(a + t))
            return float(binomials * stats.norm.pdf(a, -1, 2))

        log_density += np.log([integrate.quad(study, -18, 14, args=(t,), limit=100, points=[-4, 0])[0] for t in theta])
    p = np.exp(log_density - log_density.max())
    p /= p.sum()
    mean = float((p * theta).sum())
    sd = math.sqrt(float((p * (theta - mean) ** 2).sum()))
    assert result.mean == pytest.approx(mean, abs=1e-3 * sd)
    assert result.se == pytest.approx(sd, rel=1e-3)


def test_a_double_zero_trial_is_kept_and_tells_next_to_nothing() -> None:
    spec = PoolSpec("log_odds_ratio", "binomial")
    events, people = [[4, 10], [6, 9], [3, 8]], [[50, 52], [60, 55], [40, 44]]
    without = pool_data(make_counts(events, people), spec)
    with_it = pool_data(make_counts([*events, [0, 0]], [*people, [30, 30]]), spec)
    assert len(with_it.studies) == 4
    assert with_it.studies[3].estimate is None
    assert abs(with_it.estimate - without.estimate) < 0.05 * without.se


def test_counts_of_many_people_are_the_normal_model() -> None:
    events, people = [[400, 620], [800, 900], [300, 520]], [[5000, 5000], [8000, 8200], [4000, 4100]]
    table = make_counts(events, people)
    exact = pool_data(table, PoolSpec("log_odds_ratio", "binomial"))
    a, c = table.events[:, 1], table.events[:, 0]
    b, d = table.exposure[:, 1] - a, table.exposure[:, 0] - c
    sizes = EffectSizes("log_odds_ratio", table.studies, np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d)
    normal = pool_data(sizes, PoolSpec("log_odds_ratio"))
    assert exact.mean == pytest.approx(normal.mean, abs=0.03 * normal.se)
    assert exact.se == pytest.approx(normal.se, rel=0.02)


def test_a_common_effect_is_its_closed_form() -> None:
    data = make_effects(read_reference("raudenbush1985"))
    result = pool_data(data, PoolSpec("log_odds_ratio", effects="common", mu_prior=FLAT))
    w = 1 / data.variance
    assert result.mean == pytest.approx(float((w * data.estimate).sum() / w.sum()), abs=1e-9)
    assert result.se == pytest.approx(float(w.sum() ** -0.5), rel=1e-9)
    assert result.prediction_low is None


@pytest.mark.parametrize("c", [1e-4, 1e4])
def test_another_unit_gives_the_same_answer_in_that_unit(c: float) -> None:
    data = make_effects(read_reference("schools"), "mean_difference")
    scaled = replace(data, estimate=data.estimate * c, variance=data.variance * c**2)
    spec = PoolSpec("mean_difference", tau_prior=read_prior("half-normal(10)"))
    one = pool_data(data, spec)
    other = pool_data(scaled, replace(spec, tau_prior=read_prior(f"half-normal({10 * c})")))
    for name in ("mean", "se", "ci_low", "ci_high", "tau", "prediction_high"):
        assert getattr(other, name) == pytest.approx(c * getattr(one, name), rel=1e-6)
    frequentist = (pool_data(d, replace(spec, method="reml")) for d in (data, scaled))
    first, second = frequentist
    assert second.tau2 == pytest.approx(c**2 * first.tau2, rel=1e-6)
    assert second.estimate == pytest.approx(c * first.estimate, rel=1e-6)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1.0)), min_size=2, max_size=8), st.randoms())
def test_order_does_not_matter_and_a_sign_turns_the_answer(rows: list[tuple[float, float]], luck: Any) -> None:
    y, s = np.array(rows).T
    names = tuple(map(str, range(len(y))))
    order = list(range(len(y)))
    luck.shuffle(order)
    spec = PoolSpec("log_odds_ratio")
    one = pool_data(EffectSizes("log_odds_ratio", names, y, s**2), spec)
    shuffled = pool_data(EffectSizes("log_odds_ratio", tuple(names[i] for i in order), y[order], s[order] ** 2), spec)
    turned = pool_data(EffectSizes("log_odds_ratio", names, -y, s**2), spec)
    assert shuffled.mean == pytest.approx(one.mean, abs=1e-6 * one.se)
    assert turned.mean == pytest.approx(-one.estimate, abs=1e-4 * one.se)
    assert turned.ci_low == pytest.approx(-one.ci_high, abs=1e-3 * one.se)


def test_an_improper_posterior_is_refused_with_the_remedy() -> None:
    with pytest.raises(EvidenceError, match="mu without bounds") as caught:
        pool_data(
            make_counts([[0, 0], [0, 0]], [[10, 10], [9, 9]]), PoolSpec("log_odds_ratio", "binomial", mu_prior=FLAT)
        )
    assert "normal(0, 2.82)" in str(caught.value)


def test_one_study_is_its_prior_of_heterogeneity_and_says_so() -> None:
    data = EffectSizes("log_odds_ratio", ("only",), np.array([0.5]), np.array([0.04]))
    result = pool_data(data, PoolSpec("log_odds_ratio", tau_prior=read_prior("half-normal(0.5)")))
    assert result.tau == pytest.approx(0.5 * 0.6744897501960817, rel=0.02)
    assert any("one study" in warning for warning in result.warnings)


def test_draws_follow_the_posterior_that_is_reported() -> None:
    result = pool(make_table(read_reference("bcg")), PoolSpec("log_risk_ratio"))
    count = 40_000
    draws = draw_exact(result, count, seed=7)
    assert result.mean is not None
    assert abs(draws.mu.mean() - result.mean) < 4 * result.se / math.sqrt(count)
    inside = np.mean((draws.new > result.prediction_low) & (draws.new < result.prediction_high))
    assert abs(inside - 0.95) < 4 * math.sqrt(0.95 * 0.05 / count)
    assert np.array_equal(draws.new, draw_exact(result, count, seed=7).new)


def test_other_priors_are_tried_beginning_with_the_one_asked_for() -> None:
    data = make_effects(read_reference("bcg-contrasts"))
    grid = prior_sensitivity(data, PoolSpec("log_odds_ratio"))
    assert [words for words, _ in grid] == [
        "half-normal(0.5)",
        "half-normal(0.25)",
        "half-normal(1)",
        "half-cauchy(0.5)",
    ]
    assert grid[1][1].tau < grid[0][1].tau < grid[2][1].tau
