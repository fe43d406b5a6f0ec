"""The convolutional network of the architecture experiments: convolutions with a pool every so many, then an MLP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from engine.errors import ModelError, unknown
from engine.model_config import CNNConfig, YourCNNConfig
from engine.models.activations import build_activation
from engine.models.arguments import check_widths, check_window
from engine.models.map_size import MapSize, Window, fitted, map_through, smallest_image
from engine.models.mlp import MLP

POOLINGS: dict[str, type[nn.Module]] = {"avg": nn.AvgPool2d, "max": nn.MaxPool2d}
CONV_PARAMS: Mapping[str, Any] = {"kernel_size": 3, "padding": 1}
"""The convolutions where none are described: they keep the map."""
POOLING_PARAMS: Mapping[str, Any] = {"kernel_size": 2}
"""The pools where none are described: they halve the map."""


class CNN(nn.Module):
    """[(CONV -> ACT) * P -> POOL] * (N / P) -> (FC -> ACT) * M -> FC, a pool after every P-th convolution only.

    N is the number of `channels`, P `pool_every`, M the number of `hidden_dims`. The three `*_params` are keyword
    arguments of the layers of torch.nn; the activation serves the convolutions and the hidden linear layers.

    Shapes: (B, *in_size) -> (B, out_classes).
    Parameters: (k * k * inputs + 1) * outputs a convolution; K=32, L=2, P=5, hidden 100 on CIFAR-10 has 3,288,054.
    Raises: ModelError if a feature map would become empty, naming the layer, or an argument describes no network;
    no parameters are made then.
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
        conv_params = conv_params or CONV_PARAMS
        pooling_params = pooling_params or POOLING_PARAMS
        activation_params = activation_params or {}
        check_windows(conv_params, pooling_type, pooling_params)
        features = features_left(in_size, channels, pool_every, conv_params, pooling_params)

        layers: list[nn.Module] = []
        for index, (inputs, outputs) in enumerate(zip((in_size[0], *channels), channels, strict=False), start=1):
            layers.append(nn.Conv2d(inputs, outputs, **conv_params))
            layers.append(build_activation(activation_type, **activation_params))
            if index % pool_every == 0:
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


def check_pooling(pooling_type: str) -> None:
    """Make sure that there is such a pool.

    Raises: ModelError if the name is not known.
    """
    if pooling_type not in POOLINGS:
        raise ModelError(unknown("pooling", pooling_type, POOLINGS))


def check_windows(conv_params: Mapping[str, Any], pooling_type: str, pooling_params: Mapping[str, Any]) -> None:
    """Make sure that there are such convolutions and such a pool.

    Raises: ModelError if the name is not known, or what describes one of them lacks something.
    """
    check_pooling(pooling_type)
    check_window("conv_params", conv_params, nn.Conv2d, example="kernel_size=3, padding=1")
    check_window("pooling_params", pooling_params, POOLINGS[pooling_type], example="kernel_size=2")


def build_classifier(
    features: int,
    hidden_dims: Sequence[int],
    out_classes: int,
    activation_type: str,
    activation_params: Mapping[str, Any],
) -> MLP:
    """Build the linear layers, (FC -> ACT) * M -> FC, over `features` values an example."""
    return MLP(
        in_dim=features,
        dims=[*hidden_dims, out_classes],
        nonlins=[*(build_activation(activation_type, **activation_params) for _ in hidden_dims), "none"],
    )


def features_left(
    in_size: tuple[int, int, int],
    channels: Sequence[int],
    pool_every: int,
    conv_params: Mapping[str, Any],
    pooling_params: Mapping[str, Any],
    *,
    least_pool_every: int = 1,
) -> int:
    """Return how many values of an image reach the linear layers.

    Arithmetic and not a trial pass finds them, so that it draws no random numbers. `least_pool_every` is what the
    network needs whatever the image, so that no smaller one is offered.
    Raises: ModelError if a width is below 1, or a map would become empty, naming the layer and what would fit.
    """
    if pool_every < 1:
        raise ModelError(f"pool_every = {pool_every} is not allowed: it takes a whole number, at least 1.")
    check_widths("channels", channels)
    height, width = _last_map(in_size, len(channels), pool_every, conv_params, pooling_params, least_pool_every)
    return (in_size[0], *channels)[-1] * height * width


def _last_map(
    in_size: tuple[int, int, int],
    convolution_count: int,
    pool_every: int,
    conv_params: Mapping[str, Any],
    pooling_params: Mapping[str, Any],
    least_pool_every: int,
) -> MapSize:
    def windows(convolutions: int, every: int) -> list[Window]:
        return _windows(convolutions, every, conv_params, pooling_params)

    def fits(convolutions: int, every: int) -> bool:
        return min(map_through(in_size[1:], windows(convolutions, every))) >= 1

    def remedies() -> list[str]:
        found = []
        candidates = range(max(pool_every + 1, least_pool_every), 65)
        rarer = next((every for every in candidates if fits(convolution_count, every)), None)
        if rarer is not None:
            # Trials of one preset differ in depth: what works for this one is not yet enough for a deeper one.
            found.append(
                f"model.pool_every = {rarer} or more, not {pool_every}, for {_convolutions(convolution_count)} "
                "(a deeper network may need more)"
            )
        fewer = next((count for count in range(convolution_count - 1, 0, -1) if fits(count, pool_every)), None)
        if fewer is not None:
            found.append(
                f"at most {_convolutions(fewer)}, not {convolution_count} (lower model.layers_per_filter, or take "
                "fewer model.filters)"
            )
        larger = smallest_image(windows(convolution_count, pool_every))
        if larger is not None:
            found.append(f"data.image_size = {larger} or more, not {in_size[1]}x{in_size[2]}")
        return found or ["a lower model.pool_size"]

    return fitted(in_size[1:], windows(convolution_count, pool_every), remedies)


def _convolutions(count: int) -> str:
    return f"{count} convolution{'' if count == 1 else 's'}"


def _windows(
    convolution_count: int, pool_every: int, conv_params: Mapping[str, Any], pooling_params: Mapping[str, Any]
) -> list[Window]:
    windows = []
    for index in range(1, convolution_count + 1):
        windows.append(Window(f"convolution {index}", conv_params, default_stride=1))
        if index % pool_every == 0:
            layer = f"pool {index // pool_every}, after convolution {index},"
            windows.append(Window(layer, pooling_params, default_stride=None))
    return windows


def described_by(config: CNNConfig | YourCNNConfig, image_shape: tuple[int, int, int], classes: int) -> dict[str, Any]:
    """Return the constructor's arguments for a config; padding keeps the map's size where the kernel is odd."""
    return {
        "in_size": image_shape,
        "out_classes": classes,
        "channels": config.channels,
        "pool_every": config.pool_every,
        "hidden_dims": config.hidden,
        "conv_params": {"kernel_size": config.kernel_size, "padding": config.kernel_size // 2},
        "activation_type": config.activation,
        "pooling_type": config.pooling,
        "pooling_params": {"kernel_size": config.pool_size},
    }


def build(config: CNNConfig, image_shape: tuple[int, int, int], classes: int) -> CNN:
    """Build the network that `config` describes.

    Raises: ModelError if it does not fit the image.
    """
    return CNN(**described_by(config, image_shape, classes))
