"""Modules around the layers written by hand: torch's hooks, devices and files work on them, the mathematics is theirs.

A module's parameters are the very tensors of its layer. What gives a module other tensors, as `load_state_dict` with
`assign` does, is caught up with by `bind`, before every forward and before an optimiser takes the parameters.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.scratch import Dropout, Layer, Linear


class ScratchLayer(nn.Module):
    """Any layer without parameters, or with those that a subclass shares."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer

    def bind(self) -> None:
        """Let the layer compute with the tensors that the module has now."""

    def forward(self, x: Tensor) -> Tensor:
        """Compute the layer's output, in the mode that the module is in.

        Shapes: those of the layer.
        """
        self.bind()
        self.layer.train(self.training)
        return self.layer(x)

    def extra_repr(self) -> str:
        """Show the layer."""
        return repr(self.layer)


class ScratchLinear(ScratchLayer):
    """The linear layer; its tensors have the names that they have in torch's, and may be exchanged with it."""

    layer: Linear

    def __init__(self, layer: Linear) -> None:
        super().__init__(layer)
        self.weight = nn.Parameter(layer.w, requires_grad=False)
        self.bias = nn.Parameter(layer.b, requires_grad=False)
        self.bind()

    def bind(self) -> None:
        """Share the weights, and keep the gradients where they are."""
        layer = self.layer
        layer.w, layer.b = self.weight, self.bias
        if not _is_alike(layer.dw, layer.w):  # the network went to another device, or to another precision
            layer.dw, layer.db = torch.zeros_like(layer.w), torch.zeros_like(layer.b)


def _is_alike(one: Tensor, other: Tensor) -> bool:
    return one.device == other.device and one.dtype == other.dtype


class ScratchDropout(nn.Dropout):
    """The dropout layer; a Dropout of torch, so that whoever looks for what drops units finds it."""

    def __init__(self, layer: Dropout) -> None:
        super().__init__(layer.p)
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """Drop values, if the module is in training mode.

        Shapes: any -> the same.
        """
        self.layer.train(self.training)
        return self.layer(x)


def as_module(layer: Layer) -> nn.Module:
    """Return the module for a layer."""
    match layer:
        case Linear():
            return ScratchLinear(layer)
        case Dropout():
            return ScratchDropout(layer)
    return ScratchLayer(layer)
