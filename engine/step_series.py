"""`StepSeries`: what each step since the last tick measured, left on the device until it is read all at once."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engine.config import RecordConfig


class StepSeries:
    """Losses of the steps since the last tick, and of the weights what `record` asks for."""

    def __init__(self, model: nn.Module, record: RecordConfig) -> None:
        self.losses: list[Tensor] = []
        self.norms: list[Tensor] = []
        self.weights: list[Tensor] = []
        self.sizes: list[int] = []
        self._read_losses: list[float] = []
        parameters = list(model.parameters()) if record.weight_norm or record.weights else []
        self._matrices: list[Tensor] = [p for p in parameters if p.ndim > 1] if record.weight_norm else []
        self._singles = parameters if record.weights else []

    @property
    def samples(self) -> int:
        """Examples in these steps."""
        return sum(self.sizes)

    def begin_step(self) -> None:
        """Keep the weights that the step's loss is about to be measured at, before its update changes them."""
        if self._singles:
            with torch.no_grad():
                self.weights.append(torch.cat([weights.flatten() for weights in self._singles]))

    def end_step(self, loss: Tensor, size: int) -> None:
        """Keep the loss of the step that was begun, and the norm that its update left."""
        self.losses.append(loss)
        self.sizes.append(size)
        if self._matrices:
            with torch.no_grad():
                # The norm of all matrices as one vector is the norm of their norms.
                self.norms.append(torch.stack(torch._foreach_norm(self._matrices)).norm())

    def read(self) -> dict[str, tuple[float, ...]]:
        """Wait for the device and return each series."""
        self._read_losses = torch.stack(self.losses).tolist()
        series = {"train_loss": _shortest(self._read_losses)}
        if self.norms:
            series["weight_norm"] = _shortest(torch.stack(self.norms).tolist())
        if self.weights:
            columns = torch.stack(self.weights, dim=1).tolist()  # one row for each weight
            series |= {f"weight_{place}": _shortest(values) for place, values in enumerate(columns, start=1)}
        return series

    def added_to(self, loss_sum: float) -> float:
        """Return a sum of losses over examples with those of these steps, which have to be read already.

        They are added one after another: where one tick ends and the next begins is a matter of the clock, and must
        not show in the last digit.
        """
        for loss, size in zip(self._read_losses, self.sizes, strict=True):
            loss_sum += loss * size
        return loss_sum


def _shortest(values: list[float]) -> tuple[float, ...]:
    """Drop the digits that a float32 does not have: nine name it exactly, and the log stays half as long."""
    return tuple(float(f"{value:.9g}") for value in values)


def finite_steps(losses: tuple[float, ...]) -> int:
    """Return how many steps went well before the first loss that is not a number."""
    return next((place for place, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
