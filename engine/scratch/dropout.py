"""Dropout: some values are set to 0 while training, a new choice at every forward."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.scratch.layer import Layer, saved_by_forward


class Dropout(Layer):
    """Drop each value with probability `p` and scale the others by 1 / (1 - p); change nothing when not training.

    The scale keeps the expectation, so that the trained network is used as it is; a `p` of 1 drops everything. On the
    CPU the values dropped are those that torch's own Dropout drops from the same global random state.

    Raises: ModelError if `p` is not from 0 to 1.
    Source: arXiv:1207.0580; scaled while training, as torch does.
    """

    def __init__(self, p: float = 0.5) -> None:
        if not 0 <= p <= 1:
            raise ModelError(f"p of a dropout layer is {p}; a probability from 0 to 1 is needed.")
        self.p = p
        self._scale: Tensor | None = None

    def forward(self, x: Tensor, **kw: Any) -> Tensor:  # noqa: ARG002 - every layer has this signature
        """Drop values while training.

        Shapes: any -> the same.
        """
        if not self.training_mode:
            self._scale = torch.ones((), dtype=x.dtype, device=x.device)
            return x
        if self.p == 1:  # nothing is left to scale, nor anything to draw
            self._scale = torch.zeros((), dtype=x.dtype, device=x.device)
            return x * self._scale
        # `bernoulli_` and not a comparison with `rand`, which would drop other values than torch does.
        self._scale = torch.empty_like(x).bernoulli_(1 - self.p) / (1 - self.p)
        return x * self._scale

    @torch.no_grad()
    def backward(self, dout: Tensor) -> Tensor:
        """Scale the gradient as the last forward scaled the values.

        Shapes: that of the output -> the same.
        """
        return dout * saved_by_forward(self, self._scale)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p:g})"
