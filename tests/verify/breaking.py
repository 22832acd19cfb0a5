"""Kernels that are broken on purpose, one for each check."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from trialsim.engine.lives import Lives, World
from trialsim.scenario.model import Site
from trialsim.verify import chains, faults
from trialsim.verify.check import Check, report_exact
from trialsim.verify.kernel import KERNEL, Kernel
from trialsim.verify.laws import check_present_value
from trialsim.verify.run import list_checks, run_check

type Change = Callable[[World], World]
type Break = Callable[[str, pytest.MonkeyPatch], Check]


def scale(**factors: float) -> Change:
    """Multiply parameters, or fields of every medication, on the simulated side only."""

    def change(world: World) -> World:
        regimens, parameters = world.regimens.copy(), world.parameters.copy()
        for name, factor in factors.items():
            for records in (regimens, parameters):
                if name in (records.dtype.names or ()):
                    records[name] *= factor
        return replace(world, regimens=regimens, parameters=parameters)

    return change


def put(**values: float) -> Change:
    """Set parameters, or fields of every medication, on the simulated side only."""

    def change(world: World) -> World:
        regimens, parameters = world.regimens.copy(), world.parameters.copy()
        for name, value in values.items():
            for records in (regimens, parameters):
                if name in (records.dtype.names or ()):
                    records[name] = value
        return replace(world, regimens=regimens, parameters=parameters)

    return change


def favour_second_arm(world: World) -> World:
    """Give whatever stands second a bonus that its medication does not have."""
    regimens = world.regimens.copy()
    regimens["discontinuation_coefficient"][1] *= 0.9
    return replace(world, regimens=regimens)


def simulate_in(change: Change) -> Kernel:
    """Return a kernel that lives all lives in a changed world."""

    def simulate_chunk(world: World, *rest: Any) -> Any:
        return KERNEL.simulate_chunk(change(world), *rest)

    def simulate_site(world: World, *rest: Any) -> Any:
        return KERNEL.simulate_site(change(world), *rest)

    def simulate_batch(world: World, *rest: Any) -> Lives:
        return KERNEL.simulate_batch(change(world), *rest)

    return replace(KERNEL, simulate_batch=simulate_batch, simulate_chunk=simulate_chunk, simulate_site=simulate_site)


def spoil(change: Callable[[Lives], object]) -> Kernel:
    """Return a kernel that spoils the lives that `batch` leaves."""

    def simulate_batch(*arguments: Any) -> Lives:
        lives = KERNEL.simulate_batch(*arguments)
        change(lives)
        return lives

    return replace(KERNEL, simulate_batch=simulate_batch)


def _lose_a_tick(lives: Lives) -> None:
    lives.outcomes["in_treatment_ticks"][0] += 1


def _swap_causes(lives: Lives) -> None:
    fatal = lives.outcomes["fatal"]
    lives.outcomes["fatal"] = np.choose(fatal, [0, 2, 1])


def _stay(lives: Lives) -> None:
    lives.log["state"][1] = (lives.log["state"][1] + 1) % 7


def _address_by_parameters(world: World) -> World:
    return replace(world, seed=world.seed + int(1e6 * world.parameters["smr_using"][0]))


def _address_by_steps(world: World) -> World:
    return replace(world, seed=world.seed + int(1e6 * world.change))


def _offer_longer(world: World) -> World:
    return replace(world, offered_until=world.offered_until + 14.0)


def _add_a_bed(world: World, site: Site, *rest: Any) -> Any:
    return KERNEL.simulate_site(world, replace(site, beds=(site.beds or 0) + 1), *rest)


def _step_in(change: Change) -> Kernel:
    def step_life(people: Any, i: int, regimens: Any, parameters: Any, *rest: Any) -> None:
        world = change(World(regimens, parameters, np.zeros((2, 1)), 0, 0.0, 0.0))
        KERNEL.step_life(people, i, world.regimens, world.parameters, *rest)

    return replace(KERNEL, step_life=step_life)


def _delay_des(world: World, scenario: Any, engine: str, *rest: Any) -> Any:
    lives, waits = KERNEL.live_chunk(world, scenario, engine, *rest)
    lives.log["day"][-1] += 2.0**-20 if engine == "des" else 0.0
    return lives, waits


def _address_by_chunk(world: World, scenario: Any, engine: str, chunk: Any, *rest: Any) -> Any:
    return KERNEL.live_chunk(replace(world, seed=world.seed + chunk.first), scenario, engine, chunk, *rest)


def _flip_a_bit(*words: Any) -> Any:
    first, *others = KERNEL.philox(*words)
    return np.uint64(int(first) ^ 1), *others


KERNELS: dict[str, Kernel] = {
    "extreme: overdose rate 0": simulate_in(put(overdose_rate_regular_use=0.001)),
    "extreme: huge death rate": simulate_in(put(smr_abstinent=1.0, smr_using=1.0)),
    "extreme: perfect blockade": simulate_in(put(blockade_max=0.9)),
    "extreme: tolerance never lost": simulate_in(put(tolerance_loss_days=1.0)),
    "extreme: induction cannot fail": simulate_in(put(induction_failing_rate=0.05)),
    "extreme: risks end on their day": simulate_in(_offer_longer),
    "conservation: one state": spoil(_stay),
    "conservation: person-time": spoil(_lose_a_tick),
    "conservation: deaths": spoil(_swap_causes),
    "null effect: identical arms": simulate_in(favour_second_arm),
    "symmetry: swapped arms": simulate_in(favour_second_arm),
    "harm: fewer deaths kill nobody": simulate_in(_address_by_parameters),
    "steps: length moves nothing": simulate_in(_address_by_steps),
    "closed form: Weibull times": simulate_in(scale(discontinuation_shape=1.1)),
    "closed form: tolerance": _step_in(scale(tolerance_loss_days=1.001)),
    "closed form: overdose rate": simulate_in(scale(tolerance_regain_days=1.1)),
    "closed form: Erlang C": replace(KERNEL, simulate_site=_add_a_bed),
    "closed form: walking away": simulate_in(scale(walk_away_rate=2.0)),
    "closed form: 60 periods": simulate_in(scale(spontaneous_abstinence_rate=1.1)),
    "closed form: every transition": simulate_in(scale(overdose_ratio_injection=1.2)),
    "closed form: endless induction": simulate_in(scale(induction_failing_rate=1.1)),
    "engines: batch and des": replace(KERNEL, live_chunk=_delay_des),
    "engines: chunks and threads": replace(KERNEL, live_chunk=_address_by_chunk),
    "random numbers: known answers": replace(KERNEL, philox=_flip_a_bit),
}


def _break_present_value(name: str, _: pytest.MonkeyPatch) -> Check:
    return check_present_value(name, faults.subtract_discount)


def _break_chain(name: str, monkeypatch: pytest.MonkeyPatch) -> Check:
    # A check of one step alone cannot see that luck repeats itself.
    def check_first(name: str, counts: Any, *rest: Any) -> Check:
        return chains.check_chain(name, counts[:1], *rest)

    monkeypatch.setattr(faults, "check_chain", check_first)
    return run_check(name, list_checks()[name])


def _break_table(name: str, monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.setattr(chains, "check_table", lambda table: None)
    return run_check(name, list_checks()[name])


def _break_factor(name: str, monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.setattr(faults, "check_present_value", lambda name, value: report_exact(name, 0, ""))
    return run_check(name, list_checks()[name])


OTHERS: dict[str, Break] = {
    "closed form: present value": _break_present_value,
    "fault found: seed reset monthly": _break_chain,
    "fault found: table sums to 0.99": _break_table,
    "fault found: factor subtracted": _break_factor,
}
