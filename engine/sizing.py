"""What can be said of a config before anything is trained or, mostly, even downloaded: the size of its network."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.config import DataConfig, RunConfig
from engine.data.catalog import SOURCES
from engine.data.load import load_dataset
from engine.models import build_model, count_parameters


def parameter_count(config: RunConfig, data_folder: Path) -> int:
    """Return the number of values that training will adjust.

    Raises: ModelError if the network does not fit the images; DataError if a folder of images cannot be read.
    """
    image_shape, classes = _data_shape(config.data, data_folder)
    with torch.device("meta"):  # shapes without memory or random numbers
        return count_parameters(build_model(config.model, image_shape, classes))


def _data_shape(config: DataConfig, data_folder: Path) -> tuple[tuple[int, int, int], int]:
    """Return channels, height, width, and the number of classes; of a named dataset without reading it."""
    source = SOURCES.get(config.name)
    if source is None:
        dataset = load_dataset(config, data_folder)
        return dataset.image_shape, dataset.classes
    channels, height, width = source.image_shape
    if config.image_size is not None:
        height = width = config.image_size
    return (channels, height, width), source.classes
