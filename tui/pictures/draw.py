"""A `Plate` as rows of cells: half blocks, braille and text, for the screen and for plain commands alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tui.charts.pictures import picture_rows, picture_size
from tui.charts.render import render_rows
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.charts.ticks import linear_ticks
from tui.format import filled
from tui.pictures.matrix_cells import matrix_rows
from tui.pictures.plate import (
    Bars,
    Beside,
    Charts,
    Gallery,
    Listing,
    Panel,
    Plane,
    Plate,
    Sides,
    Strips,
    Text,
    Tile,
)
from tui.pictures.rows import RULE, beside, fitted, row_width, words, wrapped

GAP = 2
MOST_ENLARGED = 24
"""Rows up to which a small picture is enlarged."""
ACCENT = "#5aa9e6"
PROPORTION = 3.5
"""Of a chart: cells across for each row."""
SMALLEST = 0.6
"""Of the largest size that a picture may have: down to there it is made smaller so that more of them are seen."""
EIGHTHS = " ▏▎▍▌▋▊▉█"


class Drawn(NamedTuple):
    """A drawn panel, and how many pages there are of it."""

    rows: list[Row]
    pages: int = 1
    across: int = 1
    """Tiles of a gallery that stand next to each other."""
    on_page: int = 1
    """Tiles of a gallery that are seen at once."""


def draw_plate(
    plate: Plate, width: int, height: int, *, page: int = 0, selected: int | None = None, color: bool = True
) -> Drawn:
    """Draw a plate in so many cells; `page` counts from 0, and is the last one beyond the end.

    Of a gallery whose tile is `selected`, the page with that tile is drawn.
    """
    above = [
        fitted([Span(line)], width)
        for text in plate.said
        for line in filled(text.replace(" %", "\xa0%"), width).splitlines()
    ]
    below = [fitted(row, width) for row in _wrapped(plate.legend, width)][: max(1, height // 8)]
    title = [fitted(words(plate.title, is_bold=True), width)] if plate.title else []
    while above and height - len(title) - len(above) - len(below) < 6:
        above.pop()
    room = max(1, height - len(title) - len(above) - len(below))
    drawn = draw_panel(plate.panel, width, room, page=page, selected=selected, color=color)
    return drawn._replace(rows=[*title, *above, *drawn.rows, *below])


def draw_panel(
    panel: Panel, width: int, height: int, *, page: int = 0, selected: int | None = None, color: bool = True
) -> Drawn:
    """Draw one panel in at most so many cells."""
    match panel:
        case Gallery():
            return _gallery(panel, width, height, page, selected, color=color)
        case Strips():
            return _strips(panel, width, height, page, color=color)
        case Charts():
            return _charts(panel, width, height, page)
        case Plane():
            return Drawn(_plane(panel, width, height, color=color))
        case Bars():
            return Drawn(_bars(panel, width, height))
        case Text():
            return _paged([fitted(row, width) for row in panel.lines], height, page)
        case Listing():
            heading, *lines = panel.lines(width)
            above = [*([panel.title] if panel.title else []), words(heading, AXIS_COLOR)]
            drawn = _paged([words(line) for line in lines], max(1, height - len(above)), page)
            return Drawn([*above, *drawn.rows], drawn.pages)
        case Beside():
            return _beside(panel, width, height, page, color=color)
        case Sides():
            return _sides(panel, width, height, page, selected, color=color)
        case _:
            return Drawn(matrix_rows(panel, width, height, color=color))


def _wrapped(rows: Sequence[Row], width: int) -> list[Row]:
    """Put short rows into one line while there is room."""
    lines: list[Row] = []
    for row in (part for one in rows for part in wrapped(one, width)):
        if lines and row_width(lines[-1]) + 3 + row_width(row) <= width:
            lines[-1] = [*lines[-1], Span("   "), *row]
        else:
            lines.append(list(row))
    return lines


def _paged(rows: Sequence[Row], height: int, page: int) -> Drawn:
    pages = max(1, math.ceil(len(rows) / height))
    first = min(page, pages - 1) * height
    return Drawn(list(rows[first : first + height]), pages)


def _gallery(panel: Gallery, width: int, height: int, page: int, selected: int | None, *, color: bool) -> Drawn:
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


def _strips(panel: Strips, width: int, height: int, page: int, *, color: bool) -> Drawn:
    """Give each strip the rows that its maps ask for at the width that is left for each."""
    across = max(1, (width + 1) // panel.across - 1)
    blocks: list[list[Row]] = []
    for strip in panel.strips:
        block: list[Row] = [fitted(strip.title, width)]
        if strip.maps:
            tall, wide = strip.maps[0].shape[:2]
            room = width if len(strip.maps) == 1 else across
            most = max(1, min(height - 1, MOST_ENLARGED))
            columns, rows = picture_size(tall, wide, most_columns=room, most_rows=most, most_enlarged_rows=most)
            drawn = [(picture_rows(one, columns, rows, color=color), columns) for one in strip.maps]
            block += beside(drawn, gap=" ")
        blocks.append(block)
    return _paged_blocks(blocks, height, page)


def _paged_blocks(blocks: Sequence[list[Row]], height: int, page: int) -> Drawn:
    """Put as many whole blocks on a page as fit."""
    pages: list[list[Row]] = []
    for block in blocks:
        if pages and len(pages[-1]) + len(block) <= height:
            pages[-1] += block
        else:
            pages.append(list(block))
    if not pages:
        return Drawn([])
    return Drawn(pages[min(page, len(pages) - 1)][:height], len(pages))


def _charts(panel: Charts, width: int, height: int, page: int) -> Drawn:
    if not panel.figures:
        return Drawn([words(panel.empty, AXIS_COLOR)])
    count = len(panel.figures)
    columns, rows = _grid(panel, width, height)
    pages = math.ceil(count / (columns * rows))
    first = min(page, pages - 1) * columns * rows
    across = (width - GAP * (columns - 1)) // columns
    tall = max(1, (height - (rows - 1)) // rows)
    drawn: list[Row] = []
    for start in range(first, min(first + columns * rows, count), columns):
        seen = panel.figures[start : start + columns]
        drawn += [[]] if drawn else []
        drawn += beside([(render_rows(figure, across, tall), across) for figure in seen])
    return Drawn(drawn[:height], pages)


def _grid(panel: Charts, width: int, height: int) -> tuple[int, int]:
    """Return columns and rows of charts: as many charts as fit, and of such grids the one of the best proportion."""
    count = len(panel.figures)
    most_columns = max(1, min(count, (width + GAP) // (panel.least_width + GAP)))
    most_rows = max(1, (height + 1) // (panel.least_height + 1))

    def merit(columns: int) -> tuple[int, int, float]:
        rows = min(math.ceil(count / columns), most_rows)
        proportion = (width / columns) / (height / rows)
        empty = max(0, columns * rows - count)
        return min(count, columns * rows), -empty, -abs(math.log(proportion / PROPORTION))

    columns = max(range(1, most_columns + 1), key=merit)
    return columns, min(math.ceil(count / columns), most_rows)


def _plane(panel: Plane, width: int, height: int, *, color: bool) -> list[Row]:
    """Draw the map inside its axes, not distorted, as far as cells are twice as high as wide."""
    labels = [(tick.value, tick.label) for tick in linear_ticks(*panel.y_limits, max(2, height // 4))]
    margin = max(len(label) for _, label in labels) + 1
    rows = max(1, height - 1)
    extent = (panel.x_limits[1] - panel.x_limits[0]) / (panel.y_limits[1] - panel.y_limits[0])
    columns = max(1, min(width - margin, round(2 * rows * extent)))
    rows = max(1, min(rows, round(columns / extent / 2)))
    if color:
        drawn = picture_rows(panel.pixels(2 * rows, columns), columns, rows, color=True)
    else:
        drawn = [words(line) for line in panel.shades(rows, columns)]
    low, high = panel.y_limits
    at = {min(rows - 1, int((high - value) / (high - low) * rows)): label for value, label in labels}
    found: list[Row] = [
        [Span(f"{at.get(line, ''):>{margin - 1}}┤" if line in at else " " * (margin - 1) + "│", AXIS_COLOR), *row]
        for line, row in enumerate(drawn)
    ]
    below = [" "] * (columns + margin)
    low, high = panel.x_limits
    for tick in linear_ticks(low, high, max(2, columns // 12)):
        start = margin + min(columns - 1, int((tick.value - low) / (high - low) * columns)) - len(tick.label) // 2
        if start >= 0 and start + len(tick.label) <= len(below):
            below[start : start + len(tick.label)] = tick.label
    return [*found, words("".join(below), AXIS_COLOR)]


def _bars(panel: Bars, width: int, height: int) -> list[Row]:
    drawn: list[Row] = [words(panel.title, is_bold=True)] if panel.title else []
    shown = panel.names[: max(1, height - len(drawn))]
    name_width = min(max(map(len, shown), default=0), max(6, width // 3))
    mark_width = max(map(len, panel.marks), default=0)
    if width - name_width - mark_width < 24:  # bars matter more
        mark_width = 0
    room = max(1, width - name_width - len(" 100.0 % ") - mark_width - 1)
    for place, name in enumerate(shown):
        value = panel.values[place]
        eighths = round(max(0.0, min(1.0, value)) * room * 8) if math.isfinite(value) else 0
        bar = "█" * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")
        mark = panel.marks[place] if mark_width else ""
        row = [*fitted(words(name), name_width), Span(f" {100 * value:5.1f} % "), Span(bar, panel.tones[place])]
        drawn.append([*row, Span(f" {mark}", panel.tones[place])] if mark else row)
    if len(shown) < len(panel.names) and drawn:
        drawn[-1] = words(f"and {len(panel.names) - len(shown) + 1} more", AXIS_COLOR)
    return drawn[:height]


def _beside(panel: Beside, width: int, height: int, page: int, *, color: bool) -> Drawn:
    """Only what does not fit turns its page; what has one page stays."""
    total = sum(panel.shares)
    if width >= panel.wide:
        widths = [(width - GAP * (len(panel.shares) - 1)) * share // total for share in panel.shares]
        parts = [
            draw_panel(one, across, height, page=page, color=color)
            for one, across in zip(panel.panels, widths, strict=True)
        ]
        joined = beside([(part.rows, across) for part, across in zip(parts, widths, strict=True)])
        return Drawn(joined, max(part.pages for part in parts))
    parts, drawn, left = [], [], height
    for place, (one, share) in enumerate(zip(panel.panels, panel.shares, strict=True)):
        is_last = place == len(panel.panels) - 1
        part = draw_panel(one, width, left if is_last else height * share // total, page=page, color=color)
        left -= len(part.rows)
        parts.append(part)
        drawn += part.rows
    return Drawn(drawn[:height], max(part.pages for part in parts))


def _sides(panel: Sides, width: int, height: int, page: int, selected: int | None, *, color: bool) -> Drawn:
    across = (width - len(RULE)) // 2
    blocks: list[tuple[list[Row], int]] = []
    pages, grid = 1, (1, 1)
    for place, (name, identity, one) in enumerate(zip(panel.names, panel.identities, panel.panels, strict=True)):
        chosen = None if place else selected
        drawn = draw_panel(one, across, height - 1, page=page, selected=chosen, color=color)
        if not place:
            page, grid = _page_of(drawn, page, selected), (drawn.across, drawn.on_page)
        title: Row = [Span(f"{identity.marker} ", identity.color), Span(name, is_bold=True)]
        blocks.append(([fitted(title, across), *drawn.rows], across))
        pages = max(pages, drawn.pages)
    return Drawn(beside(blocks, gap=RULE)[:height], pages, *grid)


def _page_of(drawn: Drawn, page: int, selected: int | None) -> int:
    return page if selected is None else selected // drawn.on_page
