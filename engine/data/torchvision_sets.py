"""MNIST, Fashion-MNIST and CIFAR-10 from the files that torchvision downloads, where it puts them."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch

from engine.config import DataConfig
from engine.data.catalog import Source, SourceState, source_state, unusable
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
    """Read one of the three sets; nothing is downloaded.

    Shapes: (60000, 1, 28, 28) and (10000, 1, 28, 28), or (50000, 3, 32, 32) and (10000, 3, 32, 32), uint8.
    Raises: DataError if the set is absent, incomplete or damaged.
    """
    state = source_state(config.name, folder)
    root = _usable_root(state)
    read = _read_cifar10 if config.name == "cifar10" else _read_idx_pair
    train = read(state.source, root, is_train=True)
    test = read(state.source, root, is_train=False)
    for split in (train, test):
        if int(split.labels.min()) < 0 or int(split.labels.max()) >= state.source.classes:
            raise _damaged(state.source, root, "a label is out of range")
    return Dataset(config.name, train, test, _CLASS_NAMES[config.name])


def _usable_root(state: SourceState) -> Path:
    if not state.is_usable or state.root is None:
        raise unusable(state)
    return state.root


def _read_idx_pair(source: Source, root: Path, *, is_train: bool) -> Split:
    # torchvision would read the same files, but importing it takes longer than all the rest of a start.
    count = source.train_examples if is_train else source.test_examples
    image_file, label_file = source.files[:2] if is_train else source.files[2:]
    try:
        images = read_idx(root / image_file.path, (count, *source.image_shape[1:]))  # (N, H, W)
        labels = read_idx(root / label_file.path, (count,))
    except DataError as error:
        raise DataError(error.message, _remedy(source)) from error
    return Split(images.unsqueeze(1), labels.long())  # (N, 1, H, W)


def _read_cifar10(source: Source, root: Path, *, is_train: bool) -> Split:
    # The batches are pickles: torchvision opens them only if their checksums are the published ones.
    from engine.data.torchvision_import import import_torchvision

    torchvision = import_torchvision()
    try:
        with warnings.catch_warnings():
            # The files hold `align` as a number, at which the first NumPy 2.4 warned.
            warnings.filterwarnings("ignore", message=r"dtype\(\): align should be passed")
            found = torchvision.datasets.CIFAR10(str(root), train=is_train)
    except RuntimeError as error:
        raise _damaged(source, root, "the checksum of a file is not the published one") from error
    images = torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous()  # (N, 3, 32, 32)
    return Split(images, torch.tensor(found.targets, dtype=torch.int64))


def _damaged(source: Source, root: Path, reason: str) -> DataError:
    return DataError(f"{source.name} in {root} is damaged: {reason}.", _remedy(source))


def _remedy(source: Source) -> str:
    return f"Remove these files, then get them anew with `termlab data get {source.name}`."
