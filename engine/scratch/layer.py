"""What every layer written by hand can do: values forwards, gradients backwards, parameters beside their gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeAlias, TypeVar

from torch import Tensor

from engine.errors import ModelError

Parameter: TypeAlias = tuple[Tensor, Tensor]
"""A tensor that training changes, and the gradient of the loss for it, of the same shape."""

Saved = TypeVar("Saved")


class Layer(ABC):
    """A function of one tensor that knows the derivative of what comes after it for what went into it.

    `forward` keeps what `backward` needs, detached and in place of what the call before it kept: the last forward
    counts. `backward` adds to the gradients in `params()`, as torch does; an optimiser's `zero_grad` clears them.
    """

    training_mode: bool = True
    """Whether the network is being trained; Dropout alone asks."""

    @abstractmethod
    def forward(self, x: Tensor, **kw: Any) -> Tensor:
        """Compute the output; a keyword argument that the layer has no use for is left to the others."""

    @abstractmethod
    def backward(self, dout: Tensor) -> Tensor:
        """Multiply `dout` by the Jacobian of the last forward, without ever building the Jacobian.

        Shapes: that of the output -> that of the input.
        Raises: ModelError if there was no forward.
        """

    def params(self) -> list[Parameter]:
        """List the parameters with their gradients; both stay the same tensors for the layer's life."""
        return []

    def parts(self) -> list[Layer]:
        """List the layers that compute, in order: those within, or this one where there are none."""
        return [self]

    def train(self, mode: bool = True) -> None:
        """Say whether the network is being trained or used."""
        self.training_mode = mode

    def __call__(self, *args: Tensor, **kw: Any) -> Tensor:
        """Compute the output, as `forward` does."""
        return self.forward(*args, **kw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def saved_by_forward(layer: Layer, saved: Saved | None) -> Saved:
    """Return what a forward kept for the backward.

    Raises: ModelError if there was no forward.
    """
    if saved is None:
        raise ModelError(f"{layer} was asked for a gradient before it computed anything.", "Call it forwards first.")
    return saved
