"""Simulation of opioid use disorder trials and cohorts; the version is spelled here, once."""

__version__ = "0.1.0"
