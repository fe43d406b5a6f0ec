"""The sets that are no images: two moons as published, and the one example of the quadratic function."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import make_moons

from engine.config import DataConfig
from engine.data.dataset import Split
from engine.data.load import load_dataset
from engine.errors import DataError

NOWHERE = Path("nowhere")
HELD_OUT = DataConfig(name="moons", validation_fraction=0.3333, validation_split="last")


def turned_back(split: Split, degrees: float) -> torch.Tensor:
    """Return the points (N, 2) as they were before they were turned counter-clockwise."""
    angle = np.deg2rad(-degrees)
    turn = torch.tensor([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]], dtype=torch.float32)
    return split.images.flatten(1) @ turn.T


def test_moons_are_split_as_published() -> None:
    dataset = load_dataset(HELD_OUT, NOWHERE)
    assert dataset.validation is not None
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (5_333, 2_667, 2_000)
    assert (dataset.image_shape, dataset.classes) == ((2, 1, 1), 2)
    for split in (dataset.train, dataset.validation, dataset.test):
        assert 0.45 < split.labels.float().mean() < 0.55


def test_moons_are_those_of_scikit_learn_turned_by_10_50_and_40_degrees() -> None:
    dataset = load_dataset(DataConfig(name="moons"), NOWHERE)
    random = np.random.RandomState(42)
    first = Split(dataset.train.images[:4_000], dataset.train.labels[:4_000])
    second = Split(dataset.train.images[4_000:], dataset.train.labels[4_000:])
    for split, noise, degrees in ((first, 0.2, 10), (second, 0.25, 50), (dataset.test, 0.3, 40)):
        points, labels = make_moons(n_samples=len(split), noise=noise, random_state=random)
        assert split.labels.tolist() == labels.tolist()
        np.testing.assert_allclose(turned_back(split, degrees).numpy(), points, atol=1e-5)


def test_moons_are_the_same_each_time_and_touch_no_random_state() -> None:
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].copy()  # type: ignore[index]
    first, second = (load_dataset(DataConfig(name="moons"), NOWHERE) for _ in range(2))
    assert torch.equal(first.train.images, second.train.images)
    assert torch.equal(torch.get_rng_state(), before)
    assert (np.random.get_state()[1] == numpy_before).all()  # type: ignore[index]


def test_points_cannot_be_resized() -> None:
    with pytest.raises(DataError, match="image_size = 8: moons holds no images"):
        load_dataset(DataConfig(name="moons", image_size=8), NOWHERE)


def test_the_quadratic_function_is_one_example_of_five_ones() -> None:
    dataset = load_dataset(DataConfig(name="quadratic"), NOWHERE)
    for split in (dataset.train, dataset.test):
        assert split.images.tolist() == [[[[1.0]]] * 5]
        assert split.labels.tolist() == [1.0]
