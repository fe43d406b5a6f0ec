"""The fully connected network of the layers written by hand, as a family of models among the others."""

from __future__ import annotations

import math

from torch import Tensor, nn

from engine import scratch
from engine.model_config import ScratchMLPConfig
from engine.models.scratch_layers import ScratchLinear, as_module
from engine.scratch.layer import Parameter


class ScratchMLP(nn.Module):
    """(LINEAR -> activation -> [dropout]) for each hidden layer, then LINEAR to the class scores, without autograd.

    `network` is the network itself; each of `layers` is the module of one of its layers. No parameter asks for a
    gradient: `backward` finds them, and they stand in `network.params()`.

    Shapes: (B, ...) of as many values an example as the network takes -> (B, classes).
    Parameters: sum of (inputs + 1) * outputs over the linear layers; 3072-128-128-128-10 has 427,658.
    Source: catalogue E1 and E2 (CS236781, homework 2).
    """

    def __init__(self, network: scratch.MLP) -> None:
        super().__init__()
        self.network = network
        self.layers = nn.Sequential(*(as_module(layer) for layer in network.parts()))

    def forward(self, x: Tensor) -> Tensor:
        """Return the class scores.

        Shapes: (B, ...) -> (B, classes).
        """
        scores: Tensor = self.layers(x.flatten(1))  # (B, classes)
        return scores

    def backward(self, dout: Tensor) -> Tensor:
        """Add to the gradients of the parameters by hand; return that for the flattened input of the last forward.

        Shapes: (B, classes) -> (B, inputs).
        """
        return self.network.backward(dout)

    def shared_params(self) -> list[Parameter]:
        """List the parameters, which are those of the module, with their gradients."""
        for layer in self.layers:
            if isinstance(layer, ScratchLinear):
                layer.bind()
        return self.network.params()


def build(config: ScratchMLPConfig, image_shape: tuple[int, int, int], classes: int) -> ScratchMLP:
    """Build the network that `config` describes, over the flattened image."""
    return ScratchMLP(
        scratch.MLP(
            math.prod(image_shape),
            classes,
            config.hidden,
            config.activation,
            config.dropout,
            wstd=config.init_std,
        )
    )
