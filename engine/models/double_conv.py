"""Pairs of convolutions with BatchNorm and dropout, and an average over each last map instead of linear layers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from engine.model_config import DoubleConvConfig
from engine.models.arguments import check_filters
from engine.models.map_size import MapSize, Window, fitted, map_through, smallest_image


class DoubleConv(nn.Module):
    """[(conv 3x3, padding 1 -> BatchNorm2d -> ReLU) * 2 -> pool -> dropout] for each of `filters`, then a linear layer.

    The pool is max 2x2, but for the last, which averages the whole map and has the dropout of the linear layer behind
    it. A dropout of 0 is left out.

    Shapes: (B, *in_size) -> (B, out_classes).
    Parameters: 1,148,618 with 64-128-256 filters on grey images of ten classes, whatever their size.
    Raises: ModelError if a pool would leave an empty map, or a filter count is below 1; no parameters are made then.
    Source: catalogue D5 (practical "NN and CNN with PyTorch").
    """

    def __init__(
        self,
        in_size: tuple[int, int, int],
        out_classes: int,
        filters: Sequence[int] = (64, 128, 256),
        block_dropout: float = 0.4,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        check_filters(filters)
        height, width = _last_map(in_size[1:], len(filters))
        layers: list[nn.Module] = []
        for place, (inputs, outputs) in enumerate(zip((in_size[0], *filters[:-1]), filters, strict=True), start=1):
            for channels in (inputs, outputs):
                layers.append(nn.Conv2d(channels, outputs, kernel_size=3, padding=1))
                layers.append(nn.BatchNorm2d(outputs))
                layers.append(nn.ReLU())
            if place < len(filters):
                layers.append(nn.MaxPool2d(2))
                layers += _dropout(block_dropout)
        layers.append(nn.AvgPool2d(height if height == width else (height, width)))
        self.feature_extractor = nn.Sequential(*layers)
        self.classifier = nn.Sequential(*_dropout(dropout), nn.Linear(filters[-1], out_classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each class, before any softmax.

        Shapes: (B, *in_size) -> (B, out_classes).
        """
        x = self.feature_extractor(x)  # (B, filters[-1], 1, 1)
        scores: Tensor = self.classifier(x.flatten(1))  # (B, out_classes)
        return scores


def _dropout(probability: float) -> list[nn.Module]:
    return [nn.Dropout(probability)] if probability > 0 else []


def _last_map(size: MapSize, filter_count: int) -> MapSize:
    def remedies() -> list[str]:
        fewer = next(n for n in range(filter_count, 0, -1) if min(map_through(size, _windows(n))) >= 1)
        found = [f"{fewer} model.filters instead of {filter_count}"]
        larger = smallest_image(_windows(filter_count))
        if larger is not None:
            found.insert(0, f"data.image_size = {larger} or more, not {size[0]}x{size[1]}")
        return found

    return fitted(size, _windows(filter_count), remedies)


def _windows(filter_count: int) -> list[Window]:
    """Return the pools between the blocks: the convolutions keep the map."""
    return [
        Window(f"pool {place} (2x2, after block {place})", {"kernel_size": 2}, default_stride=None)
        for place in range(1, filter_count)
    ]


def build(config: DoubleConvConfig, image_shape: tuple[int, int, int], classes: int) -> DoubleConv:
    """Build the network that `config` describes.

    Raises: ModelError if it does not fit the image.
    """
    return DoubleConv(image_shape, classes, config.filters, config.block_dropout, config.dropout)
