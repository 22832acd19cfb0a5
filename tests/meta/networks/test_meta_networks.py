"""Networks: R's metafor on public data, published values, and ways in which league tables are read wrongly."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from meta import EvidenceError, PoolSpec
from meta.networks import (
    collect_network,
    describe_network,
    fit_unrelated,
    pool_network,
    rank_treatments,
    split_nodes,
)
from meta.networks.linear import fit_linear, lay_network
from meta.networks.sampled_inconsistency import sample_split
from meta.priors import FLAT, read_prior
from meta.tables import EvidenceRow, EvidenceTable
from tests.meta.references import read_reference


def make_rows(reference: dict[str, Any]) -> EvidenceTable:
    data = reference["data"]
    rows = []
    for i, (study, treatment) in enumerate(zip(data["study"], data["treatment"], strict=True)):
        kind = "mean" if "mean" in data else "binary"
        names = ("mean", "sd", "n") if kind == "mean" else ("events", "n")
        fields: dict[str, Any] = {name: data[name][i] for name in names}
        rows.append(EvidenceRow(i + 2, f"r{i}", str(study), kind, treatment=treatment, citation="x", **fields))
    return EvidenceTable(tuple(rows))


def make_contrasts(*pairs: tuple[str, str, str, float, float]) -> EvidenceTable:
    return EvidenceTable(
        tuple(
            EvidenceRow(i + 2, f"r{i}", study, "estimate", a, b, estimate=y, se=s, citation="x")
            for i, (study, a, b, y, s) in enumerate(pairs)
        )
    )


TRIANGLE = make_contrasts(
    ("1", "b", "a", 0.5, 0.2),
    ("2", "b", "a", 0.7, 0.3),
    ("3", "c", "a", 0.2, 0.2),
    ("4", "c", "b", -0.6, 0.25),
    ("5", "c", "b", -0.2, 0.4),
)
SENN = read_reference("network-senn2013")


def order_of(expected: dict[str, Any], treatments: tuple[str, ...]) -> list[int]:
    return [expected["treatments"].index(name) for name in treatments[1:]]


def test_least_squares_are_those_of_metafor() -> None:
    """metafor fits the arms with an effect for every study, which is the same model; 1e-4 is its optimiser's."""
    expected = SENN["expected"]
    data = collect_network(make_rows(SENN), "mean_difference", reference="placebo")
    order = order_of(expected, data.treatments)
    for method, key in (("inverse-variance", "common"), ("reml", "reml")):
        result = pool_network(data, PoolSpec("mean_difference", method=method))
        known, error = (np.array(expected[key][name])[order] for name in ("estimate", "se"))
        np.testing.assert_allclose(result.estimate[1:, 0], known, atol=1e-4 * error.min())
        np.testing.assert_allclose(result.se[1:, 0], error, rtol=1e-4)
        if key == "common":
            assert result.q["q_total"] == pytest.approx(expected[key]["q"], rel=1e-6)
        else:
            assert result.tau**2 == pytest.approx(expected[key]["tau2"], abs=1e-4 * error.min() ** 2)


def test_integration_is_least_squares_where_tau_is_known() -> None:
    """A prior of tau that leaves no room: effects and standard errors at that tau."""
    data = collect_network(make_rows(SENN), "mean_difference", reference="placebo")
    spec = PoolSpec("mean_difference", mu_prior=FLAT, tau_prior=read_prior("uniform(0.2999, 0.3001)"))
    result = pool_network(data, spec)
    d, covariance, _, _ = fit_linear(lay_network(data), 0.09)
    np.testing.assert_allclose(result.estimate[1:, 0], d, atol=1e-4)
    np.testing.assert_allclose(result.se[1:, 0], np.sqrt(np.diag(covariance)), rtol=1e-3)


@pytest.mark.parametrize("method", ["inverse-variance", "dl", "reml", "exact"])
def test_another_reference_changes_no_contrast(method: str) -> None:
    one = pool_network(
        collect_network(TRIANGLE, "log_odds_ratio", reference="a"),
        PoolSpec("log_odds_ratio", method=method, mu_prior=FLAT),
    )
    other = pool_network(
        collect_network(TRIANGLE, "log_odds_ratio", reference="c"),
        PoolSpec("log_odds_ratio", method=method, mu_prior=FLAT),
    )
    index = [other.treatments.index(name) for name in one.treatments]
    np.testing.assert_allclose(other.estimate[np.ix_(index, index)], one.estimate, atol=1e-6)
    np.testing.assert_allclose(other.se[np.ix_(index, index)], one.se, rtol=1e-5)


def test_a_league_is_read_row_minus_column() -> None:
    """b beat a in the data (positive): row b against column a is positive, and its mirror is its negative."""
    result = pool_network(collect_network(TRIANGLE, "log_odds_ratio", reference="a"), PoolSpec("log_odds_ratio"))
    described = describe_network(result)
    cell = next(c for c in described["league"] if (c["treatment"], c["comparator"]) == ("b", "a"))
    mirror = next(c for c in described["league"] if (c["treatment"], c["comparator"]) == ("a", "b"))
    assert cell["estimate"] > 0
    assert mirror["estimate"] == pytest.approx(-cell["estimate"])
    assert cell["back_transformed"]["estimate"] == pytest.approx(np.exp(cell["estimate"]))
    assert described["against_reference"]["b"]["estimate"] == cell["estimate"]


def test_ranks_need_a_direction_and_turn_with_it() -> None:
    result = pool_network(collect_network(TRIANGLE, "log_odds_ratio"), PoolSpec("log_odds_ratio"))
    for missing in (None, "up"):
        with pytest.raises(EvidenceError, match="direction of benefit"):
            rank_treatments(result, missing)
    up, down = rank_treatments(result, "higher"), rank_treatments(result, "lower")
    best = int(np.argmax(up.score))
    assert result.treatments[best] == "b"
    np.testing.assert_allclose(np.array(up.score) + np.array(down.score), 1.0, atol=1e-12)
    np.testing.assert_allclose(np.sum(up.shares, axis=0), 1.0)
    frequentist = pool_network(collect_network(TRIANGLE, "log_odds_ratio"), PoolSpec("log_odds_ratio", method="reml"))
    assert int(np.argmax(rank_treatments(frequentist, "higher").score)) == best


def test_a_split_adds_up_to_the_network() -> None:
    """Direct and indirect, weighted by precision, are the network's own estimate at the same tau."""
    data = collect_network(TRIANGLE, "log_odds_ratio", reference="a")
    result = pool_network(data, PoolSpec("log_odds_ratio", method="reml"))
    for split in split_nodes(data):
        i, j = data.treatments.index(split.treatment), data.treatments.index(split.comparator)
        weights = np.array([split.direct_se, split.indirect_se]) ** -2.0
        both = float((weights * [split.direct, split.indirect]).sum() / weights.sum())
        assert both == pytest.approx(result.estimate[i, j], abs=1e-6)
        assert split.difference == pytest.approx(split.direct - split.indirect)


def test_a_loop_that_does_not_close_is_found() -> None:
    pairs = [("1", "b", "a", 1.0, 0.05), ("2", "c", "b", 1.0, 0.05), ("3", "c", "a", -1.0, 0.05)]
    pairs += [("4", "b", "a", 1.0, 0.05), ("5", "c", "b", 1.0, 0.05), ("6", "c", "a", -1.0, 0.05)]
    data = collect_network(make_contrasts(*pairs), "log_odds_ratio")
    result = pool_network(data, PoolSpec("log_odds_ratio", method="inverse-variance"))
    assert result.q["p_between"] < 1e-6
    assert result.q["q_within"] == pytest.approx(0.0, abs=1e-9)
    unrelated = fit_unrelated(data)
    assert unrelated.tau < 0.05 < unrelated.consistent_tau


def test_pieces_are_named() -> None:
    table = make_contrasts(("1", "b", "a", 0.1, 0.1), ("2", "d", "c", 0.1, 0.1))
    with pytest.raises(EvidenceError, match="2 pieces") as caught:
        collect_network(table, "log_odds_ratio")
    assert "{a, b} in 1" in str(caught.value)
    assert "{c, d} in 2" in str(caught.value)


def test_a_multi_arm_trial_needs_all_its_pairs_or_its_arms() -> None:
    with pytest.raises(EvidenceError, match="covariance"):
        collect_network(make_contrasts(("1", "b", "a", 0.1, 0.1), ("1", "c", "a", 0.3, 0.1)), "log_odds_ratio")
    whole = make_contrasts(("1", "b", "a", 0.1, 0.2), ("1", "c", "a", 0.3, 0.2), ("1", "c", "b", 0.2, 0.2))
    study = collect_network(whole, "log_odds_ratio").studies[0]
    assert study.covariance is not None
    np.testing.assert_allclose(study.covariance, [[0.04, 0.02], [0.02, 0.04]])


def test_zero_cells_send_the_normal_model_to_the_exact_likelihood() -> None:
    data = collect_network(make_rows(read_reference("network-hasselblad1998")), "log_odds_ratio")
    with pytest.raises(EvidenceError, match="zero cell"):
        pool_network(data, PoolSpec("log_odds_ratio"))


SMOKING = PoolSpec(
    "log_odds_ratio",
    "binomial",
    "bayes",
    mu_prior=read_prior("normal(0, 100)"),
    tau_prior=read_prior("half-normal(5)"),
    baseline_prior=read_prior("normal(0, 100)"),
)


@pytest.mark.slow
def test_unrelated_mean_effects_of_counts_as_published() -> None:
    """The multinma package's vignette on smoking cessation (after Technical Support Document 4), 1,000 to 3,600
    effective draws; tolerances are four Monte Carlo errors of both sides.
    """
    data = collect_network(
        make_rows(read_reference("network-hasselblad1998")), "log_odds_ratio", reference="no_contact"
    )
    found = fit_unrelated(data, SMOKING)
    published = {
        ("grp_counseling", "no_contact"): (1.13, 0.79),
        ("ind_counseling", "no_contact"): (0.90, 0.27),
        ("self_help", "no_contact"): (0.36, 0.57),
        ("ind_counseling", "grp_counseling"): (-0.30, 0.59),
        ("self_help", "grp_counseling"): (-0.61, 0.70),
        ("self_help", "ind_counseling"): (0.21, 1.04),
    }
    assert set(found.pairs) == set(published)
    for pair, estimate, se in zip(found.pairs, found.estimate, found.se, strict=True):
        mean, sd = published[pair]
        assert estimate == pytest.approx(mean, abs=4 * sd / np.sqrt(500))
        assert se == pytest.approx(sd, rel=4 / np.sqrt(1000))
    assert found.tau == pytest.approx(0.90, abs=0.05)
    assert found.consistent_tau == pytest.approx(0.81, abs=0.05)


@pytest.mark.slow
def test_a_node_of_counts_splits_as_published() -> None:
    """The same vignette: self-help against no intervention, which no trial of three arms holds."""
    data = collect_network(
        make_rows(read_reference("network-hasselblad1998")), "log_odds_ratio", reference="no_contact"
    )
    split = sample_split(data, SMOKING, 0, data.treatments.index("self_help"))
    for found, mean, sd in (
        (split.direct, 0.34, 0.55),
        (split.indirect, 0.70, 0.61),
        (split.difference, -0.36, 0.83),
    ):
        assert found == pytest.approx(mean, abs=4 * sd / np.sqrt(1000))
    assert split.difference_se == pytest.approx(0.83, rel=0.12)
    assert split.p == pytest.approx(0.66, abs=0.08)


@pytest.mark.slow
def test_smoking_cessation_as_published() -> None:
    """Technical Support Document 2: 0.49, 0.84, 1.10, tau 0.82; 0.04 is about four Monte Carlo errors of both sides."""
    reference = read_reference("network-hasselblad1998")
    data = collect_network(make_rows(reference), "log_odds_ratio", reference="no_contact")
    spec = PoolSpec(
        "log_odds_ratio",
        "binomial",
        "bayes",
        mu_prior=read_prior("normal(0, 100)"),
        tau_prior=read_prior("uniform(0, 5)"),
        baseline_prior=read_prior("normal(0, 100)"),
        draws=2000,
    )
    result = pool_network(data, spec)
    published = reference["expected"]["published"]
    assert result.mean is not None
    for name in ("self_help", "ind_counseling", "grp_counseling"):
        assert result.mean[result.treatments.index(name), 0] == pytest.approx(published[name], abs=0.04)
    assert result.tau == pytest.approx(published["tau"], abs=0.04)
    turned = replace(spec, seed=2)
    assert pool_network(data, turned).tau == pytest.approx(result.tau, abs=0.04)
