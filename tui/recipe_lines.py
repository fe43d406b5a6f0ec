"""The lines of the leaderboard that stand for recipes, made once for as long as their runs stay the same. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.leaderboard_row import LeaderboardRow
from tui.board import Line, LookOf, told_gap, widths_of
from tui.format import plain
from tui.leaderboard_table import Entry
from tui.recipe_board import BoardView, RecipeColumn, differences_shown
from tui.standing_words import name_beside
from tui.widgets.columns import Cell

KnownLines = dict[str, tuple[tuple[Any, ...], Line]]
"""Lines by fingerprint, with what they were made of."""


def recipe_lines(
    entries: Sequence[Entry], columns: Sequence[RecipeColumn], look_of: LookOf, known: KnownLines, view: BoardView
) -> list[Line]:
    """Return one line for each recipe; `known` keeps those of recipes whose runs do not change."""
    names = _names_of_namesakes(entries)
    return [_line(entry, columns, look_of, known, view, names.get(entry.row.fingerprint, "")) for entry in entries]


def _names_of_namesakes(entries: Sequence[Entry]) -> dict[str, str]:
    """Return what tells recipes of one label apart, by fingerprint; of the others, which are most, nothing."""
    rows: dict[str, list[LeaderboardRow]] = {}
    for entry in entries:
        rows.setdefault(entry.row.label, []).append(entry.row)
    return {row.fingerprint: name_beside(row, *alike) for alike in rows.values() if len(alike) > 1 for row in alike}


def _line(
    entry: Entry, columns: Sequence[RecipeColumn], look_of: LookOf, known: KnownLines, view: BoardView, name: str
) -> Line:
    row = entry.row
    run_ids = tuple(run.run for run in row.runs)
    is_marked = bool(view.marked) and not view.marked.isdisjoint(run_ids)
    made_of = (row.runs, row.metric, row.published, entry.standing, entry.is_baseline, is_marked, name, columns)
    seen = known.get(row.fingerprint)
    if seen is None or not _is_same(seen[0], made_of):
        line = _new_line(entry, columns, look_of, run_ids, name, is_marked=is_marked)
        seen = known[row.fingerprint] = (made_of, line)
    # In what a row differs depends on the rows beside it, which change with every letter of a filter.
    differs = next((place for place, column in enumerate(columns) if column.column.key == "differs"), None)
    if differs is None:
        return seen[1]
    cell, value = differences_shown(entry)
    if seen[1].cells[differs] == cell:
        return seen[1]
    cells = (*seen[1].cells[:differs], cell, *seen[1].cells[differs + 1 :])
    return replace(seen[1], cells=cells, widths=widths_of(cells), values={**seen[1].values, "differs": value})


def _is_same(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    return before[0] is after[0] and before[-1] is after[-1] and before[1:-1] == after[1:-1]


def _new_line(
    entry: Entry,
    columns: Sequence[RecipeColumn],
    look_of: LookOf,
    run_ids: tuple[str, ...],
    name: str,
    *,
    is_marked: bool,
) -> Line:
    row = entry.row
    look = look_of(row.preset, row.label)
    shown = [column.show(entry) for column in columns[1:]]
    named = [
        Cell(name) if name and column.column.key == "label" else cell
        for column, (cell, _) in zip(columns[1:], shown, strict=True)
    ]
    cells = (Cell(look.marker, look.color), *named)
    values = {column.column.key: value for column, (_, value) in zip(columns[1:], shown, strict=True)}
    figure = row.published
    measured = row.estimate_of(figure["metric"]) if figure else None
    return Line(
        row.fingerprint,
        run_ids,
        plain(row.test_data),
        cells,
        widths_of(cells),
        {"mark": row.label, **values, "reason": "; ".join(row.reasons) or None},
        told_gap(figure, (measured.mean, measured.half_width)) if figure and measured else "",
        is_marked,
    )
