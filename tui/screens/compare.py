"""The Compare screen: marked recipes side by side, their curves over what sets them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Static

from engine.comparison import Comparison, compare
from engine.leaderboard_row import LeaderboardRow
from engine.run import Run
from engine.summary import RunStatus, RunSummary
from tui.charts.bands import bands_figure, recipe_groups
from tui.charts.figure import Figure
from tui.charts.pareto import Price, pareto_figure, pareto_points
from tui.charts.recipe_looks import name_rows
from tui.comparison_text import short_verdict_lines, verdict_lines
from tui.format import plain, plural
from tui.runbook import Change
from tui.screens.base import TALL
from tui.screens.chart_keys import CHART_BINDINGS, ZOOM_OUT, ChartScreen, options_of, seen
from tui.screens.compare_facts import column_width, comparison_rows, recipe_columns
from tui.screens.examples import open_examples
from tui.standing_words import name_beside
from tui.widgets.chart_deck import Chart, ChartDeck, View
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.columns import Column
from tui.widgets.table import Table

MOST_RUNS = 60
"""Whose curves are read; of more, nobody tells one from another."""
LINES, LINES_TALL = 2, 4
"""Of the answer above the charts."""
FIRST = ("test_accuracy", "test_loss", "validation_accuracy", "validation_loss", "train_loss", "train_accuracy")
"""Metrics in the order in which their charts come; others follow."""


class CompareScreen(ChartScreen):
    """Follows the marks, and runs that are still being trained."""

    PLACE = "compare"
    AUTO_FOCUS = "#compare-facts"
    HELP_TITLE = "Compare"
    HELP = (
        "The recipes of the marked runs side by side: the mean of their seeds in a band that is its 95 % interval, b "
        "draws each run instead; below, figures, settings that differ, and from which epoch on curves lie apart from "
        "the baseline's. p makes the recipe under the column cursor the baseline. In a chart the arrows read all "
        "curves at once, i and o look closer and further, [ and ] move along, f shows all again. Tests are paired "
        "t-tests on the common seeds, Holm-corrected over the recipes, and take the differences between seeds for "
        "independent and roughly normal; those of curves are made at each epoch, without correction."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter",
            "open",
            "Open",
            key_display="enter",
            tooltip="Zoom the chart, or look at the runs of the recipe under the column cursor",
        ),
        Binding("p", "pin", "Baseline", tooltip="Compare the others with the recipe under the column cursor"),
        Binding("b", "band", "Band/runs", tooltip="Draw means with their bands, or each run by itself"),
        Binding("E", "examples", "Examples", tooltip="Which test examples it has right and the baseline not, and back"),
        Binding("c", "copy", "Copy", tooltip="Copy the answer and the figures as Markdown (OSC 52)"),
        *CHART_BINDINGS,
        ZOOM_OUT,
        Binding("escape", "unmark", "Unmark", show=False, tooltip="Take all marks away"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.is_banded = True
        self._found: Comparison | None = None
        self._made_of: tuple[object, ...] = ()
        """What it was found from: finished runs, those whose curves are read, metric, baseline."""
        self._groups: list[list[Run]] = []
        self._followed: tuple[str, ...] = ()
        self._drawn: tuple[str, ...] = ()

    def compose_body(self) -> Iterable[Widget]:
        """Put the answer above the charts, and the facts below them."""
        return [
            Vertical(
                ClickLine(id="compare-title"),
                Static(id="compare-said", markup=False),
                Static(id="compare-empty", markup=False),
                ChartDeck(id="compare-deck"),
                Table([Column("name", "")], id="compare-facts", has_column_cursor=True),
                id="compare-body",
            )
        ]

    def beside_deck(self) -> Widget:
        """Return the facts."""
        return self.query_one("#compare-facts")

    def on_screen_resume(self) -> None:
        """Read the runs that were marked meanwhile."""
        self._follow()
        super().on_screen_resume()

    def _follow(self) -> None:
        compared = self.lab.runbook.compared[:MOST_RUNS]
        if compared != self._followed:
            self._followed = compared
            self.lab.opened.read("compare", compared)

    def show(self, change: Change) -> None:
        """Show the marked runs anew."""
        if change not in (Change.RUNS, Change.SWEEP):
            return
        self._follow()
        book = self.lab.runbook
        opened = [book.opened.get(run_id) for run_id in self._followed]
        runs = [run for run in opened if run is not None]
        chosen = [summary for run_id in self._followed if (summary := book.summary_of(run_id)) is not None]
        self._groups = recipe_groups(runs)
        self._found = self._compare(chosen, runs)
        # A run that cannot be read keeps nobody from looking at the others.
        is_reading = any(run_id not in book.unreadable and book.opened.get(run_id) is None for run_id in self._followed)
        self._show_words(chosen, len(runs), is_reading=is_reading)
        self._show_facts()
        self.deck.display = bool(runs)
        if runs and not is_reading:
            ids = tuple(run.id for run in runs)
            is_new, self._drawn = self._drawn != ids, ids
            self.deck.show_runs(runs, self._charts(runs), is_urgent=is_new)
        self.refresh_bindings()

    def on_resize(self, event: Resize) -> None:
        """Say as much as there is room for."""
        super().on_resize(event)
        self._show_said()
        self._show_facts()

    def _compare(self, chosen: Sequence[RunSummary], runs: Sequence[Run]) -> Comparison | None:
        # Unless another one is pinned, the recipe that was trained first is the baseline, as presets have it.
        finished = sorted((run for run in chosen if run.status is RunStatus.DONE), key=lambda run: run.created)
        board = self.lab.view.now.board
        known = {run.id: run for run in runs if run.finished is not None}
        made_of = (finished, tuple(known), board.metric, board.baseline)
        if made_of != self._made_of:  # while runs are read or trained, there is news many times a second
            self._made_of = made_of
            self._found = compare(finished, known, board.metric, board.baseline)
        return self._found

    def _show_words(self, chosen: Sequence[RunSummary], read: int, *, is_reading: bool) -> None:
        found, book = self._found, self.lab.runbook
        parts = [Part(f" {plural(len(self._groups), 'recipe')}", "strong"), Part(f" · {plural(len(chosen), 'run')}")]
        unfinished = sum(run.status is not RunStatus.DONE for run in chosen)
        if unfinished:
            parts.append(Part(f", {unfinished} not done: drawn, not counted", "quiet"))
        if found is not None:
            parts.append(Part(f" · {plain(found.baseline.test_data)}", "quiet"))
            if len(found.rows) > 1:
                parts.append(Part(f" · baseline {name_beside(found.baseline, *found.rows)}", "accent", "p"))
        if len(book.compared) > MOST_RUNS:
            parts.append(Part(f" · the first {MOST_RUNS} of {len(book.compared):,} marked", "warn"))
        if is_reading:
            parts.append(Part(" · reading…", "quiet"))
        elif read < len(self._followed):
            parts.append(Part(f" · {len(self._followed) - read} cannot be read", "warn"))
        self.query_one("#compare-title", ClickLine).show(parts if chosen else [Part(" Nothing is marked", "strong")])
        self._show_said()
        empty = self.query_one("#compare-empty", Static)
        empty.display = not chosen
        empty.update("Press 3, mark recipes or runs with space, and press d. Without marks, d takes what is listed.")

    def _show_said(self) -> None:
        """Answer above the charts, in no more lines than leave them the room."""
        most = LINES_TALL if self.app.size.height >= TALL else LINES
        lines = short_verdict_lines(self._found, self.app.size.width - 2, most) if self._found is not None else []
        said = self.query_one("#compare-said", Static)
        said.update(Content("\n".join(lines)))
        said.display = bool(lines)

    def _show_facts(self) -> None:
        facts = self.query_one("#compare-facts", Table)
        found = self._found
        facts.set_class(found is None, "-empty")
        if found is None:
            if facts.has_focus:
                self.deck.focus_current()
            return
        known = self.lab.runbook.keys_of(row.preset for row in found.rows)
        most = column_width(len(found.rows), self.app.size.width)
        columns = recipe_columns(name_rows(found.rows, known), most=most)
        if tuple(columns) != facts.columns:
            facts.set_columns(columns)
            facts.column_cursor = max(1, facts.column_cursor)
        facts.set_rows(comparison_rows(found))

    def _charts(self, runs: Sequence[Run]) -> list[Chart]:
        if not self.is_banded:
            return self.charts_of(runs)
        names = dict.fromkeys(name for run in runs for name in run.metric_names() if not name.endswith("_error"))
        ordered = [name for name in FIRST if name in names] + [name for name in names if name not in FIRST]
        prices: tuple[Price, ...] = ("train_seconds", "parameters") if len(self._groups) > 1 else ()
        return [
            *(Chart(f"band {name}", partial(self._band, name)) for name in ordered),
            *(Chart(f"price {price}", partial(self._pareto, price)) for price in prices),
        ]

    def _band(self, metric: str, runs: Sequence[Run], view: View) -> Figure:
        known = self.lab.runbook.keys_of(run.trial.preset for run in runs)
        figure = bands_figure(
            recipe_groups(runs), metric, known=known, x_limits=view.x_limits, **options_of(f"band {metric}", view)
        )
        return seen(figure, view)

    def _pareto(self, price: Price, _runs: Sequence[Run], _view: View) -> Figure:
        found = self._found
        rows = [row for row in found.rows if found.is_comparable(row)] if found is not None else []
        metric = rows[0].metric if rows else "test_accuracy"
        known = self.lab.runbook.keys_of(row.preset for row in rows)
        return pareto_figure(pareto_points(rows, price, known=known), metric=metric, price=price)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if action in ("band", "unmark"):
            return bool(self._followed)
        if action == "pin":
            return self._row is not None
        if action in ("copy", "examples"):
            return self._found is not None
        if action == "open":
            return self.is_mounted and (self.deck.has_focus_within_deck() or self._row is not None)
        return super().check_action(action, parameters)

    @property
    def _row(self) -> LeaderboardRow | None:
        """The recipe under the column cursor."""
        if self._found is None or not self.is_mounted:
            return None
        place = self.query_one("#compare-facts", Table).column_cursor
        return self._found.rows[min(place, len(self._found.rows)) - 1] if place >= 1 else None

    def action_open(self) -> None:
        """Show the chart that has the focus alone, or else the runs of a recipe."""
        if self.deck.has_focus_within_deck():
            self.action_zoom()
        elif (row := self._row) is not None:
            self.lab.look_at([run.run for run in row.runs])

    def on_table_opened(self) -> None:
        """Look at the runs of the recipe."""
        self.action_open()

    def on_table_header_clicked(self, event: Table.HeaderClicked) -> None:
        """Put the column cursor on the recipe that was clicked."""
        facts = self.query_one("#compare-facts", Table)
        keys = [column.key for column in facts.columns]
        facts.action_move_column(keys.index(event.key) - facts.column_cursor)
        self.refresh_bindings()

    def action_band(self) -> None:
        """Draw means with bands, or each run."""
        self.is_banded = not self.is_banded
        self.deck.charts = ()
        self.show(Change.SWEEP)

    def action_pin(self) -> None:
        """Make another recipe the baseline."""
        if (row := self._row) is not None:
            self.lab.view.change(board=replace(self.lab.view.now.board, baseline=row.fingerprint))
            facts = self.query_one("#compare-facts", Table)
            facts.action_move_column(1 - facts.column_cursor)  # where the baseline stands
            self.show(Change.SWEEP)

    def action_examples(self) -> None:
        """Show which test examples the recipe under the column cursor has right and the baseline not, and back."""
        if self._found is not None:
            open_examples(self.lab, self._found, self.query_one("#compare-facts", Table).column_cursor)

    def action_copy(self) -> None:
        """Copy the answer and the figures."""
        from tui.comparison_text import entries_of
        from tui.leaderboard_table import leaderboard_table
        from tui.tables import TableFormat

        if self._found is not None:
            table = leaderboard_table(entries_of(self._found)).written(TableFormat.MD)
            self.lab.copy("\n".join([*verdict_lines(self._found), "", table]), "the comparison")

    def action_unmark(self) -> None:
        """Take all marks away."""
        self.lab.runbook.compare_none()
        self.show(Change.RUNS)
