"""The exact twin: the generator matrix of a world with constant hazards, and what it says by matrix exponential."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from trialsim.clinical.person import STARTS
from trialsim.clinical.records import PARAMETER_NAMES, REGIMEN_PARAMETERS
from trialsim.clinical.vocabulary import EVENTS, KINDS, NO_RESOURCE, SETTINGS, STATES, USES
from trialsim.engine.lives import World
from trialsim.verify.check import Numbers
from trialsim.verify.transitions import TRANSITIONS, Place, Row, find_numbers, find_seeking

CLOCKS: Final = EVENTS[:17]
ENDLESS_DAYS: Final = 1e9
# Ratios that hold for a part of a life only: 1 in a world with constant hazards.
WITHOUT_EFFECT: Final = (
    "overdose_ratio_tolerance_lost",
    "overdose_ratio_release",
    "lapse_ratio_release",
    "lapse_ratio_use_carried",
)


@dataclass(frozen=True, slots=True)
class Expected:
    """Exact expectations for one life: occupancy [times, state, use], days [state], deaths [2], events [clock]."""

    occupancy: Numbers
    days: Numbers
    deaths: Numbers
    events: Numbers


def reduce_world(world: World, induction_days: float = 0.0, carried_days: float = ENDLESS_DAYS) -> World:
    """Return a world with constant hazards: shapes 1, and no blockade, effect of tolerance, frailty, age or queue.

    induction_days: 0 (induction takes no time) or `ENDLESS_DAYS` (nobody completes it); carried_days: `ENDLESS_DAYS`
    (everyone begins an agonist while still lapsing) or 0 (nobody does).
    """
    regimens, parameters = world.regimens.copy(), world.parameters.copy()
    for field in (*(name for name in REGIMEN_PARAMETERS if "shape" in name), "overdose_ratio_first_weeks"):
        regimens[field] = 1.0
    regimens["blockade_max"] = 0.0
    regimens["induction_days"] = induction_days
    regimens["use_carried_days"] = carried_days
    regimens["discontinuation_coefficient"] = regimens["discontinuation_rate"]
    regimens["relapse_coefficient"] = regimens["relapse_rate"]
    regimens["lapse_coefficient"] = regimens["lapse_rate"]
    regimens["opioid_free_coefficient"] = 1.0 / regimens["opioid_free_days"]
    regimens["entry_resource"] = regimens["dose_resource"] = NO_RESOURCE
    for name in PARAMETER_NAMES:
        if name in WITHOUT_EFFECT or "_shape" in name:
            parameters[name] = 1.0
        elif name.startswith("frailty_sd_"):
            parameters[name] = 0.0
    for name in ("relapse", "lapse"):
        parameters[f"{name}_coefficient_off_medication"] = parameters[f"{name}_rate_off_medication"]
    table = np.repeat(world.life_table[:, 35:36], world.life_table.shape[1], axis=1)
    return replace(world, regimens=regimens, parameters=parameters, life_table=table)


def check_generator(generator: Numbers) -> None:
    """Raise ValueError unless rates between places are not negative and every row adds up to 0."""
    off = generator - np.diag(np.diag(generator))
    size = np.abs(generator).sum(axis=1)
    if (off < 0).any() or (np.abs(generator.sum(axis=1)) > len(generator) * np.finfo(float).eps * size).any():
        raise ValueError("a generator's rows must add up to 0 with no negative rate")


def check_table(table: Numbers) -> None:
    """Raise ValueError unless no entry of a transition table is negative and every row adds up to 1."""
    sums = table.sum(axis=-1)
    if (table < -1e-12).any() or (np.abs(sums - 1.0) > 1e-9).any():
        raise ValueError(f"a transition table's rows must add up to 1, not {sums[np.argmax(np.abs(sums - 1.0))]:.6g}")


def _begin_dose(regimen: Any, place: Place) -> Place:
    agonist = bool(regimen["dose_first"] > 0)
    use = "lapse" if agonist and regimen["use_carried_days"] > 0 else "none"
    if regimen["induction_days"] > 0:
        return Place("induction", use, False, place.treated or agonist)
    return Place("maintained", use, False, True)


def _begin_entry(regimen: Any, place: Place) -> Place:
    if regimen["needs_withdrawal"] > 0:
        return Place("withdrawal", "none", False, place.treated)
    return _begin_dose(regimen, place)


def find_destination(row: Row, place: Place, regimen: Any) -> Place:
    """Return where a transition leads from a place under a medication."""
    if row.to in ("entry", "dose"):
        return (_begin_entry if row.to == "entry" else _begin_dose)(regimen, place)
    state = place.state if row.to == "same" else row.to
    use = place.use if row.to_use == "same" else row.to_use
    gap = place.gap if row.to_gap is None else row.to_gap
    return Place(state, use, gap and state == "maintained", place.treated)


def _applies(row: Row, place: Place) -> bool:
    return place.state in row.states and row.use in (None, place.use) and row.gap in (None, place.gap)


def find_start(regimen: Any, start: str) -> Place:
    """Return where a life begins: with an arm's medication, if any, asked for at time zero."""
    place = Place("using", "regular", False, False) if start == "using" else Place("abstinent", "none", False, False)
    return place if KINDS[int(regimen["kind"])] == "none" else _begin_entry(regimen, place)


def list_places(regimen: Any, first: Place) -> tuple[Place, ...]:
    """Return every place that the table reaches from the first one, in the order of discovery."""
    found = [first]
    for place in found:
        reached = (find_destination(row, place, regimen) for row in TRANSITIONS if _applies(row, place))
        found += [each for each in dict.fromkeys(reached) if each not in found]
    return tuple(found)


def build_rates(
    regimen: Any, numbers: Mapping[str, float], setting: str, places: tuple[Place, ...], offered: bool
) -> tuple[Numbers, Numbers]:
    """Return the generator [place, place] and the rate of each clock's event at each place [clock, place], per day."""
    generator, events = np.zeros((len(places), len(places))), np.zeros((len(CLOCKS), len(places)))
    for i, place in enumerate(places):
        values = {**numbers, **find_seeking(numbers, setting, place.treated, offered)}
        if KINDS[int(regimen["kind"])] == "none":
            values |= {"seeking_using": 0.0, "seeking_abstinent": 0.0}
        for row in TRANSITIONS:
            if _applies(row, place):
                rate = math.prod(values[name] for name in row.rate)
                generator[i, places.index(find_destination(row, place, regimen))] += rate
                generator[i, i] -= rate
                events[CLOCKS.index(row.event), i] += rate
    check_generator(generator)
    return generator, events


def _exponentiate(generator: Numbers, days: float) -> tuple[Numbers, Numbers]:
    # Van Loan (1978, IEEE Trans Autom Control 23:395-404): the integral of the exponential from one larger exponential.
    from scipy.linalg import expm

    n = len(generator)
    block = np.zeros((2 * n, 2 * n))
    block[:n, :n], block[:n, n:] = generator, np.eye(n)
    both = expm(block * days)
    check_table(both[:n, :n])
    return both[:n, :n], both[:n, n:]


def _gather(places: tuple[Place, ...], shares: Numbers) -> Numbers:
    out = np.zeros((len(STATES), len(USES)))
    for place, share in zip(places, shares, strict=True):
        out[STATES.index(place.state.split("_")[0]), USES.index(place.use)] += share
    return out


def solve_life(world: World, arm: int, person: Any, times: Numbers) -> Expected:
    """Return the exact expectations of one person's life under one arm at increasing times, the last the horizon."""
    regimen, offered_until = world.regimens[arm], world.offered_until
    numbers = find_numbers(regimen, world.parameters[0], float(world.life_table[int(person["male"]), 0]), person)
    places = list_places(regimen, find_start(regimen, STARTS[int(person["start"])]))
    setting = SETTINGS[int(person["setting"])]
    rates = {offered: build_rates(regimen, numbers, setting, places, offered) for offered in (True, False)}
    known: dict[tuple[bool, float], tuple[Numbers, Numbers]] = {}
    share, now = np.eye(len(places))[0], 0.0
    occupancy, stayed, events = [], np.zeros(len(places)), np.zeros(len(CLOCKS))
    if regimen["kind"] > 0:
        events[CLOCKS.index("seek")] = 1.0  # what was asked for at time zero
    for time in times:
        for end in (min(max(offered_until, now), time), time):
            if end > now:
                offered = bool(now < offered_until)
                key = (offered, round(end - now, 9))
                if key not in known:
                    known[key] = _exponentiate(rates[offered][0], end - now)
                spent = share @ known[key][1]
                share, stayed, events = share @ known[key][0], stayed + spent, events + rates[offered][1] @ spent
                now = end
        occupancy.append(_gather(places, share))
    if regimen["needs_withdrawal"] == 0:
        events[CLOCKS.index("ready")] = events[CLOCKS.index("seek")]  # ready at once
    deaths = [sum(share[i] for i, at in enumerate(places) if at.state == f"dead_{by}") for by in ("overdose", "other")]
    return Expected(np.array(occupancy), _gather(places, stayed).sum(axis=1), np.array(deaths), events)
