"""A small picture of a wrong answer, as data: no number in it is a right answer, only where a line runs."""

from __future__ import annotations

from dataclasses import dataclass

Dot = tuple[float, float]


@dataclass(frozen=True)
class Sketch:
    """The curve of an answer over the slope that was measured, or the entries of an answer as bars.

    All places run from 0 to 1, from left to right and from bottom to top.

    Attributes
    ----------
    alt
        What the picture shows, in words.
    ends
        The smallest and the largest input, as text, and before them the name of the input; () of bars.
    zero
        Where the number 0 is, or None.
    yours
        The student's curve in stretches, or one bar each: its place and its end.
    measured
        The measured slope in stretches; () of bars.
    marks
        The inputs that were checked, or the ends of the bars: place, value, and whether it is right.
    labels
        What stands below each bar; () of a curve.
    """

    alt: str
    ends: tuple[str, ...] = ()
    zero: float | None = None
    yours: tuple[tuple[Dot, ...], ...] = ()
    measured: tuple[tuple[Dot, ...], ...] = ()
    marks: tuple[tuple[float, float, bool], ...] = ()
    labels: tuple[str, ...] = ()
