"""ZCA whitening: a linear map, fitted on training images, that takes the correlations between pixels away."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# Products of two bytes summed over at most 258 images stay below 2^24, where single precision still counts in ones.
_IMAGES_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class ZcaWhitening:
    """The whitening of images of one shape, D = C * H * W values each.

    Shapes: mean (D,) float, matrix (D, D) float and symmetric.
    """

    mean: Tensor
    matrix: Tensor

    @classmethod
    def fit(cls, images: Tensor, *, eps: float) -> ZcaWhitening:
        """Fit to training images: a direction of variance v is divided by the root of v + `eps`.

        Directions that vary far more than `eps` come out with variance 1; those that vary far less are noise, and are
        held down instead of being blown up. With fewer images than values most directions do not vary at all, nor
        do constant pixels; they come out as 0, and in test images they grow by at most 1 / sqrt(eps).

        The covariance is summed in whole numbers, so it does not depend on the device. D = 3072 takes 75 MB for it
        and as much for its eigenvectors, and on one core about 15 s, with 15 s more for every 50,000 images.

        Shapes: (N, C, H, W) uint8; D is C * H * W.
        Units: `eps` is a variance of pixel values 0 to 1, and above 0.
        Source: Krizhevsky, "Learning multiple layers of features from tiny images" (2009), appendix A; `eps` as in
            Coates, Ng and Lee, "An analysis of single-layer networks in unsupervised feature learning" (2011).
        """
        mean, covariance = _mean_and_covariance(images)
        variances, directions = torch.linalg.eigh(covariance)  # (D,), (D, D) by columns
        # Rounding leaves variances of nought a little below it.
        scales = (variances.clamp_(min=0.0) + eps).rsqrt_()  # (D,)
        matrix = (directions * scales) @ directions.T  # (D, D)
        return cls(mean.float(), matrix.float())

    def to(self, device: torch.device | str) -> ZcaWhitening:
        """Return the same whitening on another device."""
        return ZcaWhitening(self.mean.to(device), self.matrix.to(device))

    def apply(self, images: Tensor) -> Tensor:
        """Whiten images.

        Shapes: (B, C, H, W) float, of the shape fitted to -> (B, C, H, W).
        Units: pixel values 0 to 1 -> standard deviations.
        """
        centred = images.flatten(1) - self.mean  # (B, D)
        return (centred @ self.matrix).view(images.shape)


def _mean_and_covariance(images: Tensor) -> tuple[Tensor, Tensor]:
    count, values = len(images), images[0].numel()
    total = torch.zeros(values, dtype=torch.float64, device=images.device)  # (D,)
    products = torch.zeros(values, values, dtype=torch.float64, device=images.device)  # (D, D)
    for chunk in torch.split(images, _IMAGES_AT_ONCE):
        flat = chunk.flatten(1).float()  # (<=256, D)
        total += flat.sum(0)
        products += flat.T @ flat  # exact, and single precision takes half the time of double
    mean = total / count
    covariance = products.div_(count).sub_(torch.outer(mean, mean))
    return mean / 255, covariance.div_(255**2)
