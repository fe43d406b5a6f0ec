"""Augmentation of a whole batch on its device, each image with its own draw; knows no settings and no training.

Every random number comes from the generator given, and how many are drawn depends on the number of images alone, not
on probabilities and strengths: trials that differ in these share all other draws. They are drawn on the generator's
own device and sent to the images without waiting. With a generator on the CPU the draws are the same on every device,
and nothing waits for the device.

Rotations and changes of hue lay images out with the channels outermost, whatever they are given.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.colour import adjust_brightness, adjust_contrast, adjust_hue, adjust_saturation, to_greyscale
from engine.errors import ConfigError


def require_crop_fits(size: int, *, height: int, width: int, pad_pixels: int = 0) -> None:
    """Refuse a crop that is larger than the images, so that it can be told before anything starts.

    Units: pixels; `pad_pixels` is on each side.
    Raises: ConfigError that says what fits.
    """
    largest = min(height, width) + 2 * pad_pixels
    if size > largest:
        padded = f" with {pad_pixels} more on each side" if pad_pixels else ""
        raise ConfigError(
            [f"a crop of {size} x {size} pixels does not fit into images of {height} x {width}{padded}"],
            f"The largest crop that fits is {largest}.",
        )


def random_crop(images: Tensor, *, size: int, pad_pixels: int = 0, generator: torch.Generator) -> Tensor:
    """Cut a square out of each image, all places equally likely, after padding it with black.

    Shapes: (B, C, H, W) float -> (B, C, size, size).
    Units: pixels.
    Raises: ConfigError if the square is larger than the padded images.
    Source: torchvision RandomCrop.
    """
    height, width = images.shape[2:]
    require_crop_fits(size, height=height, width=width, pad_pixels=pad_pixels)
    if pad_pixels:
        images = F.pad(images, [pad_pixels] * 4)  # (B, C, H + 2 pad, W + 2 pad)
    top = _integers(images, below=height + 2 * pad_pixels - size + 1, generator=generator)
    left = _integers(images, below=width + 2 * pad_pixels - size + 1, generator=generator)
    return crop(images, top, left, size=size)


def crop(images: Tensor, top: Tensor, left: Tensor, *, size: int) -> Tensor:
    """Cut a square out of each image, its upper left corner where the image's own `top` and `left` say.

    Shapes: images (B, C, H, W), top and left (B,) int64 -> (B, C, size, size).
    Units: pixels.
    """
    windows = images.unfold(2, size, 1).unfold(3, size, 1)  # (B, C, H - size + 1, W - size + 1, size, size), a view
    rows = torch.arange(len(images), device=images.device)
    return windows[rows, :, top, left]  # (B, C, size, size)


def centre_crop(images: Tensor, *, size: int) -> Tensor:
    """Cut the square in the middle out of every image.

    Shapes: (B, C, H, W) -> (B, C, size, size), a view.
    Units: pixels.
    Raises: ConfigError if the square is larger than the images, where torchvision would pad.
    Source: torchvision CenterCrop; it rounds half a pixel to the even side.
    """
    height, width = images.shape[2:]
    require_crop_fits(size, height=height, width=width)
    top, left = round((height - size) / 2), round((width - size) / 2)
    return images[:, :, top : top + size, left : left + size]


def random_horizontal_flip(images: Tensor, *, probability: float, generator: torch.Generator) -> Tensor:
    """Mirror each image, left to right, with this probability.

    Shapes: (B, C, H, W) -> (B, C, H, W).
    Source: torchvision RandomHorizontalFlip.
    """
    return flip_horizontally(images, _chosen(images, probability, generator))


def flip_horizontally(images: Tensor, is_chosen: Tensor) -> Tensor:
    """Mirror the chosen images, left to right.

    Shapes: images (B, C, H, W), is_chosen (B,) bool -> (B, C, H, W).
    """
    return torch.where(is_chosen.view(-1, 1, 1, 1), images.flip(3), images)


def random_greyscale(images: Tensor, *, probability: float, generator: torch.Generator) -> Tensor:
    """Take the colours out of each image with this probability; it keeps its three channels.

    Shapes: (B, C, H, W) float -> (B, C, H, W); one channel stays as it is.
    Source: torchvision RandomGrayscale.
    """
    return to_greyscale(images, _chosen(images, probability, generator))


def random_rotation(images: Tensor, *, degrees: float, generator: torch.Generator) -> Tensor:
    """Rotate each image about its centre by an angle uniform between `-degrees` and `degrees`.

    Shapes: (B, C, H, W) float -> (B, C, H, W).
    Source: torchvision RandomRotation with its defaults: the nearest pixel, black where there is none.
    """
    return rotate(images, _uniform(images, -degrees, degrees, generator))


def rotate(images: Tensor, degrees: Tensor) -> Tensor:
    """Rotate each image about its centre by its own angle, taking the nearest pixel, black where there is none.

    Shapes: images (B, C, H, W) float, degrees (B,) -> (B, C, H, W).
    Units: degrees, counter-clockwise.
    """
    height, width = images.shape[2:]
    cosine, sine = degrees.deg2rad().cos(), degrees.deg2rad().sin()  # (B,) each
    # The grid counts each axis from -1 to 1, so an axis enters the other one in the ratio of their lengths.
    across = torch.stack([cosine, -sine * (height / width), torch.zeros_like(sine)], dim=1)  # (B, 3)
    down = torch.stack([sine * (width / height), cosine, torch.zeros_like(sine)], dim=1)  # (B, 3)
    sources = torch.stack([across, down], dim=1)  # (B, 2, 3)
    grid = F.affine_grid(sources, list(images.shape), align_corners=False)  # (B, H, W, 2)
    return F.grid_sample(images, grid, mode="nearest", padding_mode="zeros", align_corners=False)


def colour_jitter(
    images: Tensor,
    *,
    brightness: float = 0.0,
    contrast: float = 0.0,
    saturation: float = 0.0,
    hue: float = 0.0,
    generator: torch.Generator,
) -> Tensor:
    """Change brightness, contrast, saturation and hue of each image by amounts of its own, in random order.

    The first three are multiplied by a factor uniform in [max(0, 1 - strength), 1 + strength]; the hue turns by up to
    `hue` either way. A strength of 0 leaves that property alone, and four of them return `images` itself. The order
    is drawn once for the batch: over batches an image sees all 24, as in torchvision, but those beside it in a
    batch see the same. It decides what is done next, so a generator on a CUDA device is waited for.

    Shapes: (B, C, H, W) float -> (B, C, H, W).
    Units: pixel values 0 to 1; `hue` in turns of the colour wheel, at most 0.5.
    Source: torchvision ColorJitter.
    """
    changes = (
        (adjust_brightness, max(0.0, 1.0 - brightness), 1.0 + brightness),
        (adjust_contrast, max(0.0, 1.0 - contrast), 1.0 + contrast),
        (adjust_saturation, max(0.0, 1.0 - saturation), 1.0 + saturation),
        (adjust_hue, -hue, hue),
    )
    amounts = [_uniform(images, low, high, generator) for _, low, high in changes]
    order: list[int] = torch.randperm(len(changes), generator=generator, device=generator.device).tolist()
    for index in order:
        adjust, low, high = changes[index]
        if low < high:
            images = adjust(images, amounts[index])
    return images


def _uniform(images: Tensor, low: float, high: float, generator: torch.Generator) -> Tensor:
    draws = torch.rand(len(images), generator=generator, device=generator.device)  # (B,)
    return _sent(draws * (high - low) + low, images)


def _chosen(images: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    return _uniform(images, 0.0, 1.0, generator) < probability


def _integers(images: Tensor, *, below: int, generator: torch.Generator) -> Tensor:
    draws = torch.randint(below, (len(images),), generator=generator, device=generator.device)  # (B,)
    return _sent(draws, images)


def _sent(draws: Tensor, images: Tensor) -> Tensor:
    # Towards the CPU not to wait would be to read before the numbers are there.
    return draws.to(images.device, non_blocking=images.is_cuda)
