"""`Drawn`: rows of cells, and how many pages there are of what was drawn."""

from __future__ import annotations

from typing import NamedTuple

from tui.charts.span import Row

GAP = 2
"""Blank cells between two things that stand next to each other."""


class Drawn(NamedTuple):
    """A drawn panel, and how many pages there are of it."""

    rows: list[Row]
    pages: int = 1
    across: int = 1
    """Tiles of a gallery that stand next to each other."""
    on_page: int = 1
    """Tiles of a gallery that are seen at once."""
