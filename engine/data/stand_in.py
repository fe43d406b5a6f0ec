"""A dataset that is not at hand, as far as the catalogue describes it: enough to size a network for it."""

from __future__ import annotations

import torch

from engine.config import DataConfig
from engine.data.catalog import SOURCES
from engine.data.dataset import Dataset, Split, training_part


def stand_in(config: DataConfig) -> Dataset | None:
    """Return the dataset on the meta device, with the limits and the size asked for; None where nothing is known of it.

    Shapes: images (N, C, H, W) uint8, labels (N,) int64; neither has values.
    """
    source = SOURCES.get(config.name)
    if source is None:
        return None  # what a folder of images holds, only the folder knows
    channels, height, width = source.image_shape
    if config.image_size is not None:
        height = width = config.image_size

    def split(count: int) -> Split:
        images = torch.empty(count, channels, height, width, dtype=torch.uint8, device="meta")
        return Split(images, torch.empty(count, dtype=torch.int64, device="meta"))

    train = min(source.train_examples, config.train_limit or source.train_examples)
    if config.validation_fraction is not None:
        train = training_part(train, config.validation_fraction)
    test = min(source.test_examples, config.test_limit or source.test_examples)
    return Dataset(source.name, split(train), split(test), tuple(map(str, range(source.classes))))
