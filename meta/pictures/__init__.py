"""Pictures of evidence as SVG text, without a plotting library: forest, funnel, network, rankogram, densities."""

from meta.pictures.densities import draw_densities
from meta.pictures.forest import draw_forest
from meta.pictures.funnel import draw_funnel
from meta.pictures.networks import draw_network, draw_rankogram
from meta.pictures.svg import write_figure

__all__ = ["draw_densities", "draw_forest", "draw_funnel", "draw_network", "draw_rankogram", "write_figure"]
