"""`ChartDeck`: several charts of the same runs, as many side by side as there is room for, the rest a key away."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Click, DescendantFocus
from textual.timer import Timer

from engine.run import Run, XAxis
from tui.charts.figure import Figure
from tui.charts.frame import Frame
from tui.charts.scale import Scale
from tui.charts.zoom import beside, nearer
from tui.governor import Governor
from tui.widgets.plot import PlotView

MOST_VIEWS = 3
TWO_WIDE, THREE_WIDE = 92, 170
"""Characters from which two and three charts stand side by side."""
PAINT_SHARE = 0.01
"""Of wall time, for everything that a paint takes; what else the screen does has to live on the rest of 5 %."""
LEAST_SECONDS = 0.25
"""Between two paints, however fast the machine: nobody reads faster."""
SMOOTHINGS = (0.0, 0.5, 0.8, 0.9, 0.96, 0.99)
X_AXES: tuple[XAxis, ...] = ("epoch", "step", "samples", "time", "wall")


@dataclass(frozen=True, slots=True)
class View:
    """How charts are looked at."""

    x: XAxis = "epoch"
    smoothing: float = 0.9
    log: frozenset[str] = frozenset({"loss"})
    """Charts with a logarithmic y axis."""
    log_x: bool = False
    x_limits: tuple[float, float] | None = None
    """What is in view of the x axis: epochs, steps, examples or seconds; None is all of it."""
    cursor: float | None = None
    """The x at which all curves are read, in the same unit; None where none are."""
    cursor_apart: tuple[str, float] | None = None
    """The key of a chart whose x is not that of training, and where it is read."""
    front: str | None = None
    """Id of the run that stands out among many, empty while none does; None where nothing chooses one."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a deck: its name, and what makes its figure."""

    key: str
    build: Callable[[Sequence[Run], View], Figure] = field(compare=False)


class ChartDeck(Horizontal):
    """Shows the charts around the current one; figures are made only when they are seen and the governor allows."""

    def __init__(self, *, id: str | None = None, along: Callable[[], None] = lambda: None) -> None:  # noqa: A002
        """Paint `along` with the charts, so that the screen is composed once for both."""
        super().__init__(id=id)
        self.along = along
        self.governor = Governor(share=PAINT_SHARE)
        self.charts: tuple[Chart, ...] = ()
        self.runs: Sequence[Run] = ()
        self.view = View()
        self.current = 0
        self.is_zoomed = False
        self._waiting: Timer | None = None
        self._is_due = False
        self._is_painting = False

    def compose(self) -> ComposeResult:
        """Have as many views as there will ever be side by side."""
        for _ in range(MOST_VIEWS):
            view = PlotView(governor=Governor(share=1.0))  # the deck decides when
            view.can_focus = True
            view.display = False  # until there is something to see in it
            yield view

    def show_runs(self, runs: Sequence[Run], charts: Sequence[Chart], *, is_urgent: bool = False) -> None:
        """Show runs, or what is new of them; without delay where somebody waits for them."""
        shown = {run.id for run in self.runs}
        if shown and shown.isdisjoint(run.id for run in runs):  # others: what was looked at means nothing
            self.view = replace(self.view, x_limits=None, cursor=None, cursor_apart=None)
        self.runs = runs
        if tuple(charts) != self.charts:
            self.charts = tuple(charts)
            self.current = min(self.current, max(0, len(self.charts) - 1))
            self.place_views()
        self.request(is_urgent=is_urgent)

    def look_as(self, view: View) -> None:
        """Look at charts as it was done before, here or on another screen; what is in view stays if the axis does."""
        if view.x == self.view.x and view.log_x == self.view.log_x:
            view = replace(view, x_limits=self.view.x_limits, cursor=self.view.cursor)
        view = replace(view, front=self.view.front)
        if view != self.view:
            self.view = view
            self.request(is_urgent=True)

    @property
    def current_key(self) -> str:
        """The chart that keys act on."""
        return self.charts[self.current].key if self.charts else ""

    def _visible(self) -> list[int]:
        width = self.size.width
        count = 1 if self.is_zoomed or width < TWO_WIDE else 2 if width < THREE_WIDE else MOST_VIEWS
        count = min(count, len(self.charts))
        first = max(0, min(self.current - count + 1, len(self.charts) - count)) if self.current >= count else 0
        return list(range(first, first + count))

    def place_views(self) -> None:
        """Show as many views as there are charts to see."""
        visible = self._visible()
        for place, view in enumerate(self.query(PlotView)):
            view.display = place < len(visible)
            view.set_class(place == len(visible) - 1, "-last")
        self.request(is_urgent=True)

    def on_resize(self) -> None:
        """Show as many charts as fit."""
        self.place_views()

    def has_focus_within_deck(self) -> bool:
        """Tell whether keys go to a chart."""
        return any(view.has_focus for view in self.query(PlotView))

    def focus_current(self) -> None:
        """Give the current chart the focus."""
        visible = self._visible()
        if self.current in visible:
            list(self.query(PlotView))[visible.index(self.current)].focus()

    def step(self, by: Literal[-1, 1]) -> bool:
        """Go to the next chart; return False at the end, where there is none."""
        if not 0 <= self.current + by < len(self.charts):
            return False
        self.current += by
        self.place_views()
        self.focus_current()
        return True

    def enter(self, *, is_from_end: bool) -> None:
        """Take the focus at the first or the last chart."""
        self.current = len(self.charts) - 1 if is_from_end and self.charts else 0
        self.place_views()
        self.focus_current()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        """Act on the chart that was clicked."""
        views, visible = list(self.query(PlotView)), self._visible()
        if event.widget in views and views.index(event.widget) < len(visible):
            self.current = visible[views.index(event.widget)]

    def on_click(self, event: Click) -> None:
        """Zoom a chart that is clicked twice."""
        if event.chain == 2:
            self.zoom()

    def zoom(self) -> None:
        """Show the current chart alone, or the others again."""
        self.is_zoomed = not self.is_zoomed
        self.screen.set_class(self.is_zoomed, "-zoomed")
        self.place_views()
        self.focus_current()
        self.screen.refresh_bindings()

    def bring_forward(self, run_id: str, *, is_urgent: bool) -> None:
        """Let a run stand out among many."""
        if run_id != self.view.front:
            self.view = replace(self.view, front=run_id)
            self.request(is_urgent=is_urgent)

    def toggle_log(self) -> None:
        """Draw the current chart over a logarithmic axis, or a plain one again."""
        self.view = replace(self.view, log=self.view.log ^ {self.current_key})
        self.request(is_urgent=True)

    def next_x(self) -> None:
        """Draw over epochs, steps, or seconds of training."""
        x = X_AXES[(X_AXES.index(self.view.x) + 1) % len(X_AXES)]
        self.view = replace(self.view, x=x, x_limits=None, cursor=None)  # which were in another unit
        self.request(is_urgent=True)

    def toggle_log_x(self) -> None:
        """Draw all charts over a logarithmic x axis, or a plain one again."""
        self.view = replace(self.view, log_x=not self.view.log_x, x_limits=None)
        self.request(is_urgent=True)

    @property
    def frame(self) -> Frame | None:
        """Where the inside of the current chart is, if it is drawn and shares the x axis of training."""
        visible = self._visible()
        views = [view for view, index in zip(self.query(PlotView), visible, strict=False) if index == self.current]
        if not views or views[0].frame is None or views[0].figure is None or views[0].figure.is_apart:
            return None
        drawn, limits = views[0].frame, self.view.x_limits  # which may be newer than what is drawn
        return replace(drawn, x=Scale(*limits, drawn.whole.is_log) if limits is not None else drawn.whole)

    def look(self, factor: float, at: float | None = None) -> None:
        """Have so many times the present part of the x axis in view, around an x: the cursor's, or the middle."""
        if (frame := self.frame) is not None:
            around = self.view.cursor if at is None else at
            self._look_at(nearer(frame, factor, around))

    def pan(self, by: Literal[-1, 1]) -> None:
        """Look further left or right, as far as there is anything."""
        if (frame := self.frame) is not None:
            self._look_at(beside(frame, by))

    def fit(self) -> None:
        """Have the whole x axis in view."""
        self._look_at(None)

    def _look_at(self, limits: tuple[float, float] | None) -> None:
        if limits != self.view.x_limits:
            self.view = replace(self.view, x_limits=limits)
            self.request(is_urgent=True)

    def on_plot_view_cursor_moved(self, event: PlotView.CursorMoved) -> None:
        """Read the curves of all charts where the cursor of one stands; one with an x of its own is read alone."""
        view = self.view
        if event.view.figure is not None and event.view.figure.is_apart:
            apart = (self._key_of(event.view), event.value) if event.value is not None else None
            self.view = replace(view, cursor_apart=apart)
        else:
            self.view = replace(view, cursor=event.value)
        if self.view != view:
            self.request(is_urgent=True)

    def _key_of(self, view: PlotView) -> str:
        place = list(self.query(PlotView)).index(view)
        visible = self._visible()
        return self.charts[visible[place]].key if place < len(visible) else ""

    def on_plot_view_wheel_turned(self, event: PlotView.WheelTurned) -> None:
        """Look closer, or at more, where the mouse is."""
        if event.view.figure is not None and not event.view.figure.is_apart:
            self.look(event.factor, event.value)

    def smooth(self, by: int) -> None:
        """Smooth what is recorded at every step more, less, or (0) not at all."""
        at = bisect_left(SMOOTHINGS, self.view.smoothing) + by if by else 0
        self.view = replace(self.view, smoothing=SMOOTHINGS[max(0, min(len(SMOOTHINGS) - 1, at))])
        self.request(is_urgent=True)

    def request(self, *, is_urgent: bool = False) -> None:
        """Paint as soon as that is allowed; what the user asked for does not wait."""
        if not self.is_mounted or not self.screen.is_current:
            return
        self._is_due = True
        if is_urgent:
            self._paint()
        else:
            self._schedule()

    def _schedule(self) -> None:
        if self._is_due and self._waiting is None and not self._is_painting:
            self._waiting = self.set_timer(max(LEAST_SECONDS, self.governor.delay()), self._paint)

    def _paint(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        if not self.screen.is_current:
            return
        self._is_due, self._is_painting = False, True
        began = time.thread_time()
        self.along()
        visible = self._visible()
        for view, index in zip(self.query(PlotView), visible, strict=False):
            view.figure = self.charts[index].build(self.runs, self.view)
        self.call_after_refresh(self._account, began)

    def _account(self, began: float) -> None:
        """Count all that this thread computed for the paint, up to and with what went to the terminal."""
        self.governor.spent(time.thread_time() - began)
        self._is_painting = False
        self._schedule()  # for what came meanwhile
