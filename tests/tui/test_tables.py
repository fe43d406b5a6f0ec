"""One table in each of its forms, byte for byte."""

from __future__ import annotations

import json

import pytest

from tui.tables import Column, TableFormat, table_of

TABLE = table_of(
    [
        (Column("name", "name"), lambda row: row[0]),
        (Column("share", "share %", lambda value: f"{100 * value:.1f}", is_number=True), lambda row: row[1]),
        (Column("note", "note", str.upper, export=str.lower), lambda row: row[2]),
    ],
    [("a|b", 0.5, "Plain"), ("数_x", None, "Two\nlines"), ("\x1b[2J", 1.0, "c&d")],
)
WRITTEN = {
    TableFormat.TABLE: "name  share %  note\na|b      50.0  PLAIN\n数_x        –  TWO LINES\n�[2J    100.0  C&D",
    TableFormat.CSV: 'name,share,note\na|b,0.5,plain\n数_x,,"two\nlines"\n�[2J,1.0,c&d',
    TableFormat.MD: "| name | share % | note |\n| --- | ---: | --- |\n| a\\|b | 50.0 | PLAIN |\n"
    "| 数_x | – | TWO LINES |\n| �[2J | 100.0 | C&D |",
    TableFormat.LATEX: "\\begin{tabular}{lrl}\n\\hline\nname & share \\% & note \\\\\n\\hline\n"
    "a\\textbar{}b & 50.0 & PLAIN \\\\\n"
    "数\\_x & -- & TWO LINES \\\\\n�[2J & 100.0 & C\\&D \\\\\n\\hline\n\\end{tabular}",
}


@pytest.mark.parametrize("form", WRITTEN)
def test_a_table_is_written_for_each_kind_of_reader(form: TableFormat) -> None:
    assert TABLE.written(form) == WRITTEN[form]


def test_json_keeps_values_as_they_are() -> None:
    first, second, third = json.loads(TABLE.written(TableFormat.JSON))
    assert first == {"name": "a|b", "share": 0.5, "note": "plain"}
    assert (second["share"], third["name"]) == (None, "\x1b[2J")
