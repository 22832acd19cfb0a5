"""A scenario and a parameter table as the world that lives are lived in."""

from collections.abc import Mapping

from trialsim.clinical.vocabulary import NEVER
from trialsim.engine.lives import PANEL_CHANGE, World
from trialsim.engine.setup import build_parameters, build_regimens, tabulate_life_table
from trialsim.parameters.entry import ParameterTable
from trialsim.scenario.model import Scenario


def list_values(table: ParameterTable) -> dict[str, float]:
    """Return the best value of every parameter by name."""
    return {name: entry.value for name, entry in table.entries.items()}


def build_world(scenario: Scenario, values: Mapping[str, float], seed: int, change: float = PANEL_CHANGE) -> World:
    """Return the world of a scenario: in a cohort with re-entry the medication is offered for ever."""
    offered = NEVER if scenario.reentry else scenario.retreatment_days
    return World(
        regimens=build_regimens(scenario, values),
        parameters=build_parameters(values),
        life_table=tabulate_life_table(scenario.population.country),
        seed=seed,
        horizon=scenario.follow_up_days,
        offered_until=offered,
        change=change,
    )


def has_capacity(scenario: Scenario) -> bool:
    """Return whether any site declares a finite resource."""
    return any(
        capacity is not None
        for site in scenario.sites
        for capacity in (site.beds, site.dosing_slots, site.injection_slots)
    )


def pick_engine(scenario: Scenario, asked: str) -> str:
    """Return the engine to use: `auto` picks `des` exactly when the scenario declares a finite resource."""
    if asked != "auto":
        return asked
    return "des" if has_capacity(scenario) else "batch"
