"""Which pixels of the image a value of a feature map depends on, followed through single tensor operations.

Knows nothing of modules: what is added, concatenated or padded between two layers counts like what happens inside one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch._ops import OpOverload


@dataclass(frozen=True, slots=True)
class Span:
    """The pixels, on one axis, that the first value of a map depends on; padding has negative places.

    Units: pixels.
    """

    first: int
    last: int
    jump: int
    """How much further along the pixels of the map's next value lie."""

    @property
    def side(self) -> int:
        """How many pixels there are."""
        return self.last - self.first + 1

    def through(self, kernel: int, stride: int, padding: int, dilation: int) -> Span:
        """Return the span of a window's value, the first window beginning `padding` places before the map."""
        first = self.first - padding * self.jump
        reach = self.last - self.first + (kernel - 1) * dilation * self.jump
        return Span(first, first + reach, self.jump * stride)

    def joined(self, other: Span) -> Span:
        """Return the span of a value that depends on both."""
        return Span(min(self.first, other.first), max(self.last, other.last), self.jump)


Field = tuple[Span, Span]
"""Height and width. None stands for the whole image, or for what no rectangle tells."""
PIXEL: Field = (Span(0, 0, 1), Span(0, 0, 1))

_PADS = frozenset({"constant_pad_nd", "reflection_pad2d", "replication_pad2d"})
_POOLS = frozenset({"max_pool2d_with_indices", "max_pool2d", "avg_pool2d"})
_MOVES = frozenset({"permute", "transpose", "flip", "roll"})
"""Operations that may keep the shape of a map and yet put other pixels in each place."""


def field_after(
    operation: OpOverload, arguments: Sequence[Any], inputs: Sequence[tuple[Tensor, Field | None]], output: Tensor
) -> Field | None:
    """Return the field of what an operation made from tensors whose fields are known.

    The fields of a sum are joined, those of its shorter paths lying within those of its longer ones. An operation
    that keeps height and width is taken to act on each place alone: so do activations, and a normalisation, whose
    statistics are not counted. One that changes them, and is neither a convolution nor a pool, sees the whole image.

    Shapes: maps (B, C, H, W).
    Source: Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural Networks (Distill, 2019).
    """
    name = operation.overloadpacket.__name__
    (source, field), *_ = inputs
    if field is None or name in _MOVES:
        return None
    if name == "convolution":
        stride, padding, dilation, is_transposed = arguments[3:7]
        return None if is_transposed else _windowed(field, arguments[1].shape[2:], stride, padding, dilation)
    if name in _POOLS:
        kernel = arguments[1]
        stride, padding, dilation = _given(arguments, 2, kernel), _given(arguments, 3, 0), 1
        if name != "avg_pool2d":
            dilation = _given(arguments, 4, 1)
        return _windowed(field, kernel, stride, padding, dilation)
    if name in _PADS:  # the last axis comes first: left, right, top, bottom
        left, _, top, _ = (*arguments[1], 0, 0)[:4]
        return _windowed(field, 1, 1, (top, left), 1)
    if name == "_adaptive_avg_pool2d" and all(_divides(source, output, axis) for axis in (2, 3)):
        kernel = [source.shape[axis] // output.shape[axis] for axis in (2, 3)]
        return _windowed(field, kernel, kernel, 0, 1)
    return _joined(inputs, output)


def _joined(inputs: Sequence[tuple[Tensor, Field | None]], output: Tensor) -> Field | None:
    joined: Field | None = None
    for source, field in inputs:
        if field is None or source.shape[2:] != output.shape[2:]:  # a map that is spread over a larger one
            return None
        if joined is None:
            joined = field
        elif any(one.jump != other.jump for one, other in zip(joined, field, strict=True)):
            return None
        else:
            joined = joined[0].joined(field[0]), joined[1].joined(field[1])
    return joined


def _windowed(field: Field, kernel: Any, stride: Any, padding: Any, dilation: Any) -> Field:
    sizes = [_pair(size) for size in (kernel, stride, padding, dilation)]
    height, width = (span.through(*(size[axis] for size in sizes)) for axis, span in enumerate(field))
    return height, width


def _given(arguments: Sequence[Any], place: int, default: Any) -> Any:
    """Return an argument, or its default where torch left it out or gave an empty list in its place."""
    found = arguments[place] if place < len(arguments) else []
    return default if found == [] else found


def _pair(size: Any) -> tuple[int, int]:
    if isinstance(size, int):
        return size, size
    height, width = (*size, *size)[:2]
    return height, width


def _divides(source: Tensor, output: Tensor, axis: int) -> bool:
    return source.shape[axis] % output.shape[axis] == 0
