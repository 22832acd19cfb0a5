"""Allocation and accrual: exact blocks within strata, uniform arrivals, nothing that depends on others' lives."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.engine.worlds import make_population, make_scenario
from trialsim.clinical.vocabulary import TICKS_PER_DAY
from trialsim.engine.population import draw_baseline
from trialsim.scenario.model import Allocation, Arm, Scenario, Site
from trialsim.trial.design import Layout, draw_blocks, lay_out

LUCK = 1e-6


def _lay_out(scenario: Scenario, replicate: int = 0) -> Layout:
    people = draw_baseline(scenario.population, scenario.seed, range(scenario.participants), replicate)
    return lay_out(scenario, people, scenario.seed, replicate)


@given(
    st.lists(st.integers(1, 4), min_size=1, max_size=4),
    st.integers(1, 3),
    st.integers(1, 200),
    st.integers(0, 2**62),
    st.integers(0, 9),
)
def test_every_block_holds_the_ratio(ratio: list[int], times: int, count: int, seed: int, stratum: int) -> None:
    size = sum(ratio) * times
    arms = draw_blocks(tuple(ratio), size, count, seed, stratum, 0)
    assert len(arms) == count
    for start in range(0, count - size + 1, size):
        assert np.bincount(arms[start : start + size], minlength=len(ratio)).tolist() == [
            part * times for part in ratio
        ]
    longer = draw_blocks(tuple(ratio), size, count + 50, seed, stratum, 0)
    assert np.array_equal(longer[:count], arms)


def test_every_order_of_a_block_is_equally_likely() -> None:
    arms = draw_blocks((1, 1), 4, 4 * 3000, 5, 0, 0).reshape(-1, 4)
    _, counts = np.unique(arms, axis=0, return_counts=True)
    assert len(counts) == 6
    assert stats.chisquare(counts).pvalue > LUCK


@given(st.integers(0, 2**62), st.sampled_from(((), ("site",), ("injection",), ("site", "primary_opioid", "injection"))))
def test_arms_follow_the_ratio_within_every_stratum(seed: int, strata: tuple[str, ...]) -> None:
    scenario = make_scenario(participants=230, seed=seed, allocation=Allocation((1, 2), 6, strata))
    scenario = replace(scenario, arms=(Arm("a", "none"), Arm("b", "placebo")))
    layout = _lay_out(scenario)
    for code in np.unique(layout.stratum):
        mine = np.flatnonzero(layout.stratum == code)
        arms = layout.arm[mine[np.argsort(layout.arrival_day[mine], kind="stable")]]
        for start in range(0, len(arms) - 5, 6):
            assert np.bincount(arms[start : start + 6], minlength=2).tolist() == [2, 4]
    assert len(layout.labels) == len(np.unique(layout.stratum))
    if "site" in strata:
        assert all(len(np.unique(layout.site[layout.stratum == code])) == 1 for code in np.unique(layout.stratum))


def test_strata_are_named_by_their_levels() -> None:
    layout = _lay_out(make_scenario(participants=400, allocation=Allocation((1, 1), 2, ("site", "injection"))))
    assert set(layout.labels) == {f"{site}/injection:{word}" for site in "ab" for word in ("yes", "no")}


def test_arrivals_are_uniform_over_accrual_in_whole_ticks() -> None:
    scenario = make_scenario(participants=20_000, accrual_days=90.0)
    layout = _lay_out(scenario)
    assert stats.kstest(layout.arrival_day / 90.0, "uniform").pvalue > LUCK
    assert np.all(layout.arrival_day * TICKS_PER_DAY % 1 == 0)
    for code in (0, 1):
        assert stats.kstest(layout.arrival_day[layout.site == code] / 90.0, "uniform").pvalue > LUCK


def test_sites_recruit_their_share() -> None:
    layout = _lay_out(make_scenario(participants=20_000, sites=(Site("a", 0.7), Site("b", 0.2), Site("c", 0.1))))
    counts = np.bincount(layout.site, minlength=3)
    assert stats.chisquare(counts, 20_000 * np.array([0.7, 0.2, 0.1])).pvalue > LUCK


def test_another_site_or_replicate_has_luck_of_its_own() -> None:
    scenario = make_scenario(participants=200)
    layout, other = _lay_out(scenario), _lay_out(scenario, replicate=1)
    assert not np.array_equal(layout.arm, other.arm)
    assert not np.array_equal(layout.arrival_day, other.arrival_day)
    first, second = (layout.arrival_day[layout.site == code][:50] for code in (0, 1))
    assert len(np.intersect1d(first, second)) == 0


@pytest.mark.parametrize("mode", ["counterfactual", "randomised"])
def test_a_mode_is_what_it_says(mode: str) -> None:
    layout = _lay_out(make_scenario(mode=mode))
    assert np.all(layout.arm == -1) == (mode == "counterfactual")


def test_more_patients_do_not_move_the_earlier_ones_baselines_and_sites() -> None:
    few = make_scenario(participants=50, population=make_population())
    many = replace(few, participants=90)
    a, b = _lay_out(few), _lay_out(many)
    assert np.array_equal(a.site, b.site[:50])
    assert np.array_equal(a.arrival_day, b.arrival_day[:50])
