"""`run_trials`: train one trial after another, record each event before anybody sees it, and outlive failures."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.config import DataConfig
from engine.errors import StoreError, TermlabError
from engine.events import EpochDone, Event, Noted, RunFinished, RunStarted
from engine.process import HEARTBEAT_SECONDS
from engine.store import BEST_WEIGHTS, WEIGHTS, RunStore, RunWriter
from engine.trial import Trial
from engine.trial_faults import join_faults

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

OnError = Literal["continue", "stop"]


class Control:
    """What another thread or a signal handler may ask of the training; safe to call from either."""

    def __init__(self) -> None:
        self._going = threading.Event()
        self._going.set()
        self._stop_run = False
        self._stop_all = False

    def pause(self) -> None:
        """Hold the training at its next event."""
        self._going.clear()

    def resume(self) -> None:
        """Go on after a pause."""
        self._going.set()

    def stop_run(self) -> None:
        """End the run under way and go on with the next one."""
        self._stop_run = True
        self._going.set()

    def stop_all(self) -> None:
        """End the run under way and start no other."""
        self._stop_all = True
        self._going.set()

    @property
    def is_paused(self) -> bool:
        """Whether a pause was asked for and not yet taken back."""
        return not self._going.is_set()

    def wait_until_going(self, seconds: float) -> bool:
        """Wait for the end of a pause, at most so long; return whether it is over."""
        return self._going.wait(seconds)

    def take_stop(self) -> bool:
        """Return whether the run under way is to end; a request for one run is thereby used up."""
        asked = self._stop_run or self._stop_all
        self._stop_run = False
        return asked

    @property
    def is_stopping_all(self) -> bool:
        """Whether no further run is to start."""
        return self._stop_all


@dataclass(frozen=True, slots=True)
class TrialEvent:
    """An event of one trial of the sweep; it is on disk already."""

    index: int
    """Place of the trial in the sweep, from 0."""
    trial: Trial
    run_id: str
    event: Event


@dataclass(frozen=True, slots=True)
class TrialFacts:
    """What is known of a trial before its first step."""

    parameters: int
    train_examples: int
    test_examples: int
    epochs: int
    steps: int
    """In all, if nothing ends it early."""
    device: str
    remark: str = ""
    """What the network is not, on data like this; empty as a rule."""


def check_trials(trials: Sequence[Trial], data_folder: Path) -> list[TrialFacts]:
    """Load the data, choose the device and size the network of every trial: what can be foreseen does not fail later.

    Raises: ConfigError, DataError, DeviceError, ModelError with every fault at once; nothing was started and nothing
    is on disk.
    """
    from engine.trial_check import check_trial

    broken: dict[DataConfig, TermlabError] = {}

    def load(config: DataConfig) -> Dataset:
        if config in broken:
            raise broken[config]  # looking again at a large folder takes as long, and finds the same
        try:
            return _load_dataset(config, data_folder)
        except TermlabError as error:
            broken[config] = error
            raise

    facts: list[TrialFacts] = []
    found: list[tuple[str, TermlabError]] = []
    for trial in trials:
        try:
            facts.append(check_trial(trial.config, load))
        except* TermlabError as group:
            found += [(trial.label, error) for error in group.exceptions if isinstance(error, TermlabError)]
    if found:
        raise join_faults(found, [trial.label for trial in trials])
    return facts


def run_trials(
    trials: Sequence[Trial],
    store: RunStore,
    *,
    data_folder: Path,
    control: Control,
    on_error: OnError = "continue",
) -> Generator[TrialEvent, None, None]:
    """Train the trials in order, yielding each event once it is on disk.

    A trial that fails is recorded as failed, with the reason, and the next one starts, unless `on_error` says stop.
    Closing the iterator ends the run under way as stopped.
    Raises: StoreError if the disk refuses to record; the run under way then ends without a last word.
    """
    try:
        for index, trial in enumerate(trials):
            last = None
            for last in _run_trial(index, trial, store, data_folder, control):
                yield last
            failed = last is not None and isinstance(last.event, RunFinished) and last.event.status == "failed"
            if control.is_stopping_all or (failed and on_error == "stop"):
                return
    finally:
        _load_dataset.cache_clear()


def _run_trial(index: int, trial: Trial, store: RunStore, data_folder: Path, control: Control) -> Iterator[TrialEvent]:
    """Train one trial to its end, whatever that is; its last event is always `RunFinished`."""
    from engine.best_weights import BestWeights
    from engine.checkpoint import save_weights
    from engine.train import train
    from engine.training_state import TrainingState

    try:
        state = TrainingState.build(trial.config, _load_dataset(trial.config.data, data_folder))
        stream = train(trial.config, state.dataset, state)
        started = next(stream)
    except Exception as error:  # the seam that keeps one trial's failure from the others
        failed = _failed(error)
        writer = store.create(trial, failed)  # a run without a beginning: the failure has to be found again
        writer.close()
        yield TrialEvent(index, trial, writer.run.id, failed)
        return
    assert isinstance(started, RunStarted)
    writer = store.create(trial, started)
    run_id = writer.run.id
    best = BestWeights(writer.folder / BEST_WEIGHTS)
    with _telling_the_folder(writer):
        try:
            yield TrialEvent(index, trial, run_id, started)
            for event in _until_the_last_word(stream, writer, control):
                if isinstance(event, RunFinished):
                    best.flush()
                    save_weights(writer.folder / WEIGHTS, state.model.state_dict())
                writer.append(event)
                if isinstance(event, EpochDone):
                    best.epoch_done(event, state.model)
                yield TrialEvent(index, trial, run_id, event)
        finally:
            stream.close()
            try:
                if writer.run.finished is None:
                    best.flush()
                    reason = f"stopped after step {writer.run.step}: nobody reads it any more"
                    writer.append(RunFinished(time=time.time(), status="stopped", reason=reason))
            finally:
                writer.close()


@contextmanager
def _telling_the_folder(writer: RunWriter) -> Iterator[None]:
    """Turn what the file system says inside the block into an error that names the folder.

    Raises: StoreError.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(f"{writer.folder} cannot be written: {error.strerror}") from error


def _until_the_last_word(stream: Iterator[Event], writer: RunWriter, control: Control) -> Iterator[Event]:
    """Pass on the events of a training, obey pause and stop between them, and turn a crash into a last event."""
    try:
        for event in stream:
            yield event
            if control.is_paused and not isinstance(event, RunFinished):
                yield Noted(time=time.time(), text="paused", mark="paused")
                while not control.wait_until_going(HEARTBEAT_SECONDS):
                    writer.touch()
                yield Noted(time=time.time(), text="resumed", mark="resumed")
            if not isinstance(event, RunFinished) and control.take_stop():
                reason = f"stopped on request after step {writer.run.step}"
                yield RunFinished(time=time.time(), status="stopped", reason=reason)
                return
    except Exception as error:  # the seam that keeps one trial's failure from the others
        yield Noted(time=time.time(), level="warning", text=_saveable(traceback.format_exc()))
        yield _failed(error)


def _failed(error: Exception) -> RunFinished:
    known = isinstance(error, TermlabError)
    reason = str(error) if known else f"{type(error).__name__}: {error}"
    return RunFinished(time=time.time(), status="failed", reason=_saveable(reason))


def _saveable(text: str) -> str:
    """Replace what UTF-8 cannot hold, such as the bytes of a file name in another encoding."""
    return text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=2)  # trials of a sweep share their data; a comparison of two datasets still fits
def _load_dataset(config: DataConfig, folder: Path) -> Dataset:
    from engine.data.load import load_dataset

    return load_dataset(config, folder)
