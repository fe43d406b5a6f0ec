"""`KeptView`: how the results folder is looked at, written down a moment after it has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.timer import Timer

from tui.view_state import load_view, save_view

SAVE_SECONDS = 1.0
"""A filter changes at every letter."""


class KeptView:
    """The view as it was left the last time, and as it is now."""

    def __init__(self, results: Path, set_timer: Callable[[float, Callable[[], None]], Timer]) -> None:
        """`set_timer` has something called after some seconds."""
        self._results, self._set_timer = results, set_timer
        self.now = load_view(results)
        self._timer: Timer | None = None
        """Runs while a change waits to be written down."""

    def change(self, **parts: Any) -> None:
        """Replace parts of the view."""
        view = replace(self.now, **parts)
        if view != self.now:
            self.now = view
            if self._timer is None:
                self._timer = self._set_timer(SAVE_SECONDS, self.save)

    def save(self) -> None:
        """Write down what has changed and was not written yet."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
            save_view(self._results, self.now)
