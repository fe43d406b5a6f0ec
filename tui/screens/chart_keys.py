"""`ChartScreen`: the keys that screens with curves share, and which charts runs have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from textual.binding import Binding, BindingType
from textual.widget import Widget

from engine.run import Run
from tui.charts.curves import (
    STYLES,
    WEIGHT,
    accuracy_figure,
    curves_figure,
    has_accuracy,
    has_weights,
    loss_figure,
    table_figure,
    weights_figure,
)
from tui.charts.figure import Figure
from tui.screens.base import LabScreen
from tui.view_state import ChartState
from tui.widgets.chart_deck import SMOOTHINGS, X_AXES, Chart, ChartDeck, View

PAIRED = tuple(f"{split}_{kind}" for kind in ("loss", "accuracy") for split in STYLES)
"""Metrics that the first two charts show."""

CHART_BINDINGS: list[BindingType] = [
    Binding("tab", "step(1)", "Next", show=False, tooltip="Go to the next chart or to the table"),
    Binding("shift+tab", "step(-1)", "Previous", show=False, tooltip="Go to the previous chart or to the table"),
    Binding("z", "zoom(True)", "Zoom", tooltip="Show the current chart alone"),
    Binding("z", "zoom(False)", "Zoom out", tooltip="Show what the current chart has hidden"),
    Binding("y", "log_y", "Log y", tooltip="Logarithmic or plain y axis of the current chart"),
    Binding("x", "x_axis", "X axis", tooltip="Draw over epochs, steps or seconds"),
    Binding("plus,equals_sign", "smooth(1)", "Smooth", key_display="+", tooltip="Smooth more"),
    Binding("minus", "smooth(-1)", "Less smooth", key_display="-", show=False, tooltip="Smooth less"),
    Binding("0", "smooth(0)", "Not smooth", show=False, tooltip="Do not smooth"),
    Binding("L", "log_x", "Log x", show=False, tooltip="Logarithmic or plain x axis of all charts"),
    Binding("i", "look(0.5)", "Closer", show=False, tooltip="Look closer, around the cursor or the middle"),
    Binding("o", "look(2.0)", "Further", show=False, tooltip="See more of the x axis"),
    Binding(
        "left_square_bracket", "pan(-1)", "Earlier", key_display="[", show=False, tooltip="See what is further left"
    ),
    Binding(
        "right_square_bracket", "pan(1)", "Later", key_display="]", show=False, tooltip="See what is further right"
    ),
    Binding("f", "fit", "Fit", show=False, tooltip="See the whole x axis again"),
]


ZOOM_OUT = Binding("escape", "zoom(False)", "Zoom out", show=False, tooltip="Show what the current chart has hidden")
"""To stand before a screen's own use of the key."""


class ChartScreen(LabScreen):
    """A screen with a deck of charts and one other thing that can have the focus."""

    @property
    def deck(self) -> ChartDeck:
        """The charts."""
        return self.query_one(ChartDeck)

    def on_screen_resume(self) -> None:
        """Look at charts as on the screen before, or as the last time."""
        self.deck.look_as(view_of(self.lab.view.now.charts))
        super().on_screen_resume()

    def _keep_charts(self) -> None:
        """Remember how charts are looked at, for every screen that has some and for the next time."""
        view = self.deck.view
        self.lab.view.change(charts=ChartState(view.x, view.smoothing, sorted(view.log), view.log_x))

    def beside_deck(self) -> Widget:
        """Return what else takes the focus."""
        raise NotImplementedError

    def charts_of(self, runs: Sequence[Run]) -> list[Chart]:
        """Return the charts for what these runs recorded."""
        known = self.lab.runbook.keys_of(run.trial.preset for run in runs)
        extra = dict.fromkeys(
            name for run in runs for name in run.metric_names() if name not in PAIRED and not _is_shown(name)
        )
        system = dict.fromkeys(name for run in runs for name in run.system_names())
        tables = dict.fromkeys(
            name for run in runs if run.finished for name, table in run.finished.tables.items() if table.drawn_columns
        )
        accuracy = [Chart("accuracy", partial(_paired, accuracy_figure, "accuracy", known))]
        weights = [Chart("weights", partial(_weights, known))]
        return [
            Chart("loss", partial(_paired, loss_figure, "loss", known)),
            *(accuracy if has_accuracy(runs) else []),
            *(weights if has_weights(runs) else []),
            *(Chart(name, partial(_single, name, known)) for name in extra),
            *(Chart(f"table {name}", partial(_table, name, known)) for name in tables),
            *(Chart(name, partial(_single, name, known)) for name in system if name not in extra),
        ]

    def action_step(self, by: int) -> None:
        """Go round the charts and the table."""
        deck = self.deck
        if not deck.has_focus_within_deck():
            deck.enter(is_from_end=by < 0)
        elif not deck.step(1 if by > 0 else -1):
            if deck.is_zoomed:  # what stands beside the charts is hidden
                deck.enter(is_from_end=by < 0)
            else:
                self.beside_deck().focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to zoom, or to zoom out, whichever would change something."""
        if action == "zoom" and parameters and self.is_mounted:
            return parameters[0] is not self.deck.is_zoomed
        return True

    def action_zoom(self, is_alone: bool | None = None) -> None:
        """Show the current chart alone, or the others again; without a word, whichever it is not."""
        if is_alone is not self.deck.is_zoomed:
            self.deck.zoom()

    def action_log_y(self) -> None:
        """Change the y axis."""
        self.deck.toggle_log()
        self._keep_charts()

    def action_x_axis(self) -> None:
        """Change the x axis."""
        self.deck.next_x()
        self._keep_charts()

    def action_log_x(self) -> None:
        """Change the scale of the x axis."""
        self.deck.toggle_log_x()
        self._keep_charts()

    def action_look(self, factor: float) -> None:
        """Look at less of the x axis, or at more."""
        self.deck.look(factor)

    def action_pan(self, by: int) -> None:
        """Look further left or right."""
        self.deck.pan(1 if by > 0 else -1)

    def action_fit(self) -> None:
        """Look at the whole x axis."""
        self.deck.fit()

    def action_smooth(self, by: int) -> None:
        """Change the smoothing."""
        self.deck.smooth(by)
        self._keep_charts()


def view_of(kept: ChartState) -> View:
    """Return the view of a deck that was kept; what no deck can draw is as usual."""
    x = next((axis for axis in X_AXES if axis == kept.x), View().x)
    smoothing = kept.smoothing if kept.smoothing in SMOOTHINGS else View().smoothing
    return View(x, smoothing, frozenset(kept.log), kept.log_x)


def _is_shown(metric: str) -> bool:
    """Tell whether another chart says the same: an error is an accuracy upside down, weights share one."""
    return metric.endswith("_error") or WEIGHT.fullmatch(metric) is not None


def _paired(draw: Callable[..., Figure], key: str, known: Sequence[str], runs: Sequence[Run], view: View) -> Figure:
    return seen(draw(runs, known=known, front=view.front, **options_of(key, view)), view)


def _weights(known: Sequence[str], runs: Sequence[Run], view: View) -> Figure:
    return seen(weights_figure(runs, known=known, **options_of("weights", view)), view)


def _single(metric: str, known: Sequence[str], runs: Sequence[Run], view: View) -> Figure:
    return seen(curves_figure(runs, [metric], known=known, front=view.front, **options_of(metric, view)), view)


def options_of(key: str, view: View) -> dict[str, Any]:
    """Return what a view asks of curves."""
    return {"x": view.x, "log_y": key in view.log, "log_x": view.log_x, "smoothing": view.smoothing}


def seen(figure: Figure, view: View) -> Figure:
    """Show what is in view of a chart over training, and the values at the cursor."""
    return replace(figure, x_limits=view.x_limits, cursor=view.cursor)


def _table(name: str, known: Sequence[str], runs: Sequence[Run], view: View) -> Figure:
    figure = table_figure(runs, name, known=known)
    is_read = view.cursor_apart is not None and view.cursor_apart[0] == f"table {name}"
    return replace(figure, cursor=view.cursor_apart[1]) if view.cursor_apart and is_read else figure
