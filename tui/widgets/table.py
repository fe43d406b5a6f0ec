"""`Table`: a list of rows drawn line by line, so that ten thousand of them cost no more than a screenful."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.widgets.columns import SORTED, Cell, Column, Row, Slice, arrange, fit, natural_widths

MARK = "✓"
"""Stands in the indent before a row that is marked."""


class Table(ScrollView, can_focus=True):
    """Rows under a fixed header, with a cursor that keeps to its row when the rows change.

    The first columns stay while the others move sideways under the column cursor.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header", "table--column", "table--cursor", "table--section",
        "table--quiet", "table--good", "table--bad", "table--warn", "table--accent", "table--strong",
    }  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, tooltip="Move the cursor up a row"),
        Binding("down,j", "move(1)", "Down", show=False, tooltip="Move the cursor down a row"),
        Binding("left,h", "move_column(-1)", "Left", show=False, tooltip="Move to the column on the left"),
        Binding("right,l", "move_column(1)", "Right", show=False, tooltip="Move to the column on the right"),
        Binding("home,g", "first", "First", show=False, tooltip="Move to the first row"),
        Binding("end,G", "last", "Last", show=False, tooltip="Move to the last row"),
        Binding("pageup", "page(-1)", "Page up", show=False, tooltip="Move up a screenful"),
        Binding("pagedown", "page(1)", "Page down", show=False, tooltip="Move down a screenful"),
    ]

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, table: Table, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> Table:
            """The table it happened in."""
            return self.table

    class Opened(Moved):
        """The row under the cursor was opened."""

    class HeaderClicked(Moved):
        """A column's title was clicked; `key` is the column's."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
        has_header: bool = True,
        has_cursor: bool = True,
        has_column_cursor: bool = False,
        pinned: int = 1,
        indent: int = 1,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.rows: tuple[Row, ...] = ()
        self.cursor = -1
        self.column_cursor = 0
        self.sorted_by: tuple[str, bool] | None = None
        """Key of the column and whether the largest come first."""
        self.has_cursor = has_cursor
        self.has_column_cursor = has_column_cursor
        self.can_focus = has_cursor
        self._header_lines = 1 if has_header else 0
        self._pinned, self._indent = pinned, indent
        self._first_column = pinned
        self._widths = natural_widths(self.columns, ())

    @property
    def cursor_key(self) -> str | None:
        """Key of the row under the cursor."""
        return self.rows[self.cursor].key if 0 <= self.cursor < len(self.rows) else None

    @property
    def column_key(self) -> str:
        """Key of the column under the column cursor."""
        return self.columns[self.column_cursor].key

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns; `set_rows` has to follow with rows that have them."""
        kept = self.column_key
        self.columns = tuple(columns)
        keys = [column.key for column in self.columns]
        self.column_cursor = keys.index(kept) if kept in keys else 0
        self._first_column = self._pinned
        self.rows = ()

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows, repainting only the lines that differ; the cursor stays on its row where that remains."""
        new = tuple(rows)
        old, old_cursor, kept = self.rows, self.cursor, self.cursor_key
        self.rows = new
        self.cursor = self._place_of(kept, old_cursor) if self.has_cursor else -1
        widths = natural_widths(self.columns, new)
        if len(new) != len(old) or widths != self._widths or self.cursor != old_cursor:
            self._widths = widths
            self.virtual_size = Size(0, len(new) + self._header_lines)
            self.refresh(layout=len(new) != len(old) and self.styles.is_auto_height)
            self.call_after_refresh(self._scroll_to_cursor)  # only then is the new height known
        else:
            for index, (before, after) in enumerate(zip(old, new, strict=True)):
                if before != after:
                    self.refresh_line(index + self._header_lines)
        if self.cursor_key != kept and self.cursor_key is not None:
            self.post_message(self.Moved(self, self.cursor_key))

    def move_to(self, key: str) -> None:
        """Put the cursor on the row of this key, if there is one."""
        for index, row in enumerate(self.rows):
            if row.key == key:
                self._go_to(index)

    def _place_of(self, key: str | None, fallback: int) -> int:
        selectable = [index for index, row in enumerate(self.rows) if not row.is_section]
        if not selectable:
            return -1
        for index in selectable:
            if self.rows[index].key == key:
                return index
        return min(selectable, key=lambda index: abs(index - max(0, fallback)))

    def render_line(self, y: int) -> Strip:
        """Draw one line of the visible part."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        if y < self._header_lines:
            return self._draw_header(width, base)
        index = y - self._header_lines + self.scroll_offset.y
        if index >= len(self.rows):
            return Strip.blank(width, base)
        row = self.rows[index]
        if row.is_section:
            style = base + self._tone(row.cells[0].tone or "section")
            return Strip([Segment(fit(" " * self._indent + row.cells[0].text, width), style)], width)
        if index == self.cursor:
            base += self._tone("cursor")
            # Quiet text would drown in the colour of the cursor.
            cells = [Cell(cell.text, "" if cell.tone == "quiet" else cell.tone) for cell in row.cells]
            return self._draw_cells(cells, width, base, is_marked=row.is_marked)
        return self._draw_cells(row.cells, width, base, is_marked=row.is_marked)

    def _draw_header(self, width: int, base: Style) -> Strip:
        titles = []
        for index, column in enumerate(self.columns):
            is_sorted = self.sorted_by is not None and self.sorted_by[0] == column.key
            mark = SORTED[self.sorted_by[1]] if is_sorted and self.sorted_by else ""
            tone = "column" if self.has_column_cursor and index == self.column_cursor else "header"
            titles.append(Cell(column.title + mark, tone))
        return self._draw_cells(tuple(titles), width, base + self._tone("header"))

    def _draw_cells(self, cells: Sequence[Cell], width: int, base: Style, *, is_marked: bool = False) -> Strip:
        segments = [Segment(" " * self._indent, base)]
        if is_marked:
            segments = [Segment(MARK.ljust(self._indent), base + self._tone("accent"))]
        drawn = self._indent
        for piece in self._slices(width):
            cell, column = cells[piece.index], self.columns[piece.index]
            if piece.start + self._indent > drawn:
                segments.append(Segment(" " * (piece.start + self._indent - drawn), base))
            text = fit(cell.text, piece.width, is_right=column.is_right)
            segments.append(Segment(text, base + self._tone(cell.tone) if cell.tone else base))
            drawn = self._indent + piece.start + piece.width
        return Strip(segments, drawn).adjust_cell_length(width, base)

    def _slices(self, width: int) -> list[Slice]:
        # Two characters for the mark that says by which column the rows are sorted.
        widths = [
            known + (2 if self.sorted_by is not None and self.sorted_by[0] == column.key else 0)
            for known, column in zip(self._widths, self.columns, strict=True)
        ]
        return arrange(self.columns, widths, width - 2 * self._indent, first=self._first_column, pinned=self._pinned)

    def _tone(self, tone: str) -> Style:
        if tone.startswith("#"):
            return Style(color=tone)
        return self.get_component_rich_style(f"table--{tone}", partial=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Leave sideways keys to the screen where there is no column cursor."""
        return self.has_column_cursor if action == "move_column" else True

    def action_move(self, rows: int) -> None:
        """Move the cursor by some rows, over sections."""
        index = self.cursor + rows
        while 0 <= index < len(self.rows) and self.rows[index].is_section:
            index += 1 if rows > 0 else -1
        if 0 <= index < len(self.rows):
            self._go_to(index)
        else:
            self._scroll_to_cursor()

    def action_page(self, pages: int) -> None:
        """Move the cursor by screenfuls."""
        target = self.cursor + pages * max(1, self._visible_rows - 1)
        self._go_to(self._place_of(None, max(0, min(len(self.rows) - 1, target))))

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self._go_to(self._place_of(None, 0))

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self._go_to(self._place_of(None, len(self.rows) - 1))

    def action_move_column(self, columns: int) -> None:
        """Move the column cursor, bringing its column into view."""
        self.column_cursor = max(0, min(len(self.columns) - 1, self.column_cursor + columns))
        if self.column_cursor < self._first_column:
            self._first_column = max(self._pinned, self.column_cursor)
        while not self._shows(self.column_cursor) and self._first_column < self.column_cursor:
            self._first_column += 1
        self.refresh()

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.cursor_key is not None:
            self.post_message(self.Opened(self, self.cursor_key))

    def _shows(self, column: int) -> bool:
        slices = self._slices(self.scrollable_content_region.width)
        return any(piece.index == column and piece.width >= self._widths[column] for piece in slices)

    @property
    def _visible_rows(self) -> int:
        return max(1, self.scrollable_content_region.height - self._header_lines)

    def _go_to(self, index: int) -> None:
        if index < 0 or index == self.cursor or not self.has_cursor:
            return
        old, self.cursor = self.cursor, index
        self.refresh_line(old + self._header_lines)
        self.refresh_line(index + self._header_lines)
        self._scroll_to_cursor()
        self.post_message(self.Moved(self, self.rows[index].key))

    def _scroll_to_cursor(self) -> None:
        if self.cursor < 0 or not self.is_mounted:
            return
        top = self.scroll_offset.y
        # The heading above the first row of a section comes into view with it.
        highest = self.cursor - (1 if self.cursor and self.rows[self.cursor - 1].is_section else 0)
        if highest < top:
            self.scroll_to(y=highest, animate=False)
        elif self.cursor >= top + self._visible_rows:
            self.scroll_to(y=self.cursor - self._visible_rows + 1, animate=False)

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._scroll_to_cursor()

    def on_click(self, event: events.Click) -> None:
        """Sort by a title, move to a row, open it when clicked twice."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < self._header_lines:
            for piece in self._slices(self.scrollable_content_region.width):
                if piece.start <= offset.x - self._indent < piece.start + piece.width:
                    self.post_message(self.HeaderClicked(self, self.columns[piece.index].key))
            return
        index = offset.y - self._header_lines + self.scroll_offset.y
        if index < len(self.rows) and not self.rows[index].is_section:
            self._go_to(index)
            if event.chain == 2:
                self.action_open()
