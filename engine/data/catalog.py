"""The named datasets and whether they lie, whole, under a data folder; opens no image and imports no torch."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from engine.data.image_tree import scan
from engine.data_config import FOLDER_PREFIX
from engine.errors import DataError, unknown

Status = Literal["built-in", "complete", "incomplete", "absent"]


@dataclass(frozen=True)
class RequiredFile:
    """A file that a whole copy of a dataset has, with its exact size and contents."""

    path: str
    """Relative to the root of the dataset, with forward slashes."""
    size_bytes: int
    md5: str
    """Of its contents; another file of the same sum is not to be had."""


@dataclass(frozen=True)
class Source:
    """A named dataset: what it holds, whose it is, and which files it is made of."""

    name: str
    title: str
    module: str
    """The module of `engine.data` whose `load` reads it."""
    image_shape: tuple[int, int, int]
    """Channels, height, width."""
    classes: int
    train_examples: int
    test_examples: int
    licence: str
    homepage: str
    download_bytes: int = 0
    """0 means that nothing has to be downloaded."""
    archives: tuple[str, ...] = ()
    """What a download leaves while it is under way, relative to the root."""
    files: tuple[RequiredFile, ...] = ()
    """Empty for a dataset that comes with termlab, and for an image tree."""
    is_image_tree: bool = False
    """Whether it is a folder of images by class, which the user has to get; its files have names of any kind."""


@dataclass(frozen=True)
class SourceState:
    """Where one dataset stands under one data folder."""

    source: Source
    status: Status
    root: Path | None
    """The folder that holds (or would hold) `source.files`; None for a dataset that comes with termlab."""
    problems: tuple[str, ...] = ()
    """One sentence for each file that is missing or wrong; empty unless incomplete."""

    @property
    def is_usable(self) -> bool:
        """Whether it can be loaded now."""
        return self.status in ("built-in", "complete")


def _idx_files(folder: str, *md5s: str) -> tuple[RequiredFile, ...]:
    # An idx file is a header of 4 bytes and 4 for each axis, then one byte a pixel or label.
    sizes = {
        "train-images-idx3-ubyte": 16 + 60_000 * 28 * 28,
        "train-labels-idx1-ubyte": 8 + 60_000,
        "t10k-images-idx3-ubyte": 16 + 10_000 * 28 * 28,
        "t10k-labels-idx1-ubyte": 8 + 10_000,
    }
    return tuple(
        RequiredFile(f"{folder}/raw/{name}", size, md5) for (name, size), md5 in zip(sizes.items(), md5s, strict=True)
    )


# Of the unpacked files; the archives have other sums, which torchvision knows.
_MNIST_FILES = _idx_files(
    "MNIST",
    "6bbc9ace898e44ae57da46a324031adb",
    "a25bea736e30d166cdddb491f175f624",
    "2646ac647ad5339dbf082846283269ea",
    "27ae3e4e09519cfbb04c329615203637",
)
_FASHION_FILES = _idx_files(
    "FashionMNIST",
    "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "9018921c3c673c538a1fc5bad174d6f9",
    "8181f5470baa50b63fa0f6fddb340f0a",
    "15d484375f8d13e6eb1aabb0c3f46965",
)


_CIFAR_FILES = (
    RequiredFile("cifar-10-batches-py/data_batch_1", 31_035_704, "c99cafc152244af753f735de768cd75f"),
    RequiredFile("cifar-10-batches-py/data_batch_2", 31_035_320, "d4bba439e000b95fd0a9bffe97cbabec"),
    RequiredFile("cifar-10-batches-py/data_batch_3", 31_035_999, "54ebc095f3ab1f0389bbae665268c751"),
    RequiredFile("cifar-10-batches-py/data_batch_4", 31_035_696, "634d18415352ddfa80567beed471001a"),
    RequiredFile("cifar-10-batches-py/data_batch_5", 31_035_623, "482c414d41f54cd18b22e5b47cb7c3cb"),
    RequiredFile("cifar-10-batches-py/test_batch", 31_035_526, "40351d587109b95175f43aff81a1287e"),
    RequiredFile("cifar-10-batches-py/batches.meta", 158, "5ff9c542aee3614f3951f8cda6e48888"),
)

_SOURCES = (
    Source(
        name="cats_dogs",
        title="Cats and dogs: photographs of either, 12,500 each",
        module="image_folder",
        image_shape=(3, 64, 64),  # they are of all sizes, and the models of the catalogue take these
        classes=2,
        train_examples=20_000,
        test_examples=5_000,
        licence="none stated; for the competition",
        homepage="https://www.kaggle.com/c/dogs-vs-cats",
        is_image_tree=True,
    ),
    Source(
        name="cifar10",
        title="CIFAR-10: photographs of ten kinds of animals and vehicles",
        module="torchvision_sets",
        image_shape=(3, 32, 32),
        classes=10,
        train_examples=50_000,
        test_examples=10_000,
        licence="none stated; cite Krizhevsky, 2009",
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        download_bytes=170_498_071,
        archives=("cifar-10-python.tar.gz",),
        files=_CIFAR_FILES,
    ),
    Source(
        name="digits",
        title="Optical recognition of handwritten digits, 8x8, from scikit-learn",
        module="digits",
        image_shape=(1, 8, 8),
        classes=10,
        train_examples=1_437,
        test_examples=360,
        licence="CC BY 4.0",
        homepage="https://archive.ics.uci.edu/dataset/80",
    ),
    Source(
        name="fashion_mnist",
        title="Fashion-MNIST: pictures of ten kinds of clothing",
        module="torchvision_sets",
        image_shape=(1, 28, 28),
        classes=10,
        train_examples=60_000,
        test_examples=10_000,
        licence="MIT",
        homepage="https://github.com/zalandoresearch/fashion-mnist",
        download_bytes=30_878_645,
        archives=tuple(f"{file.path}.gz" for file in _FASHION_FILES),
        files=_FASHION_FILES,
    ),
    Source(
        name="mnist",
        title="MNIST: handwritten digits",
        module="torchvision_sets",
        image_shape=(1, 28, 28),
        classes=10,
        train_examples=60_000,
        test_examples=10_000,
        licence="CC BY-SA 3.0",
        homepage="https://ossci-datasets.s3.amazonaws.com/mnist/",
        download_bytes=11_594_722,
        archives=tuple(f"{file.path}.gz" for file in _MNIST_FILES),
        files=_MNIST_FILES,
    ),
    Source(
        name="moons",
        title="Two moons: points of the plane in two classes, rotated and noisy, from scikit-learn",
        module="moons",
        image_shape=(2, 1, 1),
        classes=2,
        train_examples=8_000,
        test_examples=2_000,
        licence="none needed",
        homepage="",
    ),
    Source(
        name="quadratic",
        title="One example of five ones with target 1: the loss of a linear map is (1 - x·w)²",
        module="quadratic",
        image_shape=(5, 1, 1),
        classes=1,
        train_examples=1,
        test_examples=1,
        licence="none needed",
        homepage="",
    ),
    Source(
        name="synthetic",
        title="Generated coloured patterns under noise, for tests",
        module="synthetic",
        image_shape=(3, 16, 16),
        classes=10,
        train_examples=2_000,
        test_examples=500,
        licence="none needed",
        homepage="",
    ),
)
SOURCES: dict[str, Source] = {source.name: source for source in _SOURCES}


def find_source(name: str) -> Source:
    """Return the dataset of that name.

    Raises: DataError if there is none.
    """
    if name not in SOURCES:
        raise DataError(unknown("dataset", name, SOURCES), "`termlab data ls` lists them.")
    return SOURCES[name]


def source_state(name: str, folder: Path) -> SourceState:
    """Say whether a dataset is usable, looking in `folder` itself and in `folder/NAME`.

    Raises: DataError if there is no dataset of that name.
    """
    source = find_source(name)
    if source.is_image_tree:
        return _tree_state(source, folder / name)
    if not source.files:
        return SourceState(source, "built-in", root=None)
    states = [_state_at(source, root) for root in (folder, folder / name)]
    # A whole copy in one place outweighs a broken one in the other.
    for status in ("complete", "incomplete"):
        for state in states:
            if state.status == status:
                return state
    return states[0]


def verified(state: SourceState) -> SourceState:
    """Return the state once the contents of every file are held against what was published; it reads all of them.

    Raises: DataError if a file cannot be read.
    """
    if state.root is None or not state.is_usable:
        return state
    problems = []
    for file in state.source.files:
        try:
            read_published(state.root / file.path, file)
        except WrongContentsError as error:
            problems.append(error.message)
    return replace(state, status="incomplete", problems=tuple(problems)) if problems else state


class WrongContentsError(DataError):
    """A file of a dataset is not the one that was published."""


def read_published(path: Path, file: RequiredFile) -> bytearray:
    """Return what a file holds, if it is what was published.

    What is checked is what is returned: the file may change meanwhile.
    Raises: WrongContentsError if it is anything else; DataError if it cannot be read.
    """
    try:
        content = bytearray(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != file.md5:
        raise WrongContentsError(f"{path} is damaged: its MD5 is {found}, and the published file's is {file.md5}.")
    return content


def require_data(name: str, folder: Path) -> None:
    """Make sure that a dataset, or the folder of `folder:PATH`, is there; opens no image.

    Raises: DataError with what to do where it is not.
    """
    if name.startswith(FOLDER_PREFIX):
        scan(Path(name.removeprefix(FOLDER_PREFIX)))
    elif not (state := source_state(name, folder)).is_usable:
        raise unusable(state)


def source_states(folder: Path) -> tuple[SourceState, ...]:
    """Return the state of every named dataset, by name."""
    return tuple(source_state(name, folder) for name in SOURCES)


def _state_at(source: Source, root: Path) -> SourceState:
    problems = [problem for file in source.files if (problem := _fault(root / file.path, file))]
    if not problems:
        return SourceState(source, "complete", root)
    begun = any((root / path).exists() for path in (*(file.path for file in source.files), *source.archives))
    if not begun:
        return SourceState(source, "absent", root)
    return SourceState(source, "incomplete", root, tuple(problems))


def _tree_state(source: Source, root: Path) -> SourceState:
    """Judge a tree by the number of its files; another part of the same photographs is another dataset."""
    wanted = {"train": source.train_examples, "test": source.test_examples}
    if not any((root / split).is_dir() for split in wanted):
        return SourceState(source, "absent", root)
    counts = {split: sum(len(names) for _, _, names in os.walk(root / split)) for split in wanted}
    problems = tuple(
        f"{split}/ holds {counts[split]:,} files instead of {count:,}"
        for split, count in wanted.items()
        if counts[split] != count
    )
    return SourceState(source, "incomplete" if problems else "complete", root, problems)


def unusable(state: SourceState) -> DataError:
    """Say what is the matter with a dataset that cannot be loaded, and what to do."""
    source, root = state.source, state.root
    assert root is not None
    problems = f": {'; '.join(state.problems)}" if state.problems else ""
    if source.is_image_tree:
        part = f" What is there trains as data.name=folder:{root}." if state.problems else ""
        return DataError(
            f"{source.name} is {state.status} in {root}{problems}.",
            f"Download it from {source.homepage} and put {source.train_examples:,} images into {root}/train/CLASS and "
            f"{source.test_examples:,} into {root}/test/CLASS.{part}",
        )
    get = f"`termlab data get {source.name}` downloads it ({source.download_bytes / 1e6:.0f} MB)"
    if state.status == "absent":
        hint = f"{get}; if you have it elsewhere, name that folder with --data DIR."
        return DataError(f"{source.name} is not in {root}.", hint)
    return DataError(f"{source.name} in {root} is incomplete{problems}.", f"{get} again.")


def _fault(path: Path, file: RequiredFile) -> str:
    if not path.is_file():
        return f"{file.path} is missing"
    size_bytes = path.stat().st_size
    if size_bytes != file.size_bytes:
        return f"{file.path} has {size_bytes:,} bytes instead of {file.size_bytes:,}"
    return ""
