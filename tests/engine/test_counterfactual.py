"""Every arm meets the same patient with the same luck, so that differences between arms are the arms' own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.worlds import AMPLE, draw_arms, list_bytes, make_population, make_scenario, make_world, simulate
from trialsim.engine.population import draw_baseline
from trialsim.scenario.model import Arm, Site
from trialsim.trial.simulate import Observed

COUNTS = (
    "death",
    "fatal",
    "overdoses",
    "first_dose",
    "in_treatment_ticks",
    "out_of_treatment_ticks",
    "state",
    "stopped",
)
quick = settings(max_examples=15)


def _select(lives: Observed, arm: int) -> dict[str, bytes]:
    chosen = lives.outcomes["arm"] == arm
    columns = {name: lives.outcomes[name][chosen] for name in COUNTS}
    columns |= {"words": lives.words[chosen], "tally": lives.tally[:, arm]}
    columns |= {"relapse": lives.relapse_week[chosen], "age": lives.baselines["age"][chosen]}
    return {name: np.ascontiguousarray(column).tobytes() for name, column in columns.items()}


@quick
@given(draw_arms(), st.integers(0, 2**62))
def test_identical_arms_differ_by_nothing(arms: tuple[Arm, ...], seed: int) -> None:
    twins = (arms[0], replace(arms[0], name="twin"))
    scenario = make_scenario(arms=twins, mode="counterfactual", participants=60, seed=seed, follow_up_days=1000.0)
    for engine in ("batch", "des"):
        lives = simulate(scenario, engine)
        assert _select(lives, 0) == _select(lives, 1)


@quick
@given(draw_arms(at_least=2), st.integers(0, 2**62))
def test_swapped_labels_swap_results(arms: tuple[Arm, ...], seed: int) -> None:
    scenario = make_scenario(arms=arms[:2], mode="counterfactual", participants=60, seed=seed)
    swapped = replace(scenario, arms=(replace(arms[1], name="arm-0"), replace(arms[0], name="arm-1")))
    here, there = simulate(scenario, "batch"), simulate(swapped, "batch")
    assert _select(here, 0) == _select(there, 1)
    assert _select(here, 1) == _select(there, 0)


def test_a_patient_does_not_depend_on_how_many_there_are() -> None:
    # Allocation does: a block is filled in order of arrival. Baselines and lives under an arm do not.
    few = make_scenario(participants=20, mode="counterfactual")
    many = replace(few, participants=70)
    a, b = simulate(few, "batch"), simulate(many, "batch")
    chosen = b.outcomes["patient"] < 20
    assert a.baselines.tobytes() == b.baselines[chosen].tobytes()
    assert a.words.tobytes() == b.words[chosen].tobytes()
    for name in COUNTS:
        assert a.outcomes[name].tobytes() == b.outcomes[name][chosen].tobytes()


def test_a_range_of_patients_is_drawn_as_in_the_whole() -> None:
    population = make_population()
    whole = draw_baseline(population, 5, range(100), 2)
    assert draw_baseline(population, 5, range(40, 60), 2).tobytes() == whole[40:60].tobytes()
    assert draw_baseline(population, 5, range(100), 3).tobytes() != whole.tobytes()


def test_the_same_patient_is_met_in_every_arm_and_by_both_modes() -> None:
    crossed = simulate(make_scenario(mode="counterfactual"), "batch")
    trial = simulate(make_scenario(), "batch")
    arm = trial.outcomes["arm"].astype(int)
    rows = 2 * np.arange(len(arm)) + arm
    assert crossed.outcomes["death"][rows].tobytes() == trial.outcomes["death"].tobytes()
    assert crossed.words[rows].tobytes() == trial.words.tobytes()
    assert crossed.baselines[rows].tobytes() == trial.baselines.tobytes()


# A further step rounds residuals anew and may move an event by a few ticks of 0.08 s: a thousand of them are no harm.
ROUNDING = 1000 * 2.0**-20
LOWERED = {"smr_using": 0.5, "smr_in_treatment": 0.5, "smr_abstinent": 0.5, "smr_incarcerated": 0.5}


def _count_harmed(lowered: dict[str, float], engine: str, sites: tuple[Site, ...]) -> tuple[int, int]:
    population = make_population(
        start="using", setting="routine", era="fentanyl", age=make_population().covariates["age"]
    )
    scenario = make_scenario(
        "sublingual_buprenorphine",
        "xr_naltrexone",
        population=population,
        participants=3000 if engine == "batch" else 300,
        mode="counterfactual",
        follow_up_days=3652.0,
        reentry=True,
        sites=sites,
    )
    before = simulate(scenario, engine, make_world(scenario)).outcomes["death"]
    values = {name: make_world(scenario).parameters[name][0] * ratio for name, ratio in lowered.items()}
    after = simulate(scenario, engine, make_world(scenario, **values)).outcomes["death"]
    return int((after < before - ROUNDING).sum()), int((after > before + ROUNDING).sum())


OPEN, AMPLY_LIMITED = (Site("a", 1.0),), (Site("a", 1.0, AMPLE, AMPLE, AMPLE),)


@pytest.mark.parametrize(("engine", "sites"), [("batch", OPEN), ("des", AMPLY_LIMITED)])
def test_lowering_only_a_hazard_of_death_kills_nobody(engine: str, sites: tuple[Site, ...]) -> None:
    harmed, saved = _count_harmed(LOWERED, engine, sites)
    assert harmed == 0 < saved


@pytest.mark.parametrize(("engine", "sites"), [("batch", OPEN), ("des", AMPLY_LIMITED)])
def test_fewer_fatal_and_so_more_survived_overdoses_kill_nobody(engine: str, sites: tuple[Site, ...]) -> None:
    # A survived overdose changes no hazard; it must not even move the panels in which hazards are looked up.
    harmed, saved = _count_harmed({"overdose_fatal_share": 0.6}, engine, sites)
    assert harmed == 0 < saved


def test_lowering_relapse_may_kill_because_tolerance_is_lost() -> None:
    # The complement: a hazard that is not one of death moves lives both ways (clinical-model: what must be true).
    scenario = make_scenario("xr_naltrexone", participants=20_000, follow_up_days=1000.0)
    before = simulate(scenario, "batch").outcomes["death"]
    rate = make_world(scenario).parameters["relapse_rate_off_medication"][0]
    after = simulate(scenario, "batch", make_world(scenario, relapse_rate_off_medication=rate / 3)).outcomes["death"]
    assert (after > before).sum() > 0
    assert (after < before).sum() > 0


def test_bytes_tell_lives_apart() -> None:
    # The comparisons above can fail: another seed leaves other bytes in every column of a life.
    here, there = (list_bytes(simulate(make_scenario(seed=seed), "batch")) for seed in (1, 2))
    assert {name for name in here if here[name] == there[name]} == set()
