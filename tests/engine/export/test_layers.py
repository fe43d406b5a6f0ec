"""What layers did, in every export; what does not apply to one stands nowhere."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest

from engine.events import LayersMeasured
from engine.export import csv_tables, json_document, parquet_tables, tensorboard_logs
from tests.builders import START, build_finished, build_started, build_steps, save_run
from tests.engine.export.runs import saved_runs


@pytest.fixture
def run(tmp_path: Path) -> str:
    """The id of a run in `results` that measured its two layers at the fifth of ten steps."""
    measured = LayersMeasured(
        time=START + 0.1, step=5, epoch=1, layers=("0", "1"), kinds=("Linear 2→2", "ReLU"),
        gradient_norm=(0.5, math.nan), activation_mean=(-1.0, 0.25), activation_std=(1.0, math.inf),
        dead_share=(math.nan, 0.125),
    )  # fmt: skip
    return save_run(tmp_path / "results", events=[build_started(), measured, build_steps(10), build_finished()])


def test_csv_has_a_row_a_value(run: str, tmp_path: Path) -> None:
    (tmp_path / "csv").mkdir()
    csv_tables.write(tmp_path / "csv", saved_runs(tmp_path / "results"), columns=(), has_steps=False)
    with (tmp_path / "csv" / "layers.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert {(row["run"], row["epoch"], row["step"], row["train_seconds"]) for row in rows} == {(run, "1", "5", "0.05")}
    assert {float(row["time"]) for row in rows} == {START + 0.05}  # of the step, and not of when it was told
    assert [(row["layer"], row["kind"], row["metric"], row["value"]) for row in rows] == [
        ("0", "Linear 2→2", "gradient_norm", "0.5"),
        ("0", "Linear 2→2", "activation_mean", "-1.0"),
        ("1", "ReLU", "activation_mean", "0.25"),
        ("0", "Linear 2→2", "activation_std", "1.0"),
        ("1", "ReLU", "activation_std", ""),
        ("1", "ReLU", "dead_share", "0.125"),
    ]


@pytest.mark.usefixtures("run")
def test_json_has_a_list_a_measure(tmp_path: Path) -> None:
    json_document.write(tmp_path / "runs.json", saved_runs(tmp_path / "results"), columns=(), has_steps=False)
    (document,) = json.loads((tmp_path / "runs.json").read_text())["runs"]
    (measured,) = document["layers"]
    assert (measured["step"], measured["layers"], measured["kinds"]) == (5, ["0", "1"], ["Linear 2→2", "ReLU"])
    assert (measured["gradient_norm"], measured["dead_share"]) == ([0.5, None], [None, 0.125])


@pytest.mark.usefixtures("run")
def test_parquet_has_the_rows_of_csv_with_types(tmp_path: Path) -> None:
    parquet: Any = pytest.importorskip("pyarrow.parquet", reason="pip install 'termlab[parquet]'")
    (tmp_path / "parquet").mkdir()
    parquet_tables.write(tmp_path / "parquet", saved_runs(tmp_path / "results"), columns=(), has_steps=False)
    rows = parquet.read_table(tmp_path / "parquet" / "layers.parquet").to_pylist()
    assert [(row["step"], row["layer"], row["metric"], row["value"]) for row in rows[3:]] == [
        (5, "0", "activation_std", 1.0),
        (5, "1", "activation_std", math.inf),
        (5, "1", "dead_share", 0.125),
    ]


def test_tensorboard_has_a_scalar_a_layer_and_measure(run: str, tmp_path: Path) -> None:
    accumulator: Any = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="pip install 'termlab[tensorboard]'"
    )
    (tmp_path / "boards").mkdir()
    tensorboard_logs.write(tmp_path / "boards", saved_runs(tmp_path / "results"), columns=(), has_steps=False)
    board = accumulator.EventAccumulator(str(tmp_path / "boards" / run))
    board.Reload()
    assert [(point.step, point.value) for point in board.Scalars("layers/0/gradient_norm")] == [(5, 0.5)]
    assert "layers/1/gradient_norm" not in board.Tags()["scalars"]
