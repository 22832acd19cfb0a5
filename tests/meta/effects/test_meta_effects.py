"""From rows to studies: direction, zero cells, corrections, and rows that cannot stand in one pool."""

import math

import numpy as np
import pytest

import meta
from meta import EvidenceError, PoolSpec
from meta.effects import collect_arms, compute_effects
from meta.tables.read import read_text

TWO = "study,treatment,events,n,citation\nA,{0},3,10,x\nA,{1},5,11,x\nB,{0},4,20,x\nB,{1},9,21,x\n"


def read(text: str) -> meta.EvidenceTable:
    return read_text(text, "evidence.csv", "0")


@pytest.mark.parametrize(
    "control", ["placebo", "Control", "no treatment", "usual care", "unvaccinated", "no drug", "not drug"]
)
def test_the_control_is_found_by_its_name_in_either_order(control: str) -> None:
    one = compute_effects(read(TWO.format("drug", control)), "log_odds_ratio")
    other = compute_effects(read(TWO.format(control, "drug")), "log_odds_ratio")
    assert (one.treatment, one.comparator) == ("drug", control)
    assert (other.treatment, other.comparator) == ("drug", control)
    assert one.warnings == other.warnings == ()


def test_where_no_name_tells_the_second_is_the_comparator_and_it_is_said() -> None:
    found = compute_effects(read(TWO.format("red", "blue")), "log_odds_ratio")
    assert found.comparator == "blue"
    assert any("no reference was named" in warning for warning in found.warnings)
    turned = compute_effects(read(TWO.format("red", "blue")), "log_odds_ratio", reference="red")
    np.testing.assert_allclose(turned.estimate, -found.estimate)
    assert turned.warnings == ()


def test_printed_contrasts_are_turned_to_one_direction() -> None:
    header = "study,treatment,comparator,estimate,se,scale,citation\n"
    rows = "A,drug,placebo,0.5,0.1,log_odds_ratio,x\nB,placebo,drug,-0.4,0.1,log_odds_ratio,x\n"
    assert compute_effects(read(header + rows), "log_odds_ratio").estimate.tolist() == [0.5, 0.4]


def test_estimates_without_names_are_pooled_as_printed() -> None:
    table = read("study,estimate,se\nA,28,15\nB,8,10\n")
    found = meta.pool(table, PoolSpec("mean_difference", method="inverse-variance"))
    weights = np.array([1 / 225, 1 / 100])
    assert found.estimate == pytest.approx(float((weights * [28, 8]).sum() / weights.sum()))


def test_three_treatments_are_no_contrast() -> None:
    with pytest.raises(EvidenceError, match="the table has 3"):
        compute_effects(read(TWO.format("drug", "placebo") + "C,other,1,9,x\n"), "log_odds_ratio")


def test_a_correction_is_made_only_when_asked_and_says_what_it_did() -> None:
    """0.5 on each cell of the study with a zero: log(0.5 x 20.5 / (20.5 x 4.5)), Woolf's variance."""
    text = "study,treatment,events,n,citation\nA,drug,0,20,x\nA,placebo,4,24,x\nB,drug,5,20,x\nB,placebo,8,20,x\n"
    plain = compute_effects(read(text), "log_odds_ratio")
    assert plain.studies == ("B",)
    assert any("left out for a zero cell: A" in warning for warning in plain.warnings)
    corrected = compute_effects(read(text), "log_odds_ratio", continuity=0.5)
    assert corrected.estimate[0] == pytest.approx(math.log(0.5 / 20.5) - math.log(4.5 / 20.5))
    assert corrected.variance[0] == pytest.approx(1 / 0.5 + 1 / 20.5 + 1 / 4.5 + 1 / 20.5)
    assert any("the counts as they are give" in warning for warning in corrected.warnings)


def test_a_corrected_rate_of_rare_deaths_is_several_times_too_high() -> None:
    """Thirty cohorts of 100 in which 0.3% die: the corrected logit pool against events over people."""
    random = np.random.default_rng(2)
    events = random.binomial(100, 0.003, 30)
    text = "study,events,n,citation\n" + "".join(f"S{i},{e},100,x\n" for i, e in enumerate(events))
    corrected = compute_effects(read(text), "logit_proportion", continuity=0.5)
    weights = 1 / corrected.variance
    wrong = 1 / (1 + math.exp(-float((weights * corrected.estimate).sum() / weights.sum())))
    right = events.sum() / 3000
    assert wrong > 1.5 * right
    assert any(f"give {right:.4g}" in warning for warning in corrected.warnings)


def test_rows_of_another_kind_are_named() -> None:
    with pytest.raises(EvidenceError, match="rate data"):
        compute_effects(read("study,treatment,events,person_years\nA,a,1,9\nA,b,2,9\n"), "log_odds_ratio")
    with pytest.raises(EvidenceError, match="on the scale"):
        compute_effects(
            read("study,treatment,comparator,estimate,ci_low,ci_high,scale\nA,a,b,2,1,4,HR\n"), "log_odds_ratio"
        )
    with pytest.raises(EvidenceError, match="has no counts"):
        collect_arms(read("study,treatment,comparator,estimate,se,scale\nA,a,b,2,1,log_odds_ratio\n"), "log_odds_ratio")


def test_a_study_with_one_arm_is_left_out_with_a_word() -> None:
    found = compute_effects(read(TWO.format("drug", "placebo") + "C,drug,1,9,x\n"), "log_odds_ratio")
    assert found.studies == ("A", "B")
    assert any("C is left out" in warning for warning in found.warnings)
