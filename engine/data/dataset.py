"""A dataset in memory: uint8 images, labels and class names; knows nothing of where they came from."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# Any constant will do; it is not the seed of a run, so that every seed learns from the same examples.
_SUBSET_SEED = 20_240_229


@dataclass(frozen=True, eq=False)
class Split:
    """The examples of one split, in a fixed order.

    Shapes: images (N, C, H, W) uint8, labels (N,) int64.
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
        return Split(self.images[chosen], self.labels[chosen])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Two splits of the same kind of image; label k means `class_names[k]`."""

    name: str
    train: Split
    test: Split
    class_names: tuple[str, ...]

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height, width."""
        channels, height, width = self.train.images.shape[1:]
        return channels, height, width

    @property
    def classes(self) -> int:
        """How many classes there are, seen in the examples or not."""
        return len(self.class_names)

    def to(self, device: torch.device | str) -> Dataset:
        """Return the same dataset on another device."""
        return Dataset(self.name, self.train.to(device), self.test.to(device), self.class_names)
