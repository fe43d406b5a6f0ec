"""The rows of the log on Live, as values."""

from __future__ import annotations

import time
from collections.abc import Iterable

from tui.format import plain
from tui.live_sweep import LogLine
from tui.widgets.columns import Cell, Column, Row

LOG_COLUMNS = (
    Column("time", "", most=8),
    Column("trial", "", most=24),
    Column("text", "", most=400, takes_rest=True),
)


def log_rows(lines: Iterable[LogLine]) -> list[Row]:
    """Return one row for each line, with the time of day."""
    return [_row(number, line) for number, line in enumerate(lines)]


def _row(number: int, line: LogLine) -> Row:
    clock = time.strftime("%H:%M:%S", time.localtime(line.time))
    tone = "warn" if line.is_warning else ""
    cells = (Cell(clock, "quiet"), Cell(plain(line.trial)), Cell(plain(line.text), tone))
    return Row(str(number), cells)
