"""ZCA whitening: what covariance it leaves, on images more and fewer than their values."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.config import DataConfig
from engine.data.load import load_dataset
from engine.whitening import ZcaWhitening
from tests.real_data import REAL_DATA, needs_cifar10

SHAPE = (3, 4, 5)
VALUES = math.prod(SHAPE)


def correlated_images(count: int) -> Tensor:
    """Every value shares much of its variation with the whole image and has some of its own."""
    generator = torch.Generator().manual_seed(0)
    shared = torch.randn(count, 1, generator=generator) * 30
    own = torch.randn(count, VALUES, generator=generator) * torch.linspace(5, 20, VALUES)
    return (120 + shared + own).round().clamp(0, 255).to(torch.uint8).view(count, *SHAPE)


def inputs(images: Tensor) -> Tensor:
    return images.float() / 255


def covariance(images: Tensor) -> Tensor:
    return torch.cov(images.flatten(1).double().T, correction=0)


def distance(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().max())


@pytest.mark.parametrize("count", [256, 700])
def test_whitened_training_images_have_identity_covariance_and_mean_0(count: int) -> None:
    images = correlated_images(count)
    whitened = ZcaWhitening.fit(images, eps=1e-8).apply(inputs(images))
    assert whitened.shape == images.shape
    assert distance(covariance(inputs(images)) / (20 / 255) ** 2, torch.eye(VALUES)) > 1.0
    assert distance(covariance(whitened), torch.eye(VALUES)) < 1e-3
    assert float(whitened.mean(0).abs().max()) < 1e-4


def test_each_direction_is_divided_by_the_root_of_its_variance_and_eps() -> None:
    images, eps = correlated_images(700), 0.01
    flat = images.flatten(1).numpy() / 255.0
    variances, directions = np.linalg.eigh(np.cov(flat.T, bias=True))
    expected = (flat - flat.mean(0)) @ (directions / np.sqrt(variances + eps)) @ directions.T
    whitened = ZcaWhitening.fit(images, eps=eps).apply(inputs(images))
    np.testing.assert_allclose(whitened.flatten(1).numpy(), expected, rtol=0.0, atol=1e-5)


def test_order_of_the_images_makes_no_difference_at_all() -> None:
    images = 255 - correlated_images(1_500) // 4  # bright, so that sums of products grow fastest
    one, other = ZcaWhitening.fit(images, eps=0.01), ZcaWhitening.fit(images.flip(0), eps=0.01)
    assert torch.equal(one.mean, other.mean)
    assert torch.equal(one.matrix, other.matrix)


def test_whitening_keeps_images_nearest_to_themselves() -> None:
    """What sets ZCA apart from other whitenings: its matrix is symmetric, with no turn of its own."""
    matrix = ZcaWhitening.fit(correlated_images(700), eps=0.01).matrix
    assert distance(matrix, matrix.T) < 1e-5
    assert float(torch.linalg.eigvalsh(matrix).min()) > 0


def test_fewer_images_than_values_are_held_down_by_eps() -> None:
    images, eps = correlated_images(20), 1e-4
    whitening = ZcaWhitening.fit(images, eps=eps)
    variances = torch.linalg.eigvalsh(covariance(whitening.apply(inputs(images))))
    assert float(variances.max()) < 1.0 + 1e-5
    assert int((variances > 0.5).sum()) == 19
    assert float(variances[: VALUES - 19].abs().max()) < 1e-5
    strangers = inputs(correlated_images(300)[200:])
    grown = whitening.apply(strangers).flatten(1).norm(dim=1) / (strangers.flatten(1) - whitening.mean).norm(dim=1)
    assert 1.0 < float(grown.max()) <= 1.0 / math.sqrt(eps) * (1 + 1e-5)


def test_rounding_takes_no_variance_below_0() -> None:
    matrix = ZcaWhitening.fit(correlated_images(20), eps=1e-18).matrix
    assert bool(matrix.isfinite().all())


def test_layout_in_memory_does_not_change_the_values() -> None:
    images = correlated_images(100)
    whitening = ZcaWhitening.fit(images, eps=0.01)
    other = ZcaWhitening.fit(images.contiguous(memory_format=torch.channels_last), eps=0.01)
    assert torch.equal(other.matrix, whitening.matrix)
    laid_out = inputs(images).contiguous(memory_format=torch.channels_last)
    assert distance(whitening.apply(laid_out), whitening.apply(inputs(images))) < 1e-5


def test_a_constant_pixel_comes_out_as_0_and_a_departure_grows_by_the_root_of_eps() -> None:
    images = correlated_images(700)
    images[:, 0, 0, 0] = 77
    whitening = ZcaWhitening.fit(images, eps=0.01)
    assert float(whitening.apply(inputs(images))[:, 0, 0, 0].abs().max()) < 1e-5
    departed = inputs(images[:1])
    departed[0, 0, 0, 0] += 0.1
    assert float(whitening.apply(departed)[0, 0, 0, 0]) == pytest.approx(0.1 / math.sqrt(0.01), abs=1e-5)


@needs_cifar10
def test_neighbouring_pixels_of_photographs_are_no_longer_alike() -> None:
    config = DataConfig(name=f"folder:{REAL_DATA / 'cifar10_small'}", image_size=8)
    dataset = load_dataset(config, Path())
    whitening = ZcaWhitening.fit(dataset.train.images, eps=1e-5)

    def likeness(images: Tensor) -> float:
        """Correlation of the red of two neighbours in the middle."""
        return float(torch.corrcoef(torch.stack([images[:, 0, 4, 3], images[:, 0, 4, 4]]))[0, 1])

    for split in (dataset.train, dataset.test):
        assert likeness(inputs(split.images)) > 0.7
        assert abs(likeness(whitening.apply(inputs(split.images)))) < 0.1
    assert distance(covariance(whitening.apply(inputs(dataset.train.images))), torch.eye(192)) < 0.2
