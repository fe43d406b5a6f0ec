"""How a table gives way to a narrow terminal: byte for byte, and that no line is wider than it may be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.narrow_table import narrowed
from tui.tables import Column, Table, TableFormat

COLUMNS = (
    Column("data", "data", is_section=True),
    Column("label", "trial", least=9, keeps_end=True),
    Column("best", "best test accuracy %", is_number=True, short="best %"),
    Column("cost", "cost", is_number=True, yields=1),
    Column("differs", "differs in", yields=2, least=12),
    Column("note", "note", is_remark=True),
)
TABLE = Table(
    COLUMNS,
    (
        ("digits", "width=2 depth=1", "98.06", "2.1 s", "optim.lr=0.1 optim.momentum=0.9", ""),
        ("digits", "width=2 depth=4", "97.50", "5.4 s", "optim.lr=0.2 optim.momentum=0.0", ""),
        ("folder:/a/long/way/to/cats", "sgd", "9.00", "1 h 02 min", "none", ""),
    ),
)
WRITTEN = {
    60: """\
  trial            best %        cost  differs in
digits
  width=2 depth=1   98.06       2.1 s  optim.lr=0.1 optim.m…
  width=2 depth=4   97.50       5.4 s  optim.lr=0.2 optim.m…
folder:/a/long/way/to/cats
  sgd                9.00  1 h 02 min  none""",
    40: """\
  trial            best %        cost
digits
  width=2 depth=1   98.06       2.1 s
  width=2 depth=4   97.50       5.4 s
folder:/a/long/way/to/cats
  sgd                9.00  1 h 02 min""",
    22: """\
  trial         best %
digits
  width=…pth=1   98.06
  width=…pth=4   97.50
folder:/a/long/way/to…
  sgd             9.00""",
}
LEFT_OUT = {60: (), 40: ("differs in",), 22: ("cost", "differs in")}


def test_a_table_that_fits_is_as_it_would_be_in_a_pipe() -> None:
    narrow = narrowed(TABLE, 200)
    assert narrow.text == TABLE.written(TableFormat.TABLE)
    assert narrow.left_out == ()


@pytest.mark.parametrize("width", WRITTEN)
def test_headings_sections_columns_and_texts_give_way_in_this_order(width: int) -> None:
    narrow = narrowed(TABLE, width)
    assert narrow.text == WRITTEN[width]
    assert narrow.left_out == LEFT_OUT[width]


def test_a_narrow_column_is_not_left_out_with_a_wide_one() -> None:
    columns = (Column("a", "a"), Column("wide", "wide", yields=1), Column("small", "small", yields=2))
    narrow = narrowed(Table(columns, (("x", "y" * 30, "z"),)), 20)
    assert narrow.text.splitlines() == ["a  small", "x  z"]
    assert narrow.left_out == ("wide",)


def test_what_wraps_goes_on_below_and_keeps_a_number_with_its_unit() -> None:
    columns = (Column("a", "a"), Column("figure", "figure", least=4, wraps=True), Column("n", "n", is_number=True))
    table = Table(columns, (("x", "accuracy 95.0 ± 2.0 %; loss 0.5 ± 0.1", "7"),))
    lines = ["a  figure          n", "x  accuracy        7", "   95.0 ± 2.0 %;", "   loss 0.5 ± 0.1"]
    assert narrowed(table, 20).text.splitlines() == lines


@given(st.lists(st.tuples(*[st.text("ab 数=é", max_size=40)] * 5), min_size=1, max_size=4), st.integers(40, 120))
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, ...]], width: int) -> None:
    columns = tuple(
        Column(name, name, least=5, yields=rank, keeps_end=rank % 2 == 1) for rank, name in enumerate("abcde")
    )
    text = narrowed(Table(columns, tuple(rows)), width).text
    assert len(text.split("\n")) == len(rows) + 1
    assert max(map(cell_len, text.split("\n"))) <= width
