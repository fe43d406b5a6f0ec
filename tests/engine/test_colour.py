"""Changes of colour against torchvision's, which makes them one image at a time."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine import colour
from engine.data.torchvision_import import import_torchvision

ADJUSTMENTS = [
    ("adjust_brightness", 0.0, 2.0),
    ("adjust_contrast", 0.0, 2.0),
    ("adjust_saturation", 0.0, 2.0),
    ("adjust_hue", -0.5, 0.5),
]


@pytest.fixture(scope="module")
def functional() -> Any:
    return import_torchvision().transforms.functional


def some_images(channels: int = 3) -> Tensor:
    """64 images, among them a grey, a black, a white one, and some whose channels are often equal."""
    images = torch.rand(64, channels, 6, 5, generator=torch.Generator().manual_seed(0))
    images[0], images[1], images[2] = 0.3, 0.0, 1.0
    images[3:20] = (images[3:20] * 3).round() / 3
    return images


def amounts(low: float, high: float) -> Tensor:
    """64 amounts with both ends among them, in no order."""
    return torch.linspace(low, high, 64)[torch.randperm(64, generator=torch.Generator().manual_seed(1))]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("name", "low", "high"), ADJUSTMENTS)
def test_each_image_is_adjusted_by_its_own_amount_as_torchvision_would(
    name: str, low: float, high: float, channels: int, functional: Any
) -> None:
    images, given = some_images(channels), amounts(low, high)
    expected = torch.stack(
        [getattr(functional, name)(image, amount) for image, amount in zip(images, given.tolist(), strict=True)]
    )
    torch.testing.assert_close(getattr(colour, name)(images, given), expected, rtol=0.0, atol=3e-6)


@pytest.mark.parametrize(("name", "unchanged"), [(name, (low + high) / 2) for name, low, high in ADJUSTMENTS])
def test_the_middle_amount_changes_nothing(name: str, unchanged: float) -> None:
    images = some_images()
    adjusted = getattr(colour, name)(images, torch.full((64,), unchanged))
    torch.testing.assert_close(adjusted, images, rtol=0.0, atol=1e-6)


def test_only_the_chosen_images_turn_grey_as_in_torchvision(functional: Any) -> None:
    images = some_images()
    is_chosen = torch.arange(64) % 3 == 0
    turned = colour.to_greyscale(images, is_chosen)
    assert torch.equal(turned[~is_chosen], images[~is_chosen])
    expected = functional.rgb_to_grayscale(images[is_chosen], num_output_channels=3)
    torch.testing.assert_close(turned[is_chosen], expected, rtol=0.0, atol=1e-7)


@pytest.mark.parametrize("name", ["to_greyscale", "adjust_saturation", "adjust_hue"])
def test_images_of_one_channel_have_no_colours_to_change(name: str) -> None:
    images = some_images(channels=1)
    chosen = torch.ones(64, dtype=torch.bool) if name == "to_greyscale" else torch.full((64,), 0.3)
    assert torch.equal(getattr(colour, name)(images, chosen), images)


def test_hue_turns_red_to_green_to_blue_and_leaves_greys() -> None:
    red, green, blue, grey = torch.tensor([[0.8, 0.2, 0.2], [0.2, 0.8, 0.2], [0.2, 0.2, 0.8], [0.4, 0.4, 0.4]])
    images = torch.stack([red, green, blue, grey]).view(4, 3, 1, 1)
    turned = colour.adjust_hue(images, torch.full((4,), 1 / 3)).view(4, 3)
    torch.testing.assert_close(turned, torch.stack([green, blue, red, grey]), rtol=0.0, atol=1e-6)
