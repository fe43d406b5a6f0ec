"""The Leaderboard screen: every saved run, by recipe or one by one."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.best_epochs import is_higher_better
from engine.errors import TermlabError
from engine.summary import RunStatus, RunSummary
from tui.board import RUN_COLUMNS, Line, ordered, table_rows
from tui.board_rows import BoardRows
from tui.format import plain, plural
from tui.leaderboard_table import entries_of, leaderboard_table
from tui.recipe_board import BoardView, sorts_largest_first
from tui.run_table import run_table
from tui.runbook import Change
from tui.screens.annotate import note_question, tag_question
from tui.screens.ask import GO_BACK, Answer, AskScreen
from tui.screens.ask_line import AskLineScreen
from tui.screens.base import LabScreen
from tui.screens.find import find, find_binding, may_find
from tui.screens.questions import can_go_on, go_on_words
from tui.standing_words import difference_words, separation_words
from tui.tables import Table as PrintedTable
from tui.tables import TableFormat
from tui.view_state import BoardState
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.find import Find
from tui.widgets.table import Table

MOST_NAMED = 8
"""Runs that a question names before it only counts them."""
MOST_ASKED = 200
"""Runs whose metrics a question lists."""
MOST_COMPARED = 8
"""Recipes that are put side by side where none is marked."""


class LeaderboardScreen(LabScreen):
    """One table; `t` chooses between recipes, their seeds taken together, and single runs."""

    PLACE = "leaderboard"
    AUTO_FOCUS = "#board"
    HELP_TITLE = "Leaderboard"
    HELP = (
        "Saved runs. A recipe is a config whatever its seed: n seeds, their mean and, from two on, the 95 % interval; "
        "a seed that was run again counts once, with its newest run. A gap is measured minus published, inside or "
        "outside the published tolerance; in brackets where the recipe is not the published one. p pins a recipe: Δ is "
        "the mean difference to it on the common seeds with its 95 % interval, p the paired t-test, Holm-corrected "
        "over the rows; recipes that share a letter (abc) cannot be told apart; what is quiet is no more than seeds "
        "alone explain. These tests take the differences between seeds for independent and roughly normal. Runs on "
        "different test data are never ranked together. The filter is that of --where: preset=batchnorm and "
        "optim.lr<0.01 and not status=failed; words are looked for in names. R goes on with a run that was interrupted."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", key_display="enter", tooltip="Look at the run, or follow one that trains"),
        Binding("R", "go_on(True)", "Go on", tooltip="Go on with a run that was interrupted, or with its sweep"),
        Binding("R", "go_on(False)", "Go on", show=False),  # of what is done, to be told so
        Binding("space", "mark", "Mark", key_display="space", tooltip="Mark it to be compared, or no longer"),
        Binding("p", "pin", "Baseline", tooltip="Compare the other recipes with this one, or with none"),
        Binding(
            "d", "compare", "Compare", tooltip="Put what is marked side by side; without marks, what is listed there"
        ),
        find_binding("Filter as you type, as --where does"),
        Binding("escape", "clear", "Clear", tooltip="Clear the filter, then the marks", show=False),
        Binding("t", "switch", "Runs/recipes", tooltip="Show single runs, or recipes with their seeds together"),
        Binding("s", "sort(False)", "Sort", tooltip="Sort by the column under the cursor, smallest first"),
        Binding("S", "sort(True)", "Sort down", tooltip="Sort by the column under the cursor, largest first"),
        Binding("v", "choose_columns", "Columns", tooltip="Choose columns by name, expression or setting"),
        Binding("m", "choose_metric", "Metric", tooltip="Rank by another metric or expression", show=False),
        Binding("e", "export", "Export", show=False, tooltip="Write what is marked, or listed, for other tools"),
        Binding("c", "copy", "Copy", tooltip="Copy what is listed as a Markdown table (OSC 52)", show=False),
        Binding("T", "tag", "Tag", show=False, tooltip="Tag what is marked, or under the cursor"),
        Binding("N", "note", "Note", show=False, tooltip="Write a note on what is marked, or under the cursor"),
        Binding("H", "hide", "Hide", show=False, tooltip="Leave it out of lists, or show it again: filter hidden=true"),
        Binding(
            "D,delete",
            "remove",
            "Remove",
            tooltip="Move what is marked, or under the cursor, to the trash",
            key_display="D",
        ),
    ]

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
        self._state = self.lab.view.board
        with suppress(TermlabError):  # columns of runs that are no more
            self._board.set_view(BoardView(self._state.metric, chosen=tuple(self._state.columns)), self._state.baseline)
        if self._state.filter:
            self.query_one("#find", Input).value = self._state.filter
        self._set_columns()

    def show(self, change: Change) -> None:
        """Show the saved runs anew."""
        if change is Change.RUNS:
            book, baseline = self.lab.runbook, self.lab.view.board.baseline
            self._board.take(book.summaries)
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
        """The column by which the lines are sorted, and whether the largest come first."""
        state = self._state
        if state.is_by_run:
            return state.runs_sorted_by, state.is_runs_reverse
        return state.sorted_by, state.is_reverse

    def _keep(self, **changes: Any) -> None:
        """Remember how the board is looked at."""
        self._state = replace(self._state, **changes)
        self.lab.keep_view(board=self._state)

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
        empty = "" if lines else self._why_empty()
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
        book, board = self.lab.runbook, self._board
        if not book.is_read:  # of what is not known yet, nothing is said
            self.query_one("#board-title", ClickLine).show([])
            return
        saved = len(book.summaries)
        shown = len(board.found) if self.is_by_run else sum(len(row.runs) for row in board.rows)
        # What stands further left gives way first: last of all go the number of runs, and why it is not all of them.
        parts: list[Part] = []
        column, is_reverse = self._sorting
        titles = {one.key: one.title or one.key for one in self.table.columns}
        parts.append(Part(f"sorted by {titles.get(column, column)} {'↓' if is_reverse else '↑'}   ", "quiet"))
        if interrupted := len(book.interrupted):
            parts.append(Part(f"{interrupted:,} interrupted: R   ", "accent", "R"))
        if board.view.has_baseline and not self.is_by_run and (base := board.row_of(board.baseline)) is not None:
            parts.append(Part(f"baseline {plain(base.label)} · ", "accent", "p"))
        if book.marked:
            parts.append(Part(f"{len(book.marked):,} marked · ", "accent", "d"))
        if board.filter_text and not self.query_one("#find", Find).has_focus:  # where it stands already
            parts.append(Part(f"{plain(board.filter_text)} · ", "accent", "slash"))
        count = plural(saved, "run") if shown == saved else f"{shown:,} of {plural(saved, 'run')}"
        if not self.is_by_run:
            unfinished = len(board.found) - shown
            count += f" in {plural(len(board.rows), 'recipe')}" + (f", {unfinished:,} not done" if unfinished else "")
        count += f", {board.hidden:,} hidden" if board.hidden else ""
        self.query_one("#board-title", ClickLine).show([], [*parts, Part(f"{count} ")])

    def _show_row(self) -> None:
        """Say below the table what a line has no room for: why a run ended, what a gap lies between, the ids."""
        line = self._line
        ids = "  ".join(plain(run_id) for run_id in line.run_ids) if line is not None else ""
        reason = plain(str(line.values.get("reason") or "")) if line is not None else ""
        run = self._run
        parts = [Part(f" {go_on_words(run.status)} ", "accent", "R")] if run and can_go_on(run.status) else []
        parts += [Part(f" {reason} ", "warn")] if reason else []
        if line is not None and line.told_gap:
            parts.append(Part(f" {line.told_gap} "))
        self.query_one("#board-row", ClickLine).show([*parts, Part(f" {ids}", "quiet")])
        self._show_said()

    def _show_said(self) -> None:
        """Say what is wrong with the filter, or what statistics say of row and baseline, or of the best two."""
        said, board = self.query_one("#board-said", Static), self._board
        said.set_class(board.problem is not None, "-wrong")
        if board.problem is not None:
            first, *_ = board.problem.message.splitlines()
            said.update(plain(f"{first.removesuffix('.')}. Still shown: {board.filter_text or 'everything'}."))
            return
        row = board.row_of(self.table.cursor_key or "") if not self.is_by_run else None
        standing = board.standings.get(row.fingerprint) if row is not None else None
        base = board.row_of(board.baseline) if board.view.has_baseline else None
        words = ""
        if row is not None and standing is not None and base is not None and row is not base:
            words = difference_words(row, base, standing.difference, standing.p)
        elif row is not None and (found := board.separation_beside(row.fingerprint)) is not None:
            words = separation_words(found)
        said.update(words)

    def _why_empty(self) -> str:
        book = self.lab.runbook
        if book.store_problem is not None:
            return "\n".join(plain(line) for line in str(book.store_problem).splitlines())
        if not book.is_read:
            return "Reading the results folder…"
        if book.summaries and not self._board.found:
            return "Nothing is found by this filter. Escape shows everything again."
        if self._board.found:
            return "None of these runs has finished. t shows the single runs, 2 those that train."
        return "No runs yet. Press 1, pick digits-first and press enter: it takes seconds."

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if not self.is_mounted:
            return True
        if action == "find":
            return may_find(self)
        if action in ("open", "sort"):
            return bool(self.table.cursor_key)
        if action == "remove":
            return bool(self._removable())
        if action in ("tag", "note", "hide"):
            return bool(self._chosen())
        if action == "go_on":
            return bool(self._to_go_on(is_interrupted=bool(parameters[0])))
        if action == "clear":
            return bool(self.filter or self.lab.runbook.marked)
        if action == "mark":
            return bool(self.table.cursor_key)
        if action in ("pin", "choose_metric", "choose_columns"):
            return not self.is_by_run and bool(self.table.cursor_key)
        if action in ("compare", "copy", "export"):
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
        if self.is_by_run:
            self._keep(runs_sorted_by=column, is_runs_reverse=is_reverse)
        else:
            self._keep(sorted_by=column, is_reverse=is_reverse)
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
        text = (
            "Names of columns, apart by commas: +NAME comes on top of the usual ones, -NAME is left out, others take "
            "their place; empty is the usual ones. A name is a field, a metric, a setting such as optim.lr, or "
            "best:test_accuracy, test_accuracy@best(test_loss)."
        )
        view = self._board.view

        def chosen(line: str) -> BoardView:
            return replace(view, chosen=tuple(name.strip() for name in line.split(",") if name.strip()))

        self.app.push_screen(
            AskLineScreen("Columns", text, ",".join(view.chosen), lambda line: self._board.check_view(chosen(line))),
            lambda line: self._set_view(chosen(line), self._board.baseline) if line is not None else None,
        )

    def action_choose_metric(self) -> None:
        """Ask for the metric that ranks."""
        names = dict.fromkeys(name for run in self._board.found[:MOST_ASKED] for name in run.metrics)
        text = (
            f"What recipes are ranked by and compared in: {', '.join(names)}; or M@best(N), as of the epoch best in N."
        )
        view = self._board.view
        self.app.push_screen(
            AskLineScreen(
                "Metric", text, view.metric, lambda line: self._board.check_view(replace(view, metric=line.strip()))
            ),
            lambda line: self._rank_by(line) if line else None,
        )

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

    def action_export(self) -> None:
        """Ask for a format and a path, and write what is marked, or listed."""
        trainings, marked = self.lab.trainings, self.lab.runbook.marked
        ids = list(marked) if marked else [run_id for line in self._lines for run_id in line.run_ids]
        text = (
            "A format and a path: csv and parquet make a folder of tables, json one document, tensorboard a folder for "
            "each run. Nothing that is there is replaced."
        )
        self.app.push_screen(
            AskLineScreen(f"Export {plural(len(ids), 'run')}", text, "csv runs", trainings.check_export),
            lambda line: trainings.export(ids, line) if line else None,
        )

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
        return [run for run_id in chosen if (run := book.summary_of(run_id)) is not None]

    def action_tag(self) -> None:
        """Ask for a tag and give it."""
        trainings, ids = self.lab.trainings, [run.run for run in self._chosen()]
        self.app.push_screen(
            tag_question(self._chosen(), trainings.check_tag),
            lambda line: trainings.tag(ids, line) if line else None,
        )

    def action_note(self) -> None:
        """Ask for a note and write it down."""
        trainings, ids = self.lab.trainings, [run.run for run in self._chosen()]
        self.app.push_screen(
            note_question(self._chosen(), trainings.check_note),
            lambda line: trainings.note(ids, line) if line is not None else None,
        )

    def action_hide(self) -> None:
        """Leave runs out of lists; those that all are left out already are shown again."""
        runs = self._chosen()
        is_hidden = not all(run.is_hidden for run in runs)
        self.lab.trainings.hide([run.run for run in runs], is_hidden=is_hidden)
        what = plural(len(runs), "run")
        self.notify(f"{what} hidden: the filter hidden=true finds them." if is_hidden else f"{what} shown again.")

    def action_remove(self) -> None:
        """Ask before anything is moved."""
        run_ids = self._removable()
        named = "\n".join(run_ids[:MOST_NAMED])
        more = f"\nand {len(run_ids) - MOST_NAMED} more" if len(run_ids) > MOST_NAMED else ""
        text = f"{named}{more}\n\nThey go to .trash inside the results folder and can be moved back from there."
        answers = [Answer("remove", "Remove", "r"), GO_BACK]
        title = f"Remove {plural(len(run_ids), 'run')}"
        self.app.push_screen(AskScreen(title, text, answers), lambda answer: self._remove(answer, run_ids))

    def _remove(self, answer: str | None, run_ids: list[str]) -> None:
        if answer == "remove":
            self.lab.trainings.remove(run_ids)
