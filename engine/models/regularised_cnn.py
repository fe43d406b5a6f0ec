"""Convolutions with pools, BatchNorm and dropout of whole maps: the better model of the cats and dogs."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from engine.model_config import RegularisedCNNConfig
from engine.models.arguments import check_filters
from engine.models.last_convolution import LAST_KERNEL, check_last_map, score_count
from engine.models.map_size import Window

NEGATIVE_SLOPE = 0.2


class RegularisedCNN(nn.Module):
    """A block for each of `filters`, then conv 4x4 without padding to the scores.

    The blocks, with conv 3x3 (padding 1), LeakyReLU of slope 0.2 and max pool 2x2:

    1.  conv -> LeakyReLU -> pool
    2.  conv -> LeakyReLU -> BatchNorm2d -> Dropout2d -> pool
    3.  conv -> BatchNorm2d -> LeakyReLU -> Dropout2d -> pool
    4.  conv -> BatchNorm2d -> LeakyReLU -> pool, and so any further one

    Two classes share one logit, positive for the second of them; the sigmoid belongs to the loss.

    Shapes: (B, *in_size) -> (B, out_classes), (B, 1) for two classes.
    Parameters: 1,560,961 on 64x64 RGB images of two classes.
    Raises: ModelError if the last map is not 4x4, or a filter count is below 1; no parameters are made then.
    Source: catalogue A5 (IFT6135, assignment 2).
    """

    def __init__(
        self,
        in_size: tuple[int, int, int],
        out_classes: int,
        filters: Sequence[int] = (64, 128, 256, 512),
        dropout2d: float = 0.2,
    ) -> None:
        super().__init__()
        check_filters(filters)
        check_last_map(in_size[1:], len(filters), _windows)
        blocks = []
        for place, (inputs, outputs) in enumerate(zip((in_size[0], *filters[:-1]), filters, strict=True), start=1):
            layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)]
            if place > 2:
                layers.append(nn.BatchNorm2d(outputs))
            layers.append(nn.LeakyReLU(NEGATIVE_SLOPE))
            if place == 2:
                layers.append(nn.BatchNorm2d(outputs))
            if place in (2, 3) and dropout2d > 0:
                layers.append(nn.Dropout2d(dropout2d))
            layers.append(nn.MaxPool2d(2))
            blocks.append(nn.Sequential(*layers))
        self.feature_extractor = nn.Sequential(*blocks)
        self.classifier = nn.Conv2d(filters[-1], score_count(out_classes), LAST_KERNEL)

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each class, or the logit of the second of two, before any softmax or sigmoid.

        Shapes: (B, *in_size) -> (B, out_classes), (B, 1) for two classes.
        """
        x = self.feature_extractor(x)  # (B, filters[-1], 4, 4)
        scores: Tensor = self.classifier(x)  # (B, scores, 1, 1)
        return scores.flatten(1)  # (B, scores)


def _windows(filter_count: int) -> list[Window]:
    return [
        window
        for place in range(1, filter_count + 1)
        for window in (
            Window(f"convolution {place}", {"kernel_size": 3, "padding": 1}, default_stride=1),
            Window(f"pool {place}", {"kernel_size": 2}, default_stride=None),
        )
    ]


def build(config: RegularisedCNNConfig, image_shape: tuple[int, int, int], classes: int) -> RegularisedCNN:
    """Build the network that `config` describes.

    Raises: ModelError if it does not fit the image.
    """
    return RegularisedCNN(image_shape, classes, config.filters, config.dropout2d)
