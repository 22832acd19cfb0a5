"""Pools by sampling (PyMC): for models without a one-dimensional integral, and as a second opinion elsewhere."""

from meta.bayes.gate import SamplingError
from meta.bayes.model import Parts
from meta.bayes.pool import draw_bayes, pool_bayes

__all__ = ["Parts", "SamplingError", "draw_bayes", "pool_bayes"]
