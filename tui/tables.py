"""One table, five ways to print it: for people, scripts, spreadsheets, notes and papers."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.shown import json_text, printable


class TableFormat(StrEnum):
    """How a table is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"
    LATEX = "latex"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading for people, its name for scripts, and how people see its values."""

    name: str
    heading: str
    show: Callable[[Any], str] = str
    is_number: bool = False
    """Numbers stand to the right, under each other."""
    export: Callable[[Any], Any] | None = None
    """What scripts get of a value; None stands for the value itself."""
    is_remark: bool = False
    """People do not see the column where no row has anything in it."""
    yields: int = 0
    """Where a terminal is narrow, columns that yield are left out, the largest number first; 0 never is."""
    least: int | None = None
    """Characters its text may be cut to where a terminal is narrow; None never cuts it."""
    keeps_end: bool = False
    """Its text is cut in the middle, for its end tells it from others."""
    wraps: bool = False
    """Its text goes on in the next line instead of being cut."""
    short: str = ""
    """The heading where a terminal is narrow; empty is the usual one."""
    is_said_once: bool = False
    """A terminal does not show the column where several rows all have the same in it; `Table.agreed` has it instead."""
    is_section: bool = False
    """Where a terminal is narrow, its text stands above the rows that share it; rows that do follow each other."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values, one for each column; None is shown as a dash and exported as nothing."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]

    def written(self, form: TableFormat) -> str:
        """Return the whole table as text."""
        match form:
            case TableFormat.TABLE:
                return self._for_people().without_agreed()._aligned()
            case TableFormat.CSV:
                return self._csv()
            case TableFormat.MD:
                return self._for_people()._markdown()
            case TableFormat.LATEX:
                return self._for_people()._latex()
            case TableFormat.JSON:
                names = [column.name for column in self.columns]
                documents = [dict(zip(names, map(_json_value, self._exported(row)), strict=True)) for row in self.rows]
                return json_text(documents)

    def shown(self) -> tuple[tuple[Column, ...], list[list[str]]]:
        """Return the columns that people see, and the texts of each row."""
        table = self._for_people().without_agreed()
        return table.columns, table._shown()

    def agreed(self) -> list[tuple[str, str]]:
        """Return headings and texts of the columns that a terminal does not show as all rows have the same in them."""
        shown = [row[place] for row in self.rows[:1] for place in range(len(self.columns)) if self._is_agreed(place)]
        columns = [column for place, column in enumerate(self.columns) if self._is_agreed(place)]
        return [
            (column.heading, printable(column.show(value)))
            for column, value in zip(columns, shown, strict=False)
            if value is not None
        ]

    def _is_agreed(self, place: int) -> bool:
        """Tell whether a column that may be said once has one text in all of several rows."""
        column = self.columns[place]
        if not column.is_said_once or len(self.rows) < 2:
            return False
        return len({"" if row[place] is None else column.show(row[place]) for row in self.rows}) == 1

    def _for_people(self) -> Table:
        kept = [
            place
            for place, column in enumerate(self.columns)
            if not column.is_remark or any(row[place] for row in self.rows)
        ]
        return self._only(kept)

    def without_agreed(self) -> Table:
        """Return the table without the columns that `agreed` has."""
        return self._only([place for place in range(len(self.columns)) if not self._is_agreed(place)])

    def _only(self, kept: Sequence[int]) -> Table:
        rows = tuple(tuple(row[place] for place in kept) for row in self.rows)
        return Table(tuple(self.columns[place] for place in kept), rows)

    def _shown(self) -> list[list[str]]:
        return [
            [
                "–" if value is None else printable(column.show(value)).replace("\n", " ")
                for column, value in zip(self.columns, row, strict=True)
            ]
            for row in self.rows
        ]

    def _exported(self, row: tuple[Any, ...]) -> list[Any]:
        return [
            column.export(value) if column.export else value for column, value in zip(self.columns, row, strict=True)
        ]

    def _aligned(self) -> str:
        from rich.cells import cell_len  # a name may hold characters two cells wide

        lines = [[column.heading for column in self.columns], *self._shown()]
        widths = [max(cell_len(line[place]) for line in lines) for place in range(len(self.columns))]

        def padded(text: str, place: int) -> str:
            blank = " " * (widths[place] - cell_len(text))
            return blank + text if self.columns[place].is_number else text + blank

        return "\n".join("  ".join(padded(text, place) for place, text in enumerate(line)).rstrip() for line in lines)

    def _csv(self) -> str:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(column.name for column in self.columns)
        writer.writerows(map(_csv_value, self._exported(row)) for row in self.rows)
        return buffer.getvalue().rstrip("\n")

    def _markdown(self) -> str:
        rule = ["---:" if column.is_number else "---" for column in self.columns]
        body = [[cell.replace("|", "\\|").replace("<", "\\<") for cell in line] for line in self._shown()]
        lines = [[column.heading for column in self.columns], rule, *body]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def _latex(self) -> str:
        alignment = "".join("r" if column.is_number else "l" for column in self.columns)
        heading = " & ".join(latex_text(column.heading) for column in self.columns)
        body = [_latex_row([latex_text(cell) for cell in line]) for line in self._shown()]
        lines = [rf"\begin{{tabular}}{{{alignment}}}", r"\hline", heading + r" \\", r"\hline", *body, r"\hline"]
        return "\n".join([*lines, r"\end{tabular}"])


def _json_value(value: Any) -> Any:
    """JSON has no word for what is not a number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _csv_value(value: Any) -> Any:
    if value is None:
        return ""
    return printable(value) if isinstance(value, str) else value  # a terminal may well be what reads it


def table_of(columns: Sequence[tuple[Column, Callable[[Any], Any]]], items: Sequence[Any]) -> Table:
    """Build a table from items and, for each column, the function that takes its value from an item."""
    rows = tuple(tuple(take(item) for _, take in columns) for item in items)
    return Table(tuple(column for column, _ in columns), rows)


def _latex_row(cells: Sequence[str]) -> str:
    line = " & ".join(cells)
    # After the end of a row LaTeX takes these for an instruction.
    return ("{}" if line.startswith(("[", "*")) else "") + line + r" \\"


_LATEX_SPECIALS = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "±": r"$\pm$",
        "−": "$-$",
        "–": "--",
        "Δ": r"$\Delta$",
        "→": r"$\to$",
        "≥": r"$\geq$",
        "≤": r"$\leq$",
        "×": r"$\times$",
        "·": r"$\cdot$",
        "…": r"\ldots{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "\n": " ",
    }
)


def latex_text(text: str) -> str:
    """Write text so that LaTeX sets it as it is, with no package beyond those that it loads itself."""
    return text.translate(_LATEX_SPECIALS)
