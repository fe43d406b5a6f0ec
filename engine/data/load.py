"""The way to a dataset: find the module that reads it, then apply the limits and the size asked for."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from engine.config import FOLDER_PREFIX, DataConfig
from engine.data.catalog import find_source
from engine.data.dataset import Dataset
from engine.data.resize import resize


class _SourceModule(Protocol):
    """What a module of `engine.data` that reads a source has."""

    def load(self, config: DataConfig, folder: Path) -> Dataset:
        """Read the whole dataset, from under `folder` if it lies on disk."""
        ...


def load_dataset(config: DataConfig, folder: Path) -> Dataset:
    """Read the dataset that `config` describes; named ones are looked for under `folder`.

    Shapes: images (N, C, H, W) uint8, labels (N,) int64.
    A limit above what there is changes nothing, so that one profile serves small and large datasets. Validation
    examples are held out of what the limit leaves.
    Raises: DataError if it is unknown, missing, incomplete or unreadable.
    """
    is_folder = config.name.startswith(FOLDER_PREFIX)
    module_name = "image_folder" if is_folder else find_source(config.name).module
    module = cast(_SourceModule, import_module(f"engine.data.{module_name}"))
    dataset = _limited(module.load(config, folder), config)
    if config.image_size is not None:
        dataset = resize(dataset, config.image_size)
    if config.validation_fraction is not None:
        seed = config.validation_seed if config.validation_split == "random" else None
        dataset = dataset.with_validation(config.validation_fraction, seed)
    return dataset


def _limited(dataset: Dataset, config: DataConfig) -> Dataset:
    train = dataset.train if config.train_limit is None else dataset.train.subset(config.train_limit)
    test = dataset.test if config.test_limit is None else dataset.test.subset(config.test_limit)
    return replace(dataset, train=train, test=test)
