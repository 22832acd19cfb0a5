"""Laws that hold exactly: same policy same numbers, time and deaths add up, less risk of death kills nobody."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.policy.cohort import count_people, make_cohort, read_table
from trialsim.clinical.tallies import (
    LIVES,
    OTHER_DEATHS_IN,
    OVERDOSE_DEATHS_IN,
    START_BINS,
    START_EDGES,
    TICKS_IN_STATE,
    TICKS_IN_TREATMENT,
    TICKS_OUT_OF_TREATMENT,
)
from trialsim.clinical.vocabulary import DEAD, TICKS_PER_DAY
from trialsim.engine.lives import simulate_batch
from trialsim.engine.population import draw_baseline
from trialsim.engine.world import build_world, list_values
from trialsim.policy.counts import ANY, OTHER, OVERDOSE
from trialsim.policy.outcomes import list_outcomes
from trialsim.policy.since import tabulate_since_start
from trialsim.policy.summary import estimate_outcomes, tabulate_differences, tabulate_policies
from trialsim.scenario.model import Scenario


def summarise(scenario: Scenario, **values: float) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    counts, ends = count_people(scenario, 7, **values)
    outcomes = list_outcomes(counts, ends, scenario.horizons_days)
    ratios = estimate_outcomes(outcomes, counts)
    return tabulate_policies(scenario, outcomes, ratios), tabulate_differences(scenario, outcomes, counts, ratios)


def test_identical_policies_differ_by_exactly_zero_in_every_outcome() -> None:
    scenario = make_cohort("methadone", "xr_naltrexone")
    methadone, naltrexone = scenario.arms
    twins = (methadone, replace(methadone, name="again"), naltrexone)
    policies, differences = summarise(replace(scenario, arms=twins))
    assert policies["methadone"] == policies["again"]
    assert policies["methadone"]["deaths_by_horizon"]["mean"] > 0
    assert policies["methadone"] != policies["xr_naltrexone"]
    between = [row for row in differences if {row["policy"], row["comparator"]} == {"methadone", "again"}]
    assert len(between) == 5
    for row in between:
        assert (row["mean"], row["low"], row["high"], row["mcse"]) == (0.0, 0.0, 0.0, 0.0)
        assert row["averted"] in (0, None)
        assert row["caused"] in (0, None)


def test_swapped_names_swap_the_results() -> None:
    scenario = make_cohort("buprenorphine", "methadone")
    first, second = scenario.arms
    swapped = (replace(first, name=second.name), replace(second, name=first.name))
    policies, differences = summarise(scenario)
    policies_swapped, differences_swapped = summarise(replace(scenario, arms=swapped))
    assert policies["methadone"] == policies_swapped["buprenorphine"]
    assert policies["buprenorphine"] == policies_swapped["methadone"]
    assert [row["mean"] for row in differences] == [row["mean"] for row in differences_swapped]
    # The order of the file does not matter to a policy either, only which of the two is called the comparator.
    policies_turned, differences_turned = summarise(replace(scenario, arms=(second, first)))
    assert policies == policies_turned
    for row, turned in zip(differences, differences_turned, strict=True):
        assert row["mean"] == -turned["mean"] != 0.0
        assert row["mcse"] == turned["mcse"]
        assert (row["averted"], row["caused"]) == (turned["caused"], turned["averted"])


def test_person_time_and_deaths_add_up() -> None:
    scenario = make_cohort("no_treatment", "implant_naltrexone", "methadone")
    counts, ends = count_people(scenario)
    tally = counts.tally
    inside, outside = tally[..., TICKS_IN_TREATMENT], tally[..., TICKS_OUT_OF_TREATMENT]
    assert np.array_equal(inside + outside, tally[..., TICKS_IN_STATE : TICKS_IN_STATE + DEAD + 1].sum(axis=2))
    by_cause = counts.deaths.sum(axis=2)
    assert np.array_equal(by_cause[..., OVERDOSE], tally[..., OVERDOSE_DEATHS_IN : OVERDOSE_DEATHS_IN + 2].sum(axis=2))
    assert np.array_equal(by_cause[..., OTHER], tally[..., OTHER_DEATHS_IN : OTHER_DEATHS_IN + 2].sum(axis=2))
    assert tally[..., LIVES].sum(axis=0).tolist() == [scenario.participants] * 3
    for policy, arm in enumerate(scenario.arms):
        rows = tabulate_since_start(scenario, counts)[arm.name]
        ticks = sum(int(tally[:, policy, START_BINS + 3 * k].sum()) for k in range(len(START_EDGES)))
        assert ticks == inside[:, policy].sum()
        assert sum(row["deaths"] for row in rows) == tally[:, policy, [10, 12]].sum()
    # Nobody is lost: whoever did not die lived to the end, and whoever died lived to the death.
    world = build_world(scenario, list_values(read_table()), 7)
    people = draw_baseline(scenario.population, 7, range(scenario.participants), 0)
    lives = simulate_batch(world, people, np.full(len(people), -1), False).outcomes
    lived = np.minimum(lives["death"], scenario.follow_up_days) * TICKS_PER_DAY
    assert np.array_equal(np.rint(lived), lives["in_treatment_ticks"] + lives["out_of_treatment_ticks"])
    assert np.rint(lived).sum() == (inside + outside).sum()
    assert [(lives["death"] <= end).sum() for end in ends] == counts.deaths.sum(axis=(0, 1, 3)).cumsum().tolist()


def test_treatment_until_its_last_dose_does_not_depend_on_how_long_cover_is_said_to_last() -> None:
    """Without gaps in dosing, deaths in treatment are those until the last dose where cover ends with it."""
    scenario = make_cohort("methadone", "buprenorphine", participants=20_000)
    found = {}
    for days in (0.0, 14.0):
        names = ("methadone", "sublingual_buprenorphine")
        own = {f"covered_days_{name}": days for name in names} | {f"miss_rate_{name}": 0.0 for name in names}
        found[days] = summarise(scenario, **own)[0]
    for policy in ("methadone", "buprenorphine"):
        for name in ("deaths_per_1000_py", "overdose_deaths_per_1000_py"):
            until = found[14.0][policy][f"{name}_until_last_dose"]
            assert until == found[0.0][policy][f"{name}_until_last_dose"]
            assert until["mean"] == pytest.approx(found[0.0][policy][f"{name}_in_treatment"]["mean"], rel=1e-12)
            assert 0.0 < until["mean"] != found[14.0][policy][f"{name}_in_treatment"]["mean"]


def test_shares_by_cause_and_rates_in_and_out_add_up() -> None:
    policies, _ = summarise(make_cohort("no_treatment", "methadone"))
    for cells in policies.values():
        for horizon in ("horizon", "1_year"):
            parts = cells[f"overdose_deaths_by_{horizon}"]["mean"] + cells[f"other_deaths_by_{horizon}"]["mean"]
            assert parts == pytest.approx(cells[f"deaths_by_{horizon}"]["mean"], rel=1e-12)
        assert cells["deaths_by_1_year"]["mean"] < cells["deaths_by_horizon"]["mean"]
        inside, years = cells["years_in_treatment"]["mean"], cells["life_years"]["mean"]
        within = cells["deaths_per_1000_py_in_treatment"]["mean"] or 0.0
        without = cells["deaths_per_1000_py_out_of_treatment"]["mean"]
        total = (within * inside + without * (years - inside)) / years
        assert total == pytest.approx(cells["deaths_per_1000_py"]["mean"], rel=1e-12)


def test_rates_without_person_time_are_null() -> None:
    policies, _ = summarise(make_cohort("no_treatment", "methadone", participants=200))
    cells = policies["no_treatment"]["deaths_per_1000_py_in_treatment"]
    assert cells == {"mean": None, "low": None, "high": None, "mcse": None, "unit": "per 1,000 person-years"}


def find_fatal(scenario: Scenario, **values: float) -> np.ndarray:
    """Cause of death of each person under each policy (shape [people, policies])."""
    world = build_world(scenario, {**list_values(read_table()), **values}, 11)
    people = draw_baseline(scenario.population, 11, range(scenario.participants), 0)
    lives = simulate_batch(world, people, np.full(len(people), -1), False)
    return np.asarray(lives.outcomes["fatal"].reshape(-1, len(scenario.arms)))


@settings(max_examples=6, deadline=None)
@given(name=st.sampled_from(["overdose_fatal_share", "smr_using", "smr_in_treatment"]), factor=st.floats(0.1, 0.5))
def test_a_lower_hazard_of_death_kills_nobody(name: str, factor: float) -> None:
    scenario = make_cohort("no_treatment", "methadone", participants=3_000)
    before = find_fatal(scenario)
    after = find_fatal(scenario, **{name: factor * read_table().entries[name].value})
    assert ((after > 0) & (before == 0)).sum() == 0
    spared = ((after == 0) & (before > 0)).sum(axis=0)
    assert spared[1] > 0, "the change must reach somebody under methadone, or the law was not tried"


def test_pairs_are_what_the_lives_say() -> None:
    scenario = make_cohort("no_treatment", "buprenorphine", "methadone")
    counts, _ = count_people(scenario, seed=11)
    fatal = find_fatal(scenario)
    for a in range(3):
        for b in range(3):
            assert counts.pairs[a, b, ANY] == ((fatal[:, a] > 0) & (fatal[:, b] == 0)).sum()
            assert counts.pairs[a, b, OVERDOSE] == ((fatal[:, a] == 1) & (fatal[:, b] != 1)).sum()
            assert counts.pairs[a, b, OTHER] == ((fatal[:, a] == 2) & (fatal[:, b] != 2)).sum()
    dead = (fatal > 0).sum(axis=0)
    assert counts.pairs[1, 0, ANY] - counts.pairs[0, 1, ANY] == dead[1] - dead[0]
