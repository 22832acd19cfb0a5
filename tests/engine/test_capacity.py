"""Queues: nobody waits where there is room, no resource is ever over-used, and life goes on in the queue."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pytest

from tests.engine.worlds import AMPLE, make_population, make_scenario, make_world, simulate, sort_log
from trialsim.clinical.vocabulary import BED, DOSING_SLOT, EVENTS, INJECTION_SLOT, STATES
from trialsim.scenario.model import Fixed, Scenario, Site
from trialsim.trial.simulate import Observed

IN_BED = tuple(STATES.index(name) for name in ("withdrawal", "induction"))
ON_SLOT = (*IN_BED, STATES.index("maintained"))
WAIT, ADMIT = (EVENTS.index(name) for name in ("wait", "admit"))


def make_crowd(*medications: str, participants: int = 150, follow_up: float = 200.0, **limits: int) -> Scenario:
    """People who arrive using within 30 days at one site with few resources."""
    return make_scenario(
        *(medications or ("xr_naltrexone",)),
        participants=participants,
        population=make_population(start="using", opioid_free_days=Fixed(0.0)),
        sites=(Site("only", 1.0, **limits),),
        accrual_days=30.0,
        follow_up_days=follow_up,
    )


def list_stays(lives: Observed, states: Iterable[int], follow_up: float) -> npt.NDArray[np.float64]:
    """From the event log: calendar start and end of every stay in some states, one row a stay."""
    arrival = dict(zip(lives.outcomes["patient"].tolist(), lives.arrival_day.tolist(), strict=True))
    stays = []
    log = sort_log(lives)
    for patient, day in arrival.items():
        rows = log[log["patient"] == patient]
        inside = np.isin(rows["state"], list(states))
        ends = np.append(rows["day"], follow_up)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
        stays += [(day + ends[first], day + ends[last]) for first, last in edges.reshape(-1, 2)]
    return np.array(stays).reshape(-1, 2)


def count_most(stays: npt.NDArray[np.float64]) -> int:
    """The largest number of stays under way at one time; an end frees its place for a start at the same time."""
    starts, ends = (np.stack([stays[:, i], np.full(len(stays), step)], axis=1) for i, step in ((0, 1.0), (1, -1.0)))
    times = np.concatenate([starts, ends])
    # Times of one patient are exact, sums with an arrival are rounded: a microsecond apart is the same time.
    times[:, 0] = np.round(times[:, 0] * 2**20)
    return int(np.cumsum(times[np.lexsort((times[:, 1], times[:, 0])), 1]).max())


@pytest.mark.parametrize("beds", [1, 2, 5])
def test_beds_are_never_over_used_and_people_wait_for_them(beds: int) -> None:
    scenario = make_crowd(beds=beds)
    lives = simulate(scenario, "des")
    stays = list_stays(lives, IN_BED, scenario.follow_up_days)
    assert count_most(stays) == beds
    waited = [days for code, days in lives.waits if code == BED]
    assert len(waited) > 0
    assert min(waited) >= 0.0
    assert len(waited) == (sort_log(lives)["event"] == WAIT).sum()


def test_fewer_beds_mean_longer_waits_and_fewer_inductions() -> None:
    waits, inducted = [], []
    for beds in (2, 6, 18):
        lives = simulate(make_crowd(beds=beds, participants=300), "des")
        waits.append(np.mean([days for _, days in lives.waits]))
        inducted.append((lives.outcomes["first_dose"] < 200.0).sum())
    assert waits == sorted(waits, reverse=True)
    assert inducted == sorted(inducted)


def test_nobody_waits_where_there_is_room() -> None:
    scenario = make_crowd("xr_naltrexone", "methadone", beds=AMPLE, dosing_slots=AMPLE, injection_slots=AMPLE)
    lives = simulate(scenario, "des")
    assert lives.waits == ()
    assert not np.isin(lives.log["event"], [WAIT, ADMIT]).any()


def test_people_overdose_die_and_walk_away_in_the_queue() -> None:
    scenario = make_crowd(beds=1, participants=600)
    lives = simulate(scenario, "des", make_world(scenario, overdose_rate_regular_use=0.01))
    log = sort_log(lives)
    waiting = STATES.index("waiting")
    in_queue = np.concatenate([[False], (log["state"][:-1] == waiting) & (log["patient"][1:] == log["patient"][:-1])])
    for name in ("overdose", "overdose_death", "walk_away"):
        assert (log["event"][in_queue] == EVENTS.index(name)).sum() > 0, name
    left = np.isin(log["event"], [EVENTS.index("walk_away"), EVENTS.index("overdose_death")]) & in_queue
    assert not np.any(log["event"][1:][left[:-1] & (log["patient"][1:] == log["patient"][:-1])] == ADMIT)


def test_beds_are_freed_on_death() -> None:
    # Everyone dies in bed within hours: whoever comes after can only be admitted if death frees the bed.
    scenario = make_crowd(beds=1, participants=60, follow_up=100.0)
    world = make_world(scenario, smr_using=30.0)
    world.life_table[:] = 0.2
    lives = simulate(scenario, "des", world)
    dead_in_bed = (sort_log(lives)["event"] == EVENTS.index("other_death")).sum()
    assert dead_in_bed == 60
    calm = make_crowd(beds=1, participants=60, follow_up=100.0)
    assert count_most(list_stays(simulate(calm, "des"), IN_BED, 100.0)) == 1


def test_beds_are_freed_at_the_end_of_follow_up() -> None:
    # Withdrawal never ends, nobody leaves it or dies: each bed is freed by the end of follow-up alone.
    scenario = make_crowd(beds=3, participants=30, follow_up=10.0)
    never = {"withdrawal_leaving_rate_xr_naltrexone": 0.0, "opioid_free_days_xr_naltrexone": 1e6}
    calm = {"walk_away_rate": 0.0, "overdose_rate_regular_use": 0.0}
    world = make_world(scenario, **never, **calm)
    world.life_table[:] = 0.0
    lives = simulate(scenario, "des", world)
    stays = list_stays(lives, IN_BED, 10.0)
    assert len(stays) > 3 == count_most(stays)
    assert np.all(np.isin(stays[:, 1], lives.arrival_day + 10.0))


def test_dosing_slots_are_held_while_on_treatment() -> None:
    lives = simulate(make_crowd("methadone", dosing_slots=10), "des")
    assert count_most(list_stays(lives, ON_SLOT, 200.0)) == 10
    assert {code for code, _ in lives.waits} == {DOSING_SLOT}


def test_an_injection_slot_delays_the_dose_of_others() -> None:
    # One slot, a day for each injection, many due within a month: doses are at least a day apart.
    scenario = make_crowd("implant_naltrexone", participants=80, injection_slots=1)
    lives = simulate(scenario, "des", make_world(scenario, injection_service_days=1.0))
    assert {code for code, _ in lives.waits} <= {INJECTION_SLOT}
    log = sort_log(lives)
    arrival = dict(zip(lives.outcomes["patient"].tolist(), lives.arrival_day.tolist(), strict=True))
    doses = log[(log["event"] == EVENTS.index("dose"))]
    repeated = np.concatenate([[False], doses["patient"][1:] == doses["patient"][:-1]])
    days = np.sort([arrival[int(row["patient"])] + row["day"] for row in doses[repeated]])
    assert len(days) > 10
    assert np.diff(days).min() >= 1.0 - 2.0**-20
