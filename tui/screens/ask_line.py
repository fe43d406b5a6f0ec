"""`AskLineScreen`: asks for one line of text, and says at once what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from engine.errors import TermlabError
from tui.format import plain, plain_lines


class AskLineScreen(ModalScreen[str | None]):
    """Shows a title, what may be written, and a line; enter answers with it, escape with None."""

    AUTO_FOCUS = "#ask-line"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Go back", tooltip="Close this and change nothing"),
    ]

    def __init__(self, title: str, text: str, value: str, check: Callable[[str], None]) -> None:
        """`check` raises a TermlabError for a line that will not do."""
        super().__init__()
        self._title, self._text, self._value = plain(title), "\n".join(plain_lines(text)), value
        self._check = check

    def compose(self) -> ComposeResult:
        """Put the line under the text, and what is wrong with it below."""
        with Vertical(id="ask"):
            yield Static(Content(self._title), id="ask-title")
            yield Static(Content(self._text), id="ask-text")
            yield Input(self._value, id="ask-line", compact=True, select_on_focus=False)
            yield Static(id="ask-wrong")

    def on_input_changed(self) -> None:
        """What was wrong may be mended."""
        self.query_one("#ask-wrong", Static).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the line if it will do."""
        try:
            self._check(event.value)
        except TermlabError as error:
            self.query_one("#ask-wrong", Static).update(Content("\n".join(plain_lines(str(error)))))
            return
        self.dismiss(event.value.strip())

    def action_back(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
