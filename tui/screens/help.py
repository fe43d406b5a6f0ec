"""`HelpScreen`: what the screen below is for and what every key does there, read from its bindings."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from tui.widgets.click_line import ClickLine, Part

MOVES = ("move", "move_column", "page", "first", "last")


class HelpScreen(ModalScreen[None]):
    """Lists the keys of a screen in the order in which it declares them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", tooltip="Close the help"),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, title: str, purpose: str, keys: list[tuple[str, str]]) -> None:
        super().__init__()
        self._title, self._purpose, self._keys = title, purpose, keys

    def compose(self) -> ComposeResult:
        """List the keys under the purpose."""
        with VerticalScroll(id="help"):
            yield ClickLine(id="help-title")
            yield Static(Content(self._purpose), id="help-purpose")
            for key, meaning in self._keys:
                with Horizontal(classes="help-row"):
                    yield Static(Content(key), classes="help-key")
                    yield Static(Content(meaning), classes="help-meaning")

    def on_mount(self) -> None:
        """Say where one is, and how to get back."""
        close = [Part("esc ", "accent", "escape"), Part("close", "quiet", "escape")]
        self.query_one("#help-title", ClickLine).show([Part(self._title, "strong")], close)

    def action_scroll(self, lines: int) -> None:
        """Scroll by some lines."""
        self.query_one("#help").scroll_relative(y=lines, animate=False)


def keys_of(screen: Screen[Any]) -> list[tuple[str, str]]:
    """Return the keys of a screen with what they do: its own first, then those of termlab, then moving about."""
    keys: dict[tuple[int, str, str], list[str]] = {}
    for active in screen.active_bindings.values():
        if not active.tooltip or not active.enabled or active.binding.system:
            continue  # what has no tooltip is Textual's own
        action = active.binding.action
        rank = 2 if action.partition("(")[0] in MOVES else 1 if active.node is screen.app else 0
        shown = screen.app.get_key_display(active.binding)
        names = keys.setdefault((rank, action, active.tooltip), [])
        if shown not in names:
            names.append(shown)
    in_order = sorted(keys, key=lambda key: key[0])
    return [("  ".join(keys[key]), key[2]) for key in in_order]
