"""`ClickLine`: one line of text whose parts do something when they are clicked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui.format import plain
from tui.widgets.columns import fit

LEAST_GAP = 2
"""Blanks between what stands left and what stands right."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line; clicking one that has a key is pressing that key, and of `@name`, to be told that name."""

    text: str
    tone: str = ""
    key: str = ""


def _safe(part: Part) -> Part:
    return part if part.text.isprintable() else replace(part, text=plain(part.text))


class ClickLine(Widget):
    """Parts from the left, and parts that end at the right edge; the right ones give way, and the left ones are cut."""

    class Pressed(Message):
        """A part that has a name of its own was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line--quiet", "line--accent", "line--strong", "line--warn", "line--bad", "line--good",
    }  # fmt: skip

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._left: tuple[Part, ...] = ()
        self._right: tuple[Part, ...] = ()

    def show(self, left: Sequence[Part], right: Sequence[Part] = ()) -> None:
        """Replace what the line says, repainting only if it differs."""
        shown = tuple(map(_safe, left)), tuple(map(_safe, right))
        if shown != (self._left, self._right):
            self._left, self._right = shown
            self.refresh()

    @property
    def text(self) -> str:
        """What the line says, for tests and for people who cannot see it."""
        return "".join(part.text for part in (*self._left, *self._right))

    def render_line(self, y: int) -> Strip:
        """Draw the line; a widget of several lines is blank below the first."""
        width, base = self.size.width, self.rich_style  # asked once: Textual works it out anew each time
        if y:
            return Strip.blank(width, base)
        segments: list[Segment] = []
        drawn = 0
        for start, part in self._placed(width):
            style = base + self.get_component_rich_style(f"line--{part.tone}", partial=True) if part.tone else base
            segments += [Segment(" " * (start - drawn), base), Segment(part.text, style)]
            drawn = start + cell_len(part.text)
        return Strip(segments).adjust_cell_length(width, base)

    def _placed(self, width: int) -> list[tuple[int, Part]]:
        placed: list[tuple[int, Part]] = []
        start = 0
        for part in self._left:
            room = width - start
            if room <= 0:
                break
            shown = part if cell_len(part.text) <= room else replace(part, text=fit(part.text, room))
            placed.append((start, shown))
            start += cell_len(shown.text)
        kept = list(self._right)
        while kept and start + LEAST_GAP + sum(cell_len(part.text) for part in kept) > width:
            kept.pop(0)
        start = width - sum(cell_len(part.text) for part in kept)
        for part in kept:
            placed.append((start, part))
            start += cell_len(part.text)
        return placed

    def on_click(self, event: events.Click) -> None:
        """Press the key of the part that was clicked."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for start, part in self._placed(self.size.width):
            if part.key and start <= offset.x < start + cell_len(part.text):
                if part.key.startswith("@"):
                    self.post_message(self.Pressed(part.key[1:]))
                else:
                    self.app.simulate_key(part.key)
