"""`Bars` as rows of cells: name, percent, a bar in eighths of a cell."""

from __future__ import annotations

import math

from tui.charts.span import AXIS_COLOR, Row, Span
from tui.pictures.plate import Bars
from tui.pictures.rows import fitted, words

LONGEST_MARK = len("taken for")
EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar_rows(panel: Bars, width: int, height: int) -> list[Row]:
    """Draw the bars; where there is no room for all, the last line counts the others."""
    drawn: list[Row] = [words(panel.title, is_bold=True)] if panel.title else []
    shown = panel.names[: max(1, height - len(drawn))]
    name_width = min(max(map(len, shown), default=0), max(6, width // 3))
    mark_width = LONGEST_MARK if any(panel.marks) else 0  # whichever it is: bars beside each other are compared
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
