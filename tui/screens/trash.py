"""The Trash screen: runs that were removed, to be restored or deleted for good."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.errors import TermlabError
from engine.filter import Filter, parse_filter
from engine.removed_run import RemovedRun
from tui.board import ordered, table_rows
from tui.format import ended, plain, plural
from tui.runbook import Change
from tui.screens.base import LabScreen
from tui.screens.find import find, find_binding, may_find
from tui.screens.purge_question import ask_purge
from tui.trash_lines import TRASH_COLUMNS, KnownLines, megabytes, trash_lines
from tui.widgets.click_line import ClickLine, Part
from tui.widgets.find import Find
from tui.widgets.table import Table

LOOK_SECONDS = 2.0
"""Between two looks into the trash, for what other processes do there."""
LARGEST_FIRST = ("removed", "megabytes", "best")
"""Columns of which one looks for the largest."""
EMPTY = (
    "The trash is empty. On the Leaderboard (3), D moves the runs that are marked, or those under the cursor, here. "
    "They stay until they are restored or deleted for good."
)


class TrashScreen(LabScreen):
    """Opened over another screen; looks into the trash as long as it is there."""

    PLACE = "leaderboard"
    AUTO_FOCUS = "#trash"
    HELP_TITLE = "Trash"
    HELP = (
        "Runs that were removed. They lie whole in .trash inside the results folder and take their room on the disk. u "
        "restores what is marked, or else the run under the cursor: it is then listed and ranked as before. D deletes "
        "for good, after a question that says how much. A run is not restored where another one has its name. The "
        "filter is that of --where: preset=batchnorm and not status=done."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "restore", "Restore", tooltip="Bring back what is marked, or what is under the cursor"),
        Binding(
            "D,delete",
            "purge",
            "Delete for good",
            key_display="D",
            tooltip="Delete what is marked, or under the cursor, for good; asks first",
        ),
        Binding("space", "mark", "Mark", key_display="space", tooltip="Mark the run, or take its mark away"),
        Binding("a", "mark_all", "Mark all", tooltip="Mark all that is listed, or take these marks away"),
        find_binding("Filter as you type, as --where does"),
        Binding("s", "sort(False)", "Sort", tooltip="Sort by the column under the cursor, smallest first"),
        Binding("S", "sort(True)", "Sort down", tooltip="Sort by the column under the cursor, largest first"),
        Binding("q", "app.leave", "Back", show=False, tooltip="Close this view"),
        Binding("escape", "clear", "Back", key_display="esc", tooltip="Clear the filter, then the marks; then close"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._filter = Filter("", lambda _: True)
        self._problem: TermlabError | None = None
        """Why what is typed is no filter; the last one that was holds."""
        self._marked: set[str] = set()
        self._found: dict[str, RemovedRun] = {}
        """What the filter finds, by id."""
        self._sorting = ("removed", True)
        self._known: KnownLines = {}

    def compose_body(self) -> Iterable[Widget]:
        """Put the filter and the title above the table."""
        return [
            Horizontal(Find(id="find"), ClickLine(id="trash-title"), id="trash-top"),
            Table(TRASH_COLUMNS, id="trash", has_column_cursor=True, pinned=2),
            Static(id="trash-empty"),
            ClickLine(id="trash-row"),
            Static(id="trash-said", markup=False),
        ]

    def on_mount(self) -> None:
        """Look into the trash, now and again."""
        super().on_mount()
        self.lab.trash.look()
        self.set_interval(LOOK_SECONDS, self.lab.trash.look)
        self.table.column_cursor = next(place for place, one in enumerate(TRASH_COLUMNS) if one.key == "removed")

    def show(self, change: Change) -> None:
        """Show anew what lies there."""
        if change is Change.TRASH:
            self._marked &= {one.summary.run for one in self.lab.trash.removed}
            self._set_filter(self.query_one("#find", Input).value)

    @property
    def table(self) -> Table:
        """The table."""
        return self.query_one("#trash", Table)

    def _set_filter(self, text: str) -> None:
        removed = self.lab.trash.removed
        try:
            self._filter = parse_filter(text, [one.summary for one in removed])
            self._problem = None
        except TermlabError as error:
            self._problem = error
        self._found = {one.summary.run: one for one in removed if self._filter.matches(one.summary)}
        self._fill()

    def _fill(self) -> None:
        table = self.table
        column, is_reverse = table.sorted_by = self._sorting
        lines = trash_lines(self._found.values(), self.lab.runbook.look_of, self._known, self._marked)
        table.set_rows(table_rows(ordered(lines, column, is_reverse=is_reverse), len(TRASH_COLUMNS)))
        empty = "" if lines else self._why_empty()
        self.query_one("#trash-empty", Static).update(Content(empty))
        self.query_one("#trash-empty").display = bool(empty)
        table.display = not empty
        self._show_title()
        self._show_row()
        said = self.query_one("#trash-said", Static)
        said.display = self._problem is not None
        if self._problem is not None:
            first, *_ = self._problem.message.splitlines()
            said.update(plain(f"{ended(first)} Still shown: {self._filter.text or 'everything'}."))
        self.refresh_bindings()

    def _show_title(self) -> None:
        trash = self.lab.trash
        if not trash.is_read:
            return
        shown, total = len(self._found), len(trash.removed)
        count = plural(total, "removed run") if shown == total else f"{shown:,} of {plural(total, 'removed run')}"
        parts = [Part("Trash · ", "strong")]
        if self._marked:
            parts.append(Part(f"{len(self._marked):,} marked · ", "accent"))
        size = f", {megabytes(sum(one.bytes for one in self._found.values()))} MB" if shown else ""
        parts += [Part(f"{count}{size}   "), Part("esc ", "accent", "escape"), Part("back ", "quiet")]
        self.query_one("#trash-title", ClickLine).show([], parts)

    def _show_row(self) -> None:
        """Say below the table what a line has no room for: why the run ended, and its id."""
        found = self._found.get(self.table.cursor_key or "")
        parts: list[Part] = []
        if found is not None and found.summary.reason:
            parts.append(Part(f" {plain(found.summary.reason)} ", "warn"))
        if found is not None:
            parts.append(Part(f" {plain(found.summary.run)}", "quiet"))
        self.query_one("#trash-row", ClickLine).show(parts)

    def _why_empty(self) -> str:
        trash = self.lab.trash
        if trash.problem is not None:
            return "\n".join(plain(line) for line in str(trash.problem).splitlines())
        if not trash.is_read:
            return "Looking into the trash…"
        return "Nothing is found by this filter. Escape shows everything again." if trash.removed else EMPTY

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what can be done now."""
        if not self.is_mounted:
            return True
        if action == "find":
            return may_find(self) and bool(self.lab.trash.removed)
        if action in ("restore", "purge"):
            return bool(self._chosen())
        if action in ("mark", "mark_all", "sort"):
            return bool(self._found)
        return super().check_action(action, parameters)

    def on_input_changed(self) -> None:
        """Filter as one types."""
        self._set_filter(self.query_one("#find", Input).value)

    def on_find_left(self) -> None:
        """Go back to the table."""
        self.table.focus()

    def on_table_moved(self) -> None:
        """What is said and what can be done depends on the row."""
        self._show_row()
        self.refresh_bindings()

    def on_table_header_clicked(self, event: Table.HeaderClicked) -> None:
        """Sort by a title that is clicked, and the other way round when it is clicked again."""
        column, is_reverse = self._sorting
        self._sort(event.key, is_reverse=not is_reverse if column == event.key else event.key in LARGEST_FIRST)

    def action_find(self) -> None:
        """Start to filter."""
        find(self)

    def action_sort(self, is_reverse: bool) -> None:
        """Sort by the column under the cursor."""
        self._sort(self.table.column_key, is_reverse=is_reverse)

    def _sort(self, column: str, *, is_reverse: bool) -> None:
        self._sorting = (column, is_reverse)
        self._fill()
        self.table.refresh()

    def action_mark(self) -> None:
        """Mark what is under the cursor, or take its mark away, and go on to the next line."""
        if key := self.table.cursor_key:
            self._marked ^= {key}
            self._fill()
            self.table.action_move(1)

    def action_mark_all(self) -> None:
        """Mark all that is listed; where all of it is, take these marks away."""
        listed = set(self._found)
        self._marked = self._marked - listed if listed <= self._marked else self._marked | listed
        self._fill()

    def action_clear(self) -> None:
        """Clear the filter; where there is none, the marks; where there are none, close."""
        line = self.query_one("#find", Input)
        if line.value:
            line.value = ""
        elif self._marked:
            self._marked.clear()
            self._fill()
        else:
            self.lab.action_leave()

    def _chosen(self) -> list[RemovedRun]:
        """The runs that are marked, seen or not; or else the one under the cursor."""
        if self._marked:
            return [one for one in self.lab.trash.removed if one.summary.run in self._marked]
        found = self._found.get(self.table.cursor_key or "")
        return [found] if found is not None else []

    def action_restore(self) -> None:
        """Bring runs back."""
        self.lab.trash.restore([one.summary.run for one in self._chosen()])

    def action_purge(self) -> None:
        """Ask before anything is deleted."""
        ask_purge(self.lab, self._chosen())
