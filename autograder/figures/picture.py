"""A picture with its alternative text, and a picture that follows a slider."""

from __future__ import annotations

import base64
import html
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

_WIDGET = "application/vnd.jupyter.widget-view+json"
# How long one frame of a motion is shown, in milliseconds.
_FRAME = 700
# Told apart by people of any colour vision, and dark enough on white: Wong, Nature Methods 8, 441 (2011).
BLUE, ORANGE, GREEN, RED, GREY = "#0072b2", "#b35900", "#00775a", "#b02a00", "#5c5c5c"


@dataclass(frozen=True)
class Picture:
    """A figure and the text that says what it shows.

    It is drawn only when a notebook displays it, and never while a submission is graded.
    """

    draw: Callable[[Figure], None]
    alt: str
    size: tuple[float, float] = (6.4, 3.6)

    def png(self) -> bytes:
        """Return the picture as PNG, in matplotlib's own style whatever style the notebook has chosen."""
        with style.context("default"):
            figure = Figure(figsize=self.size, dpi=100, layout="constrained")
            self.draw(figure)
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()

    def html(self) -> str:
        """Return the picture as an HTML image that carries its text."""
        data = base64.b64encode(self.png()).decode()
        width = round(self.size[0] * 100)
        return f'<img alt="{html.escape(self.alt)}" width="{width}" src="data:image/png;base64,{data}">'

    def __repr__(self) -> str:
        """Return the text alone."""
        return f"Picture: {self.alt}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self)} if _is_graded() else {"text/plain": repr(self), "text/html": self.html()}


@dataclass(frozen=True)
class Motion:
    """A still picture, and below it the same in motion. It moves only once it is opened, and stops when it is closed."""

    still: Picture
    frames: tuple[Picture, ...]

    def __repr__(self) -> str:
        """Return the text of the still picture."""
        return repr(self.still)

    def gif(self) -> bytes:
        """Return the frames as an animated GIF. The last one stays for longer."""
        first, *others = (Image.open(io.BytesIO(frame.png())).convert("RGB").quantize(32) for frame in self.frames)
        buffer = io.BytesIO()
        duration = [_FRAME] * len(others) + [5 * _FRAME]
        first.save(buffer, "GIF", save_all=True, append_images=others, duration=duration, loop=0)
        return buffer.getvalue()

    def html(self) -> str:
        """Return the still picture, and the moving one behind a disclosure."""
        data = base64.b64encode(self.gif()).decode()
        alt = html.escape(f"In motion: {self.still.alt}")
        moving = f'<img alt="{alt}" src="data:image/gif;base64,{data}">'
        return f"{self.still.html()}<details><summary>Show it in motion</summary>{moving}</details>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/plain": repr(self)} if _is_graded() else {"text/plain": repr(self), "text/html": self.html()}


@dataclass(frozen=True)
class Explorer:
    """A picture that follows a slider. Where widgets don't run, it is the picture at the slider's first position."""

    picture: Callable[[float], Picture]
    label: str
    start: float
    low: float
    high: float
    step: float = 0.1
    _kept: list[Any] = field(default_factory=list, repr=False, compare=False)

    def __repr__(self) -> str:
        """Return the text of the picture at the first position."""
        return f"Explorer of {self.label} from {self.low:g} to {self.high:g}. {self.picture(self.start)!r}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        if _is_graded():
            return bundle
        bundle["text/html"] = self.picture(self.start).html()
        try:
            widget = self._widget()
        except ImportError:
            return bundle
        # Written out, since the widgets of ipywidgets 7, which Colab has, give no bundle.
        bundle[_WIDGET] = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
        return bundle

    def _widget(self) -> Any:
        import ipywidgets as widgets

        image = widgets.HTML(_fitting(self.picture(self.start)))
        decimals = len(f"{self.step:g}".partition(".")[2])
        slider = widgets.FloatSlider(
            self.start,
            min=self.low,
            max=self.high,
            step=self.step,
            description=self.label,
            continuous_update=False,
            readout_format=f".{decimals}f",
        )

        def follow(change: dict[str, Any]) -> None:
            image.value = _fitting(self.picture(change["new"]))

        slider.observe(follow, names="value")
        box = widgets.VBox([slider, image])
        self._kept.append(box)
        return box


def _fitting(picture: Picture) -> str:
    """Return a picture for a widget, no wider than the page: JupyterLab makes other images fit, and not those of widgets."""
    return picture.html().replace("<img ", '<img style="max-width: 100%; height: auto" ', 1)


def _is_graded() -> bool:
    """Whether nbgrader is running this notebook, to grade or to validate it: nobody looks at pictures then."""
    return "NBGRADER_EXECUTION" in os.environ


def plain_axes(axes: Axes) -> Axes:
    """Take away the frame and keep a light grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    return axes
