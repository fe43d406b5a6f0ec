"""Datasets that the trials of a sweep share."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.config import DataConfig

if TYPE_CHECKING:
    from engine.data.dataset import Dataset


@lru_cache(maxsize=2)  # a comparison of two datasets still fits
def load_shared(config: DataConfig, folder: Path) -> Dataset:
    """Return the dataset, which stays in memory for the next trial that wants it.

    Raises: as `load_dataset`.
    """
    from engine.data.load import load_dataset

    return load_dataset(config, folder)


def forget_shared() -> None:
    """Give the memory back."""
    load_shared.cache_clear()
