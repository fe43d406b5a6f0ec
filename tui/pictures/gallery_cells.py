"""A `Gallery` as rows of cells: how large its pictures are, and which page of them is seen."""

from __future__ import annotations

import math

from tui.charts.pictures import picture_rows, picture_size
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.pictures.drawn import GAP, Drawn
from tui.pictures.plate import Gallery, Tile
from tui.pictures.rows import beside, words

ACCENT = "#5aa9e6"
SMALLEST = 0.6
"""Of the largest size that a picture may have: down to there it is made smaller so that more of them are seen."""


def gallery_rows(panel: Gallery, width: int, height: int, page: int, selected: int | None, *, color: bool) -> Drawn:
    """Draw the page, or the one that the selected tile is on."""
    if not panel.count:
        return Drawn([words(panel.empty, AXIS_COLOR)])
    picture = _picture_of(panel, width, height)
    across, columns, rows = _tiling(panel, picture, width, height)
    pages = math.ceil(panel.count / (columns * rows))
    page = page if selected is None else selected // (columns * rows)
    first = min(page, pages - 1) * columns * rows
    drawn: list[Row] = []
    for start in range(first, min(first + columns * rows, panel.count), columns):
        tiles = [
            _chosen(panel.tile(place), is_selected=place == selected)
            for place in range(start, min(start + columns, panel.count))
        ]
        drawn += [[]] if drawn else []
        drawn += beside([(_tile(tile, picture, panel.text_lines, color=color), across) for tile in tiles])
    return Drawn(drawn[:height], pages, columns, columns * rows)


def _picture_of(panel: Gallery, width: int, height: int) -> tuple[int, int]:
    """Return columns and rows of a picture: of the sizes that are seen well the one that fills most of the room."""
    room = min(panel.tallest, height - panel.text_lines)
    if panel.shape is None or room < 1:
        return 0, 0
    widest = max(1, (width + GAP) // panel.least_across - GAP)
    sizes = [
        picture_size(*panel.shape, most_columns=widest, most_rows=most, most_enlarged_rows=most)
        for most in range(room, max(0, round(room * SMALLEST) - 1), -1)
    ]

    def seen(size: tuple[int, int]) -> int:
        _, columns, rows = _tiling(panel, size, width, height)
        return min(panel.count, columns * rows) * size[0] * size[1]

    return max(sizes, key=seen)


def _tiling(panel: Gallery, picture: tuple[int, int], width: int, height: int) -> tuple[int, int, int]:
    """Return how wide a tile is, and how many stand next to each other and below each other."""
    across = min(max(panel.least_columns if panel.least_across == 1 else 1, picture[0]), width)
    columns = max(1, (width + GAP) // (across + GAP))
    return across, columns, max(1, (height + 1) // (picture[1] + panel.text_lines + 1))


def _chosen(tile: Tile, *, is_selected: bool) -> Tile:
    """Point at the tile that is selected, on the first line of its text."""
    if not is_selected or not tile.lines:
        return tile
    first, *others = tile.lines
    return Tile(tile.pixels, ([Span("▸", ACCENT, is_bold=True), *first], *others))


def _tile(tile: Tile, picture: tuple[int, int], text_lines: int, *, color: bool) -> list[Row]:
    columns, rows = picture
    drawn = picture_rows(tile.pixels, columns, rows, color=color) if tile.pixels is not None and rows else []
    return [*drawn, *tile.lines[:text_lines]]
