"""Effect sizes and counts of the arms, from the rows of an evidence table."""

from meta.effects.collect import collect_arms
from meta.effects.compute import compute_effects
from meta.effects.sizes import freeman_tukey_back
from meta.effects.trials import find_trials

__all__ = ["collect_arms", "compute_effects", "find_trials", "freeman_tukey_back"]
