"""What is kept of a network: its weights, in a file that holds tensors and nothing that could run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.atomic import atomic_file
from engine.errors import DamagedError


def save_weights(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write the `state_dict` of a network, whole or not at all.

    Raises: OSError if the disk refuses.
    """
    with atomic_file(path) as file:
        torch.save({name: value.detach().cpu() for name, value in weights.items()}, file)


def load_weights(path: Path, model: nn.Module) -> None:
    """Put saved weights into a network built from the same config.

    Raises: DamagedError if the file is not the weights of this network.
    """
    try:
        model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:  # torch raises whatever its unpickler meets
        raise DamagedError(f"{path.name} does not hold this network's weights: {error}") from error
