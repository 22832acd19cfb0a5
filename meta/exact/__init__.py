"""Pools by numerical integration."""

from meta.exact.pool import draw_exact, pool_exact
from meta.exact.posterior import Cells, Draws
from meta.exact.sensitivity import prior_sensitivity

__all__ = ["Cells", "Draws", "draw_exact", "pool_exact", "prior_sensitivity"]
