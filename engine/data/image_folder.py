"""`folder:PATH` and the named trees of images, decoded once and cached."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.config import FOLDER_PREFIX, DataConfig
from engine.data.catalog import source_state, unusable
from engine.data.dataset import Dataset, Split
from engine.data.decode import decode
from engine.data.decoded_cache import read_cached, write_cached
from engine.data.image_tree import scan


def load(config: DataConfig, folder: Path) -> Dataset:
    """Read train/CLASS/* and test/CLASS/* (val/CLASS/* where there is no test) of PATH, or of a named tree.

    Shapes: (N, C, H, W) uint8, C = 1 if every image is grey, otherwise 3.
    Raises: DataError if the tree or an image of it cannot be used.
    """
    tree = scan(_root(config.name, folder))
    images = read_cached(tree, config.image_size)
    if images is None:
        images = decode([file.path for file in (*tree.train, *tree.test)], config.image_size)
        write_cached(tree, config.image_size, images)
    pixels = torch.from_numpy(images)
    train_count = len(tree.train)
    return Dataset(
        name=config.name,
        train=Split(pixels[:train_count], torch.tensor([file.label for file in tree.train])),
        test=Split(pixels[train_count:], torch.tensor([file.label for file in tree.test])),
        class_names=tree.class_names,
    )


def _root(name: str, folder: Path) -> Path:
    if name.startswith(FOLDER_PREFIX):
        return Path(name.removeprefix(FOLDER_PREFIX))
    state = source_state(name, folder)
    if not state.is_usable or state.root is None:
        raise unusable(state)
    return state.root
