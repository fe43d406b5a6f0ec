"""The same training on a CUDA device, where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from engine.config import DataConfig, RunConfig
from engine.data.load import load_dataset
from engine.events import EpochDone, Event, RunFinished, RunStarted, StepsDone
from engine.overrides import apply_overrides
from engine.train import train

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]


def trained(model: str, device: str) -> list[Event]:
    overrides = {"model.name": model, "train.epochs": "2", "train.batch_size": "128", "device": device}
    if model == "mlp":
        overrides |= {"model.dropout": "0.5", "evaluate.dropout_masks": "5"}
    config = apply_overrides(RunConfig(), overrides)
    return list(train(config, load_dataset(DataConfig(), Path())))


def losses(events: list[Event]) -> list[float]:
    return [loss for event in events if isinstance(event, StepsDone) for loss in event.series.get("train_loss", ())]


@pytest.mark.parametrize("model", ["mlp", "scratch_mlp", "block_cnn", "cnn"])
def test_the_same_seed_gives_identical_losses_twice(model: str) -> None:
    first, second = (trained(model, "cuda") for _ in range(2))
    assert isinstance(first[0], RunStarted)
    assert first[0].device == "cuda:0"
    assert losses(first) == losses(second)
    assert len(losses(first)) == 24


def test_auto_takes_the_gpu() -> None:
    started = trained("block_cnn", "auto")[0]
    assert isinstance(started, RunStarted)
    assert started.device == "cuda:0"


@pytest.mark.parametrize("model", ["scratch_mlp", "block_cnn", "cnn"])
def test_the_losses_are_those_of_the_cpu_within_rounding(model: str) -> None:
    assert losses(trained(model, "cuda"))[:5] == pytest.approx(losses(trained(model, "cpu"))[:5], rel=1e-3)


def test_dropout_inference_is_done_on_the_gpu_too() -> None:
    last = trained("mlp", "cuda")[-1]
    assert isinstance(last, RunFinished)
    assert last.status == "done"
    assert len(last.tables["dropout_inference"].columns["pre_softmax_error"]) == 5


def test_metrics_of_an_epoch_are_numbers_of_the_host() -> None:
    epochs = [event for event in trained("cnn", "cuda") if isinstance(event, EpochDone)]
    assert len(epochs) == 2
    assert all(isinstance(value, float) for value in epochs[-1].metrics.values())
