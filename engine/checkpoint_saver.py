"""`CheckpointSaver`: puts checkpoints on disk while the training goes on."""

from __future__ import annotations

import threading
import time

from torch import Tensor

from engine.checkpoint import Checkpoint, save_checkpoint
from engine.store import BEST_WEIGHTS, CHECKPOINT
from engine.store.run_writer import RunWriter
from engine.tensor_file import save_tensors
from engine.training_state import TrainingState
from engine.weights import copy_weights

MOST_OFTEN_SECONDS = 1.0
"""Between two checkpoints: where epochs are shorter, not each leaves one, as writing would cost more than it saves."""
WITHIN_EPOCH_SECONDS = 60.0
"""A longer epoch leaves checkpoints within it, so often."""


class CheckpointSaver:
    """Keeps the last checkpoint of one run, and the weights of its best epoch, as files.

    The training pays for a copy; a thread writes it. A newer one that comes before the disk is done with the one
    before takes the place of what waits.
    """

    def __init__(self, writer: RunWriter, *, best_score: float = -float("inf")) -> None:
        """Begin; `best_score` is that of the best epoch so far, whose weights are on disk already."""
        self._writer = writer
        self._best_score = best_score
        self._last_copy = -float("inf")
        self._checkpoint: Checkpoint | None = None
        self._best: dict[str, Tensor] | None = None
        self._news = threading.Condition()
        self._is_closing = False
        self._problem: OSError | None = None
        self._thread = threading.Thread(target=self._write_on, name="termlab-checkpoints", daemon=True)
        self._thread.start()

    def epoch_done(self, state: TrainingState, score: float) -> None:
        """Keep the weights if no epoch scored higher, and a checkpoint unless the last is too recent."""
        if score > self._best_score:
            self._best_score = score
            self._put(best=copy_weights(state.model))
        if not state.is_trained:  # then only questions are left, and one epoch to do anew is what `verify` compares
            self._take(state, MOST_OFTEN_SECONDS)

    def steps_done(self, state: TrainingState) -> None:
        """Keep a checkpoint if the last is long ago."""
        self._take(state, WITHIN_EPOCH_SECONDS)

    def save_now(self, state: TrainingState) -> None:
        """Keep a checkpoint of this very moment, and wait until it is on the disk.

        Raises: OSError if the disk refuses.
        """
        if state.is_at_rest:
            self._put(checkpoint=Checkpoint.of(state))
        self.flush()

    def flush(self) -> None:
        """Wait until all is on the disk.

        Raises: OSError if the disk refused any of it.
        """
        with self._news:
            self._news.wait_for(lambda: self._checkpoint is None and self._best is None)
        if (problem := self.take_problem()) is not None:
            raise problem

    def take_problem(self) -> OSError | None:
        """Return, once, why something could not be written; the training can go on without."""
        problem, self._problem = self._problem, None
        return problem

    def close(self) -> None:
        """Write what waits and end the thread."""
        with self._news:
            self._is_closing = True
            self._news.notify_all()
        self._thread.join()

    def _take(self, state: TrainingState, seconds: float) -> None:
        if state.is_at_rest and time.monotonic() - self._last_copy >= seconds:
            self._put(checkpoint=Checkpoint.of(state))

    def _put(self, *, checkpoint: Checkpoint | None = None, best: dict[str, Tensor] | None = None) -> None:
        with self._news:
            if checkpoint is not None:
                self._last_copy = time.monotonic()
            self._checkpoint = checkpoint or self._checkpoint
            self._best = best or self._best
            self._news.notify_all()

    def _write_on(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._checkpoint or self._best or self._is_closing)
                checkpoint, best = self._checkpoint, self._best
                if checkpoint is None and best is None:
                    return
            try:
                if best is not None:
                    save_tensors(self._writer.folder / BEST_WEIGHTS, best)
                if checkpoint is not None:
                    self._writer.sync()  # a checkpoint must not know of more than the log
                    save_checkpoint(self._writer.folder / CHECKPOINT, checkpoint)
            except OSError as error:
                self._problem = error
            with self._news:  # unless something newer has come meanwhile
                self._checkpoint = None if self._checkpoint is checkpoint else self._checkpoint
                self._best = None if self._best is best else self._best
                self._news.notify_all()
