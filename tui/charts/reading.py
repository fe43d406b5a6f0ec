"""What a chart says at its cursor: the value of each line there, from all of its points."""

from __future__ import annotations

import math

import numpy as np

from tui.charts.clip import rises
from tui.charts.figure import Band, Figure, Floats, Line, Style
from tui.format import MISSING, loss, percent

SIGNS: dict[Style, str] = {"dotted": "··", "dashed": "╌╌", "solid": "──", "points": ""}
"""What stands for a style before a value."""


def value_at(line: Line, x: float, tolerance: float = 0.0) -> float | None:
    """Return the value of a line at an x, or None where it has none: before its first point and after its last.

    What was recorded at every step is read between its points, anything else at the nearest one.
    Units: those of the line; `tolerance` is how far outside its points it is still read.
    """
    xs, ys = np.asarray(line.xs, np.float64), np.asarray(line.ys, np.float64)
    if not len(xs) or np.isnan(xs).all() or not np.nanmin(xs) - tolerance <= x <= np.nanmax(xs) + tolerance:
        return None
    if line.is_dense and rises(xs):
        return _between(xs, ys, x)
    return float(ys[np.nanargmin(np.abs(xs - x))])


def half_width_at(band: Band, x: float) -> float | None:
    """Return half the height of a band at an x; None where it has none."""
    shown = np.isfinite(band.xs) & np.isfinite(band.lows) & np.isfinite(band.highs)
    xs = band.xs[shown]
    if not len(xs) or not xs[0] <= x <= xs[-1]:
        return None
    nearest = int(np.searchsorted(band.xs, x))
    if not shown[max(0, nearest - 1) : nearest + 1].any():
        return None
    return _between(xs, (band.highs - band.lows)[shown], x) / 2


def readings(figure: Figure, tolerance: float = 0.0) -> dict[int, str]:
    """Return what the legend says at the cursor, by the place of each named line; empty without a cursor.

    A named line speaks for the lines without name after it that look like it: the other splits of its run, and the
    other seeds of its trial. Several values of one kind are given as the lowest and the highest.
    """
    if figure.cursor is None:
        return {}
    told: dict[int, str] = {}
    for place, members in _members(figure).items():
        by_style: dict[Style, list[float | None]] = {}
        for line in members:
            by_style.setdefault(line.style, []).append(value_at(line, figure.cursor, tolerance))
        words = [
            f"{SIGNS[style]} {_range(values, figure)}" if len(by_style) > 1 else _range(values, figure)
            for style, values in by_style.items()
        ]
        bands = [band for band in figure.bands if band.name == figure.lines[place].name]
        halves = [half for band in bands if (half := half_width_at(band, figure.cursor)) is not None]
        told[place] = " ".join([*words, *(f"± {_written(half, figure)}" for half in halves)])
    return told


def _members(figure: Figure) -> dict[int, list[Line]]:
    groups: dict[int, list[Line]] = {}
    latest: dict[tuple[str, str], int] = {}
    for place, line in enumerate(figure.lines):
        look = line.color, line.marker
        if line.name:
            latest[look] = place
            groups[place] = [line]
        elif look in latest and not line.is_dim:
            groups[latest[look]].append(line)
    return groups


def _range(values: list[float | None], figure: Figure) -> str:
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return _written(known[0], figure) if known else MISSING
    finite = [value for value in known if math.isfinite(value)] or known
    low, high = _written(min(finite), figure), _written(max(finite), figure)
    return low if low == high else f"{low}…{high}"


def _written(value: float, figure: Figure) -> str:
    return percent(value) if figure.y_percent else loss(value)


def _between(xs: Floats, ys: Floats, x: float) -> float:
    right = int(np.clip(np.searchsorted(xs, x), 1, max(1, len(xs) - 1)))
    if len(xs) == 1:
        return float(ys[0])
    left = right - 1
    share = (x - xs[left]) / (xs[right] - xs[left]) if xs[right] > xs[left] else 1.0
    share = min(1.0, max(0.0, float(share)))
    if share in (0.0, 1.0):  # next to a gap a value is still itself
        return float(ys[right] if share else ys[left])
    return float(ys[left] + share * (ys[right] - ys[left]))
