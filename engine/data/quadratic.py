"""One example whose squared error is a quadratic function of the weights: gradient descent with nothing around it."""

from __future__ import annotations

from pathlib import Path

import torch

from engine.config import DataConfig
from engine.data.dataset import Dataset, Split


def load(config: DataConfig, folder: Path) -> Dataset:  # noqa: ARG001 - every source has this signature
    """Return x = (1, 1, 1, 1, 1) with target 1, to train and to test on.

    The squared error of a linear map w is f(w) = (1 - x·w)², with gradient -2 (1 - x·w) x.

    Shapes: (1, 5, 1, 1) float, targets (1,) float.
    Source: catalogue D0 (practical "NN and CNN with PyTorch").
    """
    split = Split(torch.ones(1, 5, 1, 1), torch.ones(1))
    return Dataset(name="quadratic", train=split, test=split, class_names=("target",))
