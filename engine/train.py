"""`train`: the training loop, as a generator of events. Whoever stops reading stops the training.

It sees no disk and no screen. What changes the mathematics is a field of the config; what observes reads the events.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from engine.config import RunConfig
from engine.data.dataset import Dataset
from engine.device import (
    GlobalRandom,
    RandomSeeds,
    choose_device,
    choose_threads,
    device_name,
    make_deterministic,
    versions,
)
from engine.evaluate import evaluate, evaluate_dropout, to_inputs
from engine.events import EpochDone, Event, RunFinished, RunStarted, StepsDone, Table
from engine.models import build_model, count_parameters
from engine.optim import build_optimizer, set_lr
from engine.process import host_name, process_start_ticks
from engine.schedules import lr_factor

Result = TypeVar("Result")

TICK_SECONDS = 0.25
"""How often losses are read back from the device and an event is made of them."""


@dataclass(slots=True)
class TrainingState:
    """All that training changes as it goes: between two events it is at rest and may be saved."""

    config: RunConfig
    dataset: Dataset
    device: torch.device
    model: nn.Module
    optimizer: torch.optim.Optimizer
    order: torch.Generator
    """Decides the order of the examples, on the CPU, so that it is the same on every device."""
    noise: GlobalRandom
    channels_last: bool
    step: int = 0
    epoch: int = 0
    """Epochs finished."""
    samples: int = 0
    train_seconds: float = 0.0
    lr: float = 0.0
    best_test_loss: float = math.inf
    epochs_since_best: int = 0
    next_tick: float = field(default_factory=lambda: time.perf_counter() + TICK_SECONDS)

    @classmethod
    def build(cls, config: RunConfig, dataset: Dataset) -> TrainingState:
        """Build the network and its optimiser as the seed decides, on the device that the config names.

        Raises: DeviceError, ModelError.
        """
        device = choose_device(config.device)
        if device.type == "cpu":
            torch.set_num_threads(choose_threads(_pass_flops(config, dataset)))
        seeds = RandomSeeds.of(config.seed)
        initial = GlobalRandom(seeds.initialisation, torch.device("cpu"))
        with initial.in_force():  # weights are drawn on the CPU: the same on every device
            model = build_model(config.model, dataset.image_shape, dataset.classes)
        # oneDNN and cuDNN convolve fastest with the channels innermost; linear layers would only pay for the copy.
        channels_last = any(isinstance(module, nn.Conv2d) for module in model.modules())
        if channels_last:
            model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        model = model.to(device)
        return cls(
            config=config,
            dataset=dataset.to(device),
            device=device,
            model=model,
            optimizer=build_optimizer(model, config.optim, train_examples=len(dataset.train)),
            order=torch.Generator().manual_seed(seeds.order),
            noise=GlobalRandom(seeds.noise, device),
            channels_last=channels_last,
        )

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch; the last one may be smaller."""
        return self.config.train.steps_per_epoch(len(self.dataset.train))

    @property
    def total_steps(self) -> int:
        """Steps that training takes if nothing ends it early."""
        return self.steps_per_epoch * self.config.train.epochs


def _pass_flops(config: RunConfig, dataset: Dataset) -> int:
    """Count the operations of one forward pass of a batch, on a copy of the network that has shapes and no values."""
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        model = build_model(config.model, dataset.image_shape, dataset.classes)
        model(torch.empty(config.train.batch_size, *dataset.image_shape))
    return int(counter.get_total_flops())


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
    pending = _Pending()
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
            finite = _finite_steps(series["train_loss"])
            if finite < len(pending.sizes):
                if finite:
                    yield _steps_done(state, series, leaving_out=pending.sizes[finite:])
                raise _LossNotFiniteError(series["train_loss"][finite], state.step - len(pending.sizes) + finite + 1)
            pending = _Pending()
            yield _steps_done(state, series)
            resumed = time.perf_counter()
    return {"train_loss": loss_sum / seen, "train_accuracy": correct.item() / seen}


class _Pending:
    """Losses of the steps since the last tick, still on the device."""

    def __init__(self) -> None:
        self.losses: list[Tensor] = []
        self.norms: list[Tensor] = []
        self.sizes: list[int] = []

    @property
    def samples(self) -> int:
        """Examples in these steps."""
        return sum(self.sizes)

    def add(self, loss: Tensor, size: int, weights: list[Tensor]) -> None:
        """Keep one step's values; `weights` empty means that their norm is not recorded."""
        self.losses.append(loss)
        self.sizes.append(size)
        if weights:
            with torch.no_grad():
                # The norm of all matrices as one vector is the norm of their norms.
                self.norms.append(torch.stack(torch._foreach_norm(weights)).norm())

    def read(self) -> tuple[dict[str, tuple[float, ...]], float]:
        """Wait for the device; return each series, and the loss summed over examples."""
        losses = torch.stack(self.losses).tolist()
        series = {"train_loss": _shortest(losses)}
        if self.norms:
            series["weight_norm"] = _shortest(torch.stack(self.norms).tolist())
        return series, math.fsum(loss * size for loss, size in zip(losses, self.sizes, strict=True))


def _shortest(values: list[float]) -> tuple[float, ...]:
    """Drop the digits that a float32 does not have: nine name it exactly, and the log stays half as long."""
    return tuple(float(f"{value:.9g}") for value in values)


def _finite_steps(losses: tuple[float, ...]) -> int:
    """Return how many steps went well before the first loss that is not a number."""
    return next((place for place, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))


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
