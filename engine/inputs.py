"""From stored examples to what a network takes: varied where they are for training, then scaled."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.augment import (
    centre_crop,
    colour_jitter,
    random_crop,
    random_greyscale,
    random_horizontal_flip,
    random_rotation,
)
from engine.config import AugmentConfig, DataConfig
from engine.data.dataset import Dataset
from engine.errors import ConfigError
from engine.standardisation import channel_statistics, standardise
from engine.whitening import ZcaWhitening

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Inputs:
    """How the examples of one run become inputs; what it knows of the data it learned from the training examples."""

    augment: AugmentConfig
    scaling: str
    generator: torch.Generator
    """Every draw of the augmentation, and nothing else, so that trials with and without dropout see the same images."""
    statistics: tuple[Tensor, Tensor] | None = None
    """Mean and standard deviation of each channel, for `standardised`."""
    whitening: ZcaWhitening | None = None
    channels_last: bool = False

    @classmethod
    def of(
        cls, data: DataConfig, augment: AugmentConfig, dataset: Dataset, *, seed: int, channels_last: bool
    ) -> Inputs:
        """Fit what has to be fitted, on the training examples alone.

        Raises: ConfigError if the examples are no images and have to be treated as such.
        """
        require_images(data, augment, dataset)
        images = dataset.train.images
        return cls(
            augment=augment,
            scaling=data.scaling,
            generator=torch.Generator().manual_seed(seed),  # on the CPU: the same draws for every device
            statistics=channel_statistics(images) if data.scaling == "standardised" else None,
            whitening=ZcaWhitening.fit(images, eps=data.zca_eps) if data.scaling == "zca" else None,
            channels_last=channels_last,
        )

    def for_training(self, images: Tensor) -> Tensor:
        """Vary each example by a draw of its own, and scale it.

        Shapes: (B, C, H, W) as stored -> (B, C, H', W') float.
        """
        varied = self._values(images)
        augment, generator = self.augment, self.generator
        if augment.crop is not None:
            varied = random_crop(varied, size=augment.crop, generator=generator)
        if augment.flip:
            varied = random_horizontal_flip(varied, probability=augment.flip, generator=generator)
        if augment.brightness or augment.contrast or augment.saturation or augment.hue:
            varied = colour_jitter(
                varied,
                brightness=augment.brightness,
                contrast=augment.contrast,
                saturation=augment.saturation,
                hue=augment.hue,
                generator=generator,
            )
        if augment.greyscale:
            varied = random_greyscale(varied, probability=augment.greyscale, generator=generator)
        if augment.rotation:
            varied = random_rotation(varied, degrees=augment.rotation, generator=generator)
        return self._scaled(varied)

    def for_testing(self, images: Tensor) -> Tensor:
        """Take the centre where training takes a random crop, and scale.

        Shapes: (B, C, H, W) as stored -> (B, C, H', W') float.
        """
        values = self._values(images)
        if self.augment.crop is not None:
            values = centre_crop(values, size=self.augment.crop)
        return self._scaled(values)

    def _values(self, images: Tensor) -> Tensor:
        """Return pixels from 0 to 1 (other values as they are), whitened where that is asked for."""
        values = images if images.is_floating_point() else images.to(torch.float32).div_(255)
        # A pixel's place decides how it is whitened, so that has to come before anything moves it.
        return self.whitening.apply(values) if self.whitening else values

    def _scaled(self, values: Tensor) -> Tensor:
        if self.statistics is not None:
            values = standardise(values, *self.statistics)
        elif self.scaling == "symmetric":
            values = (values - 0.5) / 0.5
        return values.contiguous(memory_format=torch.channels_last) if self.channels_last else values


def require_images(data: DataConfig, augment: AugmentConfig, dataset: Dataset) -> None:
    """Make sure that what is asked for can be done to the examples of a dataset.

    Raises: ConfigError naming each setting that only images can have.
    """
    if not dataset.train.images.is_floating_point():
        return
    asked = [f"augment.{name}" for name in AugmentConfig.model_fields if getattr(augment, name) not in (None, 0)]
    asked += ["data.scaling"] if data.scaling != "unit" else []
    if asked:
        raise ConfigError([f"{', '.join(asked)}: {dataset.name} holds points and no images; leave it at its default"])


def input_shape(augment: AugmentConfig, image_shape: Shape) -> Shape:
    """Return the shape of what the network sees of images of this shape.

    Units: pixels.
    Raises: ConfigError if the crop is larger than the image.
    """
    channels, height, width = image_shape
    if augment.crop is None:
        return image_shape
    if augment.crop > min(height, width):
        raise ConfigError(
            [f"augment.crop = {augment.crop} is larger than the images, which have {height}x{width} pixels"],
            f"At most {min(height, width)} fits; or set data.image_size to at least {augment.crop}.",
        )
    return channels, augment.crop, augment.crop
