"""Rows, columns and cells of a table as values, and how they share a width; draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from engine.shown import printable

SORTED = {False: " ↑", True: " ↓"}


class Cell(NamedTuple):
    """Text with a tone: the name of one of the table's styles, or a colour as #rrggbb.

    A tuple, for ten thousand runs have two hundred thousand of them.
    """

    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """What one column shows and how it gives way."""

    key: str
    title: str
    is_right: bool = False
    most: int = 40
    """Characters beyond which its text is cut."""
    least: int = 0
    """Characters it has even where its text is shorter, so that numbers that grow move nothing."""
    gap: int = 2
    """Blank characters after it."""
    yields: int = 0
    """Columns that yield are left out where the width is short, the largest number first; 0 never is."""
    takes_rest: bool = False
    """Whether what is left of the width is its own."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line; a section is a heading that the cursor skips, its first cell as wide as the table."""

    key: str
    cells: tuple[Cell, ...]
    is_section: bool = False
    widths: tuple[int, ...] = ()
    """Of the cells, in characters, where they are known already."""
    is_marked: bool = False
    """Whether a sign stands before it."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A column that is on screen: which one, from where, how wide."""

    index: int
    start: int
    width: int


def natural_widths(columns: Sequence[Column], rows: Sequence[Row]) -> list[int]:
    """Return how wide each column would like to be, its title and a sort mark included."""
    widths = [max(cell_len(column.title), column.least) for column in columns]
    known = [row.widths or tuple(text_width(cell.text) for cell in row.cells) for row in rows if not row.is_section]
    for index, of_cells in enumerate(zip(*known, strict=True)):
        widths[index] = max(widths[index], *of_cells)
    return [min(width, column.most) for width, column in zip(widths, columns, strict=True)]


def text_width(text: str) -> int:
    """Return how many characters of a terminal a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def whole_width(columns: Sequence[Column], rows: Sequence[Row]) -> int:
    """Return the width that leaves nothing out."""
    return _needed(columns, natural_widths(columns, rows), range(len(columns)))


def arrange(
    columns: Sequence[Column], widths: Sequence[int], total: int, *, first: int = 1, pinned: int = 1
) -> list[Slice]:
    """Place columns side by side: the pinned ones, then those from `first` on, as many as fit.

    Columns that yield are left out before any other is pushed off the edge.
    Units: `total` in characters.
    """
    shown = [index for index in range(len(columns)) if index < pinned or index >= first]
    while _needed(columns, widths, shown) > total:
        yielding = [index for index in shown if columns[index].yields]
        if not yielding:
            break
        shown.remove(max(yielding, key=lambda index: (columns[index].yields, index)))
    rest = max(0, total - _needed(columns, widths, shown))
    takers = [index for index in shown if columns[index].takes_rest]
    slices: list[Slice] = []
    start = 0
    for index in shown:
        width = widths[index] + (rest if takers and index == takers[0] else 0)
        room = total - start
        # Of a number that is cut nobody knows how much is missing, unless there is nothing else to show.
        is_whole = columns[index].is_right and len(slices) > pinned
        worth_showing = width if is_whole else min(width, 24 if columns[index].takes_rest else 6)
        if room <= 0 or (room < worth_showing and len(slices) >= pinned):
            break
        slices.append(Slice(index, start, min(width, room)))
        start += width + columns[index].gap
    return slices


def _needed(columns: Sequence[Column], widths: Sequence[int], shown: Sequence[int]) -> int:
    if not shown:
        return 0
    return sum(widths[index] + columns[index].gap for index in shown) - columns[shown[-1]].gap


def fit(text: str, width: int, *, is_right: bool = False) -> str:
    """Cut or pad text to a number of terminal cells; what a terminal would obey is replaced."""
    text = text if text.isprintable() else printable(text).replace("\n", " ").replace("\t", " ")
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(0, width - 1)) + "…" if width else ""
    return " " * (width - length) + text if is_right else text + " " * (width - length)
