"""Statistics of channels against their definition, and what standardised images look like."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.config import DataConfig
from engine.data.load import load_dataset
from engine.data.torchvision_import import import_torchvision
from engine.standardisation import channel_statistics, standardise
from tests.real_data import REAL_DATA, needs_cifar10


def some_images(count: int, channels: int = 3) -> Tensor:
    """Images whose channels differ in mean and spread."""
    noise = torch.randn(count, channels, 5, 4, generator=torch.Generator().manual_seed(0))
    scale = torch.arange(1.0, channels + 1).view(-1, 1, 1)
    return (60 * scale + 10 * scale * noise).round().clamp(0, 255).to(torch.uint8)


@pytest.mark.parametrize("count", [1, 999, 1_000, 2_345])
@pytest.mark.parametrize("channels", [1, 3])
def test_statistics_are_those_of_all_pixels_of_a_channel(count: int, channels: int) -> None:
    images = some_images(count, channels)
    values = images.transpose(0, 1).flatten(1).double() / 255  # (C, N*H*W)
    mean, std = channel_statistics(images)
    torch.testing.assert_close(mean, values.mean(1).float(), rtol=2e-7, atol=0.0)
    torch.testing.assert_close(std, values.std(1, correction=0).float(), rtol=2e-7, atol=0.0)


def test_order_of_the_images_makes_no_difference_at_all() -> None:
    images = some_images(2_345)
    shuffled = images[torch.randperm(2_345, generator=torch.Generator().manual_seed(1))]
    for one, other in zip(channel_statistics(images), channel_statistics(shuffled), strict=True):
        assert torch.equal(one, other)


def test_standardised_training_images_have_mean_0_and_deviation_1() -> None:
    images = some_images(2_000)
    pixels = standardise(images.float() / 255, *channel_statistics(images)).double()
    torch.testing.assert_close(pixels.mean((0, 2, 3)), torch.zeros(3).double(), rtol=0.0, atol=1e-6)
    torch.testing.assert_close(pixels.std((0, 2, 3), correction=0), torch.ones(3).double(), rtol=0.0, atol=1e-6)


def test_standardising_is_torchvisions_normalising() -> None:
    images = some_images(10).float() / 255
    mean, std = torch.tensor([0.491, 0.482, 0.447]), torch.tensor([0.202, 0.199, 0.201])
    normalize = import_torchvision().transforms.Normalize(mean.tolist(), std.tolist())
    torch.testing.assert_close(standardise(images, mean, std), normalize(images), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("level", [0, 77, 255])
def test_a_constant_channel_becomes_0_and_departures_from_it_keep_their_size(level: int) -> None:
    images = some_images(1_500)
    images[:, 1] = level
    mean, std = channel_statistics(images)
    assert float(std[1]) == 0.0
    inputs = images[:2].float() / 255
    assert float(standardise(inputs, mean, std)[:, 1].abs().max()) < 1e-7
    inputs[:, 1] = 0.5
    departed = standardise(inputs, mean, std)[:, 1]
    torch.testing.assert_close(departed, torch.full_like(departed, 0.5 - level / 255))


@needs_cifar10
def test_cifar10_has_its_known_statistics_and_the_widespread_deviations_are_those_within_an_image() -> None:
    """A sample of 5,000 of the 50,000 training images, so the third decimal is its own."""
    images = load_dataset(DataConfig(name=f"folder:{REAL_DATA / 'cifar10_small'}"), Path()).train.images
    mean, std = channel_statistics(images)
    torch.testing.assert_close(mean, torch.tensor([0.491, 0.482, 0.447]), rtol=0.0, atol=0.004)
    torch.testing.assert_close(std, torch.tensor([0.247, 0.243, 0.262]), rtol=0.0, atol=0.004)
    within = (images.float() / 255).std((2, 3)).mean(0)
    torch.testing.assert_close(within, torch.tensor([0.202, 0.199, 0.201]), rtol=0.0, atol=0.004)
