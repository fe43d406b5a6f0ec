"""What a network demands of its recipe, found before the first step: batches it can normalise, weights to follow."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from engine.config import RunConfig
from engine.errors import ConfigError

MOST_WEIGHTS = 16
"""That are recorded one by one: each is a number at every step of the log, and a line of a chart."""

Shape = tuple[int, int, int]


def check_demands(config: RunConfig, model: nn.Module, *, image_shape: Shape, train_examples: int) -> None:
    """Make sure that a network on the `meta` device can be trained and recorded as the config says.

    Units: `image_shape` is what the network sees, in channels and pixels.
    Raises: ConfigError naming the setting and what works.
    """
    _check_weights(config, model)
    if config.train.smallest_batch(train_examples) == 1:
        _check_normalisation(config, model, image_shape, train_examples)


def _check_weights(config: RunConfig, model: nn.Module) -> None:
    count = sum(parameter.numel() for parameter in model.parameters())
    if config.record.weights and count > MOST_WEIGHTS:
        raise ConfigError(
            [f"record.weights = true: the network has {count:,} weights, and at most {MOST_WEIGHTS} are recorded"],
            "Set record.weights=false; record.weight_norm=true follows all of them as one number.",
        )


def _check_normalisation(config: RunConfig, model: nn.Module, image_shape: Shape, train_examples: int) -> None:
    """Refuse a batch of one example where BatchNorm would see one value: there is no variance to divide by."""
    name = _first_single_value(model, image_shape)
    if name is None:
        return
    size = config.train.batch_size
    if train_examples == 1:
        problem = f"the training set has one example, and BatchNorm at {name} has a map of 1x1"
        hint = "Train on 2 examples or more."
    elif size == 1:
        problem = f"train.batch_size = 1: BatchNorm at {name} has a map of 1x1"
        hint = f"Set train.batch_size={_next_size(size, train_examples)}."
    else:
        problem = (
            f"train.batch_size = {size} leaves a last batch of 1 of {train_examples:,} training examples, and "
            f"BatchNorm at {name} has a map of 1x1"
        )
        hint = (
            f"Set train.batch_size={_next_size(size, train_examples)}, or train.batches_per_epoch="
            f"{math.ceil(train_examples / size) - 1} to leave that batch out"
        )
        has_limit = config.data.train_limit == train_examples  # else it is not the limit alone that decides
        hint += f", or data.train_limit={train_examples - 1}." if has_limit else "."
    raise ConfigError([f"{problem}: one value for each channel cannot be normalised"], hint)


def _next_size(size: int, train_examples: int) -> int:
    """Return the next larger batch size that leaves no last batch of one; all examples at once always do."""
    return next(larger for larger in range(size + 1, train_examples + 1) if train_examples % larger != 1)


def _first_single_value(model: nn.Module, image_shape: Shape) -> str | None:
    """Return the name of the first BatchNorm that sees one value a channel of a single image."""
    found: list[str] = []
    hooks = []
    for name, module in model.named_modules():
        if isinstance(module, _BatchNorm):

            def note(_: nn.Module, inputs: tuple[Tensor, ...], name: str = name) -> None:
                if inputs[0].numel() == inputs[0].shape[1]:  # (1, C, 1, 1)
                    found.append(name)

            hooks.append(module.register_forward_pre_hook(note))
    was_training = model.training
    with torch.device("meta"), torch.no_grad():
        model.eval()(torch.empty(1, *image_shape))
    model.train(was_training)
    for hook in hooks:
        hook.remove()
    return found[0] if found else None
