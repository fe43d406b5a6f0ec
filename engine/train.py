"""`train`: the training loop, as a generator of events. Whoever stops reading stops the training.

It sees no disk and no screen. What changes the mathematics is a field of the config; what observes reads the events.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Generator, Sequence
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.config import RunConfig
from engine.data.dataset import Dataset
from engine.device import device_name, make_deterministic, versions
from engine.evaluate import evaluate, evaluate_dropout, to_inputs
from engine.events import EpochDone, Event, RunFinished, RunStarted, StepsDone, Table
from engine.models import count_parameters
from engine.optim import set_lr
from engine.process import host_name, process_start_ticks
from engine.schedules import lr_factor
from engine.step_series import StepSeries, finite_steps
from engine.training_state import TICK_SECONDS, TrainingState

Result = TypeVar("Result")


def train(config: RunConfig, dataset: Dataset, state: TrainingState | None = None) -> Generator[Event, None, None]:
    """Train one network; yield what happens, first `RunStarted`, last `RunFinished`.

    Between two events nothing runs and no torch mode is left on. The global random state that dropout draws from
    is the run's own while it works and the reader's while the reader works. A `state` given is advanced in place,
    so that its holder can save the weights.
    Raises: DeviceError, ModelError before the first event.
    """
    state = state or TrainingState.build(config, dataset)
    events = _events(state)
    try:
        while True:
            with state.noise.in_force():
                event = next(events, None)
            if event is None:
                return
            yield event
    finally:
        events.close()


def _events(state: TrainingState) -> Generator[Event, None, None]:
    config = state.config
    yield _started(state)
    while state.epoch < config.train.epochs:
        try:
            epoch_metrics = yield from _train_epoch(state)
        except _LossNotFiniteError as error:
            yield _diverged(f"the training loss became {error.loss} at step {error.step}")
            return
        epoch_metrics |= yield from _evaluate_test(state)
        state.epoch += 1
        yield EpochDone(
            time=time.time(),
            epoch=state.epoch,
            step=state.step,
            samples=state.samples,
            train_seconds=state.train_seconds,
            lr=state.lr,
            metrics=epoch_metrics,
        )
        if not math.isfinite(epoch_metrics["test_loss"]):  # the last step may be the one that breaks the weights
            yield _diverged(f"the test loss became {epoch_metrics['test_loss']} after step {state.step}")
            return
        if _is_early_stop(state, epoch_metrics["test_loss"]):
            break
    metrics, tables = yield from _evaluate_extras(state)
    yield RunFinished(time=time.time(), status="done", reason=_ending(state), metrics=metrics, tables=tables)


def _started(state: TrainingState) -> RunStarted:
    return RunStarted(
        time=time.time(),
        device=str(state.device),
        device_name=device_name(state.device),
        parameters=count_parameters(state.model),
        train_examples=len(state.dataset.train),
        test_examples=len(state.dataset.test),
        image_shape=state.dataset.image_shape,
        class_names=state.dataset.class_names,
        steps_per_epoch=state.steps_per_epoch,
        epochs=state.config.train.epochs,
        threads=torch.get_num_threads(),
        deterministic=make_deterministic(state.device),
        versions=versions(),
        host=host_name(),
        pid=os.getpid(),
        process_started=process_start_ticks(os.getpid()),
    )


def _diverged(what: str) -> RunFinished:
    return RunFinished(time=time.time(), status="failed", reason=f"{what}; a smaller optim.lr may help")


class _LossNotFiniteError(Exception):
    def __init__(self, loss: float, step: int) -> None:
        super().__init__(loss, step)
        self.loss = loss
        self.step = step


def _train_epoch(state: TrainingState) -> Generator[Event, None, dict[str, float]]:
    """Train for one epoch and return its mean training loss and accuracy, in training mode."""
    config = state.config
    images, labels = state.dataset.train.images, state.dataset.train.labels
    order = torch.randperm(len(labels), generator=state.order).to(state.device)
    weights: list[Tensor] = [p for p in state.model.parameters() if p.ndim > 1] if config.record.weight_norm else []
    pending = StepSeries()
    loss_sum = 0.0
    correct = torch.zeros((), device=state.device, dtype=torch.long)
    seen = 0
    state.model.train()
    resumed = time.perf_counter()
    for picked in torch.split(order, config.train.batch_size)[: state.steps_per_epoch]:
        inputs = to_inputs(images[picked], channels_last=state.channels_last)
        targets = labels[picked]
        _set_scheduled_lr(state)
        state.optimizer.zero_grad()
        scores = state.model(inputs)  # (B, classes)
        loss = F.cross_entropy(scores, targets)
        loss.backward()  # type: ignore[no-untyped-call]
        state.optimizer.step()
        correct += (scores.detach().argmax(1) == targets).sum()
        pending.add(loss.detach(), len(targets), weights)
        state.step += 1
        seen += len(targets)
        is_last = seen == len(labels) or state.step % state.steps_per_epoch == 0
        if is_last or time.perf_counter() >= state.next_tick:
            series, batch_loss_sum = pending.read()  # the only wait for the device in a tick
            loss_sum += batch_loss_sum
            state.train_seconds += time.perf_counter() - resumed
            state.samples += pending.samples
            finite = finite_steps(series["train_loss"])
            if finite < len(pending.sizes):
                if finite:
                    yield _steps_done(state, series, leaving_out=pending.sizes[finite:])
                raise _LossNotFiniteError(series["train_loss"][finite], state.step - len(pending.sizes) + finite + 1)
            pending = StepSeries()
            yield _steps_done(state, series)
            resumed = time.perf_counter()
    return {"train_loss": loss_sum / seen, "train_accuracy": correct.item() / seen}


def _set_scheduled_lr(state: TrainingState) -> None:
    factor = lr_factor(
        state.config.schedule,
        step=state.step,
        steps_per_epoch=state.steps_per_epoch,
        total_steps=state.total_steps,
    )
    lr = state.config.optim.lr * factor
    if lr != state.lr:
        set_lr(state.optimizer, lr)
        state.lr = lr


def _steps_done(
    state: TrainingState, series: dict[str, tuple[float, ...]], leaving_out: Sequence[int] = ()
) -> StepsDone:
    """Tell of the steps of `series`, without the last ones if the sizes of their batches are given."""
    state.next_tick = time.perf_counter() + TICK_SECONDS
    kept = {name: values[: len(values) - len(leaving_out)] for name, values in series.items()}
    return StepsDone(
        time=time.time(),
        step=state.step - len(leaving_out),
        epoch=min(state.epoch + 1, state.config.train.epochs),
        samples=state.samples - sum(leaving_out),
        train_seconds=state.train_seconds,
        lr=state.lr,
        phase="training" if series else "evaluating",
        series=kept,
    )


def _evaluate_test(state: TrainingState) -> Generator[Event, None, dict[str, float]]:
    work = evaluate(
        state.model,
        state.dataset.test,
        batch_size=state.config.evaluate.batch_size,
        channels_last=state.channels_last,
    )
    return (yield from _with_ticks(state, work))


def _evaluate_extras(
    state: TrainingState,
) -> Generator[Event, None, tuple[dict[str, float], dict[str, Table]]]:
    masks = state.config.evaluate.dropout_masks
    if not masks:
        return {}, {}
    work = evaluate_dropout(
        state.model,
        state.dataset.test,
        masks=masks,
        batch_size=state.config.evaluate.batch_size,
        channels_last=state.channels_last,
    )
    metrics, table = yield from _with_ticks(state, work)
    return metrics, {"dropout_inference": table}


def _with_ticks(state: TrainingState, work: Generator[None, None, Result]) -> Generator[Event, None, Result]:
    """Do the work in its own portions and show now and then that it goes on."""
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]
        if time.perf_counter() >= state.next_tick:
            yield _steps_done(state, {})


def _is_early_stop(state: TrainingState, test_loss: float) -> bool:
    if test_loss < state.best_test_loss:
        state.best_test_loss = test_loss
        state.epochs_since_best = 0
    else:
        state.epochs_since_best += 1
    patience = state.config.train.early_stopping_epochs
    return patience is not None and state.epochs_since_best >= patience


def _ending(state: TrainingState) -> str:
    if state.epoch < state.config.train.epochs:
        return f"stopped early: {state.epochs_since_best} epochs without a lower test loss"
    return ""
