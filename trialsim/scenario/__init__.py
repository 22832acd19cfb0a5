"""Scenario files: reading and checking them, their JSON Schema, and the resolved design with every number's source."""

from trialsim.scenario.describe import describe_scenario
from trialsim.scenario.model import Scenario
from trialsim.scenario.read import parse_scenario, read_scenario
from trialsim.scenario.schema import scenario_schema

__all__ = ["Scenario", "describe_scenario", "parse_scenario", "read_scenario", "scenario_schema"]
