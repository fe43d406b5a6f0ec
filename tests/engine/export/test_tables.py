"""The tables of CSV and Parquet, read back by those who will read them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.export import csv_tables, parquet_tables
from engine.export.run_columns import run_columns
from engine.store import RunStore
from tests.builders import START, build_summary, build_trial, save_run
from tests.engine.export.runs import save_resumed, saved_runs


def _export(write: Callable[..., None], results: Path, folder: Path, *, has_steps: bool = True) -> Path:
    folder.mkdir()
    columns = run_columns(RunStore(results).summaries())
    write(folder, saved_runs(results), columns=columns, has_steps=has_steps)
    return folder


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


class TestCsv:
    def test_a_row_a_run_with_metrics_and_settings(self, tmp_path: Path) -> None:
        first = save_resumed(tmp_path / "r")
        second = save_run(tmp_path / "r", trial=build_trial(overrides={"model.name": "linear", "seed": 3}))
        rows = _rows(_export(csv_tables.write, tmp_path / "r", tmp_path / "csv") / "runs.csv")
        assert [row["run"] for row in rows] == [first, second]
        assert (rows[0]["label"], rows[0]["optim.lr"], rows[0]["model.hidden"]) == ("went|on", "0.05", "30,20")
        assert (rows[0]["best_test_accuracy"], rows[0]["optim.nesterov"]) == ("0.75", "false")
        assert rows[0]["test_loss"] == ""  # not a number
        assert (rows[1]["seed"], rows[1]["model.name"], rows[1]["model.hidden"]) == ("3", "linear", "")
        assert "config.seed" not in rows[0]

    def test_epochs_and_steps_in_long_form(self, tmp_path: Path) -> None:
        run = save_resumed(tmp_path / "r")
        folder = _export(csv_tables.write, tmp_path / "r", tmp_path / "csv")
        epochs = [row for row in _rows(folder / "epochs.csv") if row["metric"] == "test_accuracy"]
        assert [(row["run"], row["epoch"], row["step"], row["value"]) for row in epochs] == [
            (run, "1", "10", "0.5"),
            (run, "2", "20", "0.75"),
        ]
        assert float(epochs[1]["time"]) == START + 60.2
        steps = _rows(folder / "steps.csv")
        assert [row["step"] for row in steps] == [str(step) for step in range(1, 21)]
        assert (steps[0]["value"], steps[10]["value"], steps[19]["value"]) == ("1.0", "5.0", "")
        tables = _rows(folder / "tables.csv")
        assert [(row["table"], row["x"], row["column"], row["value"]) for row in tables] == [
            ("roc", "0.0", "true_positive_rate", "0.25"),
            ("roc", "1.0", "true_positive_rate", "1.0"),
        ]

    def test_steps_only_on_request(self, tmp_path: Path) -> None:
        save_run(tmp_path / "r")
        folder = _export(csv_tables.write, tmp_path / "r", tmp_path / "csv", has_steps=False)
        names = ["epochs", "layers", "runs", "system", "tables"]
        assert sorted(path.name for path in folder.iterdir()) == [f"{name}.csv" for name in names]


def test_a_column_that_not_all_runs_agree_on_has_the_kind_that_holds_all() -> None:
    summaries = [
        build_summary(
            metrics={"a": 1, "b": 1, "epochs": 7, "x.y": 3}, config={"x": {"y": True, "z": [1, 2]}, "seed": 0}
        ),
        build_summary(
            metrics={"a": 0.5, "c": 2.0}, config={"x": {"y": "auto", "z": None, "w": None, "v": 10**30}, "seed": 1}
        ),
    ]
    kinds = {column.name: column.kind for column in run_columns(summaries)}
    wanted = {"a": "number", "b": "whole", "c": "number", "x.y": "text", "x.z": "text", "x.w": "text", "x.v": "text"}
    assert {name: kinds[name] for name in wanted} == wanted
    assert (kinds["epochs"], kinds["metrics.epochs"], kinds["metrics.x.y"]) == ("whole", "whole", "whole")
    assert kinds["created"] == "time"


def test_parquet_has_the_same_tables_with_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet", reason="pip install 'termlab[parquet]'")
    monkeypatch.setattr(parquet_tables, "GROUP_ROWS", 7)  # several groups in a file
    run = save_resumed(tmp_path / "r")
    folder = _export(parquet_tables.write, tmp_path / "r", tmp_path / "parquet")
    table = parquet.read_table(folder / "runs.parquet")
    types = {field.name: str(field.type) for field in table.schema}
    assert types["created"] == "timestamp[us, tz=UTC]"
    assert (types["epochs"], types["optim.lr"], types["optim.nesterov"]) == ("int64", "double", "bool")
    (row,) = table.to_pylist()
    assert (row["run"], row["optim.lr"], row["optim.nesterov"], row["test_accuracy"]) == (run, 0.05, False, 0.75)
    assert row["test_loss"] != row["test_loss"]  # NaN stays NaN
    steps = parquet.ParquetFile(folder / "steps.parquet")
    assert steps.num_row_groups == 3
    values = steps.read().to_pylist()
    assert (values[10]["value"], values[19]["value"]) == (5.0, float("inf"))
    assert values[19]["time"] == datetime.fromtimestamp(START + 60.2, UTC)
    assert {row["metric"] for row in parquet.read_table(folder / "epochs.parquet").to_pylist()} >= {"test_accuracy"}
    assert parquet.read_table(folder / "tables.parquet").num_rows == 2
