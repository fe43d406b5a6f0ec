"""`PlotView`: a chart on the screen, drawn only when it would look different, is seen, and the governor allows."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.strip import Strip
from textual.timer import Timer
from textual.widget import Widget

from tui.charts.figure import Figure
from tui.charts.frame import Frame
from tui.charts.render import draw
from tui.charts.span import Row
from tui.governor import Governor

PAINT_SHARE = 0.03
"""Share of wall time for drawing charts; the rest of 5 % is for what else the screen shows."""


CLOSER, FURTHER = 0.7, 1 / 0.7
"""How much of the x axis a turn of the wheel leaves in view."""
FAST_SHARE = 10
"""Of the columns, that the cursor passes at once."""


class PlotView(Widget):
    """Shows a `Figure`; set `figure` as often as there is news.

    Keys and mouse say where its cursor should stand (`CursorMoved`); whoever makes the figure puts it there.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # The help names each pair once, by the key to the left.
        Binding("left,h", "read(-1)", "Read", key_display="← →", tooltip="Read the values of all curves at a cursor"),
        Binding("right", "read(1)", "Read", show=False),
        Binding("l", "read_on", "Read", show=False),
        Binding(
            "shift+left",
            "read_far(-1)",
            "Far",
            show=False,
            key_display="shift+← →",
            tooltip="Move the cursor by a tenth of the chart",
        ),
        Binding("shift+right", "read_far(1)", "Far", show=False),
        Binding(
            "home",
            "read_end(-1)",
            "Ends",
            show=False,
            key_display="home end",
            tooltip="Move the cursor to the first or the last of what is in view",
        ),
        Binding("end", "read_end(1)", "Ends", show=False),
        Binding("escape", "drop_cursor", "No cursor", show=False, tooltip="Take the cursor away"),
    ]

    class CursorMoved(Message):
        """The cursor is asked for at an x, or away (None)."""

        def __init__(self, view: PlotView, value: float | None) -> None:
            super().__init__()
            self.view = view
            self.value = value

        @property
        def control(self) -> PlotView:
            """The chart it happened in."""
            return self.view

    class WheelTurned(CursorMoved):
        """`factor` of the present x axis is asked for, around an x."""

        def __init__(self, view: PlotView, value: float, factor: float) -> None:
            super().__init__(view, value)
            self.factor = factor

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
        self.frame: Frame | None = None
        """Where the inside of the chart was last drawn."""
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer what would change something."""
        if action == "drop_cursor":
            return self._cursor is not None
        if action == "read_on":  # as hjkl move everywhere, but where the screen has another use of the key
            return not any(isinstance(one, Binding) and one.key == "l" for one in self.screen.BINDINGS)
        return self.frame is not None or action not in ("read", "read_far", "read_end")

    @property
    def _cursor(self) -> float | None:
        return self.figure.cursor if self.figure is not None else None

    @property
    def _column(self) -> int | None:
        """The column of the inside in which the cursor stands."""
        return self.frame.column_of(self._cursor) if self.frame is not None and self._cursor is not None else None

    def action_read(self, by: int) -> None:
        """Move the cursor by columns; where there is none, it appears in the middle."""
        if self.frame is not None:
            column = self._column
            self._read_at(self.frame.width // 2 if column is None else column + by)

    def action_read_on(self) -> None:
        """Move the cursor by a column to the right."""
        self.action_read(1)

    def action_read_far(self, by: int) -> None:
        """Move the cursor by a tenth of the chart."""
        if self.frame is not None:
            self.action_read(by * max(1, self.frame.width // FAST_SHARE))

    def action_read_end(self, side: int) -> None:
        """Move the cursor to an end."""
        if self.frame is not None:
            self._read_at(0 if side < 0 else self.frame.width - 1)

    def action_drop_cursor(self) -> None:
        """Take the cursor away."""
        self.post_message(self.CursorMoved(self, None))

    def _read_at(self, column: int) -> None:
        if self.frame is not None:
            column = max(0, min(self.frame.width - 1, column))
            if column != self._column:
                self.post_message(self.CursorMoved(self, self.frame.value_at(column)))

    def on_click(self, event: events.Click) -> None:
        """Read where the chart is clicked."""
        self._read_under(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Let the cursor follow the mouse in the chart that has the focus, once it is there."""
        if self._cursor is not None and (event.button or self.has_focus):
            self._read_under(event)

    def _read_under(self, event: events.MouseEvent) -> None:
        if self.frame is not None and self.frame.holds(event.x, event.y):
            self._read_at(event.x - self.frame.left)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Look closer."""
        self._turn(event, CLOSER)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """See more."""
        self._turn(event, FURTHER)

    def _turn(self, event: events.MouseEvent, factor: float) -> None:
        if self.frame is not None and self.frame.holds(event.x, event.y):
            event.stop()
            self.post_message(self.WheelTurned(self, self.frame.value_at(event.x - self.frame.left), factor))

    def _await_turn(self) -> None:
        delay = self.governor.delay()
        # Another chart of the same governor may have been drawn meanwhile: then the wait goes on.
        self._waiting = self.set_timer(delay, self._await_turn) if delay > 0 else None
        if self._waiting is None:
            self._is_due = True
            self.refresh()

    def _draw(self) -> None:
        started = time.perf_counter()
        self._rows, self.frame = draw(self.figure or Figure(""), self.size.width, self.size.height)
        self._drawn, self._drawn_size, self._strip_style = self.figure, self.size, None
        self.governor.spent(time.perf_counter() - started)
        self.draw_count += 1


def _strip(row: Row, width: int, base: Style) -> Strip:
    return Strip(
        [Segment(span.text, _style(base, span.color, span.is_bold, span.is_dim)) for span in row]
    ).adjust_cell_length(width, base)


@lru_cache(maxsize=256)  # a chart has a few styles and hundreds of spans; making a style takes longer than a span
def _style(base: Style, color: str | None, is_bold: bool, is_dim: bool) -> Style:
    return base + Style(color=color, bold=is_bold or None, dim=is_dim or None)
