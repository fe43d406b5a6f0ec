"""How far two sets of gradients are apart, where, and whether that is too far."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.errors import GradientError

_LEAST_SCALE = 1e-3
"""Values that cancel leave rounding errors behind, which are not to be measured against what remains of the values."""


@dataclass(frozen=True)
class Difference:
    """The place where one quantity, such as one parameter's gradient, is furthest from autograd's."""

    quantity: str
    largest: float
    """Absolute; infinite where the shapes differ, or where one side alone is not a number."""
    index: tuple[int, ...] = ()
    """Where in the tensor it is; empty for a single number, and where the shapes differ."""
    found: str = ""
    """What stands there, or which shape it has."""
    expected: str = ""
    scale: float = 1.0
    """The greatest absolute value that autograd has anywhere in the quantity."""

    def exceeds(self, tolerance: float) -> bool:
        """Say whether it is above the tolerance, which shrinks with quantities that are small throughout.

        The gradient of a mean over 1,000 examples has no value that is 0.001 off, however wrong it is.
        """
        return not self.largest <= tolerance * min(1.0, max(_LEAST_SCALE, self.scale))

    def __str__(self) -> str:
        place = f" at [{', '.join(map(str, self.index))}]" if self.index else ""
        return (
            f"{self.quantity} differs by {self.largest:.3g}{place}: {self.found} here, {self.expected} from autograd, "
            f"which has values up to {self.scale:.3g}."
        )


@dataclass(frozen=True)
class GradientReport:
    """What a comparison with autograd found; true if everything agrees."""

    layer: str
    tolerance: float
    differences: tuple[Difference, ...]
    """One for the output, one for the input's gradient, one for each parameter's, in this order."""

    @property
    def largest(self) -> float:
        """The greatest of all differences."""
        return max(difference.largest for difference in self.differences)

    def agrees(self, tolerance: float | None = None) -> bool:
        """Say whether nothing exceeds the tolerance, by default the one compared with."""
        return not self.disagreements(tolerance)

    def disagreements(self, tolerance: float | None = None) -> tuple[Difference, ...]:
        """List what exceeds the tolerance."""
        limit = self.tolerance if tolerance is None else tolerance
        return tuple(difference for difference in self.differences if difference.exceeds(limit))

    def raise_if_different(self, tolerance: float | None = None) -> None:
        """Do nothing where all agrees.

        Raises: GradientError that names each quantity that does not, with place and size.
        """
        wrong = self.disagreements(tolerance)
        if wrong:
            limit = self.tolerance if tolerance is None else tolerance
            lines = [f"{self.layer} disagrees with autograd (tolerance {limit:g}):", *(f"  {one}" for one in wrong)]
            raise GradientError("\n".join(lines), "Where the output agrees, `backward` is what is wrong.")

    def __bool__(self) -> bool:
        return self.agrees()

    def __str__(self) -> str:
        lines = [
            f"  {one}" if one.exceeds(self.tolerance) else f"  {one.quantity}: {one.largest:.3g}"
            for one in self.differences
        ]
        verdict = "agrees" if self else "disagrees"
        return "\n".join([f"{self.layer} {verdict} with autograd (tolerance {self.tolerance:g}):", *lines])


def difference_between(quantity: str, found: Tensor, expected: Tensor) -> Difference:
    """Find where two tensors are furthest apart; not-a-number on both sides, or one infinity, is no difference.

    Shapes: any, any.
    """
    if found.shape != expected.shape:
        one, other = (f"shape {tuple(tensor.shape)}" for tensor in (found, expected))
        return Difference(quantity, float("inf"), found=one, expected=other, scale=_greatest(expected))
    if found.numel() == 0:
        return Difference(quantity, 0.0)
    ours, theirs = found.detach().double(), expected.detach().double()
    same = (ours == theirs) | (ours.isnan() & theirs.isnan())
    apart = torch.where(same, 0.0, (ours - theirs).abs()).nan_to_num(nan=float("inf"), posinf=float("inf"))
    index = tuple(int(axis) for axis in torch.unravel_index(apart.argmax(), apart.shape))
    return Difference(
        quantity,
        largest=float(apart[index]),
        index=index,
        found=f"{float(ours[index]):.6g}",
        expected=f"{float(theirs[index]):.6g}",
        scale=_greatest(theirs),
    )


def _greatest(values: Tensor) -> float:
    return float(values.abs().max()) if values.numel() else 0.0
