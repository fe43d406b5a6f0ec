"""Generated images that a network can learn within seconds: for tests, and to try the program without data."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.config import DataConfig
from engine.data.catalog import SOURCES
from engine.data.dataset import Dataset, Split

_SEED = 5
# Chosen so that a linear classifier is right about 9 times in 10: learnable, yet with something left to learn.
_CONTRAST = 20.0
_NOISE = 80.0
_SHIFT_PIXELS = 1


def load(config: DataConfig, folder: Path) -> Dataset:  # noqa: ARG001 - every source has this signature
    """Draw ten coloured patterns, then examples of each: shifted a little and buried in noise.

    Shapes: (2000, 3, 16, 16) and (500, 3, 16, 16) uint8.
    """
    source = SOURCES["synthetic"]
    generator = torch.Generator().manual_seed(_SEED)
    coarse = torch.randn(source.classes, 3, 4, 4, generator=generator)
    patterns = F.interpolate(coarse, size=source.image_shape[1:], mode="bilinear")  # (10, 3, 16, 16)
    return Dataset(
        name="synthetic",
        train=_draw(patterns, source.train_examples, generator),
        test=_draw(patterns, source.test_examples, generator),
        class_names=tuple(f"pattern {index}" for index in range(source.classes)),
    )


def _draw(patterns: Tensor, count: int, generator: torch.Generator) -> Split:
    """Draw `count` examples, the classes in turn.

    Shapes: (classes, C, H, W) -> images (count, C, H, W), labels (count,).
    """
    labels = torch.arange(count) % len(patterns)
    shifts = torch.randint(-_SHIFT_PIXELS, _SHIFT_PIXELS + 1, (count, 2), generator=generator)
    clean = torch.stack(
        [
            patterns[label].roll((down, right), dims=(1, 2))
            for label, (down, right) in zip(labels.tolist(), shifts.tolist(), strict=True)
        ]
    )  # (count, C, H, W)
    noise = torch.randn(clean.shape, generator=generator)
    images = 128 + _CONTRAST * clean + _NOISE * noise
    return Split(images.round().clamp(0, 255).to(torch.uint8), labels)
