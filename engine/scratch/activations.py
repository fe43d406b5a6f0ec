"""Nonlinearities, each value for itself: the Jacobian is diagonal, so its product is one multiplication a value."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.scratch.layer import Layer, saved_by_forward


class LeakyReLU(Layer):
    """x where it is positive, `alpha` * x elsewhere; at 0 the derivative is `alpha`, as in torch."""

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = alpha
        self._is_positive: Tensor | None = None

    def forward(self, x: Tensor, **kw: Any) -> Tensor:  # noqa: ARG002 - every layer has this signature
        """Let positive values through and shrink the others.

        Shapes: any -> the same.
        """
        self._is_positive = x > 0
        return torch.where(self._is_positive, x, self.alpha * x)

    @torch.no_grad()
    def backward(self, dout: Tensor) -> Tensor:
        """Let the gradient through where the input was positive and shrink it elsewhere.

        Shapes: that of the output -> the same.
        """
        return torch.where(saved_by_forward(self, self._is_positive), dout, self.alpha * dout)

    def __repr__(self) -> str:
        return f"LeakyReLU(alpha={self.alpha:g})"


class ReLU(Layer):
    """x where it is positive, 0 elsewhere; at 0 the derivative is 0, as in torch.

    A LeakyReLU with an alpha of 0 would make NaN of an infinite value: 0 * inf.
    """

    def __init__(self) -> None:
        self._is_positive: Tensor | None = None

    def forward(self, x: Tensor, **kw: Any) -> Tensor:  # noqa: ARG002 - every layer has this signature
        """Let positive values through.

        Shapes: any -> the same.
        """
        self._is_positive = x > 0
        return torch.where(x <= 0, 0.0, x)  # clamp would have 1 for its derivative at 0

    @torch.no_grad()
    def backward(self, dout: Tensor) -> Tensor:
        """Let the gradient through where the input was positive.

        Shapes: that of the output -> the same.
        """
        return torch.where(saved_by_forward(self, self._is_positive), dout, 0.0)


class Sigmoid(Layer):
    """s(x) = 1 / (1 + exp(-x)), with the derivative s (1 - s)."""

    def __init__(self) -> None:
        self._y: Tensor | None = None

    def forward(self, x: Tensor, **kw: Any) -> Tensor:  # noqa: ARG002 - every layer has this signature
        """Squash every value into 0 to 1.

        Shapes: any -> the same.
        """
        y = torch.sigmoid(x)  # 1 / (1 + exp(-x)) overflows on its way to 0, and whoever traces it finds NaN
        self._y = y.detach()
        return y

    @torch.no_grad()
    def backward(self, dout: Tensor) -> Tensor:
        """Multiply by the derivative, written in terms of the output.

        Shapes: that of the output -> the same.
        """
        y = saved_by_forward(self, self._y)
        return dout * y * (1 - y)


class TanH(Layer):
    """tanh(x), with the derivative 1 - tanh(x)^2."""

    def __init__(self) -> None:
        self._y: Tensor | None = None

    def forward(self, x: Tensor, **kw: Any) -> Tensor:  # noqa: ARG002 - every layer has this signature
        """Squash every value into -1 to 1.

        Shapes: any -> the same.
        """
        y = torch.tanh(x)
        self._y = y.detach()
        return y

    @torch.no_grad()
    def backward(self, dout: Tensor) -> Tensor:
        """Multiply by the derivative, written in terms of the output.

        Shapes: that of the output -> the same.
        """
        y = saved_by_forward(self, self._y)
        return dout * (1 - y * y)
