"""An application that is the same on every machine: clock, presets and runs are frozen, and training is pretended."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from textual.pilot import Pilot

from engine.control import Control
from engine.events import EpochDone, Event, Noted, RunFinished, RunStarted, StepsDone, Table
from engine.leaderboard import rank
from engine.presets import Preset, read_preset
from engine.run import Run
from engine.runner import TrialEvent
from engine.store import RunStore
from engine.store.sweeps import SweepPlace
from engine.summary import RunSummary
from engine.trial import Trial
from engine.trial_facts import TrialFacts
from tests.builders import hold_as
from tui import messages
from tui.app import TermlabApp
from tui.runbook import facts_key
from tui.widgets.plot import PlotView

NOW = 1_750_000_000.0
STEPS_PER_EPOCH = 20

DIGITS = """\
title = "First steps: momentum on handwritten digits"
why = "A small network on 1,797 real 8x8 digits, with plain gradient descent and with momentum."
source = "E2 · CS236781"
group = "First steps"
finding = "Momentum is ahead from the first epochs on."
[config.data]
name = "digits"
[config.train]
epochs = 5
[config.model]
name = "mlp"
hidden = [64]
[[trials]]
label = "sgd"
[[trials]]
label = "momentum"
set = { "optim.momentum" = 0.9 }
published = [{ metric = "test_accuracy", value = 0.97, tolerance = 0.01 }]
[quick]
"train.epochs" = 2
"""
BATCHNORM = """\
title = "Batch normalisation, with and without"
why = "Four convolution blocks on MNIST, trained twice. Shows how much faster the normalised network learns."
source = "A3 · IFT6135"
group = "Regularisation"
[config.data]
name = "mnist"
[config.model]
name = "block_cnn"
[config.optim]
name = "adam"
lr = 1e-4
[config.train]
epochs = 10
[[trials]]
label = "bn=off"
[[trials]]
label = "bn=on"
set = { "model.batchnorm" = true }
published = [{ metric = "test_accuracy", value = 0.99, tolerance = 0.005 }]
"""


def build_presets(folder: Path) -> list[Preset]:
    """Write two presets and read them."""
    presets = []
    for name, text in {"digits-first": DIGITS, "batchnorm": BATCHNORM}.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        presets.append(read_preset(name, folder / f"{name}.toml"))
    return presets


def facts_of(trial: Trial) -> TrialFacts:
    """Return what a pretended check finds out."""
    parameters = 98_442 if trial.config.model.name == "block_cnn" else 4_810
    epochs = trial.config.train.epochs
    return TrialFacts(
        parameters=parameters, train_examples=1437, test_examples=360, epochs=epochs, steps=STEPS_PER_EPOCH * epochs,
        device="cpu",
    )  # fmt: skip


def started(trial: Trial, time: float = NOW) -> RunStarted:
    """Return the first event of a run."""
    return RunStarted(
        time=time, device="cpu", device_name="a processor", parameters=facts_of(trial).parameters, train_examples=1437,
        test_examples=360, image_shape=(1, 8, 8), class_names=tuple("0123456789"), steps_per_epoch=STEPS_PER_EPOCH,
        epochs=trial.config.train.epochs, threads=2, deterministic=True, versions={"torch": "2"}, host="elsewhere",
        pid=1, process_started=0.0,
    )  # fmt: skip


def training(trial: Trial, *, time: float = NOW, quality: float = 0.97, epochs: int | None = None) -> list[Event]:
    """Return believable events of some epochs after the first event."""
    events: list[Event] = []
    for epoch in range(1, (trial.config.train.epochs if epochs is None else epochs) + 1):
        step = epoch * STEPS_PER_EPOCH
        now = time + 2.0 * epoch
        where: dict[str, Any] = {
            "time": now, "epoch": epoch, "step": step, "samples": 64 * step, "train_seconds": 1.5 * epoch, "lr": 0.1
        }  # fmt: skip
        losses = tuple(2.3 * math.exp(-2.5 * quality * (step - left) / 60) + 0.05 for left in range(20, 0, -1))
        events.append(StepsDone(series={"train_loss": losses}, **where))
        accuracy = quality - 0.5 * math.exp(-epoch)
        metrics = {
            "train_loss": losses[-1], "train_accuracy": min(1.0, accuracy + 0.01), "test_loss": losses[-1] + 0.03,
            "test_accuracy": accuracy, "test_error": 1 - accuracy,
        }  # fmt: skip
        events.append(EpochDone(metrics=metrics, **where))
    return events


def finished(time: float = NOW + 60, **fields: Any) -> RunFinished:
    """Return the last event of a run."""
    return RunFinished(time=time, **{"status": "done", **fields})


def masks_table() -> dict[str, Table]:
    """Return what dropout inference leaves."""
    return {
        "dropout_inference": Table(
            x_name="masks", x=(1, 2, 5, 10), columns={"test_error_mean": (0.03, 0.025, 0.021, 0.02)}
        )
    }


def build_run(run_id: str, trial: Trial, events: Sequence[Event], created: float = NOW) -> Run:
    """Fold events into a run."""
    run = Run(id=run_id, trial=trial, created=created)
    for event in events:
        run.apply(event)
    return run


def with_seed(trial: Trial, seed: int) -> Trial:
    """Return a trial with another seed."""
    return trial.with_config(trial.config.model_copy(update={"seed": seed}))


def saved_runs(presets: Sequence[Preset]) -> list[Run]:
    """Return two recipes of three and two seeds, and one run each that stopped, failed and trains elsewhere."""
    runs: list[Run] = []
    digits, batchnorm = presets
    for seed, quality in enumerate((0.962, 0.968, 0.965)):
        for trial, ahead in zip(digits.trials, (0.0, 0.012), strict=True):
            chosen = with_seed(trial, seed)
            began = NOW - 900 + 100 * seed
            events = [started(chosen, began), *training(chosen, time=began, quality=quality + ahead), finished()]
            runs.append(build_run(f"run{len(runs)}-digits-first-{trial.label}-s{seed}", chosen, events, began))
    for seed in (0, 1):
        chosen = with_seed(batchnorm.trials[1], seed)
        began = NOW - 500 + 100 * seed
        events = [started(chosen, began), *training(chosen, time=began, quality=0.98 + seed / 500), finished()]
        runs.append(build_run(f"run{len(runs)}-batchnorm-bn=on-s{seed}", chosen, events, began))
    off = batchnorm.trials[0]
    stopped = finished(status="stopped", reason="stopped on request after step 40")
    failed = finished(status="failed", reason="the loss is nan at step 12 [red]not markup[/red] \x1b[31m")
    runs.append(
        build_run("stop1-batchnorm-bn=off-s0", off, [started(off), *training(off, epochs=2), stopped], NOW - 200)
    )
    runs.append(build_run("fail1-batchnorm-bn=off-s0", off, [started(off), failed], NOW - 100))
    return runs


def summaries_of(runs: Sequence[Run]) -> list[RunSummary]:
    """Return runs as a store lists them, newest first."""
    return sorted((run.summary() for run in runs), key=lambda summary: summary.created, reverse=True)


def write_run(store: RunStore, trial: Trial, events: Sequence[Event]) -> str:
    """Save a run the way a training does and return its id; the first event is its start."""
    first, *others = events
    assert isinstance(first, RunStarted)
    writer = store.create(trial, first)
    for event in others:
        writer.append(event)
    writer.close()
    if writer.run.finished is None:
        hold_as(first, writer.folder)
    return writer.run.id


@dataclass
class PretendedTraining:
    """Stands in for the engine: lets a test say when the next event comes."""

    events: Callable[[Trial], Sequence[Event]] = lambda trial: [*training(trial), finished()]
    is_gated: bool = False
    """Whether each event waits until the test lets it go."""
    problem: Exception | None = None
    gate: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    launched: list[Trial] = field(default_factory=list)
    interrupted: dict[int, str] = field(default_factory=dict)
    belongs: tuple[SweepPlace, ...] = ()

    def check_trials(self, trials: Sequence[Trial], _: Path) -> list[TrialFacts]:
        """Find nothing wrong, unless told to."""
        if self.problem is not None:
            raise self.problem
        return [facts_of(trial) for trial in trials]

    def run_trials(
        self,
        trials: Sequence[Trial],
        store: RunStore,
        *,
        data_folder: Path,  # noqa: ARG002
        control: Control,
        on_error: str = "continue",  # noqa: ARG002
        interrupted: Mapping[int, str] = MappingProxyType({}),
        belongs: Sequence[SweepPlace] = (),
    ) -> Iterator[TrialEvent]:
        """Yield events of every trial, saved as real ones are."""
        self.launched, self.interrupted, self.belongs = list(trials), dict(interrupted), tuple(belongs)
        for index, trial in enumerate(trials):
            if index in interrupted:
                writer = store.reopen(interrupted[index])
                writer.append(started(trial))
            else:
                writer = store.create(trial, started(trial), belongs=belongs[index] if belongs else None)
            yield TrialEvent(index, trial, writer.run.id, started(trial))
            for event in self._obeying(trial, control):
                writer.append(event)
                yield TrialEvent(index, trial, writer.run.id, event)
            writer.close()
            if control.is_stopping_all:
                return

    def _obeying(self, trial: Trial, control: Control) -> Iterator[Event]:
        for event in self.events(trial):
            while self.is_gated and not self.gate.acquire(timeout=0.02):
                if control.take_stop():
                    yield finished(status="stopped", reason=f"stopped {control.why}")
                    return
            if control.is_paused:
                yield Noted(time=NOW, text="paused", mark="paused")
                while not control.wait_until_going(0.02):
                    pass
                yield Noted(time=NOW, text="resumed", mark="resumed")
            yield event


class FrozenApp(TermlabApp):
    """Knows what it is told; reads no folder and imports no torch."""

    def __init__(self) -> None:
        super().__init__(Path("/lab/results"), Path("/lab/data"), clock=lambda: NOW)

    def start_threads(self) -> None:
        """Start none."""

    def tell_runs(self, runs: Sequence[Run]) -> None:
        """Pretend that the store holds these runs."""
        summaries = summaries_of(runs)
        self.post_message(messages.RunsChanged(summaries, rank(summaries)))

    def tell_facts(self, trials: Sequence[Trial]) -> None:
        """Pretend that torch is imported and the trials are sized."""
        self.post_message(messages.DeviceFound("cpu"))
        for trial in trials:
            self.post_message(messages.FactsFound(facts_key(trial), facts_of(trial)))

    def tell_launch(self, trials: Sequence[Trial]) -> None:
        """Pretend that a launch began."""
        self.runbook.is_training = True
        self.post_message(messages.LaunchBegan(trials, [facts_of(trial) for trial in trials]))

    def tell_event(self, index: int, run_id: str, *events: Event) -> None:
        """Pretend that the training said something."""
        for event in events:
            self.runbook.apply(index, run_id, event)
        self.post_message(messages.EventsArrived())


async def until(pilot: Pilot[Any], condition: Callable[[], bool], turns: int = 1000) -> None:
    """Let the application work until a condition holds."""
    for _ in range(turns):
        await pilot.pause()
        if condition():
            return
        await pilot.pause(0.01)  # threads need their turn too
    raise AssertionError("the condition never held")


async def refreshed(pilot: Pilot[Any]) -> None:
    """Let the screen be painted with all that is due by now, charts included whose turn has to come first."""
    await until(pilot, lambda: all(plot._waiting is None for plot in pilot.app.screen.query(PlotView)))
    is_painted = False

    def note() -> None:
        nonlocal is_painted
        is_painted = True

    pilot.app.screen.call_after_refresh(note)
    await until(pilot, lambda: is_painted)


def screen_text(app: TermlabApp) -> str:
    """Return what the screen shows, as characters."""
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips)


def told(app: TermlabApp) -> str:
    """Return what the application says for a moment, above its screen."""
    return "\n".join(notification.message for notification in app._notifications)
