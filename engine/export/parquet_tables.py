"""A folder of Parquet files: the tables of the CSV export with types; NaN and infinities stay what they are.

Times are timestamps in UTC. Written by pyarrow, the reference implementation, in row groups of bounded size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.export.run_columns import ColumnKind, RunColumn, run_row, writable
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

if TYPE_CHECKING:
    from types import TracebackType

GROUP_ROWS = 100_000
"""Rows of a group: few enough to be held, enough for columns to be worth it."""
_KINDS: dict[str, ColumnKind] = {
    "epoch": "whole",
    "step": "whole",
    "train_seconds": "number",
    "time": "time",
    "value": "number",
    "x": "number",
}
"""Of the columns of the long tables; the others are text."""


def write(folder: Path, runs: Iterable[SavedRun], *, columns: Sequence[RunColumn], has_steps: bool) -> None:
    """Write the files of an export into a folder that is there."""
    with ExitStack() as opened:

        def table(name: str, kinds: Sequence[RunColumn]) -> _TableFile:
            return opened.enter_context(_TableFile(folder / f"{name}.parquet", kinds))

        runs_file = table("runs", columns)
        long = [
            (table("epochs", _long(SERIES_COLUMNS)), epoch_rows),
            (table("tables", _long(TABLE_COLUMNS)), table_rows),
            (table("system", _long(SYSTEM_COLUMNS)), system_rows),
            (table("layers", _long(LAYER_COLUMNS)), layer_rows),
        ]
        if has_steps:
            long.append((table("steps", _long(STEP_COLUMNS)), step_rows))
        for saved in runs:
            runs_file.add(tuple(run_row(saved.summary, columns).values()))
            for file, rows_of in long:
                for row in rows_of(saved):
                    file.add(row)


def _long(names: Sequence[str]) -> list[RunColumn]:
    return [RunColumn(name, _KINDS.get(name, "text")) for name in names]


class _TableFile:
    """A Parquet file that takes rows one by one."""

    def __init__(self, path: Path, columns: Sequence[RunColumn]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        types = {
            "text": pa.string(),
            "whole": pa.int64(),
            "number": pa.float64(),
            "flag": pa.bool_(),
            "time": pa.timestamp("us", tz="UTC"),
        }
        self._columns = columns
        self._schema = pa.schema([(writable(column.name), types[column.kind]) for column in columns])
        self._writer = parquet.ParquetWriter(path, self._schema)
        self._rows: list[Row] = []

    def __enter__(self) -> _TableFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
        finally:
            self._writer.close()

    def add(self, row: Row) -> None:
        """Take one row."""
        self._rows.append(row)
        if len(self._rows) >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        arrays = [
            pa.array([_value(row[place], column.kind) for row in self._rows], type=self._schema.types[place])
            for place, column in enumerate(self._columns)
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self._rows.clear()


def _value(value: Any, kind: ColumnKind) -> Any:
    if kind == "time" and value is not None:
        return datetime.fromtimestamp(value, UTC) if math.isfinite(value) else None
    return writable(value) if kind == "text" and isinstance(value, str) else value
