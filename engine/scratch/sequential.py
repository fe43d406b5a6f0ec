"""Layers one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from engine.errors import ModelError
from engine.scratch.layer import Layer, Parameter


class Sequential(Layer):
    """A chain of layers: forward from the first to the last, backward from the last to the first.

    Raises: ModelError if something is no layer, or one stands in two places: a layer remembers only its last forward.
    """

    def __init__(self, *layers: Layer) -> None:
        for place, layer in enumerate(layers):
            _check_is_layer(place, layer)
        self.layers = layers
        seen: list[Layer] = []
        for part in self.parts():
            if any(part is other for other in seen):
                raise ModelError(f"{part} stands twice in a Sequential.", "Make a layer for each place.")
            seen.append(part)

    def forward(self, x: Tensor, **kw: Any) -> Tensor:
        """Pass x through every layer; keyword arguments, such as a loss's labels, reach the layer that takes them.

        Shapes: what the first layer takes -> what the last one returns.
        """
        for layer in self.layers:
            x = layer(x, **kw)
        return x

    @torch.no_grad()
    def backward(self, dout: Tensor | float = 1.0) -> Tensor:
        """Return the gradient for x; a `dout` of 1 is for a chain that ends in a loss.

        Shapes: what the last layer returns -> what the first one takes.
        """
        # A plain number would be rounded to the default type on its way into a loss of higher precision.
        gradient = dout if isinstance(dout, Tensor) else torch.tensor(dout, dtype=torch.float64)
        for layer in reversed(self.layers):
            gradient = layer.backward(gradient)
        return gradient

    def params(self) -> list[Parameter]:
        """List the parameters of all layers, in order."""
        return [parameter for layer in self.layers for parameter in layer.params()]

    def parts(self) -> list[Layer]:
        """List the layers that compute, those of chains within this one among them."""
        return [part for layer in self.layers for part in layer.parts()]

    def train(self, mode: bool = True) -> None:
        """Say to every layer whether the network is being trained or used."""
        super().train(mode)
        for layer in self.layers:
            layer.train(mode)

    def __getitem__(self, position: int) -> Layer:
        return self.layers[position]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __repr__(self) -> str:
        lines = [f"  {line}" for layer in self.layers for line in f"{layer},".splitlines()]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"]) if lines else f"{type(self).__name__}()"


def _check_is_layer(place: int, given: object) -> None:
    if isinstance(given, Layer):
        return
    if isinstance(given, (list, tuple)):
        hint = (
            "Give the layers one by one: Sequential(Linear(5, 4), ReLU()), or Sequential(*layers) for a list of them."
        )
    elif isinstance(given, type) and issubclass(given, Layer):
        hint = f"Make one of it: {given.__name__}(...)."
    else:
        hint = "A layer is an instance of a subclass of engine.scratch.Layer; those of torch.nn are none."
    name = given.__name__ if isinstance(given, type) else f"a {type(given).__name__}"
    raise ModelError(f"Sequential takes layers, and argument {place + 1} is {name}.", hint)
