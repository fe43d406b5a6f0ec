"""A dataset in memory: examples, labels and class names; knows nothing of where they came from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from engine.errors import DataError

# Any constant will do; it is not the seed of a run, so that every seed learns from the same examples.
_SUBSET_SEED = 20_240_229


@dataclass(frozen=True, eq=False)
class Split:
    """The examples of one split, in a fixed order.

    Shapes: images (N, C, H, W) uint8, or float where the examples are no images; labels (N,) int64, or float where a
    number is to be predicted.
    """

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Split:
        """Return the same examples on another device."""
        return Split(self.images.to(device), self.labels.to(device))

    def subset(self, limit: int) -> Split:
        """Return at most `limit` examples, drawn at random but always the same, in their order here.

        A smaller subset is part of every larger one. The global random state is left alone.

        Shapes: N becomes `limit` where there are more.
        """
        if limit >= len(self):
            return self
        generator = torch.Generator().manual_seed(_SUBSET_SEED)
        chosen = torch.randperm(len(self), generator=generator)[:limit].sort().values  # (limit,)
        chosen = chosen.to(self.labels.device)
        return self.picked(chosen)

    def picked(self, rows: Tensor) -> Split:
        """Return the examples in these rows, in this order.

        Shapes: N becomes the length of `rows`.
        """
        return Split(self.images[rows], self.labels[rows])


def training_part(count: int, validation_fraction: float) -> int:
    """Return how many of so many examples stay to train on: the part that is not held out, rounded down."""
    return math.floor(count * (1 - validation_fraction) + 1e-9)  # 0.7 of 10 is 7, whatever floating point makes of it


@dataclass(frozen=True, eq=False)
class Dataset:
    """Splits of the same kind of example; label k means `class_names[k]`."""

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]
    """For a number that is to be predicted, what it is called."""
    validation: Split | None = None
    """Held out of the training examples; None where nothing is."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @property
    def classes(self) -> int:
        """How many classes there are, seen in the examples or not; 1 where a number is to be predicted."""
        return len(self.class_names)

    def to(self, device: torch.device | str) -> Dataset:
        """Return the same dataset on another device."""
        return replace(
            self,
            train=self.train.to(device),
            test=self.test.to(device),
            validation=self.validation.to(device) if self.validation else None,
        )

    def with_validation(self, fraction: float, seed: int | None) -> Dataset:
        """Hold a part of the training examples out; without a seed the last ones, in the order they have.

        Of N examples, N * (1 - `fraction`) rounded down stay. The global random state is left alone.
        Raises: DataError if one of the two parts would be empty.
        """
        count = len(self.train)
        kept = training_part(count, fraction)
        if not 0 < kept < count:
            raise DataError(
                f"data.validation_fraction = {fraction:g} leaves {kept} of {count} examples to train on.",
                "Both parts need at least one; choose a fraction nearer 0.5, or more examples.",
            )
        rows = torch.arange(count)
        if seed is not None:
            rows = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
        held_out, stays = rows[kept:].sort().values, rows[:kept].sort().values
        return replace(self, train=self.train.picked(stays), validation=self.train.picked(held_out))
