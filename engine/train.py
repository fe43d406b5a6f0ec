"""`train`: the training loop, as a generator of events. Whoever stops reading stops the training.

It sees no disk and no screen. What changes the mathematics is a field of the config; what observes reads the events.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict
from typing import TypeVar

import torch

from engine.config import RunConfig
from engine.data.dataset import Dataset, Split
from engine.device import device_name, make_deterministic, versions
from engine.evaluate import Steps, evaluate, evaluate_dropout
from engine.events import EpochDone, Event, RunFinished, RunStarted, StepsDone, Table
from engine.layer_probe import LayerProbe
from engine.models import count_parameters
from engine.process import Writer
from engine.schedules import lr_factor
from engine.step_series import StepSeries, finite_steps
from engine.stopwatch import stopwatch
from engine.summary import DIVERGED
from engine.threshold import evaluate_threshold
from engine.training_state import TICK_SECONDS, EpochUnderWay, TrainingState
from engine.weights import weights_sha256

Result = TypeVar("Result")


def train(config: RunConfig, dataset: Dataset, state: TrainingState | None = None) -> Generator[Event, None, None]:
    """Train one network; yield what happens, first `RunStarted`, last `RunFinished`.

    Between two events nothing runs and no torch mode is left on. The global random state that dropout draws from
    is the run's own while it works and the reader's while the reader works. A `state` given is advanced in place,
    so that its holder can save it; one that a checkpoint was put into goes on from there.
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
    yield _started(state)
    while not state.is_trained:
        try:
            metrics = yield from _train_epoch(state)
        except _LossNotFiniteError as error:
            yield _diverged(f"the training loss became {error.loss} at step {error.step}")
            return
        metrics |= yield from _evaluate_splits(state)
        _finish_epoch(state, metrics)
        yield EpochDone(
            time=time.time(),
            epoch=state.epoch,
            step=state.step,
            samples=state.samples,
            train_seconds=state.train_seconds,
            lr=state.lr,
            metrics=metrics,
            weights_sha256=weights_sha256(state.model),
        )
        if not math.isfinite(state.test_loss):  # the last step may be the one that breaks the weights
            yield _diverged(f"the test loss became {state.test_loss} after step {state.step}")
            return
    state.is_at_rest = False
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
        validation_examples=len(state.dataset.validation or ()),
        image_shape=state.dataset.image_shape,
        class_names=state.dataset.class_names,
        steps_per_epoch=state.steps_per_epoch,
        epochs=state.total_epochs,
        total_steps=state.total_steps,
        threads=torch.get_num_threads(),
        deterministic=make_deterministic(state.device),
        versions=versions(),
        **asdict(Writer.here()),
        kept=state.kept,
    )


def _diverged(what: str) -> RunFinished:
    return RunFinished(time=time.time(), status="failed", reason=f"{what}; a smaller optim.lr may help")


class _LossNotFiniteError(Exception):
    def __init__(self, loss: float, step: int) -> None:
        super().__init__(loss, step)
        self.loss = loss
        self.step = step


def _train_epoch(state: TrainingState) -> Generator[Event, None, dict[str, float]]:
    """Train what is left of the epoch and return its mean training loss and accuracy, in training mode."""
    config = state.config
    images, labels = state.dataset.train.images, state.dataset.train.labels
    epoch = state.under_way = state.under_way or _begin_epoch(state)
    order = epoch.order.to(state.device)
    steps = min(state.steps_per_epoch, state.total_steps - state.step + epoch.steps)
    pending = StepSeries(state.model, config.record)
    probe = LayerProbe(state.model, config.record.layers_every)
    state.model.train()
    resumed = stopwatch()
    for picked in torch.split(order, config.train.batch_size)[epoch.steps : steps]:
        targets = labels[picked]
        _set_scheduled_lr(state)
        pending.begin_step()
        with probe.watching(state.step + 1):
            loss, outputs = state.learner.step(state.inputs.for_training(images[picked]), targets)
        epoch.correct += state.objective.count_correct(outputs, targets)
        epoch.steps += 1
        pending.end_step(loss, len(targets))
        state.step += 1
        if epoch.steps == steps or stopwatch() >= state.next_tick:
            series = pending.read()  # the only wait for the device in a tick
            state.train_seconds += stopwatch() - resumed
            state.samples += pending.samples
            finite = finite_steps(series["train_loss"])
            if finite < len(pending.sizes):
                state.is_at_rest = False
                if finite:
                    yield from _layers_measured(state, probe, last_step=state.step - len(pending.sizes) + finite)
                    yield _steps_done(state, series, leaving_out=pending.sizes[finite:])
                raise _LossNotFiniteError(series["train_loss"][finite], state.step - len(pending.sizes) + finite + 1)
            epoch.loss_sum = pending.added_to(epoch.loss_sum)
            _follow_convergence(state, series["train_loss"])
            pending = StepSeries(state.model, config.record)
            yield from _layers_measured(state, probe, last_step=state.step)
            yield _steps_done(state, series)
            resumed = stopwatch()
    seen = min(steps * config.train.batch_size, len(labels))
    metrics = {"train_loss": epoch.loss_sum / seen}
    if state.objective.has_classes:
        metrics["train_accuracy"] = epoch.correct.item() / seen
    return metrics


def _begin_epoch(state: TrainingState) -> EpochUnderWay:
    return EpochUnderWay(
        order=torch.randperm(len(state.dataset.train), generator=state.order),
        correct=torch.zeros((), device=state.device, dtype=torch.long),
    )


def _finish_epoch(state: TrainingState, metrics: dict[str, float]) -> None:
    """Count the epoch and note what early stopping watches; after it the state may be saved."""
    state.epoch += 1
    state.under_way = None
    state.test_loss = metrics["test_loss"]
    held_out_loss = metrics.get("validation_loss", state.test_loss)
    if held_out_loss < state.best_loss:
        state.best_loss = held_out_loss
        state.epochs_since_best = 0
    else:
        state.epochs_since_best += 1


def _follow_convergence(state: TrainingState, losses: Sequence[float]) -> None:
    """Note the first loss, and since when all of them have been small enough; `losses` end at the present step."""
    if state.first_loss is None:
        state.first_loss = losses[0]
    limit = state.config.record.converged_below
    if limit is None:
        return
    for step, loss in enumerate(losses, start=state.step - len(losses) + 1):
        if loss >= limit:
            state.converged_at_step = None
        elif state.converged_at_step is None:
            state.converged_at_step = step


def _set_scheduled_lr(state: TrainingState) -> None:
    factor = lr_factor(
        state.config.schedule,
        step=state.step,
        steps_per_epoch=state.steps_per_epoch,
        total_steps=state.total_steps,
    )
    lr = state.config.optim.lr * factor
    if lr != state.lr:
        state.learner.set_lr(lr)
        state.lr = lr


def _steps_done(
    state: TrainingState, series: dict[str, tuple[float, ...]], leaving_out: Sequence[int] = ()
) -> StepsDone:
    """Tell of the steps of `series`, without the last ones if the sizes of their batches are given."""
    state.next_tick = stopwatch() + TICK_SECONDS
    kept = {name: values[: len(values) - len(leaving_out)] for name, values in series.items()}
    return StepsDone(
        time=time.time(),
        step=state.step - len(leaving_out),
        epoch=min(state.epoch + 1, state.total_epochs),
        samples=state.samples - sum(leaving_out),
        train_seconds=state.train_seconds,
        lr=state.lr,
        phase="training" if series else "evaluating",
        series=kept,
    )


def _layers_measured(state: TrainingState, probe: LayerProbe, *, last_step: int) -> Generator[Event, None, None]:
    """Tell what the layers did in the steps up to `last_step`, of which the next event tells.

    The state is not to be saved in between: a run that goes on from there would lack what is not told yet.
    """
    was_at_rest, state.is_at_rest = state.is_at_rest, False
    epoch = min(state.epoch + 1, state.total_epochs)
    for measured in probe.read(epoch):
        if measured.step <= last_step:
            yield measured
    state.is_at_rest = was_at_rest


def _evaluate_splits(state: TrainingState) -> Generator[Event, None, dict[str, float]]:
    """Evaluate the validation examples, where there are any, and the test examples."""
    metrics: dict[str, float] = {}
    for name, split in (("validation", state.dataset.validation), ("test", state.dataset.test)):
        if split is not None:
            metrics |= yield from _with_ticks(state, _evaluate(state, split, name))
    return metrics


def _evaluate(state: TrainingState, split: Split, name: str) -> Steps:
    return evaluate(
        state.model,
        split,
        name=name,
        objective=state.objective,
        prepare=state.inputs.for_testing,
        batch_size=state.config.evaluate.batch_size,
    )


def _evaluate_extras(
    state: TrainingState,
) -> Generator[Event, None, tuple[dict[str, float], dict[str, Table]]]:
    """Answer the questions that the config asks of the trained network."""
    asked = state.config.evaluate
    metrics: dict[str, float] = {}
    tables: dict[str, Table] = {}
    if state.converged_at_step is not None:
        # The loss of a step is from before its update: one update fewer led there.
        metrics["updates_to_converge"] = state.converged_at_step - 1
    if asked.dropout_masks:
        work = evaluate_dropout(
            state.model,
            state.dataset.test,
            masks=asked.dropout_masks,
            objective=state.objective,
            prepare=state.inputs.for_testing,
            batch_size=asked.batch_size,
        )
        found, tables["dropout_inference"] = yield from _with_ticks(state, work)
        metrics |= found
    if asked.roc_threshold:
        assert state.dataset.validation is not None  # the config sees to it
        scoring = evaluate_threshold(
            state.model,
            validation=state.dataset.validation,
            test=state.dataset.test,
            objective=state.objective,
            prepare=state.inputs.for_testing,
            batch_size=asked.batch_size,
        )
        found, found_tables = yield from _with_ticks(state, scoring)
        metrics |= found
        tables |= found_tables
    return metrics, tables


def _with_ticks(state: TrainingState, work: Generator[None, None, Result]) -> Generator[Event, None, Result]:
    """Do the work in its own portions and show now and then that it goes on."""
    while True:
        try:
            next(work)
        except StopIteration as finished:
            return finished.value  # type: ignore[no-any-return]
        if stopwatch() >= state.next_tick:
            yield _steps_done(state, {})


def _ending(state: TrainingState) -> str:
    """Say what a reader of the run should know of how it ended; nothing where all went as planned."""
    if state.epoch < state.total_epochs:
        watched = "test" if state.dataset.validation is None else "validation"
        return f"stopped early: {state.epochs_since_best} epochs without a lower {watched} loss"
    if state.config.record.converged_below is None or state.first_loss is None:
        return ""
    first, last = f"{state.first_loss:.4g}", f"{state.test_loss:.4g}"
    if first == last:
        return f"not converged: the loss is still {last}"
    if state.test_loss > state.first_loss:
        return f"{DIVERGED}: the loss rose from {first} to {last}"
    if state.converged_at_step is None:
        return f"not converged: the loss fell from {first} to {last}"
    updates = state.converged_at_step - 1
    return f"converged after {updates:,} update{'' if updates == 1 else 's'}"
