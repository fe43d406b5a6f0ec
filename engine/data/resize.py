"""Resizing of square images that are already in memory."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from engine.data.dataset import Dataset, Split
from engine.errors import DataError

# Bounds the float copy to a few hundred MB for the largest images.
_IMAGES_AT_ONCE = 1_000


def resize(dataset: Dataset, image_size: int) -> Dataset:
    """Scale all images to `image_size` pixels, bilinear with antialias.

    Shapes: (N, C, S, S) becomes (N, C, image_size, image_size).
    Units: pixels.
    Raises: DataError if the examples are no images.
    """
    if dataset.train.images.is_floating_point():
        raise DataError(f"data.image_size = {image_size}: {dataset.name} holds no images.", "Set data.image_size=none.")
    return Dataset(
        dataset.name,
        _resize_split(dataset.train, image_size),
        _resize_split(dataset.test, image_size),
        dataset.class_names,
    )


def _resize_split(split: Split, image_size: int) -> Split:
    height, width = split.images.shape[2:]
    if (height, width) == (image_size, image_size):
        return split
    assert height == width, "only an image folder holds images that are not square, and it crops them itself"
    resized = [
        F.interpolate(images.float(), size=(image_size, image_size), mode="bilinear", antialias=True)
        .round()
        .clamp(0, 255)
        .to(torch.uint8)  # (<=1000, C, image_size, image_size)
        for images in torch.split(split.images, _IMAGES_AT_ONCE)
    ]
    return Split(torch.cat(resized), split.labels)
