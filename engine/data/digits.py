"""The 1,797 handwritten digits that come with scikit-learn: real images without a download."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.config import DataConfig
from engine.data.dataset import Dataset, Split

_SPLIT_SEED = 0


def load(config: DataConfig, folder: Path) -> Dataset:  # noqa: ARG001 - every source has this signature
    """Read the digits and hold out every fifth, each class in proportion.

    Shapes: (1437, 1, 8, 8) and (360, 1, 8, 8) uint8; the counts of ink, 0 to 16, are spread over 0 to 255.
    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    ink = torch.from_numpy(bunch.images).unsqueeze(1)  # (1797, 1, 8, 8)
    images = (ink * (255 / 16)).round().to(torch.uint8)
    labels = torch.from_numpy(bunch.target).long()
    train_rows, test_rows = train_test_split(
        range(len(labels)), test_size=0.2, random_state=_SPLIT_SEED, stratify=bunch.target
    )
    return Dataset(
        name="digits",
        train=Split(images[train_rows], labels[train_rows]),
        test=Split(images[test_rows], labels[test_rows]),
        class_names=tuple(str(digit) for digit in range(10)),
    )
