"""The convolutional network of the architecture experiments, made to train deeper by BatchNorm and dropout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from engine.model_config import YourCNNConfig
from engine.models.activations import build_activation
from engine.models.cnn import (
    CONV_PARAMS,
    POOLING_PARAMS,
    POOLINGS,
    build_classifier,
    check_windows,
    described_by,
    features_left,
)


class YourCNN(nn.Module):
    """[(CONV -> BatchNorm2d -> ACT -> dropout) * P -> POOL] * (N / P) -> (FC -> ACT) * M -> FC.

    The arguments are those of CNN, and the `dropout` of the feature extractor; 0 leaves the layer out. Neither
    BatchNorm nor dropout draws random numbers when it is built: with one seed, the weights begin as those of the CNN.

    Shapes: (B, *in_size) -> (B, out_classes).
    Parameters: those of the CNN, and 2 for each of `channels`.
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
        dropout: float = 0.2,
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
            layers.append(nn.BatchNorm2d(outputs))
            layers.append(build_activation(activation_type, **activation_params))
            if dropout > 0:
                layers.append(nn.Dropout(dropout))
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


def build(config: YourCNNConfig, image_shape: tuple[int, int, int], classes: int) -> YourCNN:
    """Build the network that `config` describes.

    Raises: ModelError if it does not fit the image.
    """
    return YourCNN(**described_by(config, image_shape, classes), dropout=config.dropout)
