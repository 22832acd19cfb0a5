"""Predictive draws for a new setting, and the table of them that the simulator reads."""

from meta.predictive.draws import PredictiveDraws, apply_contrast, draw_natural, draw_setting, join_columns
from meta.predictive.table import read_draws, write_draws

__all__ = [
    "PredictiveDraws",
    "apply_contrast",
    "draw_natural",
    "draw_setting",
    "join_columns",
    "read_draws",
    "write_draws",
]
