"""`run_trials`: train one trial after another, record each event before anybody sees it, and outlive failures."""

from __future__ import annotations

import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.control import Control
from engine.data.shared import forget_shared, load_shared
from engine.errors import StoreError, TermlabError
from engine.events import EpochDone, Event, Noted, RunFinished, RunStarted
from engine.store import BEST_WEIGHTS, WEIGHTS, RunStore
from engine.trial import Trial

if TYPE_CHECKING:
    from engine.store.run_writer import RunWriter

OnError = Literal["continue", "stop"]


@dataclass(frozen=True, slots=True)
class TrialEvent:
    """An event of one trial of the sweep; it is on disk already."""

    index: int
    """Place of the trial in the sweep, from 0."""
    trial: Trial
    run_id: str
    event: Event


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
        forget_shared()


def _run_trial(index: int, trial: Trial, store: RunStore, data_folder: Path, control: Control) -> Iterator[TrialEvent]:
    """Train one trial to its end, whatever that is; its last event is always `RunFinished`."""
    from engine.best_weights import BestWeights
    from engine.train import train
    from engine.training_state import TrainingState
    from engine.weights import save_weights

    try:
        state = TrainingState.build(trial.config, load_shared(trial.config.data, data_folder))
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
                while not control.wait_until_going(1.0):
                    pass
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
