"""What a network learns from: the dataset, how it is split and scaled, and how its images are varied in training."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from engine.model_config import ConfigPart, Probability

DATASET_NAMES = ("cats_dogs", "cifar10", "digits", "fashion_mnist", "mnist", "moons", "quadratic", "synthetic")
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
        Field(
            description="Dataset: digits, mnist, fashion_mnist, cifar10, cats_dogs, moons, quadratic, synthetic, "
            "or folder:PATH."
        ),
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
    validation_fraction: Annotated[
        float | None,
        Field(gt=0, lt=1, description="Hold this part of the training examples out to validate on."),
    ] = None
    validation_split: Annotated[
        Literal["random", "last"],
        Field(
            description="Which examples are held out: drawn by validation_seed, or the last ones in their own order."
        ),
    ] = "random"
    validation_seed: Annotated[
        int,
        Field(ge=0, le=2**31 - 1, description="Draws the validation examples, the same ones for every seed of a run."),
    ] = 0
    scaling: Annotated[
        Literal["unit", "symmetric", "standardised", "zca"],
        Field(
            description="Values of the inputs: unit is 0 to 1, symmetric -1 to 1; standardised has mean 0 and "
            "deviation 1 in each channel over the training set, zca is whitened by it."
        ),
    ] = "unit"
    zca_eps: Annotated[
        float,
        Field(gt=0, le=1e6, description="Added to each variance that zca divides by: less noise, less whitening."),
    ] = 0.01

    @model_validator(mode="after")
    def _no_split_without_effect(self) -> Self:
        if self.validation_fraction is None and (self.validation_seed or self.validation_split != "random"):
            raise ValueError("validation_split and validation_seed have no effect without validation_fraction")
        if self.validation_split == "last" and self.validation_seed:
            raise ValueError("validation_seed has no effect with validation_split = last; leave it at 0")
        if self.scaling != "zca" and self.zca_eps != 0.01:
            raise ValueError(f"zca_eps has no effect with scaling = {self.scaling}; leave it at its default")
        return self


class AugmentConfig(ConfigPart):
    """How training images are varied, each example with a draw of its own; tests see only the centre crop."""

    crop: Annotated[
        int | None,
        Field(ge=1, le=1024, description="Cut a random square of so many pixels; in tests the one at the centre."),
    ] = None
    flip: Annotated[Probability, Field(description="Probability of mirroring left to right.")] = 0.0
    rotation: Annotated[
        float, Field(ge=0, le=180, description="Turn by up to so many degrees in either direction.")
    ] = 0.0
    greyscale: Annotated[Probability, Field(description="Probability of taking the colours away.")] = 0.0
    brightness: Annotated[
        float, Field(ge=0, le=10, description="Multiply brightness by 1 - this to 1 + this; 0 leaves it.")
    ] = 0.0
    contrast: Annotated[
        float, Field(ge=0, le=10, description="Multiply contrast by 1 - this to 1 + this; 0 leaves it.")
    ] = 0.0
    saturation: Annotated[
        float, Field(ge=0, le=10, description="Multiply saturation by 1 - this to 1 + this; 0 leaves it.")
    ] = 0.0
    hue: Annotated[
        float, Field(ge=0, le=0.5, description="Shift hues by up to this part of the colour circle; 0 leaves them.")
    ] = 0.0

    @property
    def changes_colours(self) -> bool:
        """Whether it needs images with colours as they were stored."""
        return any((self.greyscale, self.brightness, self.contrast, self.saturation, self.hue))
