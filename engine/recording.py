"""`Recording`: a training whose every event is on disk before anybody sees it, with checkpoints to go on from."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator

from engine.checkpoint_saver import CheckpointSaver
from engine.endings import failed, is_out_of_memory, stopped
from engine.errors import StoreError
from engine.events import EpochDone, Event, Noted, RunFinished, StepsDone
from engine.store import WEIGHTS
from engine.store.run_writer import RunWriter
from engine.system_sampler import SystemSampler
from engine.training_state import TrainingState
from engine.weights import save_weights


class Recording:
    """Writes what a training says, and what it is, until it ends or nobody reads it any more."""

    def __init__(self, state: TrainingState, stream: Generator[Event, None, None], writer: RunWriter) -> None:
        self._state = state
        self._stream = stream
        self._writer = writer
        self._has_given_up = False
        self._told = ""
        """Why checkpoints could not be saved, as it was said last."""
        self._sampler = SystemSampler(str(state.device))
        self._saver = CheckpointSaver(writer, best_score=max(map(score, writer.run.epochs), default=-float("inf")))

    def record(self, event: Event) -> Iterator[Event]:
        """Put an event on disk and yield it, with what else has to be said.

        Raises: StoreError, OSError if the disk refuses.
        """
        if isinstance(event, RunFinished):
            self._save(event.status)
        self._writer.append(event)
        yield event
        match event:
            case EpochDone():
                self._saver.epoch_done(self._state, score(event))
            case StepsDone():
                self._saver.steps_done(self._state)
        if isinstance(event, StepsDone | EpochDone) and (sample := self._sampler.sample(event)) is not None:
            self._writer.append(sample)
            yield sample
        yield from self._news_of_the_disk()

    def give_up(self, error: OSError | StoreError) -> StoreError:
        """Record, if a line still finds room, that the disk ended the run, and return what to tell the user."""
        problem = self._writer.refusal(error) if isinstance(error, OSError) else error
        self._has_given_up = True
        self._writer.append_last_word(failed(StoreError(problem.message)))
        return problem

    def close(self) -> None:
        """Save a training that has not ended, so that it can be gone on with, and give its run free.

        Raises: StoreError if the disk refuses.
        """
        self._stream.close()
        try:
            if self._writer.run.finished is None and not self._has_given_up:
                self._save("stopped")
                self._writer.append(stopped(self._writer.run, "since nobody reads it any more"))
        except (OSError, StoreError) as error:
            raise self.give_up(error) from error
        finally:
            self._saver.close()
            self._writer.close()

    def _save(self, status: str) -> None:
        """Save what a run of this status leaves; one that failed did so within a step, and goes on from before it."""
        self._writer.make_sure_it_is_ours()
        if status == "stopped":
            self._saver.save_now(self._state)
        else:
            self._saver.flush()
        try:
            save_weights(self._writer.folder / WEIGHTS, self._state.model.state_dict())
        except Exception as error:
            if not (status == "failed" and is_out_of_memory(error)):
                raise

    def _news_of_the_disk(self) -> Iterator[Event]:
        """Say once that checkpoints cannot be saved, and once that they can be again."""
        problem = self._saver.problem
        if isinstance(problem, StoreError):  # the run is not ours any more
            raise problem
        reason = "" if problem is None else str(problem.strerror)
        if reason == self._told:
            return
        self._told = reason
        note = Noted(time=time.time(), text="checkpoints are saved again")
        if reason:
            text = f"no checkpoint can be saved: {reason}; the training goes on"
            note = Noted(time=time.time(), level="warning", text=text)
        self._writer.append(note)
        yield note


def score(epoch: EpochDone) -> float:
    """Return what makes an epoch the best: its accuracy, or where there is none, its loss."""
    metrics = epoch.metrics
    return metrics.get("test_accuracy", -metrics.get("test_loss", float("inf")))
