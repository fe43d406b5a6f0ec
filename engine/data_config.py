"""What a network learns from: the dataset, how it is split and scaled, and how its images are varied in training."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from engine.model_config import ConfigPart

DATASET_NAMES = ("cifar10", "digits", "fashion_mnist", "mnist", "synthetic")
FOLDER_PREFIX = "folder:"


def _known_dataset(name: str) -> str:
    from engine.errors import unknown

    if name in DATASET_NAMES:
        return name
    if name.startswith(FOLDER_PREFIX):
        if name == FOLDER_PREFIX:
            raise ValueError("folder: names no path; write folder:PATH")
        return FOLDER_PREFIX + _absolute(name.removeprefix(FOLDER_PREFIX))
    raise ValueError(unknown("dataset", name, [*DATASET_NAMES, "folder:PATH"]))


def _absolute(path: str) -> str:
    """Return the path as it is called from anywhere, so that a saved config still finds its data."""
    try:
        return os.path.abspath(Path(path).expanduser())  # noqa: PTH100 - unlike Path.absolute it takes out ".."
    except RuntimeError as error:
        raise ValueError(f"{path} names a home folder that does not exist") from error


class DataConfig(ConfigPart):
    """What the network learns from."""

    name: Annotated[
        str,
        AfterValidator(_known_dataset),
        Field(description="Dataset: digits, mnist, fashion_mnist, cifar10, synthetic, or folder:PATH."),
    ] = "digits"
    train_limit: Annotated[
        int | None,
        Field(ge=1, description="Use at most this many training examples, drawn once for all seeds."),
    ] = None
    test_limit: Annotated[
        int | None, Field(ge=1, description="Use at most this many test examples, drawn once for all seeds.")
    ] = None
    image_size: Annotated[
        int | None,
        Field(
            ge=1,
            le=1024,
            description="Resize the shorter side to this many pixels and crop the centre square.",
        ),
    ] = None
