"""The plane as a network divides it between two classes, with the test examples on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tui.charts.span import AXIS_COLOR, Row, Span, rgb
from tui.format import percent, plain
from tui.pictures.plate import Panel, Pixels, Plane, Plate
from tui.pictures.seen import Seen, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.boundary import Boundary

CLASS_COLORS = ("#4aa3df", "#f0a04b")
"""Blue and orange, which colour-blind eyes tell apart."""
WRONG_COLOR = "#ffffff"
SIGNS = ("o", "x", "!")
"""Examples of the two classes and those that are wrong, where there are no colours."""
DARK = 22
REGION = 0.42
"""How strong a region's colour is where the network is certain; points on it have all of it."""
PIXELS_PER_POINT = 5
"""Of a picture's pixels one in so many may be a point, so that regions are seen between them."""


def plate(seen: Seen) -> Plate:
    """Draw regions and points; those that are wrong are white."""
    first: Boundary = seen.inspection.first
    names = [plain(name) for name in first.class_names]
    legend: Row = []
    for name, color in zip((*names, "wrong"), (*CLASS_COLORS, WRONG_COLOR), strict=True):
        legend += [Span("■ ", color), Span(f"{name}   ")]
    legend.append(Span("the darker a region, the less sure the network", AXIS_COLOR))
    signs = "".join(f"{sign} {name}   " for sign, name in zip(SIGNS, (*names, "wrong"), strict=True))
    uncoloured: Row = [Span(f"{signs}dots: the region of {names[1]}")]
    said = tuple(
        (f"{name}: " if seen.is_double else "") + f"{percent(float(found.is_right.mean()))} % of "
        f"{len(found.labels):,} test examples lie in the region of their class."
        for name, _, found in seen.answers
    )
    title = "Which class the network gives each part of the plane"
    return Plate(title, seen.sided(_panel), said, (legend,), (uncoloured,))


def _panel(found: Boundary) -> Panel:
    return Plane(
        pixels=lambda rows, columns: painted(found, rows, columns),
        x_limits=(float(found.xs[0]), float(found.xs[-1])),
        y_limits=(float(found.ys[0]), float(found.ys[-1])),
        shades=lambda rows, columns: _shades(found, rows, columns),
    )


def painted(found: Boundary, rows: int, columns: int) -> Pixels:
    """Return the map in so many pixels, the topmost row first.

    Shapes: -> (rows, columns, 3).
    """
    probability = _sampled(found, rows, columns)[:, :, None]  # (rows, columns, 1)
    low, high = (np.array(rgb(color), dtype=np.float64) for color in CLASS_COLORS)
    strength = REGION * np.abs(2 * probability - 1)
    pixels = DARK + (np.where(probability >= 0.5, high, low) - DARK) * strength
    across, up = _places(found, rows, columns)
    colors = np.where(found.labels[:, None] == 1, high, low)
    colors[~found.is_right] = rgb(WRONG_COLOR)
    shown = _shown(found, rows * columns)
    pixels[up[shown], across[shown]] = colors[shown]
    return pixels.round().astype(np.uint8)


def _shown(found: Boundary, pixels: int) -> NDArray[np.int64]:
    """Return the examples that are drawn: the first ones, as many as leave the regions to be seen."""
    return np.arange(min(len(found.labels), max(1, pixels // PIXELS_PER_POINT)))


def _sampled(found: Boundary, rows: int, columns: int) -> NDArray[np.float64]:
    """Shapes: (rows, columns), the topmost row first."""
    tall, wide = found.probability.shape
    down = np.minimum(((np.arange(rows) + 0.5) / rows * tall).astype(int), tall - 1)[::-1]
    across = np.minimum(((np.arange(columns) + 0.5) / columns * wide).astype(int), wide - 1)
    sampled: NDArray[np.float64] = found.probability[down[:, None], across[None, :]].astype(np.float64)
    return sampled


def _places(found: Boundary, rows: int, columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pixel of each example: column, and row from the top."""
    shares = [
        (found.points[:, axis] - ends[0]) / (ends[-1] - ends[0]) for axis, ends in enumerate((found.xs, found.ys))
    ]
    across = np.clip((shares[0] * columns).astype(np.int64), 0, columns - 1)
    return across, np.clip(((1 - shares[1]) * rows).astype(np.int64), 0, rows - 1)


def _shades(found: Boundary, rows: int, columns: int) -> list[str]:
    """Return the map in characters: regions as blank and dots, examples as `SIGNS`."""
    cells = np.where(_sampled(found, rows, columns) >= 0.5, "·", " ")
    across, up = _places(found, rows, columns)
    shown = _shown(found, rows * columns)
    low, high, wrong = SIGNS
    signs = np.where(found.is_right, np.where(found.labels == 1, high, low), wrong)
    cells[up[shown], across[shown]] = signs[shown]
    return ["".join(row) for row in cells.tolist()]


def tables(found: Boundary) -> dict[str, Table]:
    """Return the grid as a table, one line a row of the plane, and the examples as another."""
    grid = {"y": numbers(found.ys)} | {
        f"x={x:.4g}": numbers(found.probability[:, place]) for place, x in enumerate(found.xs.tolist())
    }
    points = {
        "x": numbers(found.points[:, 0]),
        "y": numbers(found.points[:, 1]),
        "label": [found.class_names[label] for label in found.labels.tolist()],
        "is_right": found.is_right.tolist(),
    }
    return {"boundary": table_from(grid), "points": table_from(points)}


def document(found: Boundary) -> dict[str, Any]:
    """Return the numbers for scripts."""
    return {
        "classes": list(found.class_names),
        "xs": numbers(found.xs),
        "ys": numbers(found.ys),
        "probability": numbers(found.probability),
        "points": numbers(found.points),
        "labels": numbers(found.labels),
    }
