"""Two moons: points of the plane in two classes, drawn anew and always the same."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch

from engine.config import DataConfig
from engine.data.dataset import Dataset, Split

_SEED = 42


def load(config: DataConfig, folder: Path) -> Dataset:  # noqa: ARG001 - every source has this signature
    """Draw the moons of the source, in its order: the training points under the first angle, then under the second.

    Held out without a seed, the last third validates as published: 2,667 points, all under the second angle. The
    test points are noisier, under an angle of their own.

    Shapes: (8000, 2, 1, 1) and (2000, 2, 1, 1) float.
    Source: catalogue E4 (CS236781, homework 2); `make_moons` of scikit-learn.
    """
    random = np.random.RandomState(_SEED)
    first = _draw(4_000, noise=0.2, degrees=10, random=random)
    second = _draw(4_000, noise=0.25, degrees=50, random=random)
    test = _draw(2_000, noise=0.3, degrees=40, random=random)
    train = Split(torch.cat([first.images, second.images]), torch.cat([first.labels, second.labels]))
    return Dataset(name="moons", train=train, test=test, class_names=("upper moon", "lower moon"))


def _draw(count: int, *, noise: float, degrees: float, random: np.random.RandomState) -> Split:
    """Draw both moons, turned counter-clockwise.

    Shapes: images (count, 2, 1, 1) float, labels (count,).
    """
    from sklearn.datasets import make_moons

    points, labels = make_moons(n_samples=count, noise=noise, random_state=random)  # (count, 2), (count,)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned = torch.from_numpy(points @ np.array([[cos, sin], [-sin, cos]])).float()  # (count, 2)
    return Split(turned.reshape(count, 2, 1, 1), torch.from_numpy(labels).long())
