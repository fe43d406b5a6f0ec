"""From a model's settings to the network: a family's name is the name of the module that builds it."""

from __future__ import annotations

from importlib import import_module
from typing import Protocol, cast

from torch import nn

from engine.model_config import ModelConfig


class _FamilyModule(Protocol):
    """What a module of `engine.models` that holds a family has."""

    def build(self, config: ModelConfig, image_shape: tuple[int, int, int], classes: int) -> nn.Module:
        """Build the network for images of this shape."""
        ...


def build_model(config: ModelConfig, image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Build the network that `config` describes, initialised from torch's global random state.

    `image_shape` is channels, height and width. Inside `with torch.device("meta")` it costs no memory.

    Raises: ModelError if it does not fit the image.
    """
    family = cast(_FamilyModule, import_module(f"engine.models.{config.name}"))
    return family.build(config, image_shape, classes)


def count_parameters(model: nn.Module) -> int:
    """Return the number of values that training adjusts.

    These are all parameters: every family trains all that it has, and those trained by hand ask autograd for nothing.
    """
    return sum(parameter.numel() for parameter in model.parameters())
