"""Convolutions alone, each halving the map by its stride: the first model of the cats and dogs."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from engine.model_config import StridedCNNConfig
from engine.models.arguments import check_filters
from engine.models.last_convolution import LAST_KERNEL, check_last_map, score_count
from engine.models.map_size import Window


class StridedCNN(nn.Module):
    """(conv 4x4, stride 2, padding 1 -> ReLU) for each of `filters`, then conv 4x4 without padding to the scores.

    Two classes share one logit, positive for the second of them; the sigmoid belongs to the loss.

    Shapes: (B, *in_size) -> (B, out_classes), (B, 1) for two classes.
    Parameters: (16 * inputs + 1) * outputs a convolution; 2,764,737 on 64x64 RGB images of two classes.
    Raises: ModelError if the last map is not 4x4, or a filter count is below 1; no parameters are made then.
    Source: catalogue A4 (IFT6135, assignment 2).
    """

    def __init__(
        self, in_size: tuple[int, int, int], out_classes: int, filters: Sequence[int] = (64, 128, 256, 512)
    ) -> None:
        super().__init__()
        check_filters(filters)
        check_last_map(in_size[1:], len(filters), _windows)
        features: list[nn.Module] = []
        for inputs, outputs in zip((in_size[0], *filters[:-1]), filters, strict=True):
            features.append(nn.Conv2d(inputs, outputs, kernel_size=4, stride=2, padding=1))
            features.append(nn.ReLU())
        self.feature_extractor = nn.Sequential(*features)
        self.classifier = nn.Conv2d(filters[-1], score_count(out_classes), LAST_KERNEL)

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each class, or the logit of the second of two, before any softmax or sigmoid.

        Shapes: (B, *in_size) -> (B, out_classes), (B, 1) for two classes.
        """
        x = self.feature_extractor(x)  # (B, filters[-1], 4, 4)
        scores: Tensor = self.classifier(x)  # (B, scores, 1, 1)
        return scores.flatten(1)  # (B, scores)


def _windows(filter_count: int) -> list[Window]:
    params = {"kernel_size": 4, "stride": 2, "padding": 1}
    return [Window(f"convolution {place}", params, default_stride=1) for place in range(1, filter_count + 1)]


def build(config: StridedCNNConfig, image_shape: tuple[int, int, int], classes: int) -> StridedCNN:
    """Build the network that `config` describes.

    Raises: ModelError if it does not fit the image.
    """
    return StridedCNN(image_shape, classes, config.filters)
