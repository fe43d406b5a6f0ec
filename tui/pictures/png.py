"""A `Plate` as a PNG file, drawn by matplotlib. The only file that knows it; it is an optional extra."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.errors import ExportError
from tui.charts.figure import Figure
from tui.charts.pictures import SHADES
from tui.charts.span import AXIS_COLOR, Row
from tui.pictures.colour_map import SCALE_CELLS
from tui.pictures.plate import (
    Bars,
    Beside,
    Charts,
    Gallery,
    Listing,
    Matrix,
    Panel,
    Plane,
    Plate,
    Sides,
    Strips,
    Text,
    Tile,
)
from tui.pictures.seen import displayed

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from matplotlib.figure import FigureBase, SubFigure

DOTS_PER_INCH = 150
WIDTH, HEIGHT = 11.0, 7.0
"""Inches of a picture of one run; that of two is wider."""
STRIP_HEIGHT = 0.75
"""Inches of a strip of maps with its title."""
MOST_TILES, TILES_ACROSS = 24, 6
MOST_LINES, TABLE_CELLS = 60, 84
PLANE_PIXELS = 200
STYLES = {"solid": "-", "dashed": "--", "dotted": ":", "points": "none"}
MARKERS = {"■": "s", "▲": "^", "●": "o", "◆": "D", "▼": "v", "★": "*", "+": "P", "✕": "X"}


def require_matplotlib() -> None:
    """Make sure that PNG files can be drawn.

    Raises: ExportError saying how to install what is missing.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ExportError(
            "PNG files are drawn by matplotlib, which is not installed",
            "pip install 'termlab[png]', or leave out the pictures: --out DIR --no-png writes the numbers alone.",
        ) from error


def to_png(plate: Plate) -> bytes:
    """Draw a plate, dark on white.

    Raises: ExportError as `require_matplotlib`.
    """
    require_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    with rc_context({"font.size": 9, "axes.titlesize": 9, "savefig.facecolor": "white", "text.parse_math": False}):
        wide = WIDTH * 1.5 if isinstance(plate.panel, Sides) else WIDTH
        high = max(HEIGHT, 1 + STRIP_HEIGHT * _strip_count(plate.panel))
        canvas = Canvas(figsize=(wide, high), dpi=DOTS_PER_INCH, layout="constrained")
        said = "\n".join((plate.title, *plate.said))
        canvas.suptitle(said, fontsize=11)
        _legend(canvas, plate.legend)
        _panel(canvas, plate.panel)
        content = BytesIO()
        canvas.savefig(content, format="png", metadata={"Software": "termlab"})
    return content.getvalue()


def _strip_count(panel: Panel) -> int:
    match panel:
        case Strips():
            return len(panel.strips)
        case Beside() | Sides():
            return max(map(_strip_count, panel.panels))
    return 0


def _legend(canvas: Canvas, rows: Sequence[Row]) -> None:
    """Put the words below the picture, and what has a colour into a legend with that colour."""
    from matplotlib.patches import Patch

    patches: list[Patch] = []
    words: list[str] = []
    for row in rows:
        spans = list(row)
        for place, span in enumerate(spans):
            is_key = span.color not in (None, AXIS_COLOR) and place + 1 < len(spans)
            is_named = place > 0 and spans[place - 1].color not in (None, AXIS_COLOR)
            if is_key:
                patches.append(Patch(facecolor=span.color, edgecolor="#555555", label=spans[place + 1].text.strip()))
            elif not is_named:
                words.append(span.text.strip())
    if any(words):
        canvas.supxlabel("   ".join(filter(None, words)), fontsize=8, color="#555555")
    if patches:
        canvas.legend(handles=patches, loc="outside lower right", ncols=len(patches), fontsize=8, frameon=False)


def _panel(canvas: FigureBase, panel: Panel) -> None:
    match panel:
        case Gallery():
            count = min(panel.count, MOST_TILES)
            tiles = [panel.tile(place) for place in range(count)]
            _tiles(canvas, tiles, panel.empty)
        case Strips():
            _strips(canvas, panel)
        case Charts():
            _charts(canvas, panel)
        case Matrix():
            _matrix(canvas, panel)
        case Plane():
            axes = canvas.subplots()
            low_x, high_x = panel.x_limits
            low_y, high_y = panel.y_limits
            tall = round(PLANE_PIXELS * (high_y - low_y) / (high_x - low_x))
            axes.imshow(panel.pixels(tall, PLANE_PIXELS), extent=(low_x, high_x, low_y, high_y), aspect="equal")
        case Bars():
            _bars(canvas, panel)
        case Text():
            _lines(canvas, [_text(row) for row in panel.lines])
        case Listing():
            _lines(canvas, [_text(panel.title), *panel.lines(TABLE_CELLS)])
        case Beside():
            for part, one in zip(_parts(canvas, 1, len(panel.panels), panel.shares), panel.panels, strict=True):
                _panel(part, one)
        case Sides():
            for part, name, one in zip(_parts(canvas, 1, 2), panel.names, panel.panels, strict=True):
                part.suptitle(name, fontsize=10, fontweight="bold")
                _panel(part, one)


def _parts(canvas: FigureBase, rows: int, columns: int, shares: Sequence[float] | None = None) -> list[SubFigure]:
    parts: Any = canvas.subfigures(rows, columns, width_ratios=shares, squeeze=False)
    return list(parts.ravel())


def _text(row: Row) -> str:
    return "".join(span.text for span in row)


def _lines(canvas: FigureBase, lines: list[str]) -> None:
    axes = canvas.subplots()
    axes.axis("off")
    axes.text(0, 1, "\n".join(lines[:MOST_LINES]), family="monospace", fontsize=8, va="top", transform=axes.transAxes)


def _tiles(canvas: FigureBase, tiles: list[Tile], empty: str) -> None:
    if not tiles:
        _lines(canvas, [empty])
        return
    if all(tile.pixels is None for tile in tiles):
        _lines(canvas, ["   ".join(_text(row) for row in tile.lines) for tile in tiles])
        return
    across = min(len(tiles), TILES_ACROSS if len(tiles) > 9 else math.ceil(math.sqrt(len(tiles))))
    if len(tiles) <= 3:
        across = len(tiles)
    grid = np.ravel(canvas.subplots(math.ceil(len(tiles) / across), across, squeeze=False))
    for axes in grid:
        axes.axis("off")
    for axes, tile in zip(grid, tiles, strict=False):
        if tile.pixels is not None:
            axes.imshow(displayed(tile.pixels), interpolation="nearest")
        axes.set_title("\n".join(_text(row).strip() for row in tile.lines), fontsize=7)


def _strips(canvas: FigureBase, panel: Strips) -> None:
    for part, strip in zip(_parts(canvas, len(panel.strips), 1), panel.strips, strict=True):
        title = re.sub(f"[{SHADES}]{{{SCALE_CELLS}}}", "…", _text(strip.title).strip())  # the scale, in cells
        part.suptitle(title, fontsize=7, x=0.01, ha="left")
        grid = np.ravel(part.subplots(1, panel.across if len(strip.maps) > 1 else 1, squeeze=False))
        for axes in grid:
            axes.axis("off")
        for axes, pixels in zip(grid, strip.maps, strict=False):
            axes.imshow(pixels, interpolation="nearest", aspect="auto" if pixels.shape[1] > 20 * len(pixels) else None)


def _charts(canvas: FigureBase, panel: Charts) -> None:
    if not panel.figures:
        _lines(canvas, [panel.empty])
        return
    count = min(len(panel.figures), MOST_TILES)
    across = min(count, 2 if count <= 4 else 4)
    grid = np.ravel(canvas.subplots(math.ceil(count / across), across, squeeze=False))
    for axes in grid[count:]:
        axes.axis("off")
    for axes, figure in zip(grid, panel.figures[:count], strict=False):
        _chart(axes, figure)


def _plain_number(value: float, _: object) -> str:
    """Write 1, 2 and 5 of each decade, and nothing of the ticks between them."""
    return f"{value:g}" if f"{value:e}"[0] in "125" and f"{value:.1e}"[2] == "0" else ""


def _chart(axes: Any, figure: Figure) -> None:
    factor = 100.0 if figure.y_percent else 1.0
    for band in figure.bands:
        axes.fill_between(
            band.xs / figure.x_unit, band.lows * factor, band.highs * factor, color=band.color, alpha=0.2, linewidth=0
        )
    for line in figure.lines:
        ys = np.asarray(line.ys, dtype=np.float64) * factor
        is_marked = line.marker and len(ys) <= 60
        axes.plot(
            np.asarray(line.xs, dtype=np.float64) / figure.x_unit, ys, color=line.color, linestyle=STYLES[line.style],
            marker=MARKERS.get(line.marker, ".") if is_marked or line.style == "points" else None, markersize=4,
            label=line.name or None, linewidth=1.2,
        )  # fmt: skip
    for axis, is_log in (("y", figure.log_y), ("x", figure.log_x)):
        if is_log:
            getattr(axes, f"set_{axis}scale")("log")
            for which in ("major", "minor"):  # matplotlib's own would write formulas
                getattr(getattr(axes, f"{axis}axis"), f"set_{which}_formatter")(_plain_number)
    axes.set_title("\n".join((figure.title + (" %" if figure.y_percent else ""), *figure.notes)))
    axes.set_xlabel(figure.x_label)
    if figure.x_integer:
        axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(visible=True, alpha=0.25)
    if any(line.name for line in figure.lines):
        axes.legend(fontsize=6)


def _matrix(canvas: FigureBase, panel: Matrix) -> None:
    axes = canvas.subplots()
    axes.imshow(panel.shades, cmap="Blues", vmin=0, vmax=1)
    for row, texts in enumerate(panel.cells):
        for column, text in enumerate(texts):
            ink = "white" if panel.shades[row, column] > 0.45 else "black"
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color=ink)
    below = [
        "\n".join([name, *(texts[place + 1] for texts in panel.below)]) for place, name in enumerate(panel.column_names)
    ]
    right = [
        "  ".join([name, *(texts[place + 1] for texts in panel.right)]) for place, name in enumerate(panel.row_names)
    ]
    axes.set_xticks(range(len(below)), below)
    axes.set_yticks(range(len(right)), right)
    axes.set_ylabel("is" + "".join(f", {texts[0]}" for texts in panel.right))
    axes.set_xlabel("taken for" + "".join(f", {texts[0]}" for texts in panel.below))


def _bars(canvas: FigureBase, panel: Bars) -> None:
    axes = canvas.subplots()
    names = [
        f"{name} ({mark})" if mark else name for name, mark in zip(panel.names, panel.marks or [""] * 999, strict=False)
    ]
    shown = slice(0, 20)
    axes.barh(
        names[shown], [100 * value for value in panel.values[shown]], color=[c or "#333333" for c in panel.tones[shown]]
    )
    axes.invert_yaxis()
    axes.set_xlim(0, 100)
    axes.set_xlabel("probability %")
    if panel.title:
        axes.set_title(panel.title)
