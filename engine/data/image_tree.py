"""Which image files a folder `train/CLASS/*`, `test/CLASS/*` holds; opens none of them."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DataError

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
_LAYOUT = "An image folder holds PATH/train/CLASS/* and PATH/test/CLASS/* (or PATH/val/CLASS/*)."
_NAMED_AT_MOST = 5


@dataclass(frozen=True)
class ImageFile:
    """One image file; `label` is the place of its class among the class names."""

    path: Path
    label: int
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True)
class ImageTree:
    """The images of both splits, by class and then by name."""

    root: Path
    class_names: tuple[str, ...]
    train: tuple[ImageFile, ...]
    test: tuple[ImageFile, ...]

    @property
    def digest(self) -> str:
        """Hex digits that change when a file is added, removed, renamed or rewritten."""
        lines = "\n".join(
            f"{file.path.relative_to(self.root)}\0{file.size_bytes}\0{file.modified_ns}"
            for file in (*self.train, *self.test)
        )
        return hashlib.sha256(lines.encode(errors="surrogateescape")).hexdigest()


def scan(root: Path) -> ImageTree:
    """List the images under `root`: files with a known suffix, links followed, hidden names left out.

    `val` serves as the test split where there is no `test`.

    Raises: DataError if a split, a second class or the images of a class are missing, or the splits disagree on
    classes.
    """
    try:
        if not root.is_dir():
            what = "is not a folder" if root.exists() else "does not exist"
            raise DataError(f"The image folder {root} {what}.", _LAYOUT)
        train, test = _split_folder(root, "train"), _split_folder(root, "test", "val")
        class_names = _agreed_classes(train, test)
        return ImageTree(root, class_names, _images(train, class_names), _images(test, class_names))
    except OSError as error:
        raise DataError(f"{error.filename} cannot be read: {error.strerror}.") from error


def name_some(faults: list[str]) -> str:
    """Join the first few of a list, one a line, and count the rest."""
    rest = len(faults) - _NAMED_AT_MOST
    return "\n".join([*faults[:_NAMED_AT_MOST], *([f"and {rest:,} more"] if rest > 0 else [])])


def _split_folder(root: Path, *names: str) -> Path:
    for name in names:
        if (root / name).is_dir():
            return root / name
    raise DataError(f"The image folder {root} has no {' and no '.join(f'{name}/' for name in names)}.", _LAYOUT)


def _class_folders(split: Path) -> set[str]:
    with os.scandir(split) as entries:
        found = {entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")}
    if not found:
        raise DataError(f"{split} has no classes: it holds no folders.", _LAYOUT)
    return found


def _agreed_classes(train: Path, test: Path) -> tuple[str, ...]:
    in_train, in_test = _class_folders(train), _class_folders(test)
    problems = [
        f"{split} lacks {', '.join(sorted(missing))}."
        for split, missing in ((train, in_test - in_train), (test, in_train - in_test))
        if missing
    ]
    if problems:
        raise DataError(
            "\n".join(["The two splits disagree on the classes.", *problems]),
            "Each class needs a folder of the same name, with images, in both splits.",
        )
    if len(in_train) == 1:
        raise DataError(f"{train} has one class, {in_train.pop()}: there is nothing to tell apart.", _LAYOUT)
    return tuple(sorted(in_train))


def _images(split: Path, class_names: tuple[str, ...]) -> tuple[ImageFile, ...]:
    by_class = [_images_of_class(split / name, label) for label, name in enumerate(class_names)]
    empty = [
        f"{split / name} holds no images." for name, images in zip(class_names, by_class, strict=True) if not images
    ]
    if empty:
        raise DataError(name_some(empty), f"Images end in {', '.join(sorted(IMAGE_SUFFIXES))}.")
    return tuple(image for images in by_class for image in images)


def _images_of_class(folder: Path, label: int) -> list[ImageFile]:
    images = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith(".") or Path(entry.name).suffix.lower() not in IMAGE_SUFFIXES:
                continue
            status = entry.stat()  # of what a link points to; a link to nothing is an OSError that names it
            if stat.S_ISREG(status.st_mode):  # a pipe or a device would block, or never end
                images.append(ImageFile(Path(entry.path), label, status.st_size, status.st_mtime_ns))
    return images
