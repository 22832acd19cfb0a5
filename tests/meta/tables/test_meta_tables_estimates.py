"""Printed estimates: which scale, which standard error, and which intervals are none."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

import meta
from meta import EvidenceError
from meta.tables.columns import find_scale
from meta.tables.read import read_text

HEAD = "study,treatment,comparator,estimate,ci_low,ci_high,ci_level,se,scale\n"


def read(text: str) -> meta.EvidenceTable:
    return read_text(text, "evidence.csv", "0")


def read_contrast(estimate: object, low: object, high: object, scale: str, level: object = "", se: object = "") -> str:
    return f"{HEAD}A,drug,placebo,{estimate},{low},{high},{level},{se},{scale}\n"


@pytest.mark.parametrize(
    ("word", "measure", "natural"),
    [
        ("OR", "log_odds_ratio", True),
        ("odds ratio", "log_odds_ratio", True),
        ("aOR", "log_odds_ratio", True),
        ("log OR", "log_odds_ratio", False),
        ("log(OR)", "log_odds_ratio", False),
        ("lnOR", "log_odds_ratio", False),
        ("Log odds ratio", "log_odds_ratio", False),
        ("RR", "log_risk_ratio", True),
        ("HR", "log_hazard_ratio", True),
        ("adjusted HR", "log_hazard_ratio", True),
        ("ln HR", "log_hazard_ratio", False),
        ("IRR", "log_rate_ratio", True),
        ("RaR", "log_rate_ratio", True),
        ("rate ratio", "log_rate_ratio", True),
        ("RD", "risk_difference", False),
        ("MD", "mean_difference", False),
        ("SMD", "standardised_mean_difference", False),
        ("rate per 1000py", "log_rate", True),
        ("rate per 100 person-years", "log_rate", True),
        ("proportion", "logit_proportion", True),
    ],
)
def test_usual_words_for_scales_are_known(word: str, measure: str, natural: bool) -> None:
    scale = find_scale(word)
    assert (scale.measure, scale.change is not None, scale.known) == (measure, natural, True)


@pytest.mark.parametrize("word", ["ARR", "aRR", "NNT", "SMR", "log", "rate per 0 py"])
def test_words_of_two_meanings_or_none_are_left_alone(word: str) -> None:
    # ARR is an adjusted risk ratio to some and an absolute risk reduction to others.
    assert (find_scale(word).measure, find_scale(word).known) == (word, False)


@pytest.mark.parametrize(
    ("level", "share"), [("", 0.95), ("95", 0.95), ("95 CrI", 0.95), ("95% CI", 0.95), ("90", 0.9), ("0.99", 0.99)]
)
def test_the_level_of_the_interval_is_used(level: str, share: float) -> None:
    row = read(read_contrast(2, 1, 4, "OR", level)).rows[0]
    # Normal theory: the half width of a two-sided interval is se times the quantile at (1 + level) / 2.
    assert row.se == pytest.approx(math.log(2) / NormalDist().inv_cdf((1 + share) / 2), rel=1e-12)


@given(
    log_ratio=st.floats(-5, 5),
    se=st.floats(1e-3, 3),
    word=st.sampled_from(["OR", "HR", "RR", "IRR"]),
)
def test_a_ratio_and_its_log_are_one_row(log_ratio: float, se: float, word: str) -> None:
    width = NormalDist().inv_cdf(0.975) * se
    points = [math.exp(x) for x in (log_ratio, log_ratio - width, log_ratio + width)]
    natural = read(read_contrast(points[0], points[1], points[2], word)).rows[0]
    logged = read(read_contrast(repr(log_ratio), "", "", f"log {word}", se=repr(se))).rows[0]
    assert natural.scale == logged.scale
    assert natural.estimate == pytest.approx(logged.estimate, rel=1e-9, abs=1e-12)
    assert natural.se == pytest.approx(logged.se, rel=1e-9)


@pytest.mark.parametrize("word", ["range", "IQR", "min-max"])
def test_a_range_is_no_confidence_interval(word: str) -> None:
    row = read(read_contrast(2, 1, 4, "OR", word)).rows[0]
    assert row.se is None
    assert word in row.excluded


@pytest.mark.parametrize(
    ("text", "key", "said"),
    [
        (read_contrast(0.5, "", "", "OR", se=0.2), "se", "its scale is not said"),
        (read_contrast(-0.5, -0.9, -0.1, "OR"), "estimate", "is no OR"),
        (read_contrast(1.5, 1.2, 1.8, "proportion"), "estimate", "is no proportion"),
        (read_contrast(0.5, 0.6, 0.9, "HR"), "estimate", "outside its interval"),
        (read_contrast(0.5, 0.9, 0.2, "HR"), "ci_low", "above the upper limit"),
        (read_contrast(0.5, 0.2, 0.9, "HR", 100), "ci_level", "is no level"),
        (read_contrast(0.5, 0.5, 0.5, "HR"), "se", "standard error 0"),
        (read_contrast(0.5, "", "", "log_odds_ratio", se=-1), "se", "standard error -1"),
        (f"{HEAD}A,drug,drug,0.5,,,,0.1,MD\n", "comparator", "against itself"),
    ],
)
def test_printed_numbers_that_cannot_be_are_refused(text: str, key: str, said: str) -> None:
    with pytest.raises(EvidenceError, match=said) as caught:
        read(text)
    assert [(fault.line, fault.key) for fault in caught.value.faults] == [(2, key)]


def test_a_ratio_of_zero_stays_out_with_its_reason() -> None:
    assert "no place on the scale" in read(read_contrast(0, 0, 3, "RR")).rows[0].excluded
    assert "without a standard error" in read(read_contrast(0.5, 0, 3, "RR")).rows[0].excluded


def test_what_was_done_to_an_estimate_is_said() -> None:
    said = " ".join(read(read_contrast(2, 1, 4, "OR")).warnings)
    assert "printed as OR" in said
    assert "width of the printed interval" in said
    assert "not symmetric" not in said
    # Symmetric on the natural scale: 2 plus or minus 1.8.
    assert "not symmetric" in " ".join(read(read_contrast(2, 0.2, 3.8, "OR")).warnings)
    disagreeing = read(read_contrast(0.1, -0.3, 0.5, "MD", se=0.9))
    assert "do not agree" in " ".join(disagreeing.warnings)
    assert disagreeing.rows[0].se == 0.9


def test_a_contrast_with_counts_beside_it_stays_a_contrast() -> None:
    head = "study,treatment,comparator,estimate,ci_low,ci_high,scale,events,n\n"
    row = read(f"{head}A,drug,placebo,0.5,0.25,1,HR,12,40\n").rows[0]
    assert (row.kind, row.scale, row.events) == ("estimate", "log_hazard_ratio", 12)
    assert read(f"{head}A,drug,placebo,,,,,12,40\n").rows[0].kind == "binary"


def test_a_scale_that_looks_misspelt_is_said() -> None:
    said = " ".join(read("study,estimate,se,scale\nA,0.1,0.2,log_ods_ratio\n").warnings)
    assert "did you mean 'log_odds_ratio'" in said


CONTRASTS = (("b", "a", 0.5, 0.2), ("c", "a", 0.2, 0.2), ("c", "b", -0.3, 0.25))


def write_trial(change: float = 0.0, se: float = 0.25, scale: float = 1.0) -> str:
    changed = (*CONTRASTS[:2], ("c", "b", -0.3 + change, se))
    lines = [f"A,{a},{b},{x * scale!r},{v * scale!r},mean_difference" for a, b, x, v in changed]
    return "study,treatment,comparator,estimate,se,scale\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_the_triangle_of_a_trial_is_judged_on_the_scale_of_its_data(scale: float) -> None:
    assert len(read(write_trial(scale=scale)).rows) == 3
    assert len(read(write_trial(change=0.01, scale=scale)).rows) == 3  # rounding to two digits
    with pytest.raises(EvidenceError, match="do not add up"):
        read(write_trial(change=0.1, scale=scale))
    # Variances 0.04, 0.04 and at most their sum: 0.29^2 is 0.0841.
    with pytest.raises(EvidenceError, match="exceeds that of the two"):
        read(write_trial(se=0.29, scale=scale))


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3), st.lists(st.floats(0.01, 4), min_size=3, max_size=3))
def test_contrasts_made_from_arms_are_never_refused(means: list[float], variances: list[float]) -> None:
    lines = [
        f"A,{'abc'[i]},{'abc'[j]},{means[i] - means[j]!r},{math.sqrt(variances[i] + variances[j])!r},MD"
        for i, j in ((1, 0), (0, 2), (2, 1))
    ]
    assert len(read("study,treatment,comparator,estimate,se,scale\n" + "\n".join(lines) + "\n").rows) == 3


def test_contrasts_at_two_times_are_two_triangles() -> None:
    # The same trial later, with other estimates: nothing to compare across times.
    rows = [f"A,{a},{b},{x + k},{v},MD,{k}" for k in (0, 1) for a, b, x, v in CONTRASTS[:2]]
    rows.append("A,c,b,-0.3,0.25,MD,0")
    assert len(read("study,treatment,comparator,estimate,se,scale,timepoint\n" + "\n".join(rows) + "\n").rows) == 5
