"""Pools by sampling (PyMC): for models without a one-dimensional integral, and as a second opinion elsewhere."""

from meta.bayes.gate import SamplingError
from meta.bayes.mixed import Piece, pool_mixed
from meta.bayes.model import Parts
from meta.bayes.pool import draw_bayes, pool_bayes
from meta.bayes.tipping import TippingPoint, find_tipping_point

__all__ = [
    "Parts",
    "Piece",
    "SamplingError",
    "TippingPoint",
    "draw_bayes",
    "find_tipping_point",
    "pool_bayes",
    "pool_mixed",
]
