"""Small lives worked out by hand from their addresses: exact times, exact records."""

from typing import Any

import numpy as np

from tests.engine.worlds import make_population, make_scenario, make_world, simulate, sort_log
from trialsim.clinical.clocks import draw_residual, round_tick
from trialsim.clinical.vocabulary import ABSTAIN, EVENTS, OTHER_DEATH, RELAPSE, STATES, USES
from trialsim.engine.lives import World
from trialsim.scenario.model import Fixed, Scenario

QUIET = {
    "overdose_rate_regular_use": 0.0,
    "arrest_rate": 0.0,
    "treatment_seeking_rate_using": 0.0,
    "treatment_seeking_rate_abstinent": 0.0,
    "treatment_seeking_rate_trial": 0.0,
    "lapse_rate_off_medication": 0.0,
    "frailty_sd_overdose": 0.0,
    "frailty_sd_leaving": 0.0,
}
SEED = 11


def _trace(scenario: Scenario, world: World) -> list[tuple[float, str, str, str]]:
    rows = sort_log(simulate(scenario, "batch", world))
    return [(float(row["day"]), EVENTS[row["event"]], STATES[row["state"]], USES[row["use"]]) for row in rows]


def _make_alone(*medications: str, **changes: Any) -> Scenario:
    return make_scenario(*medications, participants=1, seed=SEED, **changes)


def test_abstinence_and_relapse_without_treatment() -> None:
    scenario = _make_alone("none", population=make_population(start="using"), follow_up_days=400.0)
    world = make_world(scenario, **QUIET, spontaneous_abstinence_rate=0.02, relapse_rate_off_medication=0.05)
    world.life_table[:] = 0.0
    if "relapse_shape_off_medication" in (world.parameters.dtype.names or ()):
        world.parameters["relapse_shape_off_medication"] = 1.0
    world.parameters["relapse_shape"] = 1.0
    world.parameters["relapse_coefficient_off_medication"] = 0.05
    expected, day = [(0.0, "start", "using", "regular")], 0.0
    for occurrence in range(100):
        day = round_tick(day + draw_residual(SEED, 0, ABSTAIN, occurrence, 0) / 0.02)
        if day >= 400.0:
            break
        expected.append((day, "abstain", "abstinent", "none"))
        day = round_tick(day + draw_residual(SEED, 0, RELAPSE, occurrence, 0) / 0.05)
        if day >= 400.0:
            break
        expected.append((day, "relapse", "using", "regular"))
    assert len(expected) > 3
    trace = _trace(scenario, world)
    assert [row[1:] for row in trace] == [row[1:] for row in expected]
    # A clock that is spent in pieces between panels may round to a neighbouring tick.
    np.testing.assert_allclose([row[0] for row in trace], [row[0] for row in expected], rtol=0, atol=2.0**-19)


def test_death_from_other_causes_in_use() -> None:
    scenario = _make_alone(
        "none", population=make_population(start="using", liver_disease=Fixed(0.0)), follow_up_days=4000.0
    )
    world = make_world(scenario, **QUIET, spontaneous_abstinence_rate=0.0, smr_using=2.0)
    world.life_table[:] = 0.001
    day = draw_residual(SEED, 0, OTHER_DEATH, 0, 0) / 0.002
    assert 0 < day < 4000
    trace = _trace(scenario, world)
    assert [row[1:] for row in trace] == [("start", "using", "regular"), ("other_death", "dead", "none")]
    assert abs(trace[1][0] - day) < 2.0**-18


def test_implants_are_renewed_to_the_day() -> None:
    scenario = _make_alone("implant_naltrexone", follow_up_days=252.0)
    still = {"withdrawal_leaving_rate": 0.0, "induction_failing_rate": 0.0, "lapse_rate": 0.0, "relapse_rate": 0.0}
    values = {f"{name}_implant_naltrexone": value for name, value in still.items()}
    world = make_world(scenario, **QUIET, **values, discontinuation_rate_implant_naltrexone=0.0)
    world.life_table[:] = 0.0
    trace = _trace(scenario, world)
    names = [row[1] for row in trace]
    interval = float(world.regimens["dose_interval_days"][0])
    doses = [row[0] for row in trace if row[1] == "dose"]
    assert names[:6] == ["start", "seek", "ready", "first_dose", "dose", "maintain"]
    assert set(names[6:]) == {"dose"}
    assert doses[0] == trace[2][0] + world.regimens["induction_days"][0]
    assert np.array_equal(np.diff(doses), np.full(len(doses) - 1, interval))
    assert doses[-1] + interval >= 252.0 > doses[-1]


def test_constant_hazards_do_not_notice_panels() -> None:
    # Drug level falls, so that panels are cut; with hazards that do not depend on it, the same life must result.
    scenario = make_scenario("xr_naltrexone", participants=200, follow_up_days=1000.0)
    flat = {**QUIET, "relapse_ratio_blocked": 1.0, "lapse_rate_off_medication": 0.05}
    logs = []
    for change in (0.3, 0.02):
        world = make_world(scenario, **flat)
        world.life_table[:] = 1e-4
        logs.append(sort_log(simulate(scenario, "batch", World(**{**_fields(world), "change": change}))))
    coarse, fine = logs
    assert len(coarse) == len(fine) > 1000
    for name in ("patient", "event", "state", "use"):
        assert np.array_equal(coarse[name], fine[name])
    # Each panel may round a residual by a unit in the last place, which moves an event by a tick at most now and then.
    np.testing.assert_allclose(coarse["day"], fine["day"], rtol=0, atol=16 * 2.0**-20)


def _fields(world: World) -> dict[str, Any]:
    return {name: getattr(world, name) for name in World.__dataclass_fields__}
