"""The Leaderboard screen: every saved run, by recipe or one by one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.best_epochs import is_higher_better
from engine.errors import TermlabError
from engine.summary import RunStatus, RunSummary
from tui.board import RUN_COLUMNS, Line, ordered, table_rows
from tui.board_rows import BoardRows
from tui.format import plural
from tui.inspect_view import chosen_networks
from tui.leaderboard_table import entries_of, leaderboard_table
from tui.recipe_board import BoardView, sorts_largest_first
from tui.run_table import run_table
from tui.runbook import Change
from tui.screens.annotate import ask_note, ask_tag, hide
from tui.screens.base import LabScreen
from tui.screens.board_view_questions import ask_columns, ask_metric
from tui.screens.board_words import line_parts, said_of_board, title_parts, why_empty
from tui.screens.export_question import ask_export
from tui.screens.find import find, may_find
from tui.screens.leaderboard_keys import LEADERBOARD_HELP, LEADERBOARD_KEYS
from tui.screens.questions import can_go_on
from tui.screens.removal import ask_removal
from tui.tables import Table as PrintedTable
from tui.tables import TableFormat
from tui.view_state import BoardState
from tui.widgets.click_line import ClickLine
from tui.widgets.find import Find
from tui.widgets.table import Table

ONLY_HIDDEN = "hidden=true"
MOST_COMPARED = 8
"""Recipes that are put side by side where none is marked."""


class LeaderboardScreen(LabScreen):
    """One table; `t` chooses between recipes, their seeds taken together, and single runs."""

    PLACE = "leaderboard"
    AUTO_FOCUS = "#board"
    HELP_TITLE = "Leaderboard"
    HELP = LEADERBOARD_HELP
    BINDINGS: ClassVar[list[BindingType]] = LEADERBOARD_KEYS

    def __init__(self) -> None:
        super().__init__()
        self._state = BoardState()
        self._board = BoardRows()
        self._lines: list[Line] = []

    @property
    def is_by_run(self) -> bool:
        """Whether each run has a line of its own."""
        return self._state.is_by_run

    def compose_body(self) -> Iterable[Widget]:
        """Put the filter and the title above the table."""
        return [
            Horizontal(Find(id="find"), ClickLine(id="board-title"), id="board-top"),
            Table(RUN_COLUMNS, id="board", has_column_cursor=True, pinned=2),
            Static(id="board-empty"),
            ClickLine(id="board-row"),
            Static(id="board-said", markup=False),
        ]

    def on_mount(self) -> None:
        """Look at the runs as it was done last time, and put the column cursor where the sorting is."""
        super().on_mount()
        self._state = self.lab.view.now.board
        with suppress(TermlabError):  # columns of runs that are no more
            self._board.set_view(BoardView(self._state.metric, chosen=tuple(self._state.columns)), self._state.baseline)
        if self._state.filter:
            self.query_one("#find", Input).value = self._state.filter
        self._set_columns()

    def show(self, change: Change) -> None:
        """Show the saved runs anew."""
        if change is Change.RUNS:
            book, baseline = self.lab.runbook, self.lab.view.now.board.baseline
            had_hidden = self._board.has_hidden
            self._board.take(book.summaries)
            if had_hidden and not self._board.has_hidden and self.filter == ONLY_HIDDEN:
                self.action_only_hidden(False)  # the last one is shown again
            if baseline != self._board.baseline:  # pinned on Compare
                self._state = replace(self._state, baseline=baseline)
                self._board.set_view(self._board.view, baseline)
            if self.filter and not self._board.filter_text:  # which was typed before there was anything to find
                self._board.set_filter(self.filter)
            self._fill()

    @property
    def table(self) -> Table:
        """The table."""
        return self.query_one("#board", Table)

    @property
    def _sorting(self) -> tuple[str, bool]:
        return self._state.sorting

    def _keep(self, **changes: Any) -> None:
        """Remember how the board is looked at."""
        self._state = replace(self._state, **changes)
        self.lab.view.change(board=self._state)

    def _set_columns(self) -> None:
        table = self.table
        columns = RUN_COLUMNS if self.is_by_run else tuple(one.column for one in self._board.columns)
        if columns != table.columns:
            table.set_columns(columns)
        keys = [one.key for one in columns]
        column, is_reverse = self._sorting
        table.sorted_by = (column, is_reverse)
        if table.column_cursor < 2 and column in keys:
            table.column_cursor = keys.index(column)

    def _fill(self) -> None:
        book, board = self.lab.runbook, self._board
        board.mark(book.marked)
        self._set_columns()
        self._lines = board.run_lines(book.look_of) if self.is_by_run else board.recipe_lines(book.look_of)
        column, is_reverse = self._sorting
        lines = ordered(self._lines, column, is_reverse=is_reverse)
        table = self.table
        table.set_rows(table_rows(lines, len(table.columns)))
        self._show_title()
        empty = "" if lines else why_empty(book, board)
        self.query_one("#board-empty", Static).update(Content(empty))
        self.query_one("#board-empty").display = bool(empty)
        table.display = not empty
        self._show_row()
        self.refresh_bindings()

    @property
    def filter(self) -> str:
        """What is typed into the filter."""
        return self.query_one("#find", Input).value

    def _show_title(self) -> None:
        column, is_reverse = self._sorting
        titles = {one.key: one.title or one.key for one in self.table.columns}
        parts = title_parts(
            self.lab.runbook,
            self._board,
            sorted_by=f"{titles.get(column, column)} {'↓' if is_reverse else '↑'}",
            is_by_run=self.is_by_run,
            has_filter_in_sight=self.query_one("#find", Find).has_focus,
        )
        self.query_one("#board-title", ClickLine).show([], parts)

    def _show_row(self) -> None:
        """Say below the table what a line has no room for, and what statistics say of it."""
        self.query_one("#board-row", ClickLine).show(line_parts(self._board, self._line, self._run))
        said = self.query_one("#board-said", Static)
        said.set_class(self._board.problem is not None, "-wrong")
        said.update(said_of_board(self._board, "" if self.is_by_run else self.table.cursor_key or ""))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if not self.is_mounted:
            return True
        if action == "find":
            return may_find(self)
        if action in ("open", "sort", "inspect"):
            return bool(self.table.cursor_key)
        if action == "remove":
            return bool(self._removable())
        if action in ("tag", "note", "hide"):
            return bool(self._chosen())
        if action == "go_on":
            return bool(self._to_go_on(is_interrupted=bool(parameters[0])))
        if action == "clear":
            return bool(self.filter or self.lab.runbook.marked)
        if action == "only_hidden":
            is_seen = self.filter == ONLY_HIDDEN
            return (self._board.has_hidden and not is_seen) if parameters[0] else is_seen
        if action == "mark":
            return bool(self.table.cursor_key)
        if action in ("pin", "choose_metric", "choose_columns"):
            return not self.is_by_run and bool(self.table.cursor_key)
        if action in ("compare", "copy", "export", "mark_all"):
            return bool(self._lines)
        if action == "switch":
            return bool(self.lab.runbook.summaries)
        return True

    def on_table_moved(self) -> None:
        """What can be done depends on the row."""
        self._show_row()
        self.refresh_bindings()

    def on_table_opened(self) -> None:
        """Open what was clicked twice."""
        self.action_open()

    def on_table_header_clicked(self, event: Table.HeaderClicked) -> None:
        """Sort by a title that is clicked, and the other way round when it is clicked again."""
        column, is_reverse = self._sorting
        self._sort(event.key, is_reverse=not is_reverse if column == event.key else sorts_largest_first(event.key))

    def on_input_changed(self) -> None:
        """Filter as one types; what is not understood yet leaves the view as it is."""
        self._board.set_filter(self.filter)
        if self._board.problem is None:
            self._keep(filter=self.filter)
        self._fill()

    def on_find_left(self) -> None:
        """Go back to the table."""
        self.table.focus()

    def on_descendant_focus(self) -> None:
        """The title says what is filtered by only where the line that is typed into does not."""
        self._show_title()

    def action_switch(self) -> None:
        """Show single runs, or recipes."""
        self._keep(is_by_run=not self.is_by_run)
        self.table.column_cursor = 0
        self._fill()
        self.table.action_first()

    def action_sort(self, is_reverse: bool) -> None:
        """Sort by the column under the cursor."""
        self._sort(self.table.column_key, is_reverse=is_reverse)

    def _sort(self, column: str, *, is_reverse: bool) -> None:
        self._state = self._state.sorted(column, is_reverse=is_reverse)
        self.lab.view.change(board=self._state)
        self._fill()
        self.table.refresh()

    def action_mark(self) -> None:
        """Mark what is under the cursor, or take its mark away, and go on to the next line."""
        if (line := self._line) is not None:
            marked = self.lab.runbook.marked
            is_marked = any(run_id in marked for run_id in line.run_ids)
            for run_id in line.run_ids:
                if is_marked:
                    marked.pop(run_id, None)
                else:
                    marked[run_id] = None
            self._fill()
            self.table.action_move(1)

    def action_mark_all(self) -> None:
        """Mark all that is listed; where all of it is marked, take these marks away."""
        marked = self.lab.runbook.marked
        listed = {run_id: None for line in self._lines for run_id in line.run_ids}
        if listed.keys() <= marked.keys():
            for run_id in listed:
                del marked[run_id]
        else:
            marked |= listed
        self._fill()

    def action_only_hidden(self, is_wanted: bool) -> None:
        """Filter for the hidden runs, or no longer."""
        self.query_one("#find", Input).value = ONLY_HIDDEN if is_wanted else ""

    def action_pin(self) -> None:
        """Compare the other recipes with the one under the cursor; with none if it is pinned already."""
        key = self.table.cursor_key or ""
        self._set_view(self._board.view, "" if key == self._board.baseline else key)

    def _set_view(self, view: BoardView, baseline: str) -> None:
        self._board.set_view(view, baseline)
        self._keep(metric=view.metric, columns=list(view.chosen), baseline=baseline)
        self._fill()
        self.table.refresh()

    def action_choose_columns(self) -> None:
        """Ask for columns."""
        ask_columns(self.lab, self._board, lambda view: self._set_view(view, self._board.baseline))

    def action_choose_metric(self) -> None:
        """Ask for the metric that ranks."""
        ask_metric(self.lab, self._board, self._rank_by)

    def _rank_by(self, metric: str) -> None:
        self._set_view(replace(self._board.view, metric=metric), self._board.baseline)
        self._sort("best", is_reverse=is_higher_better(metric))

    def action_compare(self) -> None:
        """Put what is marked side by side; without marks, what is listed."""
        book, line = self.lab.runbook, self._line
        if not book.marked and line is not None:
            # What is about other data has nothing to say beside it, and a single run is compared as its recipe is.
            column, is_reverse = self._sorting
            beside = [one for one in self._lines if one.section == line.section]
            lines = ordered(beside, column, is_reverse=is_reverse)
            book.listed = tuple(run_id for one in lines[:MOST_COMPARED] for run_id in one.run_ids)
            if len(lines) > MOST_COMPARED:
                self.notify(f"The first {MOST_COMPARED} of {plural(len(lines), 'line')}; space marks others.")
        self.lab.go("compare")

    def action_inspect(self) -> None:
        """Look inside the network of the line: its lowest seed, beside the same seed of another line that is marked."""
        book = self.lab.runbook
        if (line := self._line) is None:
            return
        chosen = chosen_networks(book, line.run_ids)
        if not chosen:
            self.notify("No run of this line is done: its network has no weights yet.")
        else:
            first, *beside = chosen
            self.lab.look_into(first, beside[0] if beside else None, beside[1:])

    def action_export(self) -> None:
        """Ask for a format and a path, and write what is marked, or listed."""
        marked = list(self.lab.runbook.marked)
        ask_export(self.lab, marked or [run_id for line in self._lines for run_id in line.run_ids])

    def action_copy(self) -> None:
        """Copy what is listed to the clipboard of the terminal."""
        self.lab.copy(self._listed_table().written(TableFormat.MD), plural(len(self._lines), "line"))

    def _listed_table(self) -> PrintedTable:
        if self.is_by_run:
            return run_table(self._board.found)
        board = self._board
        return leaderboard_table(entries_of(board.rows, board.standings, board.baseline or None))

    def action_find(self) -> None:
        """Start to filter."""
        find(self)

    def action_clear(self) -> None:
        """Clear the filter; where there is none, the marks."""
        if self.filter:
            self.query_one("#find", Input).value = ""
        else:
            self.lab.runbook.compare_none()
            self._fill()

    @property
    def _line(self) -> Line | None:
        key = self.table.cursor_key
        return next((line for line in self._lines if line.key == key), None)

    def action_open(self) -> None:
        """Look at the runs of the line."""
        line = self._line
        if line is not None:
            self.lab.look_at(line.run_ids)

    @property
    def _run(self) -> RunSummary | None:
        """The single run of the line; None where the line is a recipe."""
        line = self._line
        return self.lab.runbook.summary_of(line.run_ids[0]) if self.is_by_run and line is not None else None

    def _to_go_on(self, *, is_interrupted: bool) -> list[RunSummary]:
        """What the key could go on with: the run of the line, or among recipes whichever was interrupted."""
        if not self.is_by_run:
            return self.lab.runbook.interrupted if is_interrupted else []
        run = self._run
        if run is None or (not can_go_on(run.status) if is_interrupted else run.status is not RunStatus.DONE):
            return []
        return [run]

    def action_go_on(self, is_interrupted: bool) -> None:
        """Go on with the run of the line; among recipes with the one that was interrupted, or show which were."""
        runs = self._to_go_on(is_interrupted=is_interrupted)
        if len(runs) == 1:
            self.lab.trainings.go_on(runs[0].run)
        elif runs:
            self.action_switch()
            self.table.move_to(runs[0].run)

    def _removable(self) -> list[str]:
        """The runs that are marked, or else those of the line; never one that trains."""
        live = self.lab.trainings.live_ids
        return [run.run for run in self._chosen() if run.run not in live]

    def _chosen(self) -> list[RunSummary]:
        """The runs that are marked, or else those of the line."""
        book, line = self.lab.runbook, self._line
        chosen = book.marked or (line.run_ids if line is not None else ())
        return [run for run in book.summaries if run.run in chosen]

    def action_tag(self) -> None:
        """Ask for a tag and give it."""
        ask_tag(self.lab, self._chosen())

    def action_note(self) -> None:
        """Ask for a note and write it down."""
        ask_note(self.lab, self._chosen())

    def action_hide(self) -> None:
        """Leave runs out of lists; those that all are left out already are shown again."""
        hide(self.lab, self._chosen())

    def action_remove(self) -> None:
        """Ask before anything is moved."""
        ask_removal(self.lab, self._removable())
