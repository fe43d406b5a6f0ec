"""`Run`: the fold of a run's events. `Run.apply` is the only place that says what an event means."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Literal

from engine.best_epochs import best_epochs
from engine.events import (
    EpochDone,
    Event,
    Kept,
    LayersMeasured,
    Noted,
    RunFinished,
    RunStarted,
    StepsDone,
    SystemSampled,
)
from engine.process import Writer
from engine.summary import DIVERGED, RunStatus, RunSummary
from engine.trial import Trial

XAxis = Literal["step", "epoch", "time", "wall", "samples"]
"""`time` counts seconds of training alone, `wall` all those since the run began, evaluation and pauses included."""
CLOCK_SECONDS = 1.0
"""By which an event may lie before the one that it follows: clocks of machines that share a folder differ by less."""


@dataclass(slots=True)
class Run:
    """All that is known of one run: its trial, and what its events have said so far."""

    id: str
    trial: Trial
    created: float
    """Seconds since 1970."""
    sweep: str = ""
    """The sweep for which it was made; empty where none was written down."""
    place: int = 0
    """In that sweep, from 0."""
    data_folder: str = ""
    """Where its data was when it began; empty where that is not known."""
    status: RunStatus = RunStatus.QUEUED
    started: RunStarted | None = None
    finished: RunFinished | None = None
    epochs: list[EpochDone] = field(default_factory=list)
    system: list[SystemSampled] = field(default_factory=list)
    """What it took of its machine, now and then."""
    layers: list[LayersMeasured] = field(default_factory=list)
    """What its layers did, at the steps at which they were measured."""
    notes: list[Noted] = field(default_factory=list)
    series: dict[str, array[float]] = field(default_factory=dict)
    """A value for each step, from step 1: `train_loss`, and where they are recorded `weight_norm`, which is from after
    the step's update, and `weight_1` and so on, which are from before it, as the loss is."""
    tick_steps: array[int] = field(default_factory=lambda: array("q"))
    tick_seconds: array[float] = field(default_factory=lambda: array("d"))
    """Training seconds at `tick_steps`: what places a step in time."""
    tick_times: array[float] = field(default_factory=lambda: array("d"))
    """The clock at `tick_steps`; seconds since 1970, as the events told it."""
    began: float = 0.0
    """When it started first; seconds since 1970."""
    is_clock_odd: bool = False
    """Whether an event lies before the one that it follows: a clock was set back while it was trained."""
    last: StepsDone | EpochDone | None = None
    """Where the run is."""
    updated: float = 0.0

    def apply(self, event: Event) -> None:
        """Take in one event; events come in the order in which they were written."""
        self.is_clock_odd |= event.time < self.updated - CLOCK_SECONDS
        self.updated = event.time
        match event:
            case RunStarted():
                self._go_back(event)
                if event.kept is None:
                    self.began, self.is_clock_odd = event.time, False
                self.started = event
                self.status = RunStatus.RUNNING
            case StepsDone():
                self.last = event
                self._place(event)
                for name, values in event.series.items():
                    self.series.setdefault(name, array("d")).extend(values)
            case EpochDone():
                self.last = event
                self._place(event)
                self.epochs.append(event)
            case LayersMeasured():
                self.layers.append(event)
            case SystemSampled():
                self.system.append(event)
            case Noted():
                self.notes.append(event)
                if event.mark is not None:
                    self.status = RunStatus.PAUSED if event.mark == "paused" else RunStatus.RUNNING
            case RunFinished():
                self.finished = event
                self.status = RunStatus(event.status)

    def _go_back(self, start: RunStarted) -> None:
        """Forget the steps that a run does anew when it starts again: those that no checkpoint kept."""
        kept = start.kept or Kept(step=0, epochs=0, samples=0, train_seconds=0.0, lr=0.0)
        self.series = {name: values[: kept.step] for name, values in self.series.items() if kept.step}
        while self.tick_steps and self.tick_steps[-1] > kept.step:
            self.tick_steps.pop()
            self.tick_seconds.pop()
            self.tick_times.pop()
        del self.epochs[kept.epochs :]
        self.layers = [measured for measured in self.layers if measured.step <= kept.step]
        self.system = [sample for sample in self.system if sample.step <= kept.step]
        self.finished = None
        self.last = None
        if kept.step:
            self.last = StepsDone(
                time=start.time, epoch=min(kept.epochs + 1, start.epochs), **kept.model_dump(exclude={"epochs"})
            )
            self._place(self.last)

    def _place(self, event: StepsDone | EpochDone) -> None:
        if event.step > (self.tick_steps[-1] if self.tick_steps else 0):  # step 0 is at 0 s anyway
            before = self.tick_seconds[-1] if self.tick_seconds else 0.0
            self.is_clock_odd |= event.train_seconds < before
            self.tick_steps.append(event.step)
            self.tick_seconds.append(max(event.train_seconds, before))
            self.tick_times.append(event.time)

    @property
    def writer(self) -> Writer | None:
        """The process that wrote it last, as far as is known."""
        return Writer(self.started.host, self.started.pid, self.started.process_started) if self.started else None

    @property
    def step(self) -> int:
        """Steps done."""
        return self.last.step if self.last else 0

    @property
    def total_steps(self) -> int:
        """Steps that the run will take if nothing ends it early; 0 before it has started."""
        if self.started is None:
            return 0
        return self.started.total_steps or self.started.steps_per_epoch * self.started.epochs

    @property
    def total_epochs(self) -> int:
        """Epochs that the run will take if nothing ends it early."""
        return self.started.epochs if self.started else self.trial.config.train.epochs

    @property
    def epoch_under_way(self) -> int:
        """The epoch that is being trained or evaluated, from 1; the last one once the run is over."""
        return self.last.epoch if self.last else min(1, self.total_epochs)

    @property
    def train_seconds(self) -> float:
        """Seconds spent in training steps."""
        return self.last.train_seconds if self.last else 0.0

    @property
    def samples_per_second(self) -> float:
        """Training throughput so far."""
        found = self.last.samples / self.last.train_seconds if self.last and self.last.train_seconds else 0.0
        return found if math.isfinite(found) else 0.0

    def seconds_at(self, step: float) -> float:
        """Return the training seconds at a step, linearly between the known ones."""
        if not self.tick_steps:
            return 0.0
        right = bisect_left(self.tick_steps, step)
        if right >= len(self.tick_steps):
            return self.tick_seconds[-1]
        later_step, later = self.tick_steps[right], self.tick_seconds[right]
        earlier_step, earlier = (self.tick_steps[right - 1], self.tick_seconds[right - 1]) if right else (0, 0.0)
        return earlier + (later - earlier) * (step - earlier_step) / (later_step - earlier_step)

    @property
    def is_diverged(self) -> bool:
        """Whether it was trained to its end and its loss grew."""
        return self.status is RunStatus.DONE and self.finished is not None and self.finished.reason.startswith(DIVERGED)

    @property
    def best_epochs(self) -> dict[str, int]:
        """The epoch at which each metric was best."""
        return best_epochs((epoch.epoch, epoch.metrics) for epoch in self.epochs)

    @property
    def metrics(self) -> dict[str, float]:
        """Final metrics: those of the last epoch, the best ones, and what was evaluated after training."""
        metrics: dict[str, float] = dict(self.epochs[-1].metrics) if self.epochs else {}
        if (best := self.best_epochs.get("test_accuracy")) is not None:
            accuracy = next(epoch.metrics["test_accuracy"] for epoch in self.epochs if epoch.epoch == best)
            metrics |= {"best_test_accuracy": accuracy, "best_epoch": best}
        return metrics | (self.finished.metrics if self.finished else {})

    def metric_names(self) -> list[str]:
        """Return what can be plotted against training: series by step and metrics by epoch."""
        names = dict.fromkeys(self.series)
        for epoch in self.epochs:
            names |= dict.fromkeys(epoch.metrics)
        return list(names)

    def system_names(self) -> list[str]:
        """Return what was read of the machine while it trained, and can be plotted too."""
        return list(dict.fromkeys(name for sample in self.system for name in sample.readings))

    def summary(self) -> RunSummary:
        """Return the run in one line."""
        config = self.trial.config
        figures = [figure.model_dump() for figure in self.trial.published]
        best = self.best_epochs
        told = set(best.values())
        return RunSummary(
            run=self.id,
            preset=self.trial.preset,
            label=self.trial.label,
            seed=config.seed,
            status=self.status,
            reason=self.finished.reason if self.finished else "",
            dataset=config.data.name,
            model=config.model.name,
            parameters=self.started.parameters if self.started else 0,
            epochs=len(self.epochs),
            total_epochs=self.total_epochs,
            steps=self.step,
            device=self.started.device if self.started else config.device,
            device_name=self.started.device_name if self.started else "",
            created=self.created,
            updated=self.updated or self.created,
            train_seconds=self.train_seconds,
            samples_per_second=self.samples_per_second,
            metrics=self.metrics,
            best_epochs=best,
            epoch_metrics={str(epoch.epoch): dict(epoch.metrics) for epoch in self.epochs if epoch.epoch in told},
            published=figures[0] if figures else None,
            also_published=figures[1:],
            fingerprint=config.fingerprint,
            sweep=self.sweep,
            place=self.place,
            config=config.model_dump(mode="json"),
        )
