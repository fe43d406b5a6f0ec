"""The loss that classification minimises."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.scratch.layer import Layer, saved_by_forward


class CrossEntropyLoss(Layer):
    """The mean over all examples of -log softmax(x)[y], from class scores x.

    The greatest score of an example is subtracted first: softmax does not change, and exp cannot overflow.
    """

    def __init__(self) -> None:
        self._log_probabilities: Tensor | None = None
        self._y: Tensor | None = None

    def forward(self, x: Tensor, y: Tensor | None = None, **kw: Any) -> Tensor:  # noqa: ARG002 - every layer has kw
        """Compute the loss of the scores `x` for the labels `y`.

        Shapes: (..., C) and (...) integer -> (); the classes are the last axis.
        Raises: ModelError if there are no labels, or they do not fit the scores.
        """
        labels = _checked_labels(x, y)
        shifted = x - x.amax(-1, keepdim=True)  # (..., C)
        log_probabilities = shifted - shifted.exp().sum(-1, keepdim=True).log()  # (..., C)
        self._log_probabilities = log_probabilities.detach()
        self._y = labels
        return -log_probabilities.gather(-1, labels.unsqueeze(-1)).mean()  # ()

    @torch.no_grad()
    def backward(self, dout: Tensor | float = 1.0) -> Tensor:
        """Return dout * (softmax(x) - one_hot(y)) / N, N being the number of examples.

        Shapes: () -> (..., C).
        """
        labels = saved_by_forward(self, self._y).unsqueeze(-1)  # (..., 1)
        dx = saved_by_forward(self, self._log_probabilities).exp()  # (..., C)
        dx.scatter_add_(-1, labels, torch.full_like(labels, -1, dtype=dx.dtype))
        return dout * dx / labels.numel()


def _checked_labels(x: Tensor, y: Tensor | None) -> Tensor:
    if y is None:
        raise ModelError("CrossEntropyLoss was given no labels.", "Pass them by name: loss(scores, y=labels).")
    if y.is_floating_point():
        raise ModelError(f"Labels are whole numbers, not {y.dtype}.")
    if y.shape != x.shape[:-1]:
        raise ModelError(f"Labels of shape {tuple(y.shape)} do not fit scores of shape {tuple(x.shape)}.")
    # Looking at values would make the program wait for a GPU at every batch; there torch stops by itself.
    if y.device.type == "cpu" and y.numel() > 0 and not 0 <= y.min() <= y.max() < x.shape[-1]:
        raise ModelError(
            f"Labels go from {int(y.min())} to {int(y.max())}, but {x.shape[-1]} classes are 0 to {x.shape[-1] - 1}."
        )
    return y.long()
