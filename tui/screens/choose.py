"""`ChooseScreen`: choose one of many by name; the list narrows as one types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.format import plain
from tui.widgets.columns import Cell, Column, Row
from tui.widgets.table import Table


class ChooseScreen(ModalScreen[str | None]):
    """Shows a title, a line to narrow the list by, and the list; enter answers with a key, escape with None."""

    AUTO_FOCUS = "#choose-find"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Go back", tooltip="Close this and change nothing"),
        Binding("down", "move(1)", "Down", show=False, priority=True),
        Binding("up", "move(-1)", "Up", show=False, priority=True),
        Binding("pagedown", "move(10)", "Page down", show=False, priority=True),
        Binding("pageup", "move(-10)", "Page up", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: Sequence[tuple[str, str]], current: str | None = None) -> None:
        """`choices` are keys with the words that stand for them."""
        super().__init__()
        self._title, self._choices, self._current = plain(title), list(choices), current

    def compose(self) -> ComposeResult:
        """Put the line above the list."""
        with Vertical(id="ask"):
            yield Static(Content(self._title), id="ask-title")
            yield Input(placeholder="type to narrow…", id="choose-find", compact=True)
            yield Table([Column("name", "", most=200, takes_rest=True)], id="choose-list", has_header=False)
            yield Static("enter choose   esc go back", id="choose-keys")

    def on_mount(self) -> None:
        """Put the cursor on what is chosen now."""
        self._fill()
        if self._current is not None:
            self.query_one(Table).move_to(self._current)

    def _fill(self) -> None:
        words = self.query_one(Input).value.casefold().split()
        shown = [one for one in self._choices if all(word in one[1].casefold() for word in words)]
        self.query_one(Table).set_rows([Row(key, (Cell(plain(text)),)) for key, text in shown])

    def on_input_changed(self) -> None:
        """Narrow the list."""
        self._fill()
        self.query_one(Table).action_first()

    def on_input_submitted(self) -> None:
        """Answer with what the cursor is on."""
        if (key := self.query_one(Table).cursor_key) is not None:
            self.dismiss(key)

    def on_table_opened(self, event: Table.Opened) -> None:
        """Answer with what was clicked twice."""
        self.dismiss(event.key)

    def action_move(self, by: int) -> None:
        """Move the cursor while the line keeps the focus."""
        self.query_one(Table).action_move(by)

    def action_back(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
