"""`CheckpointSaver`: puts checkpoints on disk while the training goes on."""

from __future__ import annotations

import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor

from engine.checkpoint import Checkpoint, save_checkpoint
from engine.endings import is_out_of_memory
from engine.errors import StoreError
from engine.store import BEST_WEIGHTS, CHECKPOINT
from engine.store.run_writer import RunWriter
from engine.tensor_file import save_tensors
from engine.training_state import TrainingState
from engine.weights import copy_weights

MOST_OFTEN_SECONDS = 1.0
"""Between two checkpoints: where epochs are shorter, not each leaves one, as writing would cost more than it saves."""
WITHIN_EPOCH_SECONDS = 60.0
"""A longer epoch leaves checkpoints within it, so often; and a disk that refused one is asked again so often."""


@dataclass(slots=True)
class _Waiting:
    """What the disk does not have yet."""

    best: dict[str, Tensor] | None = None
    checkpoint: Checkpoint | None = None
    summary: str | None = None

    @property
    def is_empty(self) -> bool:
        return self.best is None and self.checkpoint is None and self.summary is None


class CheckpointSaver:
    """Keeps the last checkpoint of one run, the weights of its best epoch and its summary, as files.

    The training pays for a copy; a thread writes it. A newer one that comes before the disk is done with the one
    before takes the place of what waits. What the disk refused waits on, and is tried again with the next checkpoint.
    """

    def __init__(self, writer: RunWriter, *, best_score: float = -float("inf")) -> None:
        """Begin; `best_score` is that of the best epoch so far, whose weights are on disk already."""
        self._writer = writer
        self._best_score = best_score
        self._last_copy = -float("inf")
        self._waiting = _Waiting()
        self._trained: Checkpoint | None = None
        """After the last epoch, before what is asked of the trained network."""
        self._news = threading.Condition()
        self._is_due = False
        self._is_writing = False
        self._is_closing = False
        self.problem: OSError | StoreError | None = None
        """Why the last attempt to write failed; None where it went well. The training can go on without."""
        self._thread = threading.Thread(target=self._write_on, name="termlab-checkpoints", daemon=True)
        self._thread.start()

    def epoch_done(self, state: TrainingState, score: float) -> None:
        """Keep the weights if no epoch scored higher, and a checkpoint unless the last is too recent."""
        if score > self._best_score:
            self._best_score = score
            with self._as_far_as_memory_goes():
                best = copy_weights(state.model)
                with self._news:  # a checkpoint that knows of this epoch is written after them
                    self._waiting.best = best
        if not state.is_trained:
            self._take(state, MOST_OFTEN_SECONDS)
            return
        # Only questions are left. They take random numbers, so that this is what is saved if they are interrupted; if
        # not, the checkpoint before stays, and with it an epoch that `verify` can compare.
        with self._as_far_as_memory_goes():
            self._trained = Checkpoint.of(state)

    def steps_done(self, state: TrainingState) -> None:
        """Keep a checkpoint if the last is long ago."""
        self._take(state, WITHIN_EPOCH_SECONDS)

    def save_now(self, state: TrainingState) -> None:
        """Keep a checkpoint of this very moment, or of the end of the last epoch, and wait until it is on the disk.

        Raises: OSError if the disk refuses; StoreError if the run is not this process's any more.
        """
        if state.is_at_rest:
            self._put(Checkpoint.of(state))
        elif self._trained is not None:
            self._put(self._trained)
        self.flush()

    def flush(self) -> None:
        """Wait until all is on the disk.

        Raises: OSError if the disk refuses any of it; StoreError if the run is not this process's any more.
        """
        with self._news:
            self._is_due = self._is_due or not self._waiting.is_empty
            self._news.notify_all()
            self._news.wait_for(lambda: not self._is_due and not self._is_writing)
        if self.problem is not None:
            raise self.problem

    def close(self) -> None:
        """Write what is due and end the thread."""
        with self._news:
            self._is_closing = True
            self._news.notify_all()
        self._thread.join()

    def _take(self, state: TrainingState, seconds: float) -> None:
        if self.problem is not None:
            seconds = WITHIN_EPOCH_SECONDS
        if state.is_at_rest and time.monotonic() - self._last_copy >= seconds:
            with self._as_far_as_memory_goes():
                self._put(Checkpoint.of(state))

    @contextmanager
    def _as_far_as_memory_goes(self) -> Iterator[None]:
        """Let the training go on without a copy for which there is no memory."""
        try:
            yield
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            self.problem = OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    def _put(self, checkpoint: Checkpoint) -> None:
        summary = self._writer.summary_text()
        with self._news:
            self._last_copy = time.monotonic()
            self._waiting.checkpoint = checkpoint
            self._waiting.summary = summary
            self._is_due = True
            self._news.notify_all()

    def _write_on(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._is_due or self._is_closing)
                if not self._is_due:
                    return
                self._is_due, self._is_writing = False, True
                due, self._waiting = self._waiting, _Waiting()
            problem: OSError | StoreError | None = None
            try:
                self._write(due)
            except (OSError, StoreError) as error:
                problem = error
            except Exception as error:  # the end of the thread would leave the training waiting for it
                problem = OSError(errno.EIO, f"no checkpoint can be made: {type(error).__name__}: {error}")
            with self._news:
                if problem is not None:  # what is newer takes its place
                    self._waiting.best = self._waiting.best or due.best
                    self._waiting.checkpoint = self._waiting.checkpoint or due.checkpoint
                self.problem = problem
                self._is_writing = False
                self._news.notify_all()

    def _write(self, due: _Waiting) -> None:
        """Write in this order: a checkpoint must know of nothing that is not on the disk."""
        folder, last_look = self._writer.folder, self._writer.make_sure_it_is_ours
        last_look()
        if due.summary is not None:
            self._writer.write_summary(due.summary)
        if due.best is not None:
            save_tensors(folder / BEST_WEIGHTS, due.best, last_look=last_look)
        if due.checkpoint is not None:
            self._writer.sync()
            save_checkpoint(folder / CHECKPOINT, due.checkpoint, last_look=last_look)
