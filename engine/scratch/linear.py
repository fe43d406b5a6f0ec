"""The fully connected layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.scratch.layer import Layer, Parameter, saved_by_forward


class Linear(Layer):
    """y = x w^T + b, over the last axis of x.

    Weights and biases are drawn from a normal distribution with mean 0 and standard deviation `wstd`, from torch's
    global random state; `dtype` and `device` are torch's defaults unless given.

    Shapes: `w` and `dw` (out_features, in_features), `b` and `db` (out_features,).
    Raises: ModelError if a size is below 1 or `wstd` below 0.
    Source: catalogue E1 (CS236781, homework 2).
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        wstd: float = 0.1,
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        for setting, size in (("in_features", in_features), ("out_features", out_features)):
            if size < 1:
                raise ModelError(f"{setting} of a linear layer is {size}; it takes 1 or more.")
        if not wstd >= 0:
            raise ModelError(f"wstd of a linear layer is {wstd}; a standard deviation is 0 or more.")
        self.in_features = in_features
        self.out_features = out_features
        self.w = wstd * torch.randn(out_features, in_features, dtype=dtype, device=device)
        self.b = wstd * torch.randn(out_features, dtype=dtype, device=device)
        self.dw = torch.zeros_like(self.w)
        self.db = torch.zeros_like(self.b)
        self._x: Tensor | None = None

    def forward(self, x: Tensor, **kw: Any) -> Tensor:  # noqa: ARG002 - every layer has this signature
        """Map every row of x.

        Shapes: (..., in_features) -> (..., out_features).
        Raises: ModelError if the last axis of x is of another size.
        """
        if x.shape[-1:] != (self.in_features,):
            raise ModelError(f"{self} takes rows of {self.in_features} values, not an input of shape {tuple(x.shape)}.")
        self._x = x.detach()
        return x @ self.w.T + self.b  # (..., out_features)

    @torch.no_grad()
    def backward(self, dout: Tensor) -> Tensor:
        """Add dout^T x to `dw` and the rows of dout to `db`; return dout w.

        Shapes: (..., out_features) -> (..., in_features).
        """
        x = saved_by_forward(self, self._x)
        rows = x.reshape(-1, self.in_features)  # (N, in_features)
        dout_rows = dout.reshape(-1, self.out_features)  # (N, out_features)
        self.dw += dout_rows.T @ rows  # in place: an optimiser holds these very tensors
        self.db += dout_rows.sum(0)
        return dout @ self.w  # (..., in_features)

    def params(self) -> list[Parameter]:
        """List the weights and the biases with their gradients."""
        return [(self.w, self.dw), (self.b, self.db)]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(in_features={self.in_features}, out_features={self.out_features})"
