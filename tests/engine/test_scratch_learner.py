"""Training by hand through the stream: the losses of autograd without autograd, and recipes that nobody wrote out."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.config import DataConfig, RunConfig
from engine.data.dataset import Dataset
from engine.data.load import load_dataset
from engine.errors import ConfigError, ModelError
from engine.events import EpochDone, Event, RunFinished, StepsDone
from engine.overrides import apply_overrides
from engine.train import train
from engine.training_state import TrainingState
from engine.trial_facts import check_trials
from tests.builders import build_trial

SMALL = {
    "model.hidden": [32, 32],
    "model.activation": "tanh",
    "optim.lr": 0.05,
    "optim.momentum": 0.9,
    "train.epochs": 3,
    "train.batch_size": 64,
    "device": "cpu",
}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset(DataConfig(), Path())


def config_for(model: str = "scratch_mlp", **changes: Any) -> RunConfig:
    """A small config; double underscores stand for the dots of a key."""
    overrides = {key.replace("__", "."): value for key, value in changes.items()}
    return apply_overrides(RunConfig(), {"model.name": model, **SMALL, **overrides})


def series(events: list[Event], name: str = "train_loss") -> list[float]:
    return [value for event in events if isinstance(event, StepsDone) for value in event.series.get(name, ())]


def last_metrics(events: list[Event]) -> dict[str, float]:
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "done"
    return [event for event in events if isinstance(event, EpochDone)][-1].metrics


def both_ways(digits: Dataset, **changes: Any) -> tuple[list[Event], list[Event]]:
    """Train by hand and by autograd from the same weights."""
    by_hand = TrainingState.build(config_for(**changes), digits)
    by_autograd = TrainingState.build(config_for("mlp", **changes), digits)
    by_autograd.model.load_state_dict(by_hand.model.state_dict())
    return (
        list(train(by_hand.config, digits, by_hand)),
        list(train(by_autograd.config, digits, by_autograd)),
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optim__momentum": 0.0, "model__activation": "relu"},
        {"optim__weight_decay": 0.01, "model__activation": "sigmoid"},
        {"optim__weight_decay_summed": 10.0, "model__activation": "lrelu"},
        {"model__dropout": "0.3"},  # one number here, a list of one there
        # At an eps this small it makes no difference on which side of the root it stands.
        {"optim__name": "rmsprop", "optim__momentum": 0.0, "optim__alpha": 0.9, "optim__lr": 1e-3, "optim__eps": 1e-20},
    ],
    ids=["momentum", "plain", "L2", "L2 on the sum", "dropout", "rmsprop"],
)
def test_losses_are_those_of_autograd(digits: Dataset, changes: dict[str, Any]) -> None:
    ours, theirs = both_ways(digits, **changes)
    assert len(series(ours)) == 69
    assert series(ours) == pytest.approx(series(theirs), abs=1e-4)
    assert series(ours)[-1] < series(ours)[0]
    assert last_metrics(ours)["test_loss"] == pytest.approx(last_metrics(theirs)["test_loss"], abs=1e-4)


def test_the_weight_norm_moves_as_it_does_under_autograd(digits: Dataset) -> None:
    ours, theirs = both_ways(digits, record__weight_norm=True)
    norms = series(ours, "weight_norm")
    assert norms == pytest.approx(series(theirs, "weight_norm"), abs=1e-4)
    assert len(set(norms)) == len(norms)


def test_training_by_hand_never_asks_autograd(digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_more: object) -> None:
        raise AssertionError("autograd was asked")

    monkeypatch.setattr(torch.Tensor, "backward", refuse)
    monkeypatch.setattr(torch.autograd, "grad", refuse)
    monkeypatch.setattr(torch.autograd, "backward", refuse)
    events = list(train(config_for(train__epochs=10, model__dropout=0.1), digits))
    assert last_metrics(events)["test_accuracy"] > 0.85
    with pytest.raises(AssertionError, match="autograd was asked"):  # the others do ask
        list(train(config_for("mlp"), digits))


def test_the_same_seed_gives_the_same_losses_with_dropout_and_another_does_not(digits: Dataset) -> None:
    first, again, other = (series(list(train(config_for(model__dropout=0.4, seed=seed), digits))) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_the_schedule_reaches_the_optimiser_written_by_hand(digits: Dataset) -> None:
    state = TrainingState.build(config_for(schedule__name="exponential", schedule__gamma=1e-6), digits)
    weights = []
    for event in train(state.config, digits, state):
        if isinstance(event, EpochDone):
            weights.append(torch.cat([p.flatten() for p in state.model.parameters()]))
    steps = [(after - before).norm().item() for before, after in pairwise(weights)]
    # Only the momentum of the first epoch is left in the second, and nothing in the third.
    assert 0 < steps[1] < 0.2 * steps[0]


def test_averages_over_dropout_masks_are_made(digits: Dataset) -> None:
    finished = list(train(config_for(model__dropout=0.5, evaluate__dropout_masks=10), digits))[-1]
    assert isinstance(finished, RunFinished)
    assert len(set(finished.tables["dropout_inference"].columns["pre_softmax_error"])) > 1


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "adam": ({"optim__name": "adam", "optim__momentum": 0.0}, "optim.name = adam: .*sgd, .*rmsprop"),
    "adamw": ({"optim__name": "adamw", "optim__momentum": 0.0}, "optim.name = adamw: .*sgd, .*rmsprop"),
    "momentum": ({"optim__name": "rmsprop"}, "optim.momentum = 0.9: .*set optim.momentum=0"),
    "nesterov": ({"optim__nesterov": True}, "optim.nesterov = true: .*set optim.nesterov=false"),
    "bias": ({"optim__decay_bias": False}, "optim.decay_bias = false: .*set optim.decay_bias=true"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_recipe_that_was_not_written_out_is_refused_before_anything_starts(name: str, digits: Dataset) -> None:
    changes, message = REFUSED[name]
    with pytest.raises(ConfigError, match=message) as caught:
        TrainingState.build(config_for(**changes), digits)
    assert "model.name=mlp" in caught.value.hint
    overrides = {key.replace("__", "."): value for key, value in changes.items()}
    trial = build_trial("refused", overrides={"model.name": "scratch_mlp", **SMALL, **overrides})
    with pytest.raises(ConfigError, match=message):
        check_trials([trial], Path("nowhere"))


def test_all_faults_of_a_recipe_are_told_at_once(digits: Dataset) -> None:
    with pytest.raises(ConfigError) as caught:
        TrainingState.build(config_for(optim__nesterov=True, optim__decay_bias=False), digits)
    assert len(caught.value.problems) == 2


def test_data_without_classes_is_refused() -> None:
    overrides = {"data.name": "quadratic", "model.name": "scratch_mlp", "train.batch_size": 1}
    with pytest.raises(ModelError, match=r"scratch_mlp learns a score for each class.*asks for a number") as caught:
        check_trials([build_trial("number", overrides=overrides)], Path("nowhere"))
    assert "model.name=linear" in caught.value.hint
