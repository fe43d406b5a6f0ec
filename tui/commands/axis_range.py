"""The part of an x axis that a command was asked for, and the place at which it reads curves."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.charts.figure import Figure


def read_range(part: str) -> tuple[float | None, float | None]:
    """Read LOW:HIGH; None where an end is left out.

    Raises: ConfigError naming what would work.
    """
    from engine.errors import ConfigError

    if not part:
        return None, None
    low, colon, high = part.partition(":")
    try:
        ends = [float(end) if end.strip() else None for end in (low, high)]
    except ValueError:
        ends, colon = [None, None], ""
    known = [end for end in ends if end is not None]
    if not colon or not known or not all(map(math.isfinite, known)):
        raise ConfigError([f'--range: "{part}" is not LOW:HIGH'], "Such as --range 2:5, --range 100: or --range :3.")
    if len(known) == 2 and known[0] >= known[1]:
        raise ConfigError([f"--range: {low} is not below {high}"])
    return ends[0], ends[1]


def seen(figure: Figure, at: float | None, low: float | None, high: float | None) -> Figure:
    """Put a cursor on a chart over training, and show a part of it; an end that is left out is that of the curves."""
    import numpy as np

    if figure.is_apart:
        return figure
    figure = replace(figure, cursor=at)
    if low is None and high is None:
        return figure
    places = np.concatenate([np.asarray(line.xs, np.float64) for line in figure.lines] or [np.zeros(1)])
    places = places[np.isfinite(places) & ((places > 0) | (not figure.log_x))]
    if low is None or (low <= 0 and figure.log_x):
        low = float(places.min(initial=math.inf if figure.log_x else 0.0))
    limits = low, float(places.max(initial=low)) if high is None else high
    return replace(figure, x_limits=limits) if limits[0] < limits[1] else figure
