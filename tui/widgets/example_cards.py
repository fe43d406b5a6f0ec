"""`ExampleCards`: test examples with their pictures, a screenful at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.charts.example_cards import CardGrid, card_grid, card_rows
from tui.charts.span import Row, Span
from tui.identity import Identity

if TYPE_CHECKING:
    from textual.geometry import Size

    from engine.analysis.example_set import ExampleSet, Kind


class ExampleCards(Widget):
    """Shows the examples of one kind; how many fit, its size decides."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    ExampleCards { width: 1fr; height: 1fr; }
    """

    class Turned(Message):
        """Other examples are seen."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.first = 0
        """Of the examples of the kind, the first that is seen."""
        self.places: Sequence[int] = ()
        """Of all examples of the kind, in the test data."""
        self._found: ExampleSet | None = None
        self._marks: tuple[Identity, ...] = ()
        self._drawn: tuple[Size, int] | None = None
        self._rows: list[Row] = []

    @property
    def grid(self) -> CardGrid | None:
        """How the cards are laid out; None before there are any."""
        return card_grid(self._found, self.size.width, self.size.height) if self._found is not None else None

    def show(self, found: ExampleSet, kind: Kind, marks: Sequence[Identity]) -> None:
        """Show the first examples of a kind."""
        self._found, self._marks = found, tuple(marks)
        self.places = found.of(kind).tolist()
        self._go_to(0)

    def turn(self, pages: int) -> None:
        """Show the next screenful, or the one before; there is none beyond the ends."""
        if self.grid is not None:
            self._go_to(self.first + pages * self.grid.count)

    def go_to_end(self, *, is_last: bool) -> None:
        """Show the first or the last screenful."""
        self._go_to(len(self.places) - 1 if is_last else 0)

    def _go_to(self, first: int) -> None:
        count = self.grid.count if self.grid is not None else 1
        last_page = max(0, len(self.places) - 1) // count
        self.first = max(0, min(first // count, last_page)) * count
        self._drawn = None
        self.refresh()
        self.post_message(self.Turned())

    def on_resize(self) -> None:
        """Begin with the page on which the first example seen is now."""
        self._go_to(self.first)

    def render_line(self, y: int) -> Strip:
        """Return one line, drawing all of them if anything has changed."""
        if self._drawn != (self.size, self.first):
            self._drawn = (self.size, self.first)
            self._rows = self._draw()
        width, base = self.size.width, self.rich_style
        if y >= len(self._rows):
            return Strip.blank(width, base)
        return Strip([Segment(span.text, base + _style(span)) for span in self._rows[y]]).adjust_cell_length(
            width, base
        )

    def _draw(self) -> list[Row]:
        grid = self.grid
        if self._found is None or grid is None:
            return []
        seen = self.places[self.first : self.first + grid.count]
        return card_rows(self._found, seen, grid, self._marks, color=True)


def _style(span: Span) -> Style:
    return Style(color=span.color, bgcolor=span.background, bold=span.is_bold or None, dim=span.is_dim or None)
