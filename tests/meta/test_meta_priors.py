"""Priors: text and back, densities against scipy and numerical integration, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from meta import EvidenceError, PoolSpec, Prior
from meta.pooling import check_spec
from meta.priors import (
    FLAT,
    default_tau_prior,
    describe_prior,
    log_density,
    quantile,
    read_prior,
    rhodes_2015,
    turner_2015,
)

TEXTS = (
    "normal(0, 4)",
    "student(4, 0, 2.5)",
    "half-normal(0.5)",
    "half-cauchy(25)",
    "half-student(3, 1)",
    "log-normal(-1.28, 0.87)",
    "log-student(5, -1.72, 1.295)",
    "uniform(0, 5)",
    "exponential(2)",
)


@pytest.mark.parametrize("text", [*TEXTS, "flat"])
def test_a_prior_is_printed_as_it_is_read(text: str) -> None:
    assert describe_prior(read_prior(text)) == text


@pytest.mark.parametrize("text", TEXTS)
def test_a_density_integrates_to_the_probability_between_two_quantiles(text: str) -> None:
    prior = read_prior(text)
    low, high = (float(x) for x in quantile(prior, np.array([0.1, 0.9])))
    area, error = integrate.quad(lambda x: math.exp(log_density(prior, np.array(x))), low, high, limit=200)
    assert abs(area - 0.8) <= max(error, 1e-9)


def test_families_are_those_of_scipy() -> None:
    x = np.array([0.2, 1.0, 3.0])
    for text, law in (
        ("half-normal(0.5)", stats.halfnorm(0, 0.5)),
        ("half-cauchy(25)", stats.halfcauchy(0, 25)),
        ("log-normal(-1.28, 0.87)", stats.lognorm(0.87, 0, math.exp(-1.28))),
        ("uniform(0, 5)", stats.uniform(0, 5)),
    ):
        np.testing.assert_allclose(log_density(read_prior(text), x), law.logpdf(x), rtol=1e-12)


def test_a_log_normal_prior_is_of_the_logarithm_of_tau_itself() -> None:
    """The median of tau is exp(m); for a law of tau squared it would be exp(m / 2)."""
    assert float(quantile(read_prior("log-normal(-1.28, 0.87)"), np.array(0.5))) == pytest.approx(math.exp(-1.28))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("half-norml(0.5)", "half-normal"),
        ("half-normal", "half-normal(scale)"),
        ("half-normal(-1)", "not positive"),
        ("half-normal(0.5, 2)", "needs 1"),
        ("normal(0, inf)", "finite"),
        ("uniform(5, 0)", "width"),
        ("", "cannot read"),
        ("half-normal(0.5); import os", "cannot read"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        read_prior(text)
    assert said in str(caught.value)


@pytest.mark.parametrize("text", ["normal(0, 1)", "student(4, 0, 1)", "uniform(-1, 1)"])
def test_a_standard_deviation_has_no_prior_below_zero(text: str) -> None:
    with pytest.raises(EvidenceError, match="negative values"):
        read_prior(text, scale=True)


@given(st.text(max_size=40))
def test_any_text_is_a_prior_or_is_refused(text: str) -> None:
    try:
        prior = read_prior(text)
    except EvidenceError:
        return
    assert isinstance(prior, Prior)


def test_a_flat_prior_has_density_one_and_no_quantile() -> None:
    assert log_density(FLAT, np.array([-1e9, 0.0, 1e9])).tolist() == [0.0, 0.0, 0.0]
    with pytest.raises(EvidenceError):
        quantile(FLAT, np.array(0.5))


def test_a_mean_has_no_default_prior_because_its_unit_is_the_users() -> None:
    assert default_tau_prior("log_odds_ratio") == read_prior("half-normal(0.5)")
    assert default_tau_prior("mean_difference") is None
    with pytest.raises(EvidenceError, match="unit of its own"):
        check_spec(PoolSpec("mean_difference"))


def test_turners_priors_are_of_tau_and_not_of_its_square() -> None:
    """All-cause mortality, pharmacological against placebo: log tau squared ~ N(-3.95, 1.34), as printed;
    the median of tau is exp(mu / 2).
    """
    prior = turner_2015("all-cause mortality", "pharmacological", "placebo")
    assert prior.parameters == (-1.975, 0.67)
    assert float(quantile(prior, np.array(0.5))) == pytest.approx(math.exp(-3.95 / 2))
    assert "Turner" in describe_prior(prior)
    assert turner_2015("all-cause", "control", "pharmacological") == prior
    assert read_prior("turner-2015(all-cause mortality, pharmacological, placebo)", scale=True) == prior


@pytest.mark.parametrize(
    ("outcome", "treatment", "location", "scale"),
    [
        ("all-cause mortality", "pharmacological", -4.06, 1.45),
        ("semi-objective", "pharmacological", -3.02, 1.85),
        ("subjective (pain", "pharmacological", -2.13, 1.58),
        ("semi-objective", "non-pharmacological", -2.89, 1.91),
    ],
)
def test_the_priors_of_turner_2012_by_three_kinds_of_outcome(
    outcome: str, treatment: str, location: float, scale: float
) -> None:
    """log tau squared ~ N(location, scale), as the R package gemtc has them from the paper."""
    prior = read_prior(f"turner-2012({outcome}, {treatment}, control)", scale=True)
    assert prior.parameters == (location / 2, scale / 2)
    assert "2012" in describe_prior(prior)


def test_rhodes_priors_are_log_t_with_five_degrees_of_freedom() -> None:
    prior = rhodes_2015("mental health", "pharmacological", "placebo")
    assert prior.family == "log-student"
    assert prior.parameters[0] == 5.0


@pytest.mark.parametrize(
    "text",
    [
        "turner-2015(withdrawal s, pharmacological, placebo)",
        "turner-2015(withdrawals, drug, placebo)",
        "turner-2015(x)",
    ],
)
def test_an_unknown_outcome_or_comparison_is_refused(text: str) -> None:
    with pytest.raises(EvidenceError):
        read_prior(text)
