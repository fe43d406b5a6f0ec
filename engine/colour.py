"""Changes of colour by given amounts, one amount an image; draws nothing at random.

Images without three channels have no colours: what acts on colour alone leaves them as they are.
"""

from __future__ import annotations

import torch
from torch import Tensor


def luma(images: Tensor) -> Tensor:
    """Return how bright every pixel looks: its red, green and blue, weighed; a single channel is that already.

    Shapes: (B, C, H, W) float -> (B, 1, H, W).
    Source: weights of ITU-R BT.601, rounded as torchvision rounds them.
    """
    if not _has_colours(images):
        return images.mean(1, keepdim=True)
    red, green, blue = torch.split(images, 1, dim=1)  # (B, 1, H, W) each
    return 0.2989 * red + 0.587 * green + 0.114 * blue


def to_greyscale(images: Tensor, is_chosen: Tensor) -> Tensor:
    """Replace all three channels of the chosen images by their luma.

    Shapes: images (B, C, H, W) float, is_chosen (B,) bool -> (B, C, H, W).
    Source: torchvision RandomGrayscale.
    """
    if not _has_colours(images):
        return images
    return torch.where(_per_image(is_chosen), luma(images), images)  # (B, 1, H, W) spreads over the channels


def adjust_brightness(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply each image by its factor; 0 is black, 1 changes nothing.

    Shapes: images (B, C, H, W) float, factors (B,) -> (B, C, H, W).
    Units: pixel values 0 to 1, and cut off there.
    Source: torchvision adjust_brightness.
    """
    return (images * _per_image(factors)).clamp(0.0, 1.0)


def adjust_contrast(images: Tensor, factors: Tensor) -> Tensor:
    """Stretch each image away from its mean luma by its factor; 0 is that grey all over, 1 changes nothing.

    Shapes: images (B, C, H, W) float, factors (B,) -> (B, C, H, W).
    Units: pixel values 0 to 1, and cut off there.
    Source: torchvision adjust_contrast.
    """
    mean = luma(images).mean(dim=(1, 2, 3), keepdim=True)  # (B, 1, 1, 1)
    return torch.lerp(mean, images, _per_image(factors)).clamp(0.0, 1.0)


def adjust_saturation(images: Tensor, factors: Tensor) -> Tensor:
    """Stretch every pixel away from its own luma by the factor of its image; 0 is grey, 1 changes nothing.

    Shapes: images (B, C, H, W) float, factors (B,) -> (B, C, H, W).
    Units: pixel values 0 to 1, and cut off there.
    Source: torchvision adjust_saturation.
    """
    if not _has_colours(images):
        return images
    return torch.lerp(luma(images), images, _per_image(factors)).clamp(0.0, 1.0)


def adjust_hue(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the colours of each image round the colour wheel; greys stay, and so do value and saturation.

    Shapes: images (B, C, H, W) float, turns (B,) -> (B, C, H, W).
    Units: turns of the wheel; 0.5 makes complementary colours, 0 and 1 change nothing. Pixel values 0 to 1.
    Source: torchvision adjust_hue, by way of the piecewise linear form of HSV (A. R. Smith, 1978).
    """
    if not _has_colours(images):
        return images
    red, green, blue = torch.split(images, 1, dim=1)  # (B, 1, H, W) each
    low, value = images.aminmax(dim=1, keepdim=True)  # (B, 1, H, W) each
    chroma = value - low
    # A grey has no hue; dividing by 1 where the chroma is 0 gives it red, and its chroma then takes all effect away.
    divisor = torch.where(chroma > 0, chroma, 1.0)
    hue = torch.where(
        value == red,
        (green - blue) / divisor,
        torch.where(value == green, 2.0 + (blue - red) / divisor, 4.0 + (red - green) / divisor),
    )  # (B, 1, H, W), in sixths of a turn from red
    # Made on the device: a list of numbers would have to be copied there, and waited for.
    offsets = torch.arange(5, 0, -2, device=images.device).view(1, 3, 1, 1)  # red 5, green 3, blue 1
    sixths = (hue + 6.0 * _per_image(turns) + offsets).remainder(6.0)  # (B, 3, H, W)
    return value - chroma * torch.minimum(sixths, 4.0 - sixths).clamp(0.0, 1.0)


def _has_colours(images: Tensor) -> bool:
    return images.shape[1] == 3


def _per_image(amounts: Tensor) -> Tensor:
    return amounts.view(-1, 1, 1, 1)  # (B, 1, 1, 1)
