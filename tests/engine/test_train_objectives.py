"""Training on what is no ten-class image set: two classes with a threshold, a number, and held-out examples."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.config import DataConfig
from engine.data.load import load_dataset
from engine.events import EpochDone, Event, RunFinished, RunStarted, StepsDone, from_json, to_json
from engine.models import build_model
from engine.overrides import apply_overrides
from engine.presets import load_preset
from engine.train import train
from engine.training_state import TrainingState
from engine.weights import load_weights, save_weights
from tests.builders import build_trial

NOWHERE = Path("there-is-no-data-here")
MOONS = {
    "data.name": "moons", "data.validation_fraction": 0.3333, "data.validation_split": "last", "model.hidden": [8],
    "model.activation": "tanh", "train.epochs": 2, "train.batch_size": 32, "evaluate.roc_threshold": True,
}  # fmt: skip


def events_of(overrides: dict[str, Any]) -> list[Event]:
    config = build_trial(overrides=overrides).config
    return list(train(config, load_dataset(config.data, NOWHERE)))


def series(events: list[Event], name: str = "train_loss") -> list[float]:
    return [value for event in events if isinstance(event, StepsDone) for value in event.series.get(name, ())]


def epochs(events: list[Event]) -> list[EpochDone]:
    return [event for event in events if isinstance(event, EpochDone)]


def ending(events: list[Event]) -> RunFinished:
    last = events[-1]
    assert isinstance(last, RunFinished)
    return last


def test_metrics_at_the_threshold_are_those_of_the_saved_network(tmp_path: Path) -> None:
    config = build_trial(overrides=MOONS).config
    dataset = load_dataset(config.data, NOWHERE)
    state = TrainingState.build(config, dataset)
    events = list(train(config, dataset, state))
    save_weights(tmp_path / "weights.pt", state.model.state_dict())
    model = build_model(config.model, dataset.image_shape, dataset.classes)
    load_weights(tmp_path / "weights.pt", model)
    metrics, tables = ending(events).metrics, ending(events).tables
    assert dataset.validation is not None
    for name, split in (("validation", dataset.validation), ("test", dataset.test)):
        with torch.no_grad():
            scores = model.eval()(split.images).softmax(1)[:, 1].double()
        right = ((scores >= metrics["threshold"]) == (split.labels == 1)).double().mean().item()
        # Sums of other batches round otherwise: an example that sets the threshold may fall on its other side.
        assert metrics[f"{name}_accuracy_at_threshold"] == pytest.approx(right, abs=1.5 / len(split))
        assert metrics[f"{name}_error_at_threshold"] == pytest.approx(1 - right, abs=1.5 / len(split))
    confusion = tables["confusion"].columns
    at_half = confusion["true_negatives"][0] + confusion["true_positives"][0]
    assert at_half / len(dataset.test) == pytest.approx(epochs(events)[-1].metrics["test_accuracy"], abs=1e-12)
    assert sum(counts[1] for counts in confusion.values()) == len(dataset.test)


def test_an_roc_curve_survives_the_log_with_its_infinite_threshold_and_says_what_is_a_curve() -> None:
    finished = ending(events_of({**MOONS, "train.epochs": 1}))
    line = to_json(finished)
    json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert from_json(line) == finished
    assert finished.tables["roc"].columns["threshold"][0] == math.inf
    assert set(finished.tables["roc"].drawn_columns) == {"true_positive_rate"}
    assert not finished.tables["confusion"].drawn_columns


def test_every_epoch_measures_the_examples_that_are_held_out() -> None:
    overrides = {"data.validation_fraction": 0.2, "model.hidden": [16], "train.batch_size": 64}
    config = build_trial(overrides=overrides).config
    dataset = load_dataset(config.data, NOWHERE)
    state = TrainingState.build(config, dataset)
    events = list(train(config, dataset, state))
    started = events[0]
    assert isinstance(started, RunStarted)
    assert dataset.validation is not None
    assert (started.train_examples, started.validation_examples) == (1149, 288)
    assert all({"validation_loss", "validation_accuracy"} <= set(epoch.metrics) for epoch in epochs(events))
    with torch.no_grad():
        scores = state.model.eval()(dataset.validation.images.float() / 255)
    metrics = epochs(events)[-1].metrics
    loss = torch.nn.functional.cross_entropy(scores, dataset.validation.labels).item()
    assert metrics["validation_loss"] == pytest.approx(loss, rel=1e-5)
    right = (scores.argmax(1) == dataset.validation.labels).double().mean().item()
    assert metrics["validation_accuracy"] == pytest.approx(right)
    assert metrics["validation_error"] == pytest.approx(1 - right)


def test_early_stopping_watches_the_validation_loss_where_there_is_one() -> None:
    overrides = {
        "data.validation_fraction": 0.2, "model.hidden": [16], "train.epochs": 200, "optim.name": "adam",
        "optim.lr": 0.05, "train.batch_size": 64, "train.early_stopping_epochs": 3, "seed": 5,
    }  # fmt: skip
    events = events_of(overrides)
    losses = [epoch.metrics["validation_loss"] for epoch in epochs(events)]
    assert len(losses) == losses.index(min(losses)) + 1 + 3 < 200
    assert ending(events).reason == "stopped early: 3 epochs without a lower validation loss"
    test_losses = [epoch.metrics["test_loss"] for epoch in epochs(events)]
    assert test_losses.index(min(test_losses)) != losses.index(min(losses))  # else it might as well watch the tests


def test_a_limit_of_steps_cuts_the_last_epoch_whose_metrics_are_of_its_own_steps() -> None:
    events = events_of({"model.hidden": [16], "train.epochs": 10, "train.batch_size": 64, "train.max_steps": 30})
    started, losses = events[0], series(events)
    assert isinstance(started, RunStarted)
    assert (started.steps_per_epoch, started.total_steps, started.epochs) == (23, 30, 2)
    assert [(epoch.epoch, epoch.step, epoch.samples) for epoch in epochs(events)] == [(1, 23, 1437), (2, 30, 1885)]
    assert len(losses) == 30
    assert epochs(events)[1].metrics["train_loss"] == pytest.approx(sum(losses[23:]) / 7, rel=1e-6)  # all full batches
    assert ending(events).status == "done"
    assert ending(events).reason == ""


def descend(lr: float, **overrides: Any) -> list[Event]:
    config = load_preset("gradient-descent").trials[0].config
    config = apply_overrides(config, {"optim.lr": lr, "train.epochs": 20, **overrides})
    return list(train(config, load_dataset(DataConfig(name="quadratic"), NOWHERE)))


@pytest.mark.parametrize("lr", [0.01, 0.05, 0.1, 0.15, 0.25])
def test_gradient_descent_follows_its_closed_form(lr: float) -> None:
    """The distance 1 - x·w is multiplied by 1 - 10 lr in each step, and every weight is a fifth of the rest."""
    events = descend(lr)
    distances = [(1 - 10 * lr) ** step for step in range(21)]
    # As distances: a float32 near 1 leaves 1 - x·w about seven digits after the point, however small it is.
    roots = [math.sqrt(loss) for loss in series(events)]
    assert roots == pytest.approx([abs(distance) for distance in distances[:20]], rel=1e-5, abs=2e-6)
    for name in range(1, 6):
        weights = series(events, f"weight_{name}")
        assert weights == pytest.approx([(1 - distance) / 5 for distance in distances[:20]], rel=1e-5, abs=1e-6)
    assert math.sqrt(epochs(events)[-1].metrics["test_loss"]) == pytest.approx(abs(distances[20]), rel=1e-5, abs=2e-6)
    assert "test_accuracy" not in epochs(events)[-1].metrics
    assert "train_accuracy" not in epochs(events)[-1].metrics


@pytest.mark.parametrize(
    ("lr", "reason", "updates"),
    [
        (0.1, "converged after 1 update", 1),
        (0.05, "converged after 17 updates", 17),  # 0.25**17 is the first power below 1e-10
        (0.01, "not converged: the loss fell from 1 to 0.01478", None),  # 0.9**40
        (0.2, "not converged: the loss is still 1", None),
        (0.25, "diverged: the loss rose from 1 to 1.106e+07", None),  # 1.5**40
    ],
)
def test_how_a_descent_ended_is_told_in_words_and_in_updates(lr: float, reason: str, updates: int | None) -> None:
    finished = ending(descend(lr))
    assert (finished.status, finished.reason) == ("done", reason)
    assert finished.metrics.get("updates_to_converge") == updates


def test_each_loss_is_that_of_the_weights_beside_it_from_the_start_on() -> None:
    """(1 - x·w)² with x of ones: a trajectory without w = 0 would begin with the loss of another point."""
    events = descend(0.03)
    points = list(zip(*(series(events, f"weight_{place}") for place in range(1, 6)), strict=True))
    assert points[0] == (0.0,) * 5
    assert series(events) == pytest.approx([(1 - sum(point)) ** 2 for point in points], abs=1e-5)


def test_a_descent_that_leaves_the_numbers_fails_at_its_step() -> None:
    finished = ending(descend(1e6, **{"train.epochs": 60}))
    assert finished.status == "failed"
    assert "a smaller optim.lr may help" in finished.reason


def test_weights_are_followed_whatever_their_number_and_place() -> None:
    events = descend(0.05)
    assert {name for event in events if isinstance(event, StepsDone) for name in event.series} == {
        "train_loss", *(f"weight_{place}" for place in range(1, 6)),
    }  # fmt: skip
    assert all(later > earlier for earlier, later in pairwise(series(events, "weight_1")[:10]))
