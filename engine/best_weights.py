"""`BestWeights`: the weights of a run's best epoch, on disk while the training goes on."""

from __future__ import annotations

import math
import time
from pathlib import Path

import torch
from torch import nn

from engine.events import EpochDone
from engine.weights import save_weights

WRITE_SECONDS = 1.0
"""Between two writes at least: small networks get better a hundred times a second."""


class BestWeights:
    """Keeps a copy of the network as it was after its best epoch, and writes it to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._score = -math.inf
        self._copy: dict[str, torch.Tensor] | None = None
        """What is better than the file."""
        self._written = -math.inf

    def epoch_done(self, epoch: EpochDone, model: nn.Module) -> None:
        """Copy the weights if no earlier epoch was as good, and write them unless that was done just now.

        The best is the highest test accuracy, or the lowest test loss where there are no classes.
        Raises: OSError if the disk refuses.
        """
        score = epoch.metrics.get("test_accuracy", -epoch.metrics["test_loss"])
        if score > self._score:
            self._score = score
            self._copy = {name: value.detach().clone() for name, value in model.state_dict().items()}
        if time.monotonic() - self._written >= WRITE_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the best weights if the file holds worse ones.

        Raises: OSError if the disk refuses.
        """
        if self._copy is not None:
            save_weights(self._path, self._copy)
            self._copy = None
            self._written = time.monotonic()
