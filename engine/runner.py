"""`run_trials`: train one trial after another, record each event before anybody sees it, and outlive failures."""

from __future__ import annotations

import itertools
import math
import time
import traceback
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.control import Control
from engine.data.shared import forget_shared, load_shared
from engine.endings import failed, is_out_of_memory, saveable, stopped
from engine.errors import DamagedError, PlaceTakenError, RunBusyError, StoreError, TermlabError, unreadable_run
from engine.events import Event, LayersMeasured, Noted, RunFinished, RunStarted
from engine.store import CHECKPOINT, RunStore
from engine.store.requests import take_request
from engine.store.sweeps import CalledOff, OnError, SweepPlace
from engine.summary import RunStatus
from engine.trial import Trial
from engine.trial_faults import join_faults

if TYPE_CHECKING:
    from engine.store.run_writer import RunWriter
    from engine.training_state import TrainingState

LOOK_SECONDS = 0.25
"""Between two looks for what another process asks."""


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
    interrupted: Mapping[int, str] = MappingProxyType({}),
    belongs: Sequence[SweepPlace] = (),
) -> Generator[TrialEvent, None, None]:
    """Train the trials in order, yielding each event once it is on disk.

    A trial whose place, from 0, is in `interrupted` goes on with the run of that id instead of beginning one;
    `belongs` says for each trial of which sweep its run is; where another process that trains the same sweep came
    first, the trial is left out. A trial that fails is recorded as failed, with the reason, and the next one starts,
    unless `on_error` says stop. Closing the iterator ends the run under way as stopped; that can be gone on with.
    Raises: StoreError if the disk refuses to record: no other trial is then begun. Any TermlabError if an interrupted
    run cannot be gone on with, which is then as it was; the other trials come first.
    """
    refused: list[tuple[str, TermlabError]] = []
    is_called_off = CalledOff(store.folder, belongs[0].sweep if belongs else "")
    try:
        for index, trial in enumerate(trials):
            if is_called_off:
                control.stop_all()
                break
            last, has_failed = None, False
            run_id, place = interrupted.get(index), belongs[index] if belongs else None
            if run_id is not None and store.summary(run_id).status is RunStatus.DONE:
                continue  # another process that trains the same sweep was faster
            try:
                if run_id is not None:
                    events = _go_on(index, trial, run_id, store, data_folder, control)
                else:
                    events = _run_trial(index, trial, place, store, data_folder, control)
                for last in events:
                    # Whoever calls it off asks the runs that are there; this one may have come a moment later.
                    if isinstance(last.event, RunStarted) and is_called_off:
                        control.stop_all()
                    yield last
            except StoreError:
                raise
            except PlaceTakenError:
                continue
            except TermlabError as error:
                if isinstance(error, RunBusyError) and len(trials) > 1:
                    continue  # whoever wants one run alone hears who has it
                refused.append((interrupted[index], error))
                has_failed = True
            if last is not None:
                has_failed = isinstance(last.event, RunFinished) and last.event.status == "failed"
                if take_request(store.folder / last.run_id) == "stop_all":
                    control.stop_all()  # asked of a run that was over before it looked
            if control.is_stopping_all or (has_failed and on_error == "stop"):
                break
    finally:
        forget_shared()
    if refused:
        raise join_faults(refused, [run_id for run_id, _ in refused])


def _run_trial(
    index: int, trial: Trial, place: SweepPlace | None, store: RunStore, data_folder: Path, control: Control
) -> Iterator[TrialEvent]:
    """Train one trial to its end, whatever that is; its last event is always `RunFinished`.

    Raises: PlaceTakenError if another process that trains the same sweep came first.
    """
    if place is not None:
        store.check_place(place)
    try:
        state, stream, first = _begin(trial, data_folder)
    except Exception as error:  # the seam that keeps one trial's failure from the others
        if control.is_stopping_all:
            return  # what looks like a failure may be made of the signal that asked for it
        ending = failed(error)
        # Without a beginning: the failure has to be found again.
        writer = store.create(trial, ending, belongs=place, data_folder=data_folder)
        writer.close()
        yield TrialEvent(index, trial, writer.run.id, ending)
        return
    if control.is_stopping_all:  # a signal may have left a module half imported: nothing is trained with that
        stream.close()
        return
    try:
        writer = store.create(trial, first[0], belongs=place, data_folder=data_folder)
    except PlaceTakenError:  # while the data was loaded
        stream.close()
        raise
    yield from _record(index, trial, first, state, stream, writer, control)


def _go_on(
    index: int, trial: Trial, run_id: str, store: RunStore, data_folder: Path, control: Control
) -> Iterator[TrialEvent]:
    """Train an interrupted run to its end.

    Raises: a TermlabError if that cannot be; the run is then as it was.
    """
    try:
        writer = store.reopen(run_id)
    except DamagedError as error:
        raise unreadable_run(store.folder / run_id, error.message) from error
    try:
        state, stream, first = _begin(trial, data_folder, writer)
        if control.is_stopping_all:  # as in _run_trial
            stream.close()
            writer.close()
            return
        take_request(writer.folder)  # whatever was asked of an earlier process
        writer.append(first[0])
    except BaseException as error:
        writer.close()
        if isinstance(error, StoreError) or not isinstance(error, Exception):
            raise
        if control.is_stopping_all:
            return
        if isinstance(error, TermlabError):
            raise
        raise TermlabError(f"{run_id} cannot be gone on with: {failed(error).reason}") from error
    yield from _record(index, trial, first, state, stream, writer, control)


def _begin(
    trial: Trial, data_folder: Path, writer: RunWriter | None = None
) -> tuple[TrainingState, Generator[Event, None, None], tuple[RunStarted, *tuple[Noted, ...]]]:
    """Build what is trained, put back where the writer's run was; return it, its further events, and its first.

    Raises: whatever data, device and network raise.
    """
    from engine.train import train
    from engine.training_state import TrainingState

    state = TrainingState.build(trial.config, load_shared(trial.config.data, data_folder))
    notes = () if writer is None else _put_back(state, writer)
    stream = train(trial.config, state.dataset, state)
    started = next(stream)
    assert isinstance(started, RunStarted)
    return state, stream, (started, *notes)


def _record(
    index: int,
    trial: Trial,
    first: tuple[RunStarted, *tuple[Noted, ...]],
    state: TrainingState,
    stream: Generator[Event, None, None],
    writer: RunWriter,
    control: Control,
) -> Iterator[TrialEvent]:
    """Put a training on disk as it goes, and pass it on; of its first events, the first one is there already."""
    from engine.recording import Recording

    recording = Recording(state, stream, writer)
    try:
        yield TrialEvent(index, trial, writer.run.id, first[0])
        for event in _until_the_last_word(itertools.chain(first[1:], stream), writer, control):
            for recorded in recording.record(event):
                yield TrialEvent(index, trial, writer.run.id, recorded)
    except (OSError, StoreError) as error:
        raise recording.give_up(error) from error
    finally:
        recording.close()


def _put_back(state: TrainingState, writer: RunWriter) -> tuple[Noted, ...]:
    """Put a new state where the run's last checkpoint was, and return what a reader should know of it.

    Raises: DamagedError if the checkpoint is ahead of the log; DataError if the data has changed since.
    """
    from engine.checkpoint import load_checkpoint, require_same_data

    def note(text: str) -> tuple[Noted]:
        return (Noted(time=time.time(), level="warning", text=text),)

    anew = f"To train it anew from its first step, delete {writer.folder / CHECKPOINT}"
    try:
        checkpoint = load_checkpoint(writer.folder / CHECKPOINT)
        if writer.run.started is not None:
            require_same_data(writer.run.started, state.dataset)
        checkpoint.put_into(state)
        checkpoint.require_log(writer.run.step)
    except FileNotFoundError:
        return note("there was no checkpoint yet: begun anew") if writer.run.step else ()
    except DamagedError as error:
        raise DamagedError(f"{writer.run.id} cannot be gone on with: {error.message}", anew) from error
    if doubts := checkpoint.doubts(state):
        return note(f"later losses may differ in their last digits from those of an uninterrupted run: {doubts}")
    return ()


def _until_the_last_word(stream: Iterator[Event], writer: RunWriter, control: Control) -> Iterator[Event]:
    """Pass on the events of a training, obey pause and stop between them, and turn a crash into a last event."""
    last_look = -math.inf
    try:
        for event in stream:
            yield event
            if isinstance(event, RunFinished):
                return
            if isinstance(event, LayersMeasured):
                continue  # the steps that it belongs to come next, and the state can be saved with them only
            if time.monotonic() - last_look >= LOOK_SECONDS:  # short epochs make many events
                last_look = time.monotonic()
                _take_request(writer, control)
            if control.is_paused:
                yield Noted(time=time.time(), text="paused", mark="paused")
                while not control.wait_until_going(LOOK_SECONDS):
                    _take_request(writer, control)
                yield Noted(time=time.time(), text="resumed", mark="resumed")
            if control.take_stop():
                yield stopped(writer.run, control.why)
                return
    except Exception as error:  # the seam that keeps one trial's failure from the others
        where, ending = saveable(traceback.format_exc()), failed(error)
        is_clear = isinstance(error, TermlabError) or is_out_of_memory(error)
    else:
        return
    # Past the handler, so that the exception no longer holds what the training had in memory.
    if not is_clear:
        yield Noted(time=time.time(), level="warning", text=where)
    yield ending


def _take_request(writer: RunWriter, control: Control) -> None:
    """Obey another process as if it were this one's user."""
    match take_request(writer.folder):
        case "pause":
            control.pause()
        case "resume":
            control.resume()
        case "stop":
            control.stop_run()
        case "stop_all":
            control.stop_all()
