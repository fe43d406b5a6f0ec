"""`PlotView`: a chart on the screen, drawn only when it would look different, is seen, and the governor allows."""

from __future__ import annotations

import time
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.reactive import var
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.charts.figure import Figure
from tui.charts.render import render_rows
from tui.charts.span import Row
from tui.governor import Governor

PAINT_SHARE = 0.03
"""Share of wall time for drawing charts; the rest of 5 % is for what else the screen shows."""


class PlotView(Widget):
    """Shows a `Figure`; set `figure` as often as there is news."""

    DEFAULT_CSS = """
    PlotView { width: 1fr; height: 1fr; }
    """

    figure: var[Figure | None] = var[Figure | None](None, init=False)

    def __init__(
        self,
        figure: Figure | None = None,
        *,
        governor: Governor | None = None,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """Show `figure`; views that share a governor share its budget."""
        super().__init__(id=id, classes=classes)
        self.governor = governor or Governor(PAINT_SHARE)
        self.draw_count = 0
        """How often the chart was drawn."""
        self._drawn: Figure | None = None
        self._drawn_size = Size()
        self._rows: list[Row] = []
        self._strips: list[Strip] = []
        self._strip_style: Style | None = None
        """The style that the strips were made for; it changes with the focus."""
        self._is_due = True
        self._waiting: Timer | None = None
        self.set_reactive(PlotView.figure, figure)

    def watch_figure(self) -> None:
        """Have the new figure drawn as soon as the governor allows."""
        if not self._is_due and self._waiting is None and self.is_attached:
            self._await_turn()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the rows of the chart; Textual asks only for what is on the screen, so only that is drawn."""
        if self._drawn_size != self.size or (self._is_due and self._drawn != self.figure):
            self._draw()
        self._is_due = False
        base = self.rich_style  # asked once for all lines: Textual works it out anew each time
        if base != self._strip_style:
            self._strips = [_strip(row, self.size.width, base) for row in self._rows]
            self._strip_style = base
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Return one row of the chart as it was last drawn."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self._strip_style)

    def _await_turn(self) -> None:
        delay = self.governor.delay()
        # Another chart of the same governor may have been drawn meanwhile: then the wait goes on.
        self._waiting = self.set_timer(delay, self._await_turn) if delay > 0 else None
        if self._waiting is None:
            self._is_due = True
            self.refresh()

    def _draw(self) -> None:
        started = time.perf_counter()
        self._rows = render_rows(self.figure or Figure(""), self.size.width, self.size.height)
        self._drawn, self._drawn_size, self._strip_style = self.figure, self.size, None
        self.governor.spent(time.perf_counter() - started)
        self.draw_count += 1


def _strip(row: Row, width: int, base: Style) -> Strip:
    return Strip([Segment(span.text, _style(base, span.color, span.is_bold)) for span in row]).adjust_cell_length(
        width, base
    )


@lru_cache(maxsize=256)  # a chart has a few styles and hundreds of spans; making a style takes longer than a span
def _style(base: Style, color: str | None, is_bold: bool) -> Style:
    return base + Style(color=color, bold=is_bold or None)
