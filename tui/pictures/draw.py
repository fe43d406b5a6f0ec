"""A `Plate` as rows of cells: half blocks, braille and text, for the screen and for plain commands alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tui.charts.pictures import picture_rows, picture_size
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import filled
from tui.pictures.bar_cells import bar_rows
from tui.pictures.chart_cells import chart_rows
from tui.pictures.drawn import GAP, Drawn
from tui.pictures.gallery_cells import gallery_rows
from tui.pictures.matrix_cells import matrix_rows
from tui.pictures.plane_cells import plane_rows
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
)
from tui.pictures.rows import RULE, beside, fitted, row_width, words, wrapped

__all__ = ["Drawn", "draw_panel", "draw_plate"]

MOST_ENLARGED = 24
"""Rows up to which a small picture is enlarged."""


def draw_plate(
    plate: Plate, width: int, height: int, *, page: int = 0, selected: int | None = None, color: bool = True
) -> Drawn:
    """Draw a plate in so many cells; `page` counts from 0, and is the last one beyond the end.

    Of a gallery whose tile is `selected`, the page with that tile is drawn.
    """
    said = [line for text in plate.said for line in filled(text.replace(" %", "\xa0%"), width).splitlines()]
    above = [fitted([Span(line.replace("\xa0", " "))], width) for line in said]  # a percent sign ends no line
    legend = plate.uncoloured if plate.uncoloured and not color else plate.legend
    below = [fitted(row, width) for row in _wrapped(legend, width)][: max(1, height // 8)]
    title = [fitted(words(plate.title, is_bold=True), width)] if plate.title else []
    while above and height - len(title) - len(above) - len(below) < 6:
        above.pop()
    room = max(1, height - len(title) - len(above) - len(below))
    drawn = draw_panel(plate.panel, width, room, page=page, selected=selected, color=color)
    rows = [*title, *above, *drawn.rows[:room], *below][:height]
    return drawn._replace(rows=[row if row_width(row) <= width else fitted(row, width) for row in rows])


def draw_panel(
    panel: Panel, width: int, height: int, *, page: int = 0, selected: int | None = None, color: bool = True
) -> Drawn:
    """Draw one panel in at most so many cells."""
    if width < 1 or height < 1:
        return Drawn([])
    match panel:
        case Gallery():
            return gallery_rows(panel, width, height, page, selected, color=color)
        case Strips():
            return _strips(panel, width, height, page, color=color)
        case Charts():
            return chart_rows(panel, width, height, page)
        case Plane():
            return Drawn(plane_rows(panel, width, height, color=color))
        case Bars():
            return Drawn(bar_rows(panel, width, height))
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
