"""The training loop on small real data: what it computes, what it tells, and what it leaves alone."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.config import DataConfig, RunConfig
from engine.data.dataset import Dataset
from engine.data.load import load_dataset
from engine.events import EpochDone, Event, RunFinished, RunStarted, StepsDone
from engine.overrides import apply_overrides
from engine.train import train
from engine.training_state import TrainingState
from tests.processes import start_python

SMALL = {"model.hidden": "16", "optim.lr": "0.1", "train.epochs": "2", "train.batch_size": "64"}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load_dataset(DataConfig(), Path())


def config_with(**changes: str) -> RunConfig:
    """A small config; double underscores stand for the dots of a key."""
    overrides = {key.replace("__", "."): value for key, value in changes.items()}
    return apply_overrides(RunConfig(), {**SMALL, **overrides})


def losses(events: list[Event]) -> list[float]:
    return series(events, "train_loss")


def series(events: list[Event], name: str) -> list[float]:
    return [value for event in events if isinstance(event, StepsDone) for value in event.series.get(name, ())]


def epochs(events: list[Event]) -> list[EpochDone]:
    return [event for event in events if isinstance(event, EpochDone)]


@pytest.mark.parametrize("model", ["mlp", "scratch_mlp", "block_cnn", "cnn", "your_cnn", "resnet", "convnet"])
def test_the_same_seed_gives_identical_losses_twice(model: str, digits: Dataset) -> None:
    overrides = {"model.name": model, "train.epochs": "1", "train.batch_size": "256", "seed": "3"}
    config = apply_overrides(RunConfig(), overrides)
    first, second = (list(train(config, digits)) for _ in range(2))
    assert losses(first) == losses(second)
    assert [epoch.metrics for epoch in epochs(first)] == [epoch.metrics for epoch in epochs(second)]


def test_dropout_is_part_of_what_the_seed_decides(digits: Dataset) -> None:
    config = config_with(model__dropout="0.5")
    assert losses(list(train(config, digits))) == losses(list(train(config, digits)))


def test_another_seed_gives_other_losses(digits: Dataset) -> None:
    assert losses(list(train(config_with(seed="1"), digits))) != losses(list(train(config_with(seed="2"), digits)))


def test_events_come_in_order_and_count_every_example(digits: Dataset) -> None:
    events = list(train(config_with(), digits))
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "done"
    assert events[0].steps_per_epoch == 23  # 1,437 examples in batches of 64, the last one smaller
    assert len(losses(events)) == 46
    assert [epoch.epoch for epoch in epochs(events)] == [1, 2]
    assert [epoch.samples for epoch in epochs(events)] == [1437, 2874]


def test_trials_with_one_seed_start_from_the_same_weights_and_see_the_same_batch(digits: Dataset) -> None:
    plain, momentum = (list(train(config_with(optim__momentum=value), digits)) for value in ("0", "0.9"))
    assert losses(plain)[0] == losses(momentum)[0]
    assert losses(plain)[5] != losses(momentum)[5]


def test_batchnorm_does_not_change_how_the_convolutions_start(digits: Dataset) -> None:
    overrides = {"model.name": "block_cnn", "model.channels": "4,4"}
    networks = [
        TrainingState.build(apply_overrides(RunConfig(), {**overrides, "model.batchnorm": value}), digits).model
        for value in ("false", "true")
    ]
    kernels = [[m.weight for m in network.modules() if isinstance(m, nn.Conv2d)] for network in networks]
    assert all(torch.equal(left, right) for left, right in zip(*kernels, strict=True))


THREADS_OF_A_SMALL_AND_A_LARGE_NETWORK = """
from tests.engine.test_train import *
digits = load_dataset(DataConfig(), Path())
for hidden in ("16", "4000,1000"):
    state = TrainingState.build(config_with(model__hidden=hidden), digits)
    print(next(train(state.config, digits, state)).threads)
"""


@pytest.mark.skipif(torch.cuda.is_available(), reason="threads are chosen on the CPU")
def test_a_small_network_is_served_by_one_thread_and_a_large_one_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # tests that run side by side have but one
    with start_python(THREADS_OF_A_SMALL_AND_A_LARGE_NETWORK) as process:
        said, _ = process.communicate()
    assert (process.returncode, said) == (0, "1\n2\n")


def test_no_mode_is_left_on_and_no_random_number_taken_between_events(digits: Dataset) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    config = config_with(model__dropout="0.5", evaluate__dropout_masks="2")
    before = torch.get_rng_state()
    for _ in train(config, digits):
        assert torch.is_grad_enabled()
        assert not torch.is_autocast_enabled("cpu")
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(torch.rand(3), expected)


def test_a_reader_that_draws_random_numbers_changes_nothing(digits: Dataset) -> None:
    config = config_with(model__dropout="0.5")
    undisturbed = losses(list(train(config, digits)))
    disturbed = []
    for event in train(config, digits):
        torch.rand(7)
        disturbed.append(event)
    assert losses(disturbed) == undisturbed


def test_the_first_loss_is_that_of_guessing(digits: Dataset) -> None:
    assert losses(list(train(config_with(), digits)))[0] == pytest.approx(math.log(10), abs=0.15)


def test_training_reaches_what_digits_allow(digits: Dataset) -> None:
    events = list(train(config_with(optim__momentum="0.9", train__epochs="15", model__hidden="64"), digits))
    assert 0.93 < epochs(events)[-1].metrics["test_accuracy"] < 1.0  # 1.0 would be a leak


def test_test_metrics_are_those_of_one_pass_over_the_test_set(digits: Dataset) -> None:
    config = config_with(evaluate__batch_size="100")  # a last batch of another size must not weigh more
    state = TrainingState.build(config, digits)
    metrics = epochs(list(train(config, digits, state)))[-1].metrics
    with torch.no_grad():
        scores = state.model.eval()(digits.test.images.float() / 255)
    loss = nn.functional.cross_entropy(scores, digits.test.labels).item()
    accuracy = (scores.argmax(1) == digits.test.labels).float().mean().item()
    assert metrics["test_loss"] == pytest.approx(loss, rel=1e-5)
    assert metrics["test_accuracy"] == pytest.approx(accuracy, abs=1e-7)
    assert metrics["test_error"] == pytest.approx(1 - accuracy, abs=1e-7)


def diverging_losses(steps: int) -> list[float]:
    """Train on digits by hand, each step multiplying the weights by -99, and return the loss of each step."""
    config = config_with(optim__lr="1", optim__weight_decay="100")
    state = TrainingState.build(config, load_dataset(DataConfig(), Path()))
    order = torch.randperm(1437, generator=state.order)
    found = []
    for picked in torch.split(order, 64)[:steps]:
        inputs, labels = state.dataset.train.images[picked].float() / 255, state.dataset.train.labels[picked]
        loss = nn.functional.cross_entropy(state.model(inputs), labels)
        parameters = list(state.model.parameters())
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.sub_(gradient + 100 * parameter)
        found.append(loss.item())
    return found


def test_a_loss_that_becomes_nan_fails_the_run_at_its_step_and_keeps_the_losses_before_it(digits: Dataset) -> None:
    expected = diverging_losses(23)
    first_bad = next(place for place, loss in enumerate(expected) if not math.isfinite(loss))
    assert first_bad > 1
    events = list(train(config_with(optim__lr="1", optim__weight_decay="100"), digits))
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.status == "failed"
    assert f"at step {first_bad + 1};" in last.reason
    assert losses(events) == pytest.approx(expected[:first_bad], rel=1e-4)
    told = [event for event in events if isinstance(event, StepsDone)][-1]
    assert (told.step, told.samples) == (first_bad, 64 * first_bad)


def test_a_test_loss_that_becomes_nan_fails_the_run_too(digits: Dataset) -> None:
    first_bad = next(place for place, loss in enumerate(diverging_losses(23)) if not math.isfinite(loss))
    config = config_with(
        optim__lr="1", optim__weight_decay="100", train__epochs="1", train__batches_per_epoch=str(first_bad)
    )
    events = list(train(config, digits))
    assert len(losses(events)) == first_bad  # every training loss was finite: the last update broke the weights
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.status == "failed"
    assert last.reason.startswith("the test loss became ")
    assert f"after step {first_bad};" in last.reason
    assert len(epochs(events)) == 1


def test_early_stopping_ends_training_and_says_so(digits: Dataset) -> None:
    # Adam at this rate does not go on improving for 200 epochs.
    config = config_with(optim__name="adam", optim__lr="0.05", train__epochs="200", train__early_stopping_epochs="3")
    events = list(train(config, digits))
    done = epochs(events)
    best = min(range(len(done)), key=lambda place: done[place].metrics["test_loss"])
    assert len(done) == best + 1 + 3 < 200
    assert isinstance(events[-1], RunFinished)
    assert events[-1].status == "done"
    assert "3 epochs without a lower test loss" in events[-1].reason


def test_an_epoch_can_be_cut_after_a_number_of_batches(digits: Dataset) -> None:
    events = list(train(config_with(train__batches_per_epoch="5"), digits))
    assert len(losses(events)) == 10
    assert [epoch.samples for epoch in epochs(events)] == [320, 640]


def test_the_weight_norm_is_recorded_at_every_step_without_biases(digits: Dataset) -> None:
    config = config_with(record__weight_norm="true")
    state = TrainingState.build(config, digits)
    events = list(train(config, digits, state))
    matrices = [p for name, p in state.model.named_parameters() if name.endswith("weight")]
    norm = torch.cat([matrix.detach().flatten() for matrix in matrices]).norm().item()
    assert len(series(events, "weight_norm")) == len(losses(events))
    assert series(events, "weight_norm")[-1] == pytest.approx(norm, rel=1e-5)


def test_l2_on_the_summed_loss_is_l2_over_n_on_the_mean_loss(digits: Dataset) -> None:
    summed = config_with(optim__weight_decay_summed=str(0.01 * 1437))
    mean = config_with(optim__weight_decay="0.01")
    none = config_with()
    first, second, without = (losses(list(train(config, digits))) for config in (summed, mean, none))
    assert first == second != without


def test_l2_makes_the_weight_norm_fall(digits: Dataset) -> None:
    changes = {"record__weight_norm": "true", "train__epochs": "20", "optim__decay_bias": "false"}
    ends = [
        series(list(train(config_with(**changes, optim__weight_decay=decay), digits)), "weight_norm")[-1]
        for decay in ("0", "0.05")
    ]
    assert ends[1] < 0.8 * ends[0]


def test_the_schedule_shows_in_the_learning_rate(digits: Dataset) -> None:
    config = config_with(schedule__name="exponential", schedule__gamma="0.5", train__epochs="3")
    assert [epoch.lr for epoch in epochs(list(train(config, digits)))] == pytest.approx([0.1, 0.05, 0.025])


def test_dropout_inference_gives_one_curve_over_masks(digits: Dataset) -> None:
    config = config_with(model__hidden="32", model__dropout="0.5", evaluate__dropout_masks="30", train__epochs="5")
    finished = list(train(config, digits))[-1]
    assert isinstance(finished, RunFinished)
    table = finished.tables["dropout_inference"]
    columns = table.columns
    assert table.x == tuple(float(n) for n in range(1, 31))
    assert set(columns) == {"scaling_error", "pre_softmax_error", "post_softmax_error"}
    assert len(set(columns["scaling_error"])) == 1  # it does not depend on masks
    assert (
        columns["pre_softmax_error"][0] == columns["post_softmax_error"][0]
    )  # of one mask the softmax keeps the order
    assert (
        columns["pre_softmax_error"][0] > columns["pre_softmax_error"][-1]
    )  # a single mask is worse than the mean of 30
    assert finished.metrics["pre_softmax_error"] == columns["pre_softmax_error"][-1]
    assert finished.metrics["scaling_error"] == columns["scaling_error"][0]


def test_scaling_is_what_evaluation_mode_does(digits: Dataset) -> None:
    config = config_with(model__dropout="0.5", evaluate__dropout_masks="1")
    events = list(train(config, digits))
    finished = events[-1]
    assert isinstance(finished, RunFinished)
    assert finished.metrics["scaling_error"] == epochs(events)[-1].metrics["test_error"]
