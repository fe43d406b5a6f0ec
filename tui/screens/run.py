"""The screen of one saved run, or of the seeds of one recipe: curves, metrics, config, notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widget import Widget

from engine.run import Run
from engine.summary import RunStatus
from tui.format import plain, plural
from tui.runbook import Change
from tui.screens.chart_keys import CHART_BINDINGS, ZOOM_OUT, ChartScreen
from tui.screens.questions import can_go_on, go_on_words
from tui.screens.run_facts import ending_cell, fact_columns, fact_rows
from tui.widgets.chart_deck import ChartDeck
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.columns import Column
from tui.widgets.table import Table


class RunScreen(ChartScreen):
    """Opened over the screen from which it was chosen; follows a run that is still being trained."""

    PLACE = "leaderboard"
    AUTO_FOCUS = "#facts"
    HELP_TITLE = "Saved runs"
    HELP = (
        "One saved run, or the seeds of one recipe. Tab goes through the charts and the facts below them. Results of "
        "evaluations made after training, such as dropout inference, are charts of their own. R goes on with a run "
        "that was stopped, or whose process is gone."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *CHART_BINDINGS,
        Binding("enter", "zoom", "Zoom", show=False, tooltip="Show the current chart alone, or the others again"),
        ZOOM_OUT,
        Binding("R", "go_on(True)", "Go on", tooltip="Go on with the run, which was interrupted"),
        Binding("R", "go_on(False)", "Go on", show=False),  # of what is done, to be told so
        Binding("escape,q", "app.leave", "Back", key_display="esc", tooltip="Close this view"),
    ]

    def __init__(self, run_ids: Sequence[str]) -> None:
        super().__init__()
        self.run_ids = tuple(run_ids)
        self._status: RunStatus | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Put the charts above the facts."""
        return [
            Vertical(
                ClickLine(id="run-title"),
                ChartDeck(id="run-deck"),
                Table([Column("name", "")], id="facts", has_column_cursor=len(self.run_ids) > 1),
                id="run-body",
            )
        ]

    def on_unmount(self) -> None:
        """Forget the runs."""
        self.lab.opened.read("run", ())

    def beside_deck(self) -> Widget:
        """Return the facts."""
        return self.query_one("#facts")

    def show(self, change: Change) -> None:
        """Show what was read of the runs."""
        opened = self.lab.runbook.opened
        runs = [run for run in (opened.get(run_id) for run_id in self.run_ids) if run is not None]
        # That a process is gone, only the list of runs says; what else changes there was read of the run itself.
        is_news = change is Change.RUNS and bool(runs) and runs[0].status is not self._status
        if change is not Change.SWEEP and not is_news:
            return
        if not runs:
            self.query_one("#run-title", ClickLine).show([self._why_nothing()])
            return
        self._show_title(runs)
        if runs[0].status is not self._status:
            self._status = runs[0].status
            self.refresh_bindings()
        facts = self.query_one("#facts", Table)
        columns = fact_columns(runs, self.lab.runbook.keys_of(run.trial.preset for run in runs))
        if tuple(columns) != facts.columns:
            facts.set_columns(columns)
            facts.column_cursor = max(1, facts.column_cursor)  # the names have no title to be underlined
        facts.set_rows(fact_rows(runs))
        self.deck.show_runs(runs, self.charts_of(runs))

    def _why_nothing(self) -> Part:
        unreadable = self.lab.runbook.unreadable
        for run_id in self.run_ids:
            if run_id in unreadable:
                return Part(f" {plain(run_id)} cannot be read: {plain(unreadable[run_id].message)}", "bad")
        return Part(" Reading the run…", "quiet")

    def _show_title(self, runs: Sequence[Run]) -> None:
        first = runs[0]
        left = [Part(f" {plain(first.trial.preset)}", "strong"), Part(f"  {plain(first.trial.label)}", "accent")]
        if len(runs) == 1:
            status = ending_cell(first)
            left += [Part(f"  seed {first.trial.config.seed}", "quiet"), Part(f"  {status.text}", status.tone)]
            if can_go_on(first.status):
                left.append(Part(f"  {go_on_words(first.status)}", "accent", "R"))
        else:
            left.append(Part(f"  {plural(len(runs), 'run')}", "quiet"))
        self.query_one("#run-title", ClickLine).show(left, [Part("esc ", "accent", "escape"), Part("back ", "quiet")])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if action == "go_on":
            return bool(self._to_go_on(is_interrupted=bool(parameters[0])))
        return super().check_action(action, parameters)

    def _to_go_on(self, *, is_interrupted: bool) -> str:
        """The run that could be gone on with, or that is done; empty where there are several."""
        run = self.lab.runbook.opened.get(self.run_ids[0]) if len(self.run_ids) == 1 else None
        if run is None or (not can_go_on(run.status) if is_interrupted else run.status is not RunStatus.DONE):
            return ""
        return run.id

    def action_go_on(self, is_interrupted: bool) -> None:
        """Go on with the run."""
        if run_id := self._to_go_on(is_interrupted=is_interrupted):
            self.lab.trainings.go_on(run_id)
