"""The convolutional network of the architecture experiments: convolutions with a pool every so many, then an MLP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from engine.errors import ModelError, unknown
from engine.model_config import CNNConfig
from engine.models.activations import build_activation
from engine.models.map_size import MapSize, map_after
from engine.models.mlp import MLP

POOLINGS: dict[str, type[nn.Module]] = {"avg": nn.AvgPool2d, "max": nn.MaxPool2d}


class CNN(nn.Module):
    """[(CONV -> ACT) * P -> POOL] * (N / P) -> (FC -> ACT) * M -> FC, a pool after every P-th convolution only.

    N is the number of `channels`, P `pool_every`, M the number of `hidden_dims`. The three `*_params` are keyword
    arguments of the layers of torch.nn; the activation serves the convolutions and the hidden linear layers.

    Shapes: (B, *in_size) -> (B, out_classes).
    Parameters: (k * k * inputs + 1) * outputs a convolution; K=32, L=2, P=5, hidden 100 on CIFAR-10 has 3,288,054.
    Raises: ModelError if a feature map would become empty, naming the layer; no parameters are made then.
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
    ) -> None:
        super().__init__()
        conv_params = {"kernel_size": 3, "padding": 1} if conv_params is None else conv_params
        pooling_params = {"kernel_size": 2} if pooling_params is None else pooling_params
        activation_params = activation_params or {}
        if pooling_type not in POOLINGS:
            raise ModelError(unknown("pooling", pooling_type, POOLINGS))
        # Arithmetic and not a trial pass sizes the classifier, so that it draws no random numbers.
        height, width = _last_map(in_size, len(channels), pool_every, conv_params, pooling_params)

        layers: list[nn.Module] = []
        for index, (inputs, outputs) in enumerate(zip((in_size[0], *channels), channels, strict=False), start=1):
            layers.append(nn.Conv2d(inputs, outputs, **conv_params))
            layers.append(build_activation(activation_type, **activation_params))
            if index % pool_every == 0:
                layers.append(POOLINGS[pooling_type](**pooling_params))
        self.feature_extractor = nn.Sequential(*layers)
        self.classifier = MLP(
            in_dim=(*in_size[:1], *channels)[-1] * height * width,
            dims=[*hidden_dims, out_classes],
            nonlins=[*(build_activation(activation_type, **activation_params) for _ in hidden_dims), "none"],
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each class, before any softmax.

        Shapes: (B, *in_size) -> (B, out_classes).
        """
        x = self.feature_extractor(x)  # (B, channels[-1], H', W')
        scores: Tensor = self.classifier(x.flatten(1))  # (B, out_classes)
        return scores


def _last_map(
    in_size: tuple[int, int, int],
    convolution_count: int,
    pool_every: int,
    conv_params: Mapping[str, Any],
    pooling_params: Mapping[str, Any],
) -> MapSize:
    size: MapSize = in_size[1:]
    for index in range(1, convolution_count + 1):
        size = _fitting(f"convolution {index}", size, map_after(size, conv_params, default_stride=1))
        if index % pool_every == 0:
            layer = f"pool {index // pool_every}, after convolution {index},"
            size = _fitting(layer, size, map_after(size, pooling_params, default_stride=None))
    return size


def _fitting(layer: str, before: MapSize, after: MapSize) -> MapSize:
    if min(after) >= 1:
        return after
    height, width = (max(0, side) for side in after)
    raise ModelError(
        f"The network does not fit the image: {layer} would leave a map of {height}x{width} "
        f"from {before[0]}x{before[1]}.",
        "Pool less (raise model.pool_every, or lower model.pool_size), use fewer convolutions (lower "
        "model.layers_per_filter), or larger images (raise data.image_size).",
    )


def build(config: CNNConfig, image_shape: tuple[int, int, int], classes: int) -> CNN:
    """Build the network that `config` describes; padding keeps the map's size where the kernel is odd.

    Raises: ModelError if it does not fit the image.
    """
    return CNN(
        in_size=image_shape,
        out_classes=classes,
        channels=config.channels,
        pool_every=config.pool_every,
        hidden_dims=config.hidden,
        conv_params={"kernel_size": config.kernel_size, "padding": config.kernel_size // 2},
        activation_type=config.activation,
        pooling_type=config.pooling,
        pooling_params={"kernel_size": config.pool_size},
    )
