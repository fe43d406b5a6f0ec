"""A folder of CSV files: `runs.csv` with a row a run, the rest in long form, joined by the column `run`.

Times are seconds since 1970, accuracies and errors fractions; what is unknown or not finite is an empty field.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from engine.columns import value_text
from engine.export.run_columns import RunColumn, run_row, writable
from engine.export.saved import SavedRun
from engine.export.series import (
    LAYER_COLUMNS,
    SERIES_COLUMNS,
    STEP_COLUMNS,
    SYSTEM_COLUMNS,
    TABLE_COLUMNS,
    Row,
    epoch_rows,
    layer_rows,
    step_rows,
    system_rows,
    table_rows,
)

Part = tuple[str, Sequence[str], Callable[[SavedRun], Iterator[Row]]]


def write(folder: Path, runs: Iterable[SavedRun], *, columns: Sequence[RunColumn], has_steps: bool) -> None:
    """Write the files of an export into a folder that is there."""

    def run_rows(saved: SavedRun) -> Iterator[Row]:
        yield tuple(run_row(saved.summary, columns).values())

    parts: list[Part] = [
        ("runs", [column.name for column in columns], run_rows),
        ("epochs", SERIES_COLUMNS, epoch_rows),
        ("tables", TABLE_COLUMNS, table_rows),
        ("system", SYSTEM_COLUMNS, system_rows),
        ("layers", LAYER_COLUMNS, layer_rows),
    ]
    if has_steps:
        parts.append(("steps", STEP_COLUMNS, step_rows))
    with ExitStack() as opened:
        writers = []
        for name, headings, rows_of in parts:
            file = opened.enter_context((folder / f"{name}.csv").open("x", encoding="utf-8", newline=""))
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(map(writable, headings))
            writers.append((writer, rows_of))
        for saved in runs:
            for writer, rows_of in writers:
                writer.writerows(map(_text, rows_of(saved)))


def _text(row: Row) -> list[Any]:
    return [_cell(value) for value in row]


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return writable(value) if isinstance(value, str) else value_text(value)
