"""Drug levels are exact for any history: superposition, one step or many, and daily dosing as its infusion."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialsim.clinical.pharmacology import add_dose, find_level, find_occupancy, find_steady_level, move_level
from trialsim.clinical.records import PERSON, REGIMEN

spans = st.floats(0.0, 60.0)
doses = st.floats(0.1, 500.0)


def make_regimen() -> Any:
    regimen = np.zeros(1, REGIMEN)
    regimen["components"] = 2
    regimen["amplitude"][0, :2] = 0.05, -0.04
    regimen["decay_rate"][0, :2] = 0.1, 0.9
    regimen["steady_level"][0, :2] = 0.05 / 0.1, -0.04 / 0.9
    regimen["level_ec50"] = 0.5
    return regimen[0]


def make_person(dosing: float = 0.0) -> npt.NDArray[Any]:
    person = np.zeros(1, PERSON)
    person["dosing"] = dosing
    return person


@given(doses, spans, st.floats(0.0, 20.0))
def test_a_dose_decays_as_the_sum_of_its_exponentials(dose: float, days: float, dosing: float) -> None:
    person, regimen = make_person(dosing), make_regimen()
    add_dose(person[0], regimen, dose)
    from_dose = dose * (0.05 * np.exp(-0.1 * days) - 0.04 * np.exp(-0.9 * days))
    from_dosing = dosing * (0.05 / 0.1 * -np.expm1(-0.1 * days) - 0.04 / 0.9 * -np.expm1(-0.9 * days))
    assert find_level(person[0], regimen, days) == pytest.approx(from_dose + from_dosing, rel=1e-10, abs=1e-5)


@given(doses, doses, spans, spans, st.floats(0.0, 20.0))
def test_history_in_steps_is_history_at_once(first: float, second: float, a: float, b: float, dosing: float) -> None:
    person, whole, regimen = make_person(dosing), make_person(dosing), make_regimen()
    add_dose(person[0], regimen, first)
    move_level(person[0], regimen, a)
    ahead = find_level(person[0], regimen, b)
    move_level(person[0], regimen, b)
    # Components nearer to equilibrium than a millionth are taken as there, once a component and step.
    assert find_level(person[0], regimen, 0.0) == pytest.approx(ahead, rel=1e-12, abs=1e-5)
    add_dose(whole[0], regimen, first)
    move_level(whole[0], regimen, a + b)
    assert find_level(whole[0], regimen, 0.0) == pytest.approx(ahead, rel=1e-10, abs=1e-5)
    add_dose(person[0], regimen, second)
    assert find_level(person[0], regimen, 0.0) == pytest.approx(ahead + 0.01 * second, rel=1e-10, abs=1e-5)


def test_daily_dosing_settles_at_its_infusion() -> None:
    person, regimen = make_person(10.0), make_regimen()
    move_level(person[0], regimen, 500.0)
    steady = find_steady_level(regimen, 0, 10.0) + find_steady_level(regimen, 1, 10.0)
    assert find_level(person[0], regimen, 0.0) == pytest.approx(steady, rel=1e-12)
    assert steady == pytest.approx(10.0 * (0.05 / 0.1 - 0.04 / 0.9), rel=1e-12)


@given(st.floats(1e-6, 1e3), st.floats(1e-3, 1e2))
def test_occupancy_is_half_at_its_ec50_and_rises(level: float, ec50: float) -> None:
    assert find_occupancy(ec50, ec50) == 0.5
    assert find_occupancy(0.0, ec50) == 0.0
    assert 0.0 < find_occupancy(level, ec50) < find_occupancy(2 * level, ec50) < 1.0
