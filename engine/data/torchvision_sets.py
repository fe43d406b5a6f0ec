"""MNIST, Fashion-MNIST and CIFAR-10 from the files that torchvision downloads, where it puts them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from engine.config import DataConfig
from engine.data.catalog import RequiredFile, Source, SourceState, read_published, source_state, unusable
from engine.data.cifar_batch import read_cifar_batch
from engine.data.dataset import Dataset, Split
from engine.data.idx import read_idx
from engine.errors import DataError

_CLASS_NAMES = {
    "mnist": tuple(str(digit) for digit in range(10)),
    "fashion_mnist": (
        "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
    ),
    "cifar10": (
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    ),
}  # fmt: skip


def load(config: DataConfig, folder: Path) -> Dataset:
    """Read one of the three sets; nothing is downloaded, and nothing is used but what was published.

    Shapes: (60000, 1, 28, 28) and (10000, 1, 28, 28), or (50000, 3, 32, 32) and (10000, 3, 32, 32), uint8.
    Raises: DataError if the set is absent, incomplete or damaged.
    """
    state = source_state(config.name, folder)
    root = _usable_root(state)
    read = _read_cifar10 if config.name == "cifar10" else _read_idx_pair
    try:
        train = read(state.source, root, is_train=True)
        test = read(state.source, root, is_train=False)
    except DataError as error:
        raise DataError(error.message, f"`termlab data get {config.name}` gets it anew.") from error
    return Dataset(config.name, train, test, _CLASS_NAMES[config.name])


def _usable_root(state: SourceState) -> Path:
    if not state.is_usable or state.root is None:
        raise unusable(state)
    return state.root


def _read_idx_pair(source: Source, root: Path, *, is_train: bool) -> Split:
    # torchvision would read the same files, but importing it takes longer than all the rest of a start.
    count = source.train_examples if is_train else source.test_examples
    image_file, label_file = source.files[:2] if is_train else source.files[2:]
    images = _read_idx(root, image_file, (count, *source.image_shape[1:]))  # (N, H, W)
    labels = _read_idx(root, label_file, (count,))
    return Split(images.unsqueeze(1), labels.long())  # (N, 1, H, W)


def _read_idx(root: Path, file: RequiredFile, shape: tuple[int, ...]) -> Tensor:
    path = root / file.path
    return read_idx(read_published(path, file), shape, what=str(path))


def _read_cifar10(source: Source, root: Path, *, is_train: bool) -> Split:
    # torchvision would unpickle them; it compares their sums first, but opens the files a second time after that.
    batches = source.files[:5] if is_train else source.files[5:6]
    count = (source.train_examples if is_train else source.test_examples) // len(batches)
    read = [
        read_cifar_batch(read_published(root / file.path, file), count, what=str(root / file.path)) for file in batches
    ]
    return Split(torch.cat([images for images, _ in read]), torch.cat([labels for _, labels in read]))
