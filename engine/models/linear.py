"""One linear map that begins at 0: the smallest network there is, to see gradient descent bare."""

from __future__ import annotations

import math

from torch import Tensor, nn

from engine.model_config import LinearConfig


class LinearMap(nn.Module):
    """w·x for each output, without bias, beginning at w = 0.

    Shapes: (B, ...) of `in_dim` values an example -> (B, outputs).
    Parameters: in_dim * outputs; 5 for the function of the source.
    Source: catalogue D0 (practical "NN and CNN with PyTorch").
    """

    def __init__(self, in_dim: int, outputs: int) -> None:
        super().__init__()
        self.weights = nn.Linear(in_dim, outputs, bias=False)
        nn.init.zeros_(self.weights.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Return the products.

        Shapes: (B, ...) -> (B, outputs).
        """
        products: Tensor = self.weights(x.flatten(1))  # (B, outputs)
        return products


def build(config: LinearConfig, image_shape: tuple[int, int, int], classes: int) -> LinearMap:  # noqa: ARG001
    """Build the map from all values of an example to its outputs."""
    return LinearMap(math.prod(image_shape), classes)
