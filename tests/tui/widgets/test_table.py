from __future__ import annotations

import pytest
from textual.app import App, ComposeResult

from tui.widgets.columns import Cell, Column, Row
from tui.widgets.table import Table

COLUMNS = tuple(Column(name, name, least=12) for name in ("one", "two", "three", "four", "five", "six"))


def rows(count: int) -> list[Row]:
    return [Row(f"row {index}", tuple(Cell(f"{index} {column.key}") for column in COLUMNS)) for index in range(count)]


class TableApp(App[None]):
    CSS = "Table { height: 1fr; overflow-x: hidden; }"

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        yield Table(COLUMNS, has_column_cursor=True)

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    def on_table_moved(self, event: Table.Moved) -> None:
        self.said.append(f"moved {event.key}")

    def on_table_opened(self, event: Table.Opened) -> None:
        self.said.append(f"opened {event.key}")

    def on_table_header_clicked(self, event: Table.HeaderClicked) -> None:
        self.said.append(f"title {event.key}")


def line(app: TableApp, y: int) -> str:
    return app.table.render_line(y).text.rstrip()


@pytest.mark.parametrize(
    ("keys", "at"),
    [("j", 1), ("down", 1), ("j j k", 1), ("G", 99), ("end", 99), ("G g", 0), ("pagedown", 18), ("k", 0), ("G j", 99)],
)
async def test_keys_move_the_cursor(keys: str, at: int) -> None:
    app = TableApp()
    async with app.run_test(size=(80, 20)) as pilot:
        app.table.set_rows(rows(100))
        await pilot.pause()
        await pilot.press(*keys.split())
        assert app.table.cursor == at
        assert app.table.scroll_offset.y <= at < app.table.scroll_offset.y + 19


async def test_cursor_skips_sections() -> None:
    app = TableApp()
    async with app.run_test() as pilot:
        section = Row("heading", tuple(Cell("heading") for _ in COLUMNS), is_section=True)
        app.table.set_rows([section, rows(2)[0], section, rows(2)[1]])
        assert app.table.cursor == 1
        await pilot.press("j")
        assert app.table.cursor == 3
        await pilot.press("g")
        assert app.table.cursor == 1


async def test_cursor_stays_on_its_row_when_others_come() -> None:
    app = TableApp()
    async with app.run_test() as pilot:
        app.table.set_rows(rows(5))
        await pilot.press("j", "j")
        app.table.set_rows([Row("new", rows(1)[0].cells), *rows(5)])
        assert app.table.cursor_key == "row 2"
        app.table.set_rows(rows(2))
        assert app.table.cursor_key == "row 1"
        app.table.set_rows([])
        assert app.table.cursor_key is None


async def test_column_cursor_brings_its_column_into_view_while_the_first_one_stays() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.table.set_rows(rows(3))
        assert "six" not in line(app, 0)
        await pilot.press("l", "l", "l", "l", "l")
        assert app.table.column_key == "six"
        assert line(app, 0).split() == ["one", "five", "six"] or line(app, 0).split()[-1] == "six"
        assert line(app, 1).startswith(" 0 one")
        await pilot.press("h", "h", "h", "h", "h")
        assert app.table.column_key == "one"


async def test_mouse_moves_opens_and_sorts() -> None:
    app = TableApp()
    async with app.run_test() as pilot:
        app.table.set_rows(rows(5))
        await pilot.pause()
        app.said.clear()
        await pilot.click(Table, offset=(3, 4))
        await pilot.click(Table, offset=(3, 2), times=2)
        await pilot.click(Table, offset=(17, 0))
        assert app.said == ["moved row 3", "moved row 1", "opened row 1", "title two"]


async def test_only_lines_that_changed_are_painted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp()
    async with app.run_test() as pilot:
        app.table.set_rows(rows(5))
        await pilot.pause()
        painted: list[int] = []
        monkeypatch.setattr(app.table, "refresh_line", painted.append)
        changed = rows(5)
        changed[3] = Row("row 3", (Cell("3 ONE"), *changed[3].cells[1:]))
        app.table.set_rows(changed)
        assert painted == [4]


async def test_sorted_column_is_marked() -> None:
    app = TableApp()
    async with app.run_test():
        app.table.set_rows(rows(2))
        app.table.sorted_by = ("two", True)
        assert "two ↓" in line(app, 0)
        app.table.sorted_by = ("two", False)
        assert "two ↑" in line(app, 0)


async def test_ten_thousand_rows_cost_no_more_to_draw_than_a_screenful() -> None:
    app = TableApp()
    async with app.run_test() as pilot:
        app.table.set_rows(rows(10_000))
        await pilot.press("G")
        assert app.table.cursor_key == "row 9999"
        assert line(app, 23).startswith(" 9999 one")
