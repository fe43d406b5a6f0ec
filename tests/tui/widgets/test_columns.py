from __future__ import annotations

from rich.cells import cell_len

from tui.widgets.columns import Cell, Column, Row, arrange, fit, natural_widths

NAME, VALUE, EXTRA, REST = (
    Column("name", "name"),
    Column("value", "value", is_right=True),
    Column("extra", "extra", yields=1),
    Column("rest", "rest", takes_rest=True, most=100),
)


def row(*texts: str) -> Row:
    return Row(texts[0], tuple(Cell(text) for text in texts))


def test_column_is_as_wide_as_its_widest_cell_up_to_its_limit() -> None:
    columns = (Column("a", "title"), Column("b", "", most=3))
    assert natural_widths(columns, [row("a longer one", "abcdef")]) == [12, 3]


def test_section_does_not_widen_a_column() -> None:
    wide = Row("section", (Cell("a heading that is long"), Cell("")), is_section=True)
    assert natural_widths((NAME, VALUE), [wide, row("a", "b")]) == [4, 5]


def test_column_that_yields_is_left_out_before_another_is_pushed_off() -> None:
    shown = [piece.index for piece in arrange((NAME, VALUE, EXTRA), [10, 5, 5], 19)]
    assert shown == [0, 1]


def test_number_is_shown_whole_or_not_at_all() -> None:
    assert [piece.index for piece in arrange((NAME, VALUE, VALUE), [10, 8, 8], 29)] == [0, 1]
    assert [piece.index for piece in arrange((NAME, VALUE, VALUE), [10, 8, 8], 30)] == [0, 1, 2]
    alone = arrange((NAME, VALUE), [10, 8], 19)  # better cut than nothing beside the names
    assert [(piece.index, piece.width) for piece in alone] == [(0, 10), (1, 7)]


def test_column_that_takes_the_rest_fills_the_width() -> None:
    pieces = arrange((NAME, REST), [10, 20], 60)
    assert pieces[-1].start + pieces[-1].width == 60


def test_pinned_column_stays_while_the_others_move() -> None:
    pieces = arrange((NAME, VALUE, VALUE, VALUE), [10, 5, 5, 5], 20, first=3)
    assert [piece.index for piece in pieces] == [0, 3]


def test_text_fits_its_cells_whatever_is_in_it() -> None:
    for text in ("", "short", "much too long for it", "日本語の名前です", "日本"):
        for width in (1, 4, 9):
            assert cell_len(fit(text, width)) == width
    assert fit("7", 3, is_right=True) == "  7"
    assert fit("truncated", 5) == "trun…"
