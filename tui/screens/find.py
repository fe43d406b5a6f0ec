"""The line that filters a list as one types: what the screens that have one share."""

from __future__ import annotations

from typing import Any

from textual.binding import Binding
from textual.screen import Screen
from textual.widgets import Input


def find_binding(tooltip: str) -> Binding:
    """Return the key that goes to the line.

    It is looked at before keys are handed out: letters that come in one burst with it, pasted or over a slow line,
    would else reach the list, where each of them means something else.
    """
    return Binding("slash", "find", "Find", tooltip=tooltip, key_display="/", priority=True)


def may_find(screen: Screen[Any]) -> bool:
    """Tell whether the key goes to the line: not while it is typed into it, or into another one."""
    return not isinstance(screen.focused, Input)


def find(screen: Screen[Any]) -> None:
    """Go to the line at once."""
    screen.set_focus(screen.query_one("#find", Input))
