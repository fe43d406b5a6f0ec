"""The Leaderboard screen: every saved run, by recipe or one by one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.summary import RunStatus, RunSummary
from tui.board import (
    LARGEST_FIRST,
    RECIPE_COLUMNS,
    RUN_COLUMNS,
    KnownLines,
    Line,
    matching,
    ordered,
    recipe_lines,
    run_lines,
    table_rows,
)
from tui.format import plain, plural
from tui.runbook import Change
from tui.screens.ask import GO_BACK, Answer, AskScreen
from tui.screens.base import LabScreen
from tui.screens.find import find, find_binding, may_find
from tui.screens.questions import can_go_on, go_on_words
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.find import Find
from tui.widgets.table import Table

MOST_NAMED = 8
"""Runs that a question names before it only counts them."""


class LeaderboardScreen(LabScreen):
    """One table; `t` chooses between recipes, their seeds taken together, and single runs."""

    PLACE = "leaderboard"
    AUTO_FOCUS = "#board"
    HELP_TITLE = "Leaderboard"
    HELP = (
        "Saved runs. A recipe is a config whatever its seed: n seeds, their mean and, from two on, the 95 % interval; "
        "a seed that was run again counts once, with its newest run. A gap is measured minus published, inside or "
        "outside the published tolerance; in brackets where the recipe is not the published one. It is of the metric "
        "that was published, named under 'gap of', whatever the rows are sorted by. Runs on different test data are "
        "never ranked together. R goes on with a run that was interrupted, or with the rest of "
        "what was started together with it, as if nothing had happened."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Open", key_display="enter", tooltip="Look at the run, or follow one that trains"),
        Binding("R", "go_on(True)", "Go on", tooltip="Go on with a run that was interrupted, or with its sweep"),
        Binding("R", "go_on(False)", "Go on", show=False),  # of what is done, to be told so
        Binding("t", "switch", "Runs/recipes", tooltip="Show single runs, or recipes with their seeds together"),
        find_binding("Filter as you type"),
        Binding("escape", "clear", "Clear filter", tooltip="Show everything again", show=False),
        Binding("s", "sort(False)", "Sort", tooltip="Sort by the column under the cursor, smallest first"),
        Binding("S", "sort(True)", "Sort down", tooltip="Sort by the column under the cursor, largest first"),
        Binding("D,delete", "remove", "Remove", tooltip="Move what is under the cursor to the trash", key_display="D"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.is_by_run = False
        self._sorting: dict[bool, tuple[str, bool]] = {False: ("best", True), True: ("created", True)}
        self._lines: list[Line] = []
        self._known: KnownLines = {}

    def compose_body(self) -> Iterable[Widget]:
        """Put the filter and the title above the table."""
        return [
            Horizontal(Find(id="find"), ClickLine(id="board-title"), id="board-top"),
            Table(RECIPE_COLUMNS, id="board", has_column_cursor=True, pinned=2),
            Static(id="board-empty"),
            ClickLine(id="board-row"),
        ]

    def on_mount(self) -> None:
        """Put the column cursor where the sorting is."""
        super().on_mount()
        self._set_columns()

    def show(self, change: Change) -> None:
        """Show the saved runs anew."""
        if change is Change.RUNS:
            self._read()
            self._fill()

    @property
    def table(self) -> Table:
        """The table."""
        return self.query_one("#board", Table)

    def _set_columns(self) -> None:
        table = self.table
        table.set_columns(RUN_COLUMNS if self.is_by_run else RECIPE_COLUMNS)
        column, is_reverse = self._sorting[self.is_by_run]
        table.sorted_by = (column, is_reverse)
        table.column_cursor = [one.key for one in table.columns].index(column)

    def _read(self) -> None:
        book = self.lab.runbook
        self._lines = (
            run_lines(book.summaries, book.look_of, self._known)
            if self.is_by_run
            else recipe_lines(book.rows, book.look_of)
        )

    def _fill(self) -> None:
        column, is_reverse = self._sorting[self.is_by_run]
        lines = ordered(matching(self._lines, self.filter), column, is_reverse=is_reverse)
        table = self.table
        table.sorted_by = (column, is_reverse)
        table.set_rows(table_rows(lines, len(table.columns)))
        self._show_title(lines)
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

    def _show_title(self, lines: list[Line]) -> None:
        saved = len(self.lab.runbook.summaries)
        shown = sum(len(line.run_ids) for line in lines)
        count = plural(saved, "run") if shown == saved else f"{shown:,} of {plural(saved, 'run')}"
        if not self.is_by_run:
            count += f" in {plural(len(lines), 'recipe')}"
            unfinished = saved - sum(len(row.runs) for row in self.lab.runbook.rows)
            count += f", {unfinished:,} not done" if unfinished else ""
        parts = [Part(f"{count} ")]
        if interrupted := len(self.lab.runbook.interrupted):
            parts.insert(0, Part(f"{interrupted:,} interrupted: R  ", "accent", "R"))
        column, is_reverse = self._sorting[self.is_by_run]
        title = next(one.title or one.key for one in self.table.columns if one.key == column)
        sorting = f"sorted by {title} {'↓' if is_reverse else '↑'}   "
        self.query_one("#board-title", ClickLine).show([], [Part(sorting, "quiet"), *parts])

    def _show_row(self) -> None:
        """Say below the table what a line has no room for: why a run ended, what a gap lies between, the ids."""
        line = self._line
        ids = "  ".join(plain(run_id) for run_id in line.run_ids) if line is not None else ""
        reason = plain(str(line.values.get("reason") or "")) if line is not None else ""
        run = self._run
        parts = [Part(f" {go_on_words(run.status)} ", "accent", "R")] if run and can_go_on(run.status) else []
        parts += [Part(f" {reason} ", "warn")] if reason else []
        if line is not None and line.gap_told:
            parts.append(Part(f" {line.gap_told} "))
        self.query_one("#board-row", ClickLine).show([*parts, Part(f" {ids}", "quiet")])

    def _why_empty(self) -> str:
        book = self.lab.runbook
        if book.store_problem is not None:
            return "\n".join(plain(line) for line in str(book.store_problem).splitlines())
        if not book.is_read:
            return "Reading the results folder…"
        if self._lines:
            return "Nothing has these words. Escape shows everything again."
        if book.summaries:
            return "No run has finished yet. t shows the single runs, 2 those that train."
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
        if action == "go_on":
            return bool(self._to_go_on(is_interrupted=bool(parameters[0])))
        if action == "clear":
            return bool(self.filter)
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
        column, is_reverse = self._sorting[self.is_by_run]
        is_reverse = not is_reverse if column == event.key else event.key in LARGEST_FIRST
        self._sort(event.key, is_reverse=is_reverse)

    def on_input_changed(self) -> None:
        """Filter as one types."""
        self._fill()

    def on_find_left(self) -> None:
        """Go back to the table."""
        self.table.focus()

    def action_switch(self) -> None:
        """Show single runs, or recipes."""
        self.is_by_run = not self.is_by_run
        self._set_columns()
        self._read()
        self._fill()
        self.table.action_first()

    def action_sort(self, is_reverse: bool) -> None:
        """Sort by the column under the cursor."""
        self._sort(self.table.column_key, is_reverse=is_reverse)

    def _sort(self, column: str, *, is_reverse: bool) -> None:
        self._sorting[self.is_by_run] = (column, is_reverse)
        self._fill()
        self.table.refresh()

    def action_find(self) -> None:
        """Start to filter."""
        find(self)

    def action_clear(self) -> None:
        """Show everything again."""
        self.query_one("#find", Input).value = ""

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
        live = self.lab.trainings.live_ids
        line = self._line
        return [run_id for run_id in line.run_ids if run_id not in live] if line is not None else []

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
