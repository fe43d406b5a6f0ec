"""Where the markers of lines stand, so that no line loses all of its own to another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tui.charts.raster import Ints

CELLS_PER_MARK = 6
"""A curve with more points than one in so many cells has markers at a spacing instead of at each point."""
MARKS_PER_LONG_CURVE, MARKS_PER_DOTTED_CURVE = 6, 3


def mark_places(cells: Sequence[tuple[Ints, Ints]], width: int, dotted: Sequence[bool]) -> list[tuple[int, int, int]]:
    """Return (column, row, line) of each marker, each cell at most once.

    Where lines meet, each has its turn: a long curve moves on to its next free point, a short one waits for its next.
    Shapes: for each line (N,), (N,) cells of its points, left to right.
    """
    chosen = [_chosen(columns, width, line, dotted[line]) for line, (columns, _) in enumerate(cells)]
    taken: dict[tuple[int, int], int] = {}
    for turn in range(max(map(len, chosen), default=0)):
        for shift in range(len(cells)):
            line = (turn + shift) % len(cells)
            if turn < len(chosen[line]):
                columns, rows = cells[line]
                start, stop = chosen[line][turn]
                places = zip(columns[start:stop].tolist(), rows[start:stop].tolist(), strict=True)
                free = next((place for place in places if place not in taken), None)
                if free is not None:
                    taken[free] = line
    return [(column, row, line) for (column, row), line in taken.items()]


def _chosen(columns: Ints, width: int, line: int, is_dotted: bool) -> list[tuple[int, int]]:
    """Return, for each marker of a line, the range of points at the first free one of which it stands."""
    count = len(columns)
    if count == 0:
        return []
    if count <= max(2, width // CELLS_PER_MARK) and not is_dotted:
        return [(point, point + 1) for point in range(count)]
    spacing = max(CELLS_PER_MARK, width // (MARKS_PER_DOTTED_CURVE if is_dotted else MARKS_PER_LONG_CURVE))
    # Lines start their markers at different places, a third of the spacing apart.
    first = int(columns[0]) + (spacing // 2 + line * spacing // 3) % spacing
    targets = np.arange(first, int(columns[-1]) + 1, spacing)
    starts = np.minimum(np.searchsorted(columns, targets), count - 1).tolist() or [count - 1]
    return [(start, count) for start in starts]
