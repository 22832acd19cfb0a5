"""Borrowing: conjugacy by quadrature, effective sizes of known laws, and a published worked example."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from meta import EvidenceError, PoolSpec, pool_data
from meta.borrowing import (
    Mixture,
    commensurate_prior,
    draw,
    effective_sizes,
    fit_mixture,
    log_density,
    make_mixture,
    map_prior,
    moments,
    normalised_power_prior,
    power_prior,
    probability_below,
    quantile,
    robustify,
    update,
)
from meta.data import ArmCounts
from meta.priors import read_prior

# Controls of eight earlier trials in ankylosing spondylitis, responders at week 6 (Baeten 2013, Lancet 382:1705,
# appendix; the worked example of Weber 2021, Journal of Statistical Software 100(19)).
RESPONDERS = [23, 12, 19, 9, 39, 6, 9, 10]
PEOPLE = [107, 44, 51, 39, 139, 20, 78, 35]
BETAS = make_mixture("beta", [(0.6, 12.0, 30.0), (0.4, 2.0, 3.0)])
CASES = [
    (BETAS, {"events": 6.0, "n": 24.0}, lambda x: stats.binom.pmf(6, 24, x), (0.0, 1.0)),
    (
        make_mixture("normal", [(0.7, 0.0, 0.3), (0.3, 1.0, 2.0)]),
        {"mean": 0.8, "se": 0.5},
        lambda x: stats.norm.pdf(0.8, x, 0.5),
        (-9.0, 9.0),
    ),
    (
        make_mixture("gamma", [(0.5, 4.0, 100.0), (0.5, 1.0, 10.0)]),
        {"events": 3.0, "person_years": 50.0},
        lambda x: stats.poisson.pmf(3, 50 * x),
        (0.0, 3.0),
    ),
]


@pytest.mark.parametrize(("prior", "data", "likelihood", "ends"), CASES)
def test_a_posterior_is_prior_times_likelihood(
    prior: Mixture, data: dict[str, float], likelihood: object, ends: tuple[float, float]
) -> None:
    assert callable(likelihood)
    posterior = update(prior, data)

    def joint(x: float) -> float:
        return float(np.exp(log_density(prior, np.array(x))) * likelihood(x))

    total = integrate.quad(joint, *ends, limit=400, points=[moments(posterior)[0]])[0]
    for p in (0.05, 0.4, 0.9):
        x = quantile(posterior, p)
        assert probability_below(posterior, x) == pytest.approx(p, abs=1e-9)
        assert math.exp(log_density(posterior, np.array(x))) == pytest.approx(joint(x) / total, rel=1e-6)


@pytest.mark.parametrize(("a", "b"), [(3.0, 9.0), (20.0, 5.0)])
def test_a_beta_law_is_worth_its_parameters(a: float, b: float) -> None:
    sizes = effective_sizes(make_mixture("beta", [(1.0, a, b)]))
    assert sizes.moment == pytest.approx(a + b, rel=1e-9)
    assert sizes.elir == pytest.approx(a + b, rel=1e-5)
    assert sizes.morita == pytest.approx(a + b, rel=1e-9)


def test_a_normal_and_a_gamma_law_are_worth_what_they_say() -> None:
    normal = effective_sizes(make_mixture("normal", [(1.0, 0.3, 0.5)]), unit_sd=2.0)
    assert (normal.moment, normal.morita) == pytest.approx((16.0, 16.0))
    assert normal.elir == pytest.approx(16.0, rel=1e-6)
    gamma = effective_sizes(make_mixture("gamma", [(1.0, 6.0, 40.0)]))
    assert (gamma.moment, gamma.morita) == pytest.approx((40.0, 40.0))
    assert gamma.elir == pytest.approx(40.0, rel=1e-5)


def test_the_information_ratio_grows_by_the_people_that_are_added() -> None:
    """Predictive consistency (Neuenschwander 2020): expected size after m people is the size before plus m."""
    prior, people = BETAS, 20
    after = 0.0
    for x in range(people + 1):
        weight = float((prior.weight * stats.betabinom.pmf(x, people, prior.first, prior.second)).sum())
        after += weight * effective_sizes(update(prior, {"events": x, "n": people})).elir
    assert after - people == pytest.approx(effective_sizes(prior).elir, rel=1e-4)


def test_a_mixture_comes_back_from_its_own_draws() -> None:
    found = fit_mixture(draw(BETAS, 20_000, 1), "beta")
    assert found.components >= 2
    x = np.linspace(0.02, 0.95, 60)
    gap = np.abs(np.exp(log_density(found.mixture, x)) - np.exp(log_density(BETAS, x)))
    assert gap.max() < 0.05 * np.exp(log_density(BETAS, x)).max()
    one = fit_mixture(np.random.default_rng(2).normal(1.0, 2.0, 5000), "normal", most=1)
    assert moments(one.mixture) == pytest.approx((1.0, 2.0), abs=4 * 2.0 / math.sqrt(5000))
    gamma = fit_mixture(np.random.default_rng(3).gamma(3.0, 0.1, 20_000), "gamma", most=1)
    assert gamma.mixture.first[0] == pytest.approx(3.0, rel=0.04)


def test_the_map_prior_of_the_published_example() -> None:
    """Weber 2021: tau half-normal(1), mean of log odds normal(0, 2): the MAP prior has mean 0.258 and 95% of it lies
    between 0.11 and 0.47 (printed to two digits).
    """
    names = tuple(map(str, range(8)))
    data = ArmCounts(
        "logit_proportion", "binomial", names, np.array(RESPONDERS, float)[:, None], np.array(PEOPLE, float)[:, None]
    )
    spec = PoolSpec(
        "logit_proportion", "binomial", mu_prior=read_prior("normal(0, 2)"), tau_prior=read_prior("half-normal(1)")
    )
    prior = map_prior(pool_data(data, spec), count=40_000).mixture
    mean, _ = moments(prior)
    assert mean == pytest.approx(0.258, abs=0.005)
    assert quantile(prior, 0.025) == pytest.approx(0.11, abs=0.01)
    assert quantile(prior, 0.975) == pytest.approx(0.47, abs=0.015)


def test_sizes_of_published_mixtures() -> None:
    """The worked examples of the R package RBesT (Weber 2021): mixtures and sizes as printed, sizes to whole people.

    opensource.nibr.com/RBesT, articles introduction and introduction_normal.
    """
    beta = make_mixture(
        "beta",
        [
            (0.4612914, 33.9513487, 103.0146367),
            (0.1917812, 19.4400089, 41.5205219),
            (0.1893896, 12.2692310, 55.9202833),
            (0.1575378, 2.2521243, 5.4812202),
        ],
    )
    sizes = effective_sizes(beta)
    assert (round(sizes.elir), round(sizes.moment), round(sizes.morita)) == (38, 24, 95)
    assert round(effective_sizes(robustify(beta, weight=0.2)).elir) == 27
    assert moments(beta) == pytest.approx((0.25545885, 0.08662045), abs=1e-7)
    # RBesT finds quantiles by a search with a tolerance: they are printed to more digits than agree.
    assert [quantile(beta, p) for p in (0.025, 0.5, 0.975)] == pytest.approx(
        [0.10730400, 0.24758768, 0.46276769], abs=5e-5
    )
    weights = np.array([0.50104846, 0.41871594, 0.08023561])  # printed to eight digits, 1.00000001 in all
    centres, spreads = (-51.42408665, -47.25917128, -55.07086416), (19.04525409, 7.85193726, 44.57325000)
    normal = make_mixture("normal", list(zip(weights / weights.sum(), centres, spreads, strict=True)))
    sizes = effective_sizes(normal, unit_sd=88.0)
    assert (round(sizes.elir), round(sizes.moment), round(sizes.morita)) == (39, 21, 89)


def test_a_robust_prior_gives_way_to_data_that_contradict_it() -> None:
    prior = make_mixture("beta", [(1.0, 30.0, 70.0)])
    robust = robustify(prior)
    assert robust.weight.tolist() == [0.8, 0.2]
    agree, contradict = (update(robust, {"events": x, "n": 25.0}) for x in (8.0, 22.0))
    assert agree.weight[-1] < 0.2 < 0.99 < contradict.weight[-1]
    assert moments(contradict)[0] > 0.8
    for bad in (0.0, 1.0, -1.0):
        with pytest.raises(EvidenceError):
            robustify(prior, weight=bad)


def test_a_power_prior_counts_people_by_its_power() -> None:
    old = {"events": 20.0, "n": 100.0}
    assert effective_sizes(power_prior(old, 0.5, family="beta")).moment == pytest.approx(52.0)
    assert power_prior({"mean": 1.0, "se": 0.2}, 0.25, family="normal").second[0] == pytest.approx(0.4)
    with pytest.raises(EvidenceError):
        power_prior(old, 1.5, family="beta")


def test_an_unknown_power_is_small_where_old_and_new_disagree() -> None:
    old = {"events": 20.0, "n": 100.0}
    _, agree = normalised_power_prior(old, {"events": 10.0, "n": 50.0}, family="beta")
    posterior, disagree = normalised_power_prior(old, {"events": 40.0, "n": 50.0}, family="beta")
    assert disagree[0] < 0.2 < 0.5 < agree[0]
    assert moments(posterior)[0] > 0.6


def test_a_commensurate_prior_is_its_integral() -> None:
    prior = commensurate_prior({"mean": 0.2, "se": 0.1}, spread=0.5)

    def density(x: float) -> float:
        def inner(d: float) -> float:
            return float(stats.norm.pdf(x, 0.2, math.hypot(0.1, d)) * stats.halfnorm.pdf(d, scale=0.5))

        return float(integrate.quad(inner, 0, 5)[0])

    for x in (-0.5, 0.2, 0.6):
        assert math.exp(log_density(prior, np.array(x))) == pytest.approx(density(x), rel=0.01)


def test_data_of_another_kind_are_refused() -> None:
    for wrong in ({"mean": 1.0, "se": 0.1}, {"events": 30.0, "n": 24.0}, {"events": -1.0, "n": 24.0}):
        with pytest.raises(EvidenceError):
            update(BETAS, wrong)
    with pytest.raises(EvidenceError, match="unit_sd"):
        effective_sizes(make_mixture("normal", [(1.0, 0.0, 1.0)]))
