"""`PlateView`: a plate at the size of the widget; on resize it is drawn anew, and nothing is asked again."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.charts.span import Row, Span
from tui.pictures.draw import Drawn, draw_plate
from tui.pictures.plate import Plate


class PlateView(Widget, can_focus=True):
    """Shows a plate; which page, and which tile of a gallery is selected, its screen says."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    PlateView { width: 1fr; height: 1fr; }
    """

    class Scrolled(Message):
        """The wheel asks for the next or the previous page."""

        def __init__(self, pages: int) -> None:
            super().__init__()
            self.pages = pages

    class Redrawn(Message):
        """It was drawn anew: other pages may be seen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._plate: Plate | None = None
        self._page = 0
        self._selected: int | None = None
        self._drawn: Drawn | None = None

    @property
    def drawn(self) -> Drawn:
        """What is seen."""
        if self._drawn is None:
            width, height = self.size
            if self._plate is None or width < 1 or height < 1:
                return Drawn([])
            self._drawn = draw_plate(self._plate, width, height, page=self._page, selected=self._selected)
        return self._drawn

    @property
    def rows(self) -> list[Row]:
        """The lines that are seen."""
        return self.drawn.rows

    def show(self, plate: Plate | None, *, page: int = 0, selected: int | None = None) -> None:
        """Show a plate, or nothing."""
        self._plate, self._page, self._selected, self._drawn = plate, page, selected, None
        self.refresh()

    def on_resize(self) -> None:
        """Draw anew."""
        self._drawn = None
        self.post_message(self.Redrawn())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Ask for the next page."""
        event.stop()
        self.post_message(self.Scrolled(1))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Ask for the page before."""
        event.stop()
        self.post_message(self.Scrolled(-1))

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        width, base = self.size.width, self.rich_style
        rows = self.rows
        if y >= len(rows):
            return Strip.blank(width, base)
        return Strip([Segment(span.text, base + _style(span)) for span in rows[y]]).adjust_cell_length(width, base)


def _style(span: Span) -> Style:
    return Style(color=span.color, bgcolor=span.background, bold=span.is_bold or None, dim=span.is_dim or None)
