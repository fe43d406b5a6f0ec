"""A small convolutional network of equal blocks, with BatchNorm or without."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from engine.model_config import BlockCNNConfig


class BlockCNN(nn.Module):
    """Blocks of conv 3x3 (padding 1), BatchNorm on request, ReLU and 2x2 max pooling; then one linear layer.

    A block leaves its pool out where the map is already 1 pixel wide or high, so that every image size fits; `remark`
    then says which.
    BatchNorm draws no random numbers: with one seed, the convolutions begin equal with it and without.

    Shapes: (B, *in_size) -> (B, out_classes).
    Parameters: 98,442 on 28x28 grey images with 16-32-64-128 filters, 98,922 with BatchNorm.
    Source: catalogue A3 (IFT6135, assignment 2).
    """

    def __init__(
        self,
        in_size: tuple[int, int, int],
        out_classes: int,
        channels: Sequence[int] = (16, 32, 64, 128),
        batchnorm: bool = False,
    ) -> None:
        super().__init__()
        inputs, height, width = in_size
        blocks: list[nn.Module] = []
        without_pool: list[int] = []
        for block, outputs in enumerate(channels, start=1):
            layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, kernel_size=3, padding=1)]
            if batchnorm:
                layers.append(nn.BatchNorm2d(outputs))
            layers.append(nn.ReLU())
            if min(height, width) > 1:
                layers.append(nn.MaxPool2d(2))
                height, width = height // 2, width // 2
            else:
                without_pool.append(block)
            blocks.append(nn.Sequential(*layers))
            inputs = outputs
        self.remark = _remark(without_pool, in_size)
        self.feature_extractor = nn.Sequential(*blocks)
        self.classifier = nn.Linear(inputs * height * width, out_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return a score for each class, before any softmax.

        Shapes: (B, *in_size) -> (B, out_classes).
        """
        x = self.feature_extractor(x)  # (B, channels[-1], H', W')
        scores: Tensor = self.classifier(x.flatten(1))  # (B, out_classes)
        return scores


def _remark(without_pool: Sequence[int], in_size: tuple[int, int, int]) -> str:
    """Say which blocks have no pool; nothing where all have one."""
    if not without_pool:
        return ""
    blocks = f"block{'s' if len(without_pool) > 1 else ''} {', '.join(map(str, without_pool))}"
    return f"block_cnn has no pool in {blocks}: images of {in_size[1]}x{in_size[2]} are down to 1 pixel before it"


def build(config: BlockCNNConfig, image_shape: tuple[int, int, int], classes: int) -> BlockCNN:
    """Build the network that `config` describes."""
    return BlockCNN(image_shape, classes, channels=config.channels, batchnorm=config.batchnorm)
