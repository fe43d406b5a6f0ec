"""`StepSeries`: what each step since the last tick measured, left on the device until it is read all at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class StepSeries:
    """Losses and weight norms of the steps since the last tick."""

    def __init__(self) -> None:
        self.losses: list[Tensor] = []
        self.norms: list[Tensor] = []
        self.sizes: list[int] = []

    @property
    def samples(self) -> int:
        """Examples in these steps."""
        return sum(self.sizes)

    def add(self, loss: Tensor, size: int, weights: list[Tensor]) -> None:
        """Keep one step's values; `weights` empty means that their norm is not recorded."""
        self.losses.append(loss)
        self.sizes.append(size)
        if weights:
            with torch.no_grad():
                # The norm of all matrices as one vector is the norm of their norms.
                self.norms.append(torch.stack(torch._foreach_norm(weights)).norm())

    def read(self) -> tuple[dict[str, tuple[float, ...]], float]:
        """Wait for the device; return each series, and the loss summed over examples."""
        losses = torch.stack(self.losses).tolist()
        series = {"train_loss": _shortest(losses)}
        if self.norms:
            series["weight_norm"] = _shortest(torch.stack(self.norms).tolist())
        return series, math.fsum(loss * size for loss, size in zip(losses, self.sizes, strict=True))


def _shortest(values: list[float]) -> tuple[float, ...]:
    """Drop the digits that a float32 does not have: nine name it exactly, and the log stays half as long."""
    return tuple(float(f"{value:.9g}") for value in values)


def finite_steps(losses: tuple[float, ...]) -> int:
    """Return how many steps went well before the first loss that is not a number."""
    return next((place for place, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
