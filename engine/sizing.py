"""What can be said of a config before anything is trained or, mostly, even downloaded: its network layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from engine.config import AugmentConfig, DataConfig, RunConfig
from engine.data.catalog import SOURCES
from engine.data.dataset import training_part
from engine.data.load import load_dataset
from engine.inputs import input_shape
from engine.layer_table import LayerRow, layer_table
from engine.models import build_model, count_parameters


@dataclass(frozen=True, slots=True)
class DataShape:
    """What a network has to know of its data."""

    image_shape: tuple[int, int, int]
    """Channels, height, width, as the network sees them: after a crop."""
    classes: int
    train_examples: int
    """Within `data.train_limit`, without those that are held out."""


@dataclass(frozen=True, slots=True)
class NetworkSize:
    """A network and the data it is for; two are equal where nothing that stands in the table differs."""

    model: str
    dataset: str
    data: DataShape
    parameters: int
    layers: tuple[LayerRow, ...]
    init_std: float | None = None
    """Standard deviation of the weights at the start where it is a setting; None where the widths of the layers
    decide it, so that the first scores are near 0."""

    @property
    def multiply_adds(self) -> int:
        """For one image."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def parameters_per_example(self) -> float:
        """How many values training adjusts for each example that it sees."""
        return self.parameters / self.data.train_examples

    @property
    def expected_at_start(self) -> tuple[float, float] | None:
        """Loss and accuracy of a network that finds all classes equally likely, as about before its first step.

        The loss is ln(classes) whatever the labels; the accuracy 1 / classes is that of guessing. None where a number
        is predicted, and where weights of a fixed spread make scores that grow with the widths of the layers.
        Units: nats; a fraction from 0 to 1.
        """
        if self.data.classes < 2 or self.init_std:
            return None
        return math.log(self.data.classes), 1 / self.data.classes


def parameter_count(config: RunConfig, data_folder: Path) -> int:
    """Return the number of values that training will adjust.

    Raises: ModelError if the network does not fit the images; DataError if a folder of images cannot be read.
    """
    return count_parameters(_network(config, _data_shape(config, data_folder)))


def network_sizes(configs: Sequence[RunConfig], data_folder: Path) -> list[NetworkSize]:
    """Return the network of each config with the data that it learns from; a folder of images is read once for all.

    Raises: as `parameter_count`.
    """
    shapes: dict[tuple[DataConfig, AugmentConfig], DataShape] = {}
    for config in configs:
        key = (config.data, config.augment)
        shapes[key] = shapes.get(key) or _data_shape(config, data_folder)
    return [_network_size(config, shapes[config.data, config.augment]) for config in configs]


def _network_size(config: RunConfig, data: DataShape) -> NetworkSize:
    network = _network(config, data)
    return NetworkSize(
        model=config.model.name,
        dataset=config.data.name,
        data=data,
        parameters=count_parameters(network),
        layers=layer_table(network, data.image_shape),
        init_std=getattr(config.model, "init_std", None),
    )


def _network(config: RunConfig, data: DataShape) -> nn.Module:
    with torch.device("meta"):  # shapes without memory or random numbers
        return build_model(config.model, data.image_shape, data.classes)


def _data_shape(config: RunConfig, data_folder: Path) -> DataShape:
    """Describe the data; of a named dataset without reading it."""
    data = config.data
    source = SOURCES.get(data.name)
    if source is None:
        dataset = load_dataset(data, data_folder)
        return DataShape(input_shape(config.augment, dataset.image_shape), dataset.classes, len(dataset.train))
    channels, height, width = source.image_shape
    if data.image_size is not None:
        height = width = data.image_size
    train_examples = min(source.train_examples, data.train_limit or source.train_examples)
    if data.validation_fraction is not None:
        train_examples = training_part(train_examples, data.validation_fraction)
    return DataShape(input_shape(config.augment, (channels, height, width)), source.classes, train_examples)
