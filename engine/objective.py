"""What a network is trained to make small, and how its outputs are read: as classes, one logit, or a number."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.errors import ModelError


class Reading(Enum):
    """How the outputs of a network are to be read."""

    CLASS_SCORES = "a score for each class, before the softmax"
    LOGIT = "one logit: the score of class 1 against class 0, before the sigmoid"
    NUMBER = "a number"


@dataclass(frozen=True, slots=True)
class Objective:
    """Loss and prediction for one reading of the outputs."""

    reading: Reading

    def loss(self, outputs: Tensor, targets: Tensor, *, reduction: str = "mean") -> Tensor:
        """Return cross-entropy, binary cross-entropy or squared error, whichever the reading calls for.

        Shapes: outputs (B, classes) or (B, 1), targets (B,) -> a scalar.
        """
        match self.reading:
            case Reading.CLASS_SCORES:
                return F.cross_entropy(outputs, targets, reduction=reduction)
            case Reading.LOGIT:
                # With the sigmoid inside, a confident wrong answer costs its logit instead of log 0.
                return F.binary_cross_entropy_with_logits(outputs[:, 0], targets.float(), reduction=reduction)
            case Reading.NUMBER:
                return F.mse_loss(outputs[:, 0], targets, reduction=reduction)

    @property
    def has_classes(self) -> bool:
        """Whether there is such a thing as a correct prediction."""
        return self.reading is not Reading.NUMBER

    def count_correct(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return how many predictions are right, left on the device; 0 where a number is predicted."""
        if not self.has_classes:
            return torch.zeros((), device=outputs.device, dtype=torch.long)
        return (self.predict(outputs) == targets).sum()

    def predict(self, outputs: Tensor) -> Tensor:
        """Return the class with the highest score; for one logit, class 1 from probability 0.5 on.

        Shapes: (B, classes) or (B, 1) -> (B,) int64.
        """
        return (outputs[:, 0] >= 0).long() if self.reading is Reading.LOGIT else outputs.argmax(1)

    def probabilities(self, outputs: Tensor) -> Tensor:
        """Return the probability of every class; of one logit, of class 0 and of class 1.

        Shapes: (B, classes) or (B, 1) -> (B, classes).
        """
        if self.reading is Reading.LOGIT:
            return torch.cat([torch.sigmoid(-outputs), torch.sigmoid(outputs)], dim=1)  # (B, 2)
        return outputs.softmax(1)


def choose_objective(output_shape: torch.Size, targets: Tensor, classes: int) -> Objective:
    """Return the objective for a network with outputs of this shape and a split with these targets.

    Shapes: `output_shape` is (B, outputs), `targets` (N,).
    Raises: ModelError if they do not fit.
    """
    if targets.is_floating_point():
        reading, wanted = Reading.NUMBER, 1
    elif classes == 2 and output_shape[1] == 1:
        reading, wanted = Reading.LOGIT, 1
    else:
        reading, wanted = Reading.CLASS_SCORES, classes
    if output_shape[1] != wanted:
        raise ModelError(f"The network has {output_shape[1]} outputs where the data asks for {wanted}.")
    return Objective(reading)
