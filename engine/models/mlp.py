"""Fully connected networks."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn

from engine.errors import ModelError
from engine.model_config import MLPConfig
from engine.models.activations import ACTIVATIONS, build_activation
from engine.models.arguments import check_widths


class MLP(nn.Module):
    """(LINEAR -> nonlinearity -> [dropout]) for each of `dims`, without dropout after the last.

    `dims` includes the output; `nonlins` holds a name or a module for each of them, "none" or None where there is none:
    no layer stands there then.
    `dropout` holds a probability for each layer but the last, or one for all of these; 0 leaves the layer out.

    Shapes: (B, ...) of `in_dim` values an example -> (B, dims[-1]).
    Parameters: sum of (inputs + 1) * outputs; 784-800-800-10 has 1,276,810.
    Raises: ModelError if there is no layer, a width is below 1, the lengths of the three lists do not fit, or something
    is no nonlinearity.
    Source: catalogue A1 (IFT6135, assignment 2) and E4 (CS236781, homework 2).
    """

    def __init__(
        self,
        in_dim: int,
        dims: Sequence[int],
        nonlins: Sequence[str | nn.Module | None],
        dropout: Sequence[float] = (),
    ) -> None:
        super().__init__()
        if not dims:
            raise ModelError("An MLP needs a layer at least: dims is empty, and its last entry is the output.")
        check_widths("in_dim", [in_dim])
        check_widths("dims", dims)
        if len(dims) != len(nonlins):
            raise ModelError(f"An MLP of {len(dims)} layers needs as many nonlinearities, not {len(nonlins)}.")
        probabilities = _for_each_hidden(dropout, len(dims) - 1)
        layers: list[nn.Module] = []
        for inputs, outputs, nonlin, probability in zip(
            (in_dim, *dims[:-1]), dims, nonlins, (*probabilities, 0.0), strict=True
        ):
            layers.append(nn.Linear(inputs, outputs))
            if nonlin not in (None, "none"):
                layers.append(_built(nonlin))
            if probability > 0:
                layers.append(nn.Dropout(probability))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs of the last layer.

        Shapes: (B, ...) -> (B, dims[-1]).
        """
        if x.dim() > 2:
            x = x.flatten(1)  # (B, in_dim)
        scores: Tensor = self.layers(x)  # (B, dims[-1])
        return scores


def _built(nonlin: str | nn.Module | None) -> nn.Module:
    if isinstance(nonlin, str):
        return build_activation(nonlin)
    if not isinstance(nonlin, nn.Module):
        raise ModelError(
            f"{nonlin!r} is not a nonlinearity.",
            f"Give a name ({', '.join(sorted(ACTIVATIONS))}), a module such as nn.Tanh(), or None.",
        )
    return nonlin


def _for_each_hidden(dropout: Sequence[float], hidden_count: int) -> tuple[float, ...]:
    if len(dropout) <= 1:
        return (*dropout, 0.0)[:1] * hidden_count
    if len(dropout) != hidden_count:
        raise ModelError(f"dropout has {len(dropout)} values for {hidden_count} hidden layers.")
    return tuple(dropout)


def build(config: MLPConfig, image_shape: tuple[int, int, int], classes: int) -> MLP:
    """Build the network that `config` describes, over the flattened image."""
    return MLP(
        in_dim=math.prod(image_shape),
        dims=[*config.hidden, classes],
        nonlins=[*[config.activation] * len(config.hidden), "none"],
        dropout=config.dropout,
    )
