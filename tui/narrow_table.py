"""A table for people on a terminal that is narrower: what moves, what is cut, what is left out, in this order."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from tui.console import emit, narrate, terminal_columns
from tui.tables import Column, Table, TableFormat

GAP = 2
"""Blank characters between two columns, and before the rows of a section."""
LONGEST_WORD = 36
"""Characters up to which a word is kept whole in a column that wraps."""
_NO_BREAK = "\xa0"


@dataclass(frozen=True, slots=True)
class NarrowTable:
    """A table as text, and the headings of the columns that it had no room for."""

    text: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Strip:
    """A column with its texts, the heading first."""

    column: Column
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        """Characters of its widest text."""
        from rich.cells import cell_len  # a name may hold characters two cells wide

        return max(map(cell_len, self.cells))

    @property
    def least(self) -> int:
        """Characters it can do with."""
        if self.column.least is None:
            return self.width
        least = max(self.column.least, len(self.cells[0]))
        if self.column.wraps:  # a word is broken only where it would take a line by itself
            words = (len(word) for cell in self.cells for word in _held_together(cell).split(" "))
            least = max(least, min(max(words), LONGEST_WORD))
        return min(self.width, least)


def emit_table(table: Table, form: TableFormat) -> None:
    """Print a table: complete, but for one for people on a terminal that is too narrow; what is left out is told."""
    columns = terminal_columns()
    if columns is None or form is not TableFormat.TABLE:
        emit(table.written(form))
        return
    narrow = narrowed(table, columns)
    emit(narrow.text)
    tell_left_out(narrow.left_out)


def tell_left_out(headings: Sequence[str]) -> None:
    """Say which columns a terminal had no room for, if there are any."""
    if headings:
        it = "it" if len(headings) == 1 else "them"
        narrate(f"No room for: {', '.join(headings)}. A wider terminal or a pipe shows {it}.")


def narrowed(table: Table, width: int) -> NarrowTable:
    """Write a table for people in so many characters, as far as its columns give way.

    First headings become short and a section moves above its rows; then columns that yield are left out, the largest
    number first, until the others fit at their least, and return where there is room all the same; then texts are
    cut, the widest first.
    """
    columns, rows = table.shown()
    strips = [_Strip(column, (column.heading, *(row[place] for row in rows))) for place, column in enumerate(columns)]
    if _total([strip.width for strip in strips]) <= width:
        return NarrowTable(_written(strips, [strip.width for strip in strips]))
    strips = [_Strip(strip.column, (strip.column.short or strip.cells[0], *strip.cells[1:])) for strip in strips]
    sections: tuple[str, ...] = ()
    if _total([strip.width for strip in strips]) > width:
        sections = next((strip.cells[1:] for strip in strips if strip.column.is_section), ())
        strips = [strip for strip in strips if not strip.column.is_section]
        width -= GAP if sections else 0
    kept = _kept(strips, width)
    text = _written(kept, _cut_widths(kept, width))
    told = tuple(strip.column.heading for strip in strips if strip not in kept)
    return NarrowTable(_under_sections(text, sections, width + GAP) if sections else text, told)


def _kept(strips: Sequence[_Strip], width: int) -> list[_Strip]:
    """Return the columns that stay: those that leave the others their least, and those that then fit beside them."""
    kept = list(strips)
    yielding = sorted((strip for strip in strips if strip.column.yields), key=lambda strip: strip.column.yields)
    left_out: list[_Strip] = []
    while yielding and _total([strip.least for strip in kept]) > width:
        left_out.insert(0, yielding.pop())
        kept.remove(left_out[0])
    for strip in left_out:  # a wide column may have taken narrow ones with it
        if _total([other.width for other in [*kept, strip]]) <= width:
            kept.append(strip)
    return [strip for strip in strips if strip in kept]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _cut_widths(strips: Sequence[_Strip], width: int) -> list[int]:
    widths = [strip.width for strip in strips]
    while _total(widths) > width:
        places = [place for place, strip in enumerate(strips) if widths[place] > strip.least]
        if not places:
            break
        widths[max(places, key=lambda place: widths[place])] -= 1
    return widths


def _written(strips: Sequence[_Strip], widths: Sequence[int]) -> str:
    """Write the lines; a line of the table takes several where a column wraps."""
    lines: list[str] = []
    for line in zip(*(strip.cells for strip in strips), strict=True):
        parts = [_parts(text, strip.column, width) for text, strip, width in zip(line, strips, widths, strict=True)]
        for place in range(max(map(len, parts))):
            cells = [part[place] if place < len(part) else "" for part in parts]
            padded = [_padded(*cell) for cell in zip(cells, strips, widths, strict=True)]
            lines.append((" " * GAP).join(padded).rstrip())
    return "\n".join(lines)


def _parts(text: str, column: Column, width: int) -> list[str]:
    if column.wraps:
        lines = textwrap.wrap(_held_together(text), width, break_on_hyphens=False) or [""]
        return [line.replace(_NO_BREAK, " ") for line in lines]
    return [_without_middle(text, width) if column.keeps_end and len(text) > width else text]


def _held_together(text: str) -> str:
    """Let no line end between a number and its tolerance or unit."""
    return text.replace(" ± ", f"{_NO_BREAK}±{_NO_BREAK}").replace(" %", f"{_NO_BREAK}%")


def _without_middle(text: str, width: int) -> str:
    kept = width - 1
    return f"{text[: kept - kept // 2]}…{text[len(text) - kept // 2 :]}"


def _padded(text: str, strip: _Strip, width: int) -> str:
    from tui.widgets.columns import fit

    return fit(text, width, is_right=strip.column.is_number)


def _under_sections(text: str, sections: Sequence[str], width: int) -> str:
    """Put the name of a section above the first of its rows; no column of such a table wraps."""
    from tui.widgets.columns import fit

    heading, *rows = text.splitlines()
    lines = [f"{' ' * GAP}{heading}"]
    told = ""
    for section, row in zip(sections, rows, strict=True):
        if section != told:
            told = section
            lines.append(fit(section, width).rstrip())
        lines.append(f"{' ' * GAP}{row}")
    return "\n".join(lines)
