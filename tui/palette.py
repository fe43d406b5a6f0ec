"""What the command palette offers: every action of the screen by name, and the colours of the application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from textual.app import App, SystemCommand
from textual.screen import Screen

from tui.screens.help import MOVES
from tui.theme import DARK, LIGHT


def commands_of(app: App[Any], screen: Screen[Any]) -> Iterable[SystemCommand]:
    """Offer what the screen can do now, each with its key."""
    seen: set[str] = set()
    for active in screen.active_bindings.values():
        binding = active.binding
        is_moving = binding.action.partition("(")[0] in (*MOVES, "command_palette")
        if not binding.tooltip or not active.enabled or binding.action in seen or is_moving:
            continue
        seen.add(binding.action)
        key = app.get_key_display(binding)
        yield SystemCommand(
            binding.description, f"{binding.tooltip}  ({key})", lambda key=binding.key: app.simulate_key(key)
        )
    name, other = ("Light colours", LIGHT) if app.theme == DARK.name else ("Dark colours", DARK)
    yield SystemCommand(name, "Change the colours of the application", lambda: setattr(app, "theme", other.name))
    yield SystemCommand(
        "Screenshot", "Save a picture of the screen as SVG", lambda: app.set_timer(0.1, app.deliver_screenshot)
    )
