"""`EarlyKeys`: keys that were typed before the line opened that they are meant for, as over a slow connection."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from textual.events import Key
from textual.widget import Widget
from textual.widgets import Input


class EarlyKeys:
    """Remembers what had the focus when a key came; if nothing takes the key, the application sees it again."""

    def __init__(self) -> None:
        self._aims: WeakKeyDictionary[Key, Widget | None] = WeakKeyDictionary()

    def note(self, key: Key, focused: Widget | None) -> None:
        """Remember where a key that comes was aimed; the first time counts."""
        self._aims.setdefault(key, focused)

    def belongs_to_line(self, key: Key, focused: Widget | None) -> bool:
        """Tell whether a line that has opened since should have the key; 1 would else leave the screen."""
        return isinstance(focused, Input) and self._aims.pop(key, focused) is not focused
