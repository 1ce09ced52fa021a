"""The pictures of the lessons, drawn locally with matplotlib, each with a text for those who can't see it."""

from .graph import draw_graph
from .picture import Explorer, Motion, Picture
from .tangents import error_curve, explore_tangent, parabola, secants, tangent_line, zooming_secant

__all__ = [
    "Explorer",
    "Motion",
    "Picture",
    "draw_graph",
    "error_curve",
    "explore_tangent",
    "parabola",
    "secants",
    "tangent_line",
    "zooming_secant",
]
