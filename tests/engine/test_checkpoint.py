"""A training that is cut off at any event, saved to disk and put back into a new state ends as if nothing had been."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from engine.config import DataConfig, RunConfig
from engine.data.dataset import Dataset
from engine.data.load import load_dataset
from engine.errors import DamagedError
from engine.events import Event, RunFinished, StepsDone
from engine.overrides import apply_overrides
from engine.run import Run
from engine.train import train
from engine.training_state import TrainingState
from tests.builders import START, build_trial

BASE = {"train.epochs": "3", "train.batch_size": "256", "record.weight_norm": "true"}
RECIPES: dict[str, Mapping[str, str]] = {
    "momentum and dropout": {"optim.momentum": "0.9", "model.dropout": "0.5"},
    "Adam, BatchNorm, a schedule": {
        "model.name": "block_cnn", "model.channels": "4,4", "model.batchnorm": "true", "optim.name": "adam",
        "optim.lr": "0.01", "schedule.name": "cosine", "schedule.warmup_epochs": "1",
    },
    "augmentation, RMSprop": {
        "augment.crop": "6", "augment.rotation": "20", "optim.name": "rmsprop", "optim.lr": "0.001",
    },
    "by hand, with momentum": {"model.name": "scratch_mlp", "model.dropout": "0.3", "optim.momentum": "0.9"},
    "by hand, RMSProp": {"model.name": "scratch_mlp", "optim.name": "rmsprop", "optim.lr": "0.001"},
    "batches per epoch and validation": {"train.batches_per_epoch": "4", "data.validation_fraction": "0.2"},
    "early stopping": {"train.epochs": "40", "train.early_stopping_epochs": "2", "optim.lr": "3"},
    "masks after training": {"model.dropout": "0.5", "evaluate.dropout_masks": "3"},
    "steps that end within an epoch": {"train.max_steps": "8", "train.epochs": "2"},
}  # fmt: skip


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset(DataConfig(), Path())


@pytest.fixture(autouse=True)
def every_step_is_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a training can be cut off after any step."""
    monkeypatch.setattr("engine.train.TICK_SECONDS", 0.0)
    monkeypatch.setattr("engine.training_state.TICK_SECONDS", 0.0)


def config_of(recipe: str) -> RunConfig:
    return apply_overrides(RunConfig(), {**BASE, **RECIPES[recipe]})


def fold(events: list[Event]) -> Run:
    run = Run(id="x", trial=build_trial(), created=START)
    for event in events:
        run.apply(event)
    return run


def what_counts(run: Run) -> object:
    """All of a run but its clock."""
    epochs = [
        (epoch.epoch, epoch.step, epoch.samples, epoch.lr, epoch.metrics, epoch.weights_sha256) for epoch in run.epochs
    ]
    assert run.finished is not None
    end = (run.finished.status, run.finished.reason, run.finished.metrics, run.finished.tables)
    return run.status, run.step, {name: list(values) for name, values in run.series.items()}, epochs, end


def cut_off(config: RunConfig, digits: Dataset, path: Path, *, after: int) -> list[Event]:
    """Train until that many events have come, leaving what was to be saved last, as a run that is killed would have."""
    state = TrainingState.build(config, digits)
    stream = train(config, digits, state)
    events = []
    checkpoint = None
    for event in stream:
        events.append(event)
        if len(events) > after:
            break
        if state.is_at_rest:
            checkpoint = Checkpoint.of(state)
    stream.close()
    assert checkpoint is not None
    save_checkpoint(path, checkpoint)
    return events


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_training_cut_off_anywhere_goes_on_bit_for_bit(recipe: str, digits: Dataset, tmp_path: Path) -> None:
    config = config_of(recipe)
    whole = list(train(config, digits))
    expected = what_counts(fold(whole))
    path = tmp_path / "checkpoint.pt"
    for after in {1, 2, *range(3, len(whole), max(1, len(whole) // 7)), len(whole) - 1}:
        path.unlink(missing_ok=True)
        events = cut_off(config, digits, path, after=after)
        state = TrainingState.build(config, digits)
        load_checkpoint(path).put_into(state)
        events += train(config, digits, state)
        assert what_counts(fold(events)) == expected, f"cut off after {after} of {len(whole)} events"


def test_what_is_done_anew_counts_once(digits: Dataset, tmp_path: Path) -> None:
    config = config_of("momentum and dropout")
    state = TrainingState.build(config, digits)
    stream = train(config, digits, state)
    events = [next(stream) for _ in range(4)]
    save_checkpoint(tmp_path / "checkpoint.pt", Checkpoint.of(state))
    kept = state.step
    events += [next(stream) for _ in range(6)]  # an epoch ends among them; then the process is killed
    stream.close()
    state = TrainingState.build(config, digits)
    load_checkpoint(tmp_path / "checkpoint.pt").put_into(state)
    stream = train(config, digits, state)
    events.append(next(stream))
    run = fold(events)
    assert (run.step, len(run.series["train_loss"]), run.epochs) == (kept, kept, [])
    assert run.samples_per_second > 0


def test_the_hash_of_the_weights_tells_networks_apart(digits: Dataset) -> None:
    hashes = [
        [epoch.weights_sha256 for epoch in fold(list(train(config_of(recipe), digits))).epochs]
        for recipe in ("momentum and dropout", "momentum and dropout", "masks after training")
    ]
    assert hashes[0] == hashes[1]
    assert len({*hashes[0], *hashes[2]}) == 6


def test_a_checkpoint_is_a_copy_that_further_steps_leave_alone(digits: Dataset) -> None:
    config = config_of("Adam, BatchNorm, a schedule")
    state = TrainingState.build(config, digits)
    stream = train(config, digits, state)
    while not isinstance(next(stream), StepsDone):
        pass
    checkpoint = Checkpoint.of(state)
    before = {name: value.clone() for name, value in checkpoint.model.items()}
    for _ in range(5):
        next(stream)
    stream.close()
    assert all(torch.equal(before[name], value) for name, value in checkpoint.model.items())
    assert not all(torch.equal(before[name], value) for name, value in state.model.state_dict().items())


def test_after_training_and_after_a_loss_that_is_no_number_nothing_is_saved(digits: Dataset) -> None:
    for changes in ({"evaluate.dropout_masks": "2", "model.dropout": "0.5"}, {"optim.lr": "1e30"}):
        config = apply_overrides(RunConfig(), {**BASE, **changes})
        state = TrainingState.build(config, digits)
        *_, last = train(config, digits, state)
        assert isinstance(last, RunFinished)
        assert not state.is_at_rest


def test_a_checkpoint_of_another_config_is_refused(digits: Dataset, tmp_path: Path) -> None:
    config = config_of("momentum and dropout")
    save_checkpoint(tmp_path / "checkpoint.pt", Checkpoint.of(TrainingState.build(config, digits)))
    other = TrainingState.build(apply_overrides(config, {"seed": "1"}), digits)
    with pytest.raises(DamagedError, match="another config"):
        load_checkpoint(tmp_path / "checkpoint.pt").put_into(other)


class Touch:
    """What a hostile pickle does: run something when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_checkpoint_that_would_run_something_is_refused(tmp_path: Path) -> None:
    for write in (
        lambda path, value: path.write_bytes(pickle.dumps(value)),
        lambda path, value: torch.save(value, path),
    ):
        write(tmp_path / "checkpoint.pt", {"format": 1, "model": Touch(tmp_path / "was-here")})
        with pytest.raises(DamagedError, match=r"checkpoint\.pt does not hold a checkpoint"):
            load_checkpoint(tmp_path / "checkpoint.pt")
        assert not (tmp_path / "was-here").exists()


@pytest.mark.parametrize("document", [{}, {"format": 2}, {"format": 1, "model": {}}, [1]])
def test_another_document_is_no_checkpoint(document: object, tmp_path: Path) -> None:
    torch.save(document, tmp_path / "checkpoint.pt")
    with pytest.raises(DamagedError, match=r"^checkpoint\.pt"):
        load_checkpoint(tmp_path / "checkpoint.pt")
