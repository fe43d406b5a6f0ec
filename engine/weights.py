"""The weights of a network, on disk and as a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from engine.errors import DamagedError
from engine.tensor_file import load_tensors, save_tensors


def save_weights(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Write the `state_dict` of a network, whole or not at all.

    Raises: OSError if the disk refuses.
    """
    save_tensors(path, {name: value.detach().cpu() for name, value in weights.items()})


def copy_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return the weights on the CPU, as they are now: further steps leave them alone."""
    weights = {name: value.detach() for name, value in model.state_dict().items()}
    return {name: value.clone() if value.device.type == "cpu" else value.cpu() for name, value in weights.items()}


def load_weights(path: Path, model: nn.Module) -> None:
    """Put saved weights into a network built from the same config.

    Raises: DamagedError if the file is not the weights of this network.
    """
    what = "this network's weights"
    try:
        model.load_state_dict(load_tensors(path, what=what))
    except DamagedError:
        raise
    except Exception as error:  # torch raises whatever it finds
        raise DamagedError(f"{path.name} does not hold {what}: {error}") from error


def weights_sha256(model: nn.Module) -> str:
    """Return the hash of all that the network has learned: names, types, shapes and values, wherever they lie."""
    digest = hashlib.sha256()
    for name, value in model.state_dict().items():
        plain = value.detach().cpu().contiguous()
        digest.update(f"{name} {plain.dtype} {tuple(plain.shape)}\n".encode())
        digest.update(plain.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
