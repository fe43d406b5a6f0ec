"""The part of a curve that is in view, cut off where it crosses the edges."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tui.charts.figure import Floats
from tui.charts.scale import Scale

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Clipped:
    """What is in view of a curve: its own points there, and where it comes in and goes out."""

    xs: Floats
    ys: Floats
    entry: Point | None = None
    exit: Point | None = None

    def path(self, xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
        """Put the points on the edges around these, which may be fewer than its own; (N,), (N,) -> (M,), (M,)."""
        for place, edge in ((0, self.entry), (len(xs) + 1, self.exit)):
            if edge is not None:
                place = min(place, len(xs))
                xs, ys = np.insert(xs, place, edge[0]), np.insert(ys, place, edge[1])
        return xs, ys


def clip(xs: Floats, ys: Floats, x: Scale, *, is_log_y: bool, is_joined: bool) -> Clipped:
    """Return what a scale shows of cleaned points. Where xs do not rise, points outside become gaps.

    Shapes: (N,), (N,).
    """
    inside = (xs >= x.low) & (xs <= x.high)
    if inside.all():
        return Clipped(xs, ys)
    if not rises(xs):
        return Clipped(xs, np.where(inside, ys, np.nan))
    start, stop = int(np.searchsorted(xs, x.low)), int(np.searchsorted(xs, x.high, side="right"))

    def crossing(left: int, at: float) -> Point | None:
        if not is_joined or left < 0 or left + 1 >= len(xs):
            return None
        return at, _between(x, xs[left : left + 2], ys[left : left + 2], at, is_log_y=is_log_y)

    return Clipped(xs[start:stop], ys[start:stop], crossing(start - 1, x.low), crossing(stop - 1, x.high))


def rises(xs: Floats) -> bool:
    """Tell whether no x is smaller than the one before it, or missing."""
    return bool((xs[1:] >= xs[:-1]).all())


def _between(x: Scale, xs: Floats, ys: Floats, at: float, *, is_log_y: bool) -> float:
    """Return where the straight line that is drawn between two points stands at an x."""
    (left, right), here = x.place(xs), float(x.place(np.array([at]))[0])
    share = (here - left) / (right - left) if right > left else 0.0
    low, high = (math.log10(value) if is_log_y else float(value) for value in ys)
    found = low + share * (high - low)
    return 10.0**found if is_log_y else float(found)
