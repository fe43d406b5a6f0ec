"""The Compare screen: marked recipes side by side, their curves over what sets them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from engine.comparison import Comparison, compare
from engine.errors import TermlabError
from engine.run import Run
from engine.summary import RunStatus, RunSummary
from tui.charts.bands import bands_figure, recipe_groups
from tui.charts.figure import Figure
from tui.charts.pareto import Price, pareto_figure, pareto_points
from tui.charts.recipe_looks import name_rows
from tui.comparison_text import verdict_lines
from tui.format import plain, plural
from tui.runbook import Change
from tui.screens.chart_keys import CHART_BINDINGS, ZOOM_OUT, ChartScreen, options_of, seen
from tui.screens.compare_facts import comparison_rows, recipe_columns
from tui.widgets.chart_deck import Chart, ChartDeck, View
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.columns import Column
from tui.widgets.table import Table

MOST_RUNS = 60
"""Whose curves are read; of more, nobody tells one from another."""
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
        *CHART_BINDINGS,
        Binding("enter", "zoom", "Zoom", show=False, tooltip="Show the current chart alone, or the others again"),
        ZOOM_OUT,
        Binding("b", "band", "Band/runs", tooltip="Draw means with their bands, or each run by itself"),
        Binding("p", "pin", "Baseline", tooltip="Compare the others with the recipe under the column cursor"),
        Binding("c", "copy", "Copy", tooltip="Copy the answer and the figures as Markdown (OSC 52)"),
        Binding("escape", "unmark", "Unmark", show=False, tooltip="Take all marks away"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.is_banded = True
        self._found: Comparison | None = None
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
        marked = tuple(self.lab.runbook.marked)[:MOST_RUNS]
        if marked != self._followed:
            self._followed = marked
            self.lab.read_runs("compare", marked)

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
        self._show_words(chosen, is_reading=len(runs) < len(self._followed))
        self._show_facts()
        self.deck.display = bool(runs)
        if runs and len(runs) == len(self._followed):
            is_new, self._drawn = self._drawn != self._followed, self._followed
            self.deck.show_runs(runs, self._charts(runs), is_urgent=is_new)

    def _compare(self, chosen: Sequence[RunSummary], runs: Sequence[Run]) -> Comparison | None:
        # Unless another one is pinned, the recipe that was trained first is the baseline, as presets have it.
        finished = sorted((run for run in chosen if run.status is RunStatus.DONE), key=lambda run: run.created)
        board = self.lab.view.board
        known = {run.id: run for run in runs}
        with suppress(TermlabError):  # a metric that these runs lack
            return compare(finished, known, board.metric, board.baseline)
        return None

    def _show_words(self, chosen: Sequence[RunSummary], *, is_reading: bool) -> None:
        found, book = self._found, self.lab.runbook
        parts = [Part(f" {plural(len(self._groups), 'recipe')}", "strong"), Part(f" · {plural(len(chosen), 'run')}")]
        unfinished = sum(run.status is not RunStatus.DONE for run in chosen)
        if unfinished:
            parts.append(Part(f", {unfinished} not done: drawn, not counted", "quiet"))
        if found is not None:
            parts.append(Part(f" · {plain(found.baseline.test_data)}", "quiet"))
            if len(found.rows) > 1:
                parts.append(Part(f" · baseline {plain(found.baseline.label)}", "accent", "p"))
        if len(book.marked) > MOST_RUNS:
            parts.append(Part(f" · the first {MOST_RUNS} of {len(book.marked):,} marked", "warn"))
        if is_reading:
            parts.append(Part(" · reading…", "quiet"))
        self.query_one("#compare-title", ClickLine).show(parts if chosen else [Part(" Nothing is marked", "strong")])
        said = "\n".join(verdict_lines(found)) if found is not None else ""
        self.query_one("#compare-said", Static).update(Content(said))
        empty = self.query_one("#compare-empty", Static)
        empty.display = not chosen
        empty.update("Press 3, mark recipes or runs with space, and press d. Without marks, d takes what is listed.")

    def _show_facts(self) -> None:
        facts = self.query_one("#compare-facts", Table)
        found = self._found
        facts.display = found is not None
        if found is None:
            return
        known = self.lab.runbook.keys_of(row.preset for row in found.rows)
        columns = recipe_columns(name_rows(found.rows, known))
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
        if action in ("pin", "copy"):
            return self._found is not None
        return super().check_action(action, parameters)

    def action_band(self) -> None:
        """Draw means with bands, or each run."""
        self.is_banded = not self.is_banded
        self.deck.charts = ()
        self.show(Change.SWEEP)

    def action_pin(self) -> None:
        """Make another recipe the baseline."""
        facts = self.query_one("#compare-facts", Table)
        if self._found is not None and facts.column_cursor >= 1:
            row = self._found.rows[min(facts.column_cursor, len(self._found.rows)) - 1]
            self.lab.keep_view(board=replace(self.lab.view.board, baseline=row.fingerprint))
            facts.column_cursor = 1  # where the baseline stands
            self.show(Change.SWEEP)

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
        self.lab.runbook.marked.clear()
        self.show(Change.RUNS)
