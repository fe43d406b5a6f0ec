"""`KeyLine`: the keys that matter here, whole entries only; help and the command palette always at the right."""

from __future__ import annotations

from rich.cells import cell_len
from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input

from tui.widgets.click_line import LEAST_GAP, ClickLine, Part

PRINTABLE = ("slash", "question_mark", "plus", "minus", "equals_sign", "space")


class KeyLine(ClickLine):
    """Reads the bindings that the screen and what has the focus want shown, and follows their changes."""

    def on_mount(self) -> None:
        """Follow the bindings of the screen."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self.call_after_refresh(self.update_keys)

    def on_resize(self) -> None:
        """Show as many keys as fit."""
        self.update_keys()

    def _bindings_changed(self, screen: Screen[object]) -> None:
        if screen is self.screen:
            self.update_keys()

    def update_keys(self) -> None:
        """Show the keys that do something now."""
        is_typing = isinstance(self.screen.focused, Input)
        offered: dict[str, Binding] = {}
        for _, binding, is_enabled, _ in self.screen.active_bindings.values():
            if not binding.show or not is_enabled:
                continue
            if is_typing and (len(binding.key) == 1 or binding.key in PRINTABLE):
                continue  # it would be typed
            offered.setdefault(binding.action, binding)
        # Help leads to every key that finds no room, so that it has a place of its own.
        right = self._help(offered.pop("help", None))
        right += [Part("ctrl+p", "accent", "ctrl+p"), Part(" commands ", "quiet", "ctrl+p")]
        room = self.size.width - sum(cell_len(part.text) for part in right) - LEAST_GAP
        parts: list[Part] = []
        for binding in offered.values():
            key, words = f" {self.app.get_key_display(binding)}", f" {binding.description} "
            if (room := room - cell_len(key) - cell_len(words)) < 0:
                break
            parts += [Part(key, "accent", binding.key), Part(words, "quiet", binding.key)]
        self.show(parts, right if room >= 0 or parts else ())

    def _help(self, binding: Binding | None) -> list[Part]:
        if binding is None:
            return []
        key = self.app.get_key_display(binding)
        return [Part(key, "accent", binding.key), Part(f" {binding.description}  ", "quiet", binding.key)]
