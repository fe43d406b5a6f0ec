"""The folders for TensorBoard, opened by the real TensorBoard."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from engine.export import tensorboard_logs
from tests.builders import START, save_run
from tests.engine.export.runs import save_resumed, saved_runs

accumulator: Any = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator", reason="pip install 'termlab[tensorboard]'"
)


def _opened(results: Path, folder: Path, run: str) -> Any:
    folder.mkdir()
    tensorboard_logs.write(folder, saved_runs(results), columns=(), has_steps=False)
    events = accumulator.EventAccumulator(str(folder / run), size_guidance={accumulator.SCALARS: 0})
    events.Reload()
    return events


def test_scalars_by_step_and_by_epoch_with_their_wall_times(tmp_path: Path) -> None:
    run = save_resumed(tmp_path / "r")
    save_run(tmp_path / "r")
    events = _opened(tmp_path / "r", tmp_path / "logs", run)
    steps = events.Scalars("step/train_loss")
    assert [point.step for point in steps] == list(range(1, 21))
    assert [steps[0].value, steps[10].value, steps[19].value] == [1.0, 5.0, math.inf]
    assert steps[19].wall_time == START + 60.2
    epochs = events.Scalars("epoch/test_accuracy")
    assert [(point.step, point.value, point.wall_time) for point in epochs] == [
        (10, 0.5, START + 0.1),
        (20, 0.75, START + 60.2),
    ]
    assert math.isnan(events.Scalars("epoch/test_loss")[1].value)
    assert len(list((tmp_path / "logs").iterdir())) == 2


def test_the_settings_are_a_text(tmp_path: Path) -> None:
    run = save_resumed(tmp_path / "r")
    events = _opened(tmp_path / "r", tmp_path / "logs", run)
    assert events.Tags()["tensors"] == ["run", "config", "_hparams_/session_start_info"]
    (config,) = events.Tensors("config")
    assert "| optim.lr | 0.05 |" in config.tensor_proto.string_val[0].decode().splitlines()
    (facts,) = events.Tensors("run")
    assert "| trial | went\\|on |" in facts.tensor_proto.string_val[0].decode().splitlines()
    metadata = events.SummaryMetadata("config")
    assert metadata.plugin_data.plugin_name == "text"


def test_the_hparams_tab_has_the_settings_and_groups_the_seeds(tmp_path: Path) -> None:
    metadata: Any = pytest.importorskip("tensorboard.plugins.hparams.metadata")
    run = save_resumed(tmp_path / "r")
    (saved,) = saved_runs(tmp_path / "r")
    events = _opened(tmp_path / "r", tmp_path / "logs", run)
    content = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    start = metadata.parse_session_start_info_plugin_data(content)
    assert start.group_name == saved.summary.fingerprint
    assert start.hparams["optim.lr"].number_value == 0.05
    assert start.hparams["optim.nesterov"].bool_value is False
    assert (start.hparams["model.hidden"].string_value, start.hparams["trial"].string_value) == ("30,20", "went|on")
    assert "data.train_limit" not in start.hparams
