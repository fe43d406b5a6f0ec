"""Residual blocks, ordinary and with a bottleneck, and the network of the architecture experiments made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.model_config import ResNetConfig
from engine.models.activations import build_activation
from engine.models.arguments import check_widths
from engine.models.cnn import CONV_PARAMS, POOLING_PARAMS, POOLINGS, build_classifier, check_windows, features_left

_LEAST_IN_BOTTLENECK = 3


class ResidualBlock(nn.Module):
    """Convolutions that keep the map, summed with a shortcut past them, then ReLU.

    Between two convolutions, and nowhere else, stand Dropout2d (if `dropout` is above 0), BatchNorm2d (if `batchnorm`)
    and the activation, in this order. The shortcut is the input itself, or a 1x1 convolution of it without bias where
    the number of channels changes.

    Shapes: (B, in_channels, H, W) -> (B, channels[-1], H, W).
    Parameters: 1,180,160 for two convolutions 3x3 on 256 channels.
    Raises: ModelError if there is no convolution, not a kernel size for each, or a width below 1.
    Source: catalogue E5 (CS236781, homework 2).
    """

    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int],
        kernel_sizes: Sequence[int],
        batchnorm: bool = False,
        dropout: float = 0.0,
        activation_type: str = "relu",
        activation_params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if not channels or len(channels) != len(kernel_sizes):
            raise ModelError(
                f"A residual block takes channels and a kernel size for each: {len(channels)} channels and "
                f"{len(kernel_sizes)} kernel sizes are not that."
            )
        check_widths("channels", channels)
        layers: list[nn.Module] = []
        for inputs, outputs, kernel_size in zip((in_channels, *channels[:-1]), channels, kernel_sizes, strict=True):
            if layers:
                if dropout > 0:
                    layers.append(nn.Dropout2d(dropout))
                if batchnorm:
                    layers.append(nn.BatchNorm2d(inputs))
                layers.append(build_activation(activation_type, **(activation_params or {})))
            layers.append(nn.Conv2d(inputs, outputs, kernel_size, padding="same"))
        self.main_path = nn.Sequential(*layers)
        # After the main path, so that its weights begin equal whatever the shortcut draws.
        self.shortcut_path = nn.Sequential(
            nn.Identity() if in_channels == channels[-1] else nn.Conv2d(in_channels, channels[-1], 1, bias=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return what the block makes of its input, never negative.

        Shapes: (B, in_channels, H, W) -> (B, channels[-1], H, W).
        """
        return torch.relu(self.main_path(x) + self.shortcut_path(x))


class ResidualBottleneckBlock(ResidualBlock):
    """A residual block that works on fewer channels: conv 1x1 to them, the inner convolutions, conv 1x1 back.

    Shapes: (B, in_out_channels, H, W) -> the same.
    Parameters: 70,016 for one inner convolution 3x3 on 64 channels inside 256.
    Raises: ModelError if there is no inner convolution, or not a kernel size for each.
    Source: catalogue E5 (CS236781, homework 2).
    """

    def __init__(
        self,
        in_out_channels: int,
        inner_channels: Sequence[int],
        inner_kernel_sizes: Sequence[int],
        batchnorm: bool = False,
        dropout: float = 0.0,
        activation_type: str = "relu",
        activation_params: Mapping[str, Any] | None = None,
    ) -> None:
        if not inner_channels or len(inner_channels) != len(inner_kernel_sizes):
            raise ModelError(
                f"A bottleneck takes inner channels and a kernel size for each: {len(inner_channels)} channels and "
                f"{len(inner_kernel_sizes)} kernel sizes are not that."
            )
        super().__init__(
            in_out_channels,
            channels=(inner_channels[0], *inner_channels, in_out_channels),
            kernel_sizes=(1, *inner_kernel_sizes, 1),
            batchnorm=batchnorm,
            dropout=dropout,
            activation_type=activation_type,
            activation_params=activation_params,
        )


class ResNet(nn.Module):
    """A residual block of every `pool_every` convolutions 3x3 and a pool after it; then (FC -> ACT) * M -> FC.

    Convolutions left over make a last block without a pool. With `bottleneck`, a block that gives as many channels as
    it takes is a bottleneck block, its inner channels those of the group without the first and the last; any other,
    and a last block too short to have inner channels, is an ordinary one. `conv_params` is taken for the sake of one
    interface with CNN: what it says must be so of every convolution here, and what it leaves unsaid is so.

    Shapes: (B, *in_size) -> (B, out_classes).
    Parameters: as the CNN's, and inputs * outputs for each block that changes the number of channels; K=32, L=8, P=5,
    hidden 100 on CIFAR-10 has 886,038.
    Raises: ModelError if a feature map would become empty, a bottleneck would have nothing inside, or an argument
    describes no such network; no parameters are made then.
    Source: catalogue E5 (CS236781, homework 2).
    """

    def __init__(
        self,
        in_size: tuple[int, int, int],
        out_classes: int,
        channels: Sequence[int],
        pool_every: int,
        hidden_dims: Sequence[int],
        conv_params: Mapping[str, Any] | None = None,
        activation_type: str = "relu",
        activation_params: Mapping[str, Any] | None = None,
        pooling_type: str = "max",
        pooling_params: Mapping[str, Any] | None = None,
        batchnorm: bool = False,
        dropout: float = 0.0,
        bottleneck: bool = False,
    ) -> None:
        super().__init__()
        _check_convolutions(conv_params or CONV_PARAMS)
        conv_params = CONV_PARAMS
        pooling_params = pooling_params or POOLING_PARAMS
        activation_params = activation_params or {}
        check_windows(conv_params, pooling_type, pooling_params)
        least = _LEAST_IN_BOTTLENECK if bottleneck else 1
        features = features_left(in_size, channels, pool_every, conv_params, pooling_params, least_pool_every=least)
        groups = [tuple(channels[start : start + pool_every]) for start in range(0, len(channels), pool_every)]
        widths = (in_size[0], *(group[-1] for group in groups))
        narrow = [
            bottleneck and _can_narrow(inputs, group, pool_every) for inputs, group in zip(widths, groups, strict=False)
        ]

        layers: list[nn.Module] = []
        for inputs, group, is_narrow in zip(widths, groups, narrow, strict=False):
            block = ResidualBottleneckBlock if is_narrow else ResidualBlock
            inside = group[1:-1] if is_narrow else group
            layers.append(
                block(inputs, inside, [3] * len(inside), batchnorm, dropout, activation_type, activation_params)
            )
            if len(group) == pool_every:
                layers.append(POOLINGS[pooling_type](**pooling_params))
        self.feature_extractor = nn.Sequential(*layers)
        self.classifier = build_classifier(features, hidden_dims, out_classes, activation_type, activation_params)

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each class, before any softmax.

        Shapes: (B, *in_size) -> (B, out_classes).
        """
        x = self.feature_extractor(x)  # (B, channels[-1], H', W')
        scores: Tensor = self.classifier(x.flatten(1))  # (B, out_classes)
        return scores


_CONVOLUTION: dict[str, tuple[Any, ...]] = {
    "kernel_size": (3, (3, 3)),
    "stride": (1, (1, 1)),
    "padding": (1, (1, 1), "same"),
    "dilation": (1, (1, 1)),
    "groups": (1,),
    "bias": (True,),
    "padding_mode": ("zeros",),
    "device": (None,),
    "dtype": (None,),
}
"""Each argument of Conv2d with the ways to write what the blocks have."""


def _check_convolutions(conv_params: Mapping[str, Any]) -> None:
    """Make sure that a description of convolutions is that of the blocks'.

    Raises: ModelError naming what differs.
    """
    # A kernel without a padding is one that shrinks the map, as it is for the CNN.
    given = {"padding": 0, **conv_params} if "kernel_size" in conv_params else conv_params
    wrong = [f"{name}={value!r}" for name, value in given.items() if value not in _CONVOLUTION.get(name, ())]
    if wrong:
        raise ModelError(
            f"conv_params = {dict(conv_params)} does not fit a ResNet, for {', '.join(wrong)}: each convolution is 3x3 "
            "with a bias and keeps its map.",
            "Leave it out, or give kernel_size 3 and padding 1.",
        )


def _can_narrow(in_channels: int, group: Sequence[int], pool_every: int) -> bool:
    """Tell whether a group can be a bottleneck block.

    Raises: ModelError if it has the width for one, and `pool_every` leaves it, as any other group, nothing inside.
    """
    if in_channels != group[-1]:
        return False
    if len(group) == pool_every < _LEAST_IN_BOTTLENECK:
        raise ModelError(
            f"model.bottleneck = true has nothing to narrow: a bottleneck block takes {_LEAST_IN_BOTTLENECK} "
            f"convolutions or more, and model.pool_every = {pool_every} gives each block {pool_every}.",
            f"What would work: model.pool_every = {_LEAST_IN_BOTTLENECK} or more; or model.bottleneck = false.",
        )
    return len(group) >= _LEAST_IN_BOTTLENECK


def build(config: ResNetConfig, image_shape: tuple[int, int, int], classes: int) -> ResNet:
    """Build the network that `config` describes.

    Raises: ModelError if it does not fit the image, its bottleneck blocks would have nothing inside, or it has none.
    """
    network = ResNet(
        in_size=image_shape,
        out_classes=classes,
        channels=config.channels,
        pool_every=config.pool_every,
        hidden_dims=config.hidden,
        activation_type=config.activation,
        pooling_type=config.pooling,
        pooling_params={"kernel_size": config.pool_size},
        batchnorm=config.batchnorm,
        dropout=config.dropout,
        bottleneck=config.bottleneck,
    )
    if config.bottleneck and not any(isinstance(block, ResidualBottleneckBlock) for block in network.modules()):
        widths = ", ".join(map(str, (image_shape[0], *config.channels)))
        length = max(config.pool_every, _LEAST_IN_BOTTLENECK)
        raise ModelError(
            f"model.bottleneck = true has no effect: with model.pool_every = {config.pool_every}, no whole block of "
            f"the channels {widths} gives as many as it takes.",
            "What would work: two equal model.filters in a row, such as 64,64, with model.layers_per_filter = "
            f"{length} and model.pool_every = {length}, which makes each of them a block; or model.bottleneck = false.",
        )
    return network
