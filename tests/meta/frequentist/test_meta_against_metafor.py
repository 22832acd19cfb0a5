"""Every frequentist number against R's metafor on public data, pinned by `nox -s reference`.

Both sides iterate to relative 1e-12 or so; 1e-6 leaves room for the square root of that, which is what an optimum of
a flat likelihood is known to. Likelihoods with random effects are maximised by different integration rules on the two
sides (metafor: 7 Gauss-Hermite points or Laplace), which is why theirs are wider.
"""

from typing import Any

import numpy as np
import pytest

from meta import PoolSpec, pool, pool_data
from meta.data import ArmCounts, EffectSizes
from meta.effects import collect_arms, compute_effects, freeman_tukey_back
from meta.frequentist.heterogeneity import find_error
from tests.meta.references import MEASURES, make_effects, make_table, read_reference

CLOSE = 1e-6
SETS = ("bcg", "yusuf1985", "nielweise2007", "hine1989", "nielweise2008", "hart1999", "pritz1997", "normand1999")
PAIRS = [(name, key) for name in SETS for key in read_reference(name)["expected"] if key in MEASURES]
COUNTS = [(name, key) for name in SETS for key in read_reference(name)["expected"] if key.startswith("mh_")]
CONTRASTS = ("raudenbush1985", "schools", "bcg-contrasts")
ESTIMATORS = ("dl", "pm", "reml", "ml")


def make_spec(measure: str, method: str, **changes: Any) -> PoolSpec:
    return PoolSpec(measure, method=method, **changes)


@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_effect_sizes_and_their_variances(name: str, key: str) -> None:
    reference = read_reference(name)
    found = compute_effects(make_table(reference), MEASURES[key])
    np.testing.assert_allclose(found.estimate, reference["expected"][key]["yi"], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.variance, reference["expected"][key]["vi"], rtol=1e-9)


def check_random(data: EffectSizes, expected: dict[str, Any], method: str) -> None:
    """Every number of one random-effects method."""
    scale = expected["reml"]["se"]
    result = pool_data(data, make_spec(data.measure, method, prediction="normal"))
    hk = pool_data(data, make_spec(data.measure, method, hartung_knapp=True))
    guard = pool_data(data, make_spec(data.measure, method, hartung_knapp=True, guard=True))
    known = expected[method]
    tau2_scale = max(known["tau2"], float(np.min(data.variance)))
    assert abs(result.tau2 - known["tau2"]) <= CLOSE * tau2_scale
    if method in ("reml", "ml"):
        restricted = method == "reml"
        error = find_error(data.estimate, data.variance, result.tau2, restricted=restricted)
        np.testing.assert_allclose(error, known["se_tau2"], rtol=1e-5)
    pairs = [
        (result.estimate, known["estimate"]),
        (result.se, known["se"]),
        (result.ci_low, known["ci_low"]),
        (result.ci_high, known["ci_high"]),
        (hk.se, known["hk_se"]),
        (hk.ci_low, known["hk_low"]),
        (hk.ci_high, known["hk_high"]),
        (guard.se, known["guard_se"]),
        (guard.ci_low, known["guard_low"]),
    ]
    for ours, theirs in pairs:
        assert abs(ours - theirs) <= CLOSE * scale
    assert result.i2 == pytest.approx(known["i2"], abs=CLOSE)
    assert result.h2 == pytest.approx(known["h2"], rel=CLOSE)
    assert result.q == pytest.approx(known["q"], rel=CLOSE)
    shrunk = [study.shrunk for study in result.studies]
    np.testing.assert_allclose(shrunk, known["shrunk"], atol=1e-5 * scale)


@pytest.mark.parametrize("method", ESTIMATORS)
@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_random_effects_of_counts_and_means(name: str, key: str, method: str) -> None:
    reference = read_reference(name)
    check_random(compute_effects(make_table(reference), MEASURES[key]), reference["expected"][key], method)


@pytest.mark.parametrize("method", ESTIMATORS)
@pytest.mark.parametrize("name", CONTRASTS)
def test_random_effects_of_contrasts(name: str, method: str) -> None:
    reference = read_reference(name)
    check_random(make_effects(reference), reference["expected"], method)


@pytest.mark.parametrize(("name", "key"), PAIRS)
def test_the_q_profile_interval(name: str, key: str) -> None:
    """metafor prints the limits from a search with tolerance 1e-12 of its own scale; it warns where there is none."""
    reference = read_reference(name)
    expected = reference["expected"][key]
    data = compute_effects(make_table(reference), MEASURES[key])
    result = pool_data(data, make_spec(MEASURES[key], "reml"))
    assert result.tau_low is not None
    assert result.tau_high is not None
    scale = float(np.max(data.variance)) + result.tau_high**2
    for ours, theirs in ((result.tau_low**2, expected["tau2_low"]), (result.tau_high**2, expected["tau2_high"])):
        assert abs(ours - (theirs or 0.0)) <= 1e-5 * scale


@pytest.mark.parametrize(("name", "key"), COUNTS)
def test_mantel_haenszel(name: str, key: str) -> None:
    reference = read_reference(name)
    measure = MEASURES[key.removeprefix("mh_")]
    result = pool(make_table(reference), make_spec(measure, "mantel-haenszel", effects="common"))
    known = reference["expected"][key]
    assert result.estimate == pytest.approx(known["estimate"], abs=CLOSE * known["se"])
    assert result.se == pytest.approx(known["se"], rel=CLOSE)


@pytest.mark.parametrize("name", ["bcg", "yusuf1985", "nielweise2007", "hine1989"])
def test_peto(name: str) -> None:
    reference = read_reference(name)
    result = pool(make_table(reference), make_spec("log_odds_ratio", "peto", effects="common"))
    known = reference["expected"]["peto"]
    assert result.estimate == pytest.approx(known["estimate"], abs=CLOSE * known["se"])
    assert result.se == pytest.approx(known["se"], rel=CLOSE)


@pytest.mark.parametrize(
    ("name", "measure", "model"),
    [
        ("bcg", "log_odds_ratio", "binomial"),
        ("nielweise2008", "log_rate_ratio", "poisson"),
        ("hart1999", "log_rate_ratio", "poisson"),
        ("pritz1997", "logit_proportion", "binomial"),
    ],
)
def test_random_effects_under_the_exact_likelihood(name: str, measure: str, model: str) -> None:
    """The maximum of the conditional (contrasts) or full (levels) likelihood; theirs has few quadrature points."""
    reference = read_reference(name)
    known = reference["expected"].get("conditional") or reference["expected"]["likelihood"]
    result = pool(make_table(reference), make_spec(measure, "ml", model=model))
    assert result.estimate == pytest.approx(known["estimate"], abs=0.01 * known["se"])
    assert result.se == pytest.approx(known["se"], rel=0.02)
    assert result.tau2 == pytest.approx(known["tau2"], abs=0.02 * max(known["tau2"], known["se"] ** 2))


def test_the_way_back_from_freeman_tukey() -> None:
    reference = read_reference("pritz1997")
    n = np.array(reference["data"]["n"], float)
    result = pool(make_table(reference), make_spec("freeman_tukey", "reml"))
    harmonic = float(1 / np.mean(1 / n))
    found = float(freeman_tukey_back(np.array(result.estimate), harmonic))
    assert found == pytest.approx(reference["expected"]["pft_back"], abs=1e-7)


def test_bcg_as_published() -> None:
    """The figures that every text prints: REML −0.7145 (0.1798), tau² 0.3132."""
    result = pool(make_table(read_reference("bcg")), make_spec("log_risk_ratio", "reml"))
    assert [round(x, 4) for x in (result.estimate, result.se, result.tau2)] == [-0.7145, 0.1798, 0.3132]


def test_zero_cells_stay_in_counts_and_leave_effect_sizes_with_a_word() -> None:
    table = make_table(read_reference("nielweise2007"))
    counts, sizes = collect_arms(table, "log_odds_ratio"), compute_effects(table, "log_odds_ratio")
    assert isinstance(counts, ArmCounts)
    assert len(counts.studies) > len(sizes.studies)
    assert any("zero cell" in warning for warning in sizes.warnings)
