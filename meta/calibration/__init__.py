"""Simulation-based calibration of every Bayesian model of the package."""

from meta.calibration.design import Design
from meta.calibration.designs import DESIGNS
from meta.calibration.run import hash_sources, judge_ranks, run_design, smallest_p

__all__ = ["DESIGNS", "Design", "hash_sources", "judge_ranks", "run_design", "smallest_p"]
