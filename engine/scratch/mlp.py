"""The fully connected network made of the layers written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from engine.errors import ModelError, unknown
from engine.scratch.activations import LeakyReLU, ReLU, Sigmoid, TanH
from engine.scratch.dropout import Dropout
from engine.scratch.layer import Layer, Parameter
from engine.scratch.linear import Linear
from engine.scratch.sequential import Sequential

ACTIVATIONS: dict[str, Callable[[], Layer]] = {"lrelu": LeakyReLU, "relu": ReLU, "sigmoid": Sigmoid, "tanh": TanH}


class MLP(Layer):
    """(LINEAR -> activation -> [dropout]) for each of `hidden_features`, then LINEAR to the class scores.

    A `dropout` of 0 leaves these layers out. What else is given by name goes to every `Linear`: `wstd`, `dtype`,
    `device`. `sequence` holds the layers.

    Shapes: (..., in_features) -> (..., num_classes).
    Parameters: sum of (inputs + 1) * outputs over the linear layers.
    Raises: ModelError if the activation is not known, a size is below 1, or `dropout` is no probability.
    Source: catalogue E1 (CS236781, homework 2).
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        hidden_features: Sequence[int] = (),
        activation: str = "relu",
        dropout: float = 0,
        **linear_settings: Any,
    ) -> None:
        if activation not in ACTIVATIONS:
            raise ModelError(unknown("activation", activation, ACTIVATIONS))
        layers: list[Layer] = []
        inputs = in_features
        for outputs in hidden_features:
            layers += [Linear(inputs, outputs, **linear_settings), ACTIVATIONS[activation]()]
            if dropout != 0:
                layers.append(Dropout(dropout))
            inputs = outputs
        self.sequence = Sequential(*layers, Linear(inputs, num_classes, **linear_settings))

    def forward(self, x: Tensor, **kw: Any) -> Tensor:
        """Return the class scores.

        Shapes: (..., in_features) -> (..., num_classes).
        """
        return self.sequence(x, **kw)

    def backward(self, dout: Tensor) -> Tensor:
        """Return the gradient for x.

        Shapes: (..., num_classes) -> (..., in_features).
        """
        return self.sequence.backward(dout)

    def params(self) -> list[Parameter]:
        """List the weights and biases of all linear layers, in order."""
        return self.sequence.params()

    def parts(self) -> list[Layer]:
        """List the layers."""
        return self.sequence.parts()

    def train(self, mode: bool = True) -> None:
        """Say to every layer whether the network is being trained or used."""
        super().train(mode)
        self.sequence.train(mode)

    def __repr__(self) -> str:
        return repr(self.sequence).replace("Sequential", "MLP", 1)
