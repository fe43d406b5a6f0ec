"""`LabScreen`: what all screens share: the header line, the keys, a summary where there is no room for more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from tui.format import home_path, plural
from tui.runbook import Change
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.key_line import KeyLine

if TYPE_CHECKING:
    from tui.app import TermlabApp

LEAST_WIDTH, LEAST_HEIGHT = 60, 16
"""Below this there is a summary in words instead of a screen."""
WIDE = 100
"""From here on two things stand side by side."""
TALL = 30

PLACES = {
    "presets": ("1", "Presets"),
    "live": ("2", "Live"),
    "leaderboard": ("3", "Leaderboard"),
    "compare": ("4", "Compare"),
    "inspect": ("5", "Inspect"),
}


class LabScreen(Screen[None]):
    """A screen of the application."""

    PLACE: ClassVar[str] = ""
    """The mode it belongs to."""
    HELP_TITLE: ClassVar[str] = ""
    HELP: ClassVar[str] = ""
    """What the screen is for, in a few sentences."""

    @property
    def lab(self) -> TermlabApp:
        """The application, with what it knows."""
        return cast("TermlabApp", self.app)

    def compose(self) -> ComposeResult:
        """Put the body between header and keys."""
        yield ClickLine(id="header")
        with Vertical(id="body"):
            yield from self.compose_body()
        yield Static(id="tiny", markup=False)
        yield KeyLine(id="keys")

    def compose_body(self) -> Iterable[Widget]:
        """Return what the screen consists of."""
        raise NotImplementedError

    def show(self, change: Change) -> None:
        """Show what changed; called only while the screen is seen."""
        raise NotImplementedError

    def show_all(self) -> None:
        """Show everything anew, as after a time out of sight."""
        for change in Change:
            self.show(change)

    def on_mount(self) -> None:
        """Hear of changes."""
        self.lab.changed.subscribe(self, self._on_change)

    def on_screen_resume(self) -> None:
        """Catch up with what happened while another screen was seen."""
        self._fit()
        self._show_frame()
        self.show_all()

    def on_resize(self, _: Resize) -> None:
        """Choose the layout for the size."""
        self._fit()
        self._show_frame()

    def _on_change(self, change: Change) -> None:
        if self.is_current:
            self._show_frame()
            self.show(change)
            if change is Change.STATE:
                self.refresh_bindings()

    def _fit(self) -> None:
        size = self.app.size
        is_tiny = size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT
        self.set_class(is_tiny, "-tiny")
        self.set_class(size.width >= WIDE, "-wide")
        self.set_class(size.height >= TALL, "-tall")

    def _show_frame(self) -> None:
        book, lab = self.lab.runbook, self.lab
        left = [Part(" termlab  ", "strong")]
        for place, (key, title) in PLACES.items():
            live = f" ●{len(lab.trainings.live_ids)}" if place == "live" and lab.trainings.live_ids else ""
            tone = "accent" if place == self.PLACE else "quiet"
            left += [Part(f" {key} {title}", tone, key), Part(f"{live} ", "good" if live else "", key)]
        right = [Part(f"{plural(len(book.summaries), 'run')} ", "quiet")]
        right.insert(0, Part(f"{home_path(lab.results)} · ", "quiet"))
        if book.device:
            right.insert(0, Part(f"{book.device} · ", "quiet"))
        self.query_one("#header", ClickLine).show(left, right)
        if self.has_class("-tiny"):
            self.query_one("#tiny", Static).update(Content("\n".join(self._tiny_lines())))

    def _tiny_lines(self) -> list[str]:
        return [
            f"termlab · {PLACES[self.PLACE][1]}",
            self.lab.headline(),
            plural(len(self.lab.runbook.summaries), "saved run"),
            f"Enlarge the window to {LEAST_WIDTH}x{LEAST_HEIGHT} for more. q quits.",
        ]
