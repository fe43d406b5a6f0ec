"""Convolutions with a pool after each, then linear layers: LeNet-5 and the networks of three bodies of coursework."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from engine.model_config import ConvNetConfig
from engine.models.activations import build_activation
from engine.models.arguments import check_filters, check_one_for_each, check_widths
from engine.models.cnn import POOLINGS, check_pooling
from engine.models.map_size import MapSize, Window, fitted, map_through, smallest_image


class ConvNet(nn.Module):
    """[conv -> [BatchNorm2d] -> activation -> pool 2x2] for each filter count, then [[dropout] -> FC -> activation].

    The last linear layer has no activation. `kernel_sizes` and `paddings` hold a value for each of `filters`, `dropout`
    a probability before each linear layer, the last one included, or nothing; 0 leaves the layer out. Neither dropout
    nor BatchNorm draws random numbers when it is built: with one seed, all weights begin equal with them and without.

    Shapes: (B, *in_size) -> (B, out_classes).
    Parameters: 3,274,634 on 28x28 grey images with 5x5 kernels, 32-64 filters and hidden 1024; 61,706 as LeNet-5;
    1,191,170 on CIFAR-10 with 5x5 kernels, 32-64-64 filters and hidden 1000.
    Raises: ModelError if a feature map would become empty, naming the layer, or an argument describes no network; no
    parameters are made then.
    Source: catalogue B0 to B6 (RDFIA, practical 5-6), C1 to C8 (CNN homework on MNIST and CIFAR-10) and D2 to D4
    (practical "NN and CNN with PyTorch").
    """

    def __init__(
        self,
        in_size: tuple[int, int, int],
        out_classes: int,
        filters: Sequence[int],
        kernel_sizes: Sequence[int],
        paddings: Sequence[int],
        hidden: Sequence[int],
        *,
        batchnorm: bool = False,
        activation: str = "relu",
        pooling: str = "max",
        ceil_mode: bool = False,
        hidden_activation: str = "relu",
        dropout: Sequence[float] = (),
    ) -> None:
        super().__init__()
        check_filters(filters)
        check_widths("hidden", hidden)
        check_pooling(pooling)
        check_one_for_each("kernel_sizes", kernel_sizes, len(filters), "filters")
        check_one_for_each("paddings", paddings, len(filters), "filters")
        if dropout:
            check_one_for_each("dropout", dropout, len(hidden) + 1, "linear layers")
        height, width = _last_map(in_size[1:], kernel_sizes, paddings, ceil_mode)
        features: list[nn.Module] = []
        for inputs, outputs, kernel_size, padding in zip(
            (in_size[0], *filters[:-1]), filters, kernel_sizes, paddings, strict=True
        ):
            features.append(nn.Conv2d(inputs, outputs, kernel_size, padding=padding))
            if batchnorm:
                features.append(nn.BatchNorm2d(outputs))
            features.append(build_activation(activation))
            features.append(POOLINGS[pooling](2, ceil_mode=ceil_mode))
        self.feature_extractor = nn.Sequential(*features)

        linear: list[nn.Module] = []
        widths = (filters[-1] * height * width, *hidden, out_classes)
        probabilities = dropout or [0.0] * (len(hidden) + 1)
        for inputs, outputs, probability in zip(widths[:-1], widths[1:], probabilities, strict=True):
            if linear:
                linear.append(build_activation(hidden_activation))
            if probability > 0:
                linear.append(nn.Dropout(probability))
            linear.append(nn.Linear(inputs, outputs))
        self.classifier = nn.Sequential(*linear)

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each class, before any softmax.

        Shapes: (B, *in_size) -> (B, out_classes).
        """
        x = self.feature_extractor(x)  # (B, filters[-1], H', W')
        scores: Tensor = self.classifier(x.flatten(1))  # (B, out_classes)
        return scores


def _last_map(size: MapSize, kernel_sizes: Sequence[int], paddings: Sequence[int], ceil_mode: bool) -> MapSize:
    windows = _windows(kernel_sizes, paddings, ceil_mode)

    def remedies() -> list[str]:
        found = []
        larger = smallest_image(windows)
        if larger is not None:
            found.append(f"data.image_size = {larger} or more, not {size[0]}x{size[1]}")
        # Each convolution has a pool, so that two windows make one entry of the filters.
        fewer = next((n for n in range(len(kernel_sizes) - 1, 0, -1) if min(map_through(size, windows[: 2 * n]))), None)
        if fewer is not None:
            found.append(f"at most {fewer} model.filters, not {len(kernel_sizes)}")
        keeping = [kernel_size // 2 for kernel_size in kernel_sizes]
        if min(map_through(size, _windows(kernel_sizes, keeping, ceil_mode))):
            found.append(f"model.paddings = {_listed(keeping)}, not {_listed(paddings)}")
        if not ceil_mode and min(map_through(size, _windows(kernel_sizes, paddings, ceil_mode=True))):
            found.append("model.ceil_mode = true")
        return found or [f"smaller model.kernel_sizes than {_listed(kernel_sizes)}"]

    return fitted(size, windows, remedies)


def _windows(kernel_sizes: Sequence[int], paddings: Sequence[int], ceil_mode: bool) -> list[Window]:
    windows = []
    for place, (kernel_size, padding) in enumerate(zip(kernel_sizes, paddings, strict=True), start=1):
        convolution = {"kernel_size": kernel_size, "padding": padding}
        layer = f"convolution {place} ({kernel_size}x{kernel_size}, padding {padding})"
        windows.append(Window(layer, convolution, default_stride=1))
        pool = {"kernel_size": 2, "ceil_mode": ceil_mode}
        windows.append(Window(f"pool {place} (2x2, after convolution {place})", pool, default_stride=None))
    return windows


def _listed(values: Sequence[int]) -> str:
    return ",".join(str(value) for value in values)


def build(config: ConvNetConfig, image_shape: tuple[int, int, int], classes: int) -> ConvNet:
    """Build the network that `config` describes.

    Raises: ModelError if it does not fit the image.
    """
    return ConvNet(
        image_shape,
        classes,
        config.filters,
        config.kernel_of_each,
        config.padding_of_each,
        config.hidden,
        batchnorm=config.batchnorm,
        activation=config.activation,
        pooling=config.pooling,
        ceil_mode=config.ceil_mode,
        hidden_activation=config.hidden_activation,
        dropout=config.dropout,
    )
