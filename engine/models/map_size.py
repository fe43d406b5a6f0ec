"""How large a convolution or a pool leaves a feature map, worked out before any parameter is made."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import ModelError

MapSize = tuple[int, int]
LARGEST_IMAGE = 1024
"""The most that `data.image_size` takes, in pixels."""
POINT: MapSize = (1, 1)
"""What an example that is no image looks like to a network: as many channels as it has values."""
_DIGITS_SIDE = 8


@dataclass(frozen=True, slots=True)
class Window:
    """A convolution or a pool, as far as it decides the size of the map."""

    layer: str
    """What a message calls it, such as "convolution 2"."""
    params: Mapping[str, Any]
    """Keyword arguments of the layer of torch.nn."""
    default_stride: int | None
    """The stride where `params` has none: 1 for a convolution, None (the kernel's own size) for a pool."""


def fitted(size: MapSize, windows: Sequence[Window], remedies: Callable[[], Sequence[str]]) -> MapSize:
    """Return height and width after all of `windows`.

    Units: pixels.
    Raises: ModelError naming the first that leaves nothing; `remedies` then says what would work, but for points,
    whose size is no setting.
    """
    is_point = size == POINT
    for window in windows:
        after = map_after(size, window.params, default_stride=window.default_stride)
        if min(after) < 1:
            height, width = (max(0, side) for side in after)
            working = remedies_for_points(smallest_image(windows)) if is_point else remedies()
            raise ModelError(
                f"The network does not fit the image: {window.layer} would leave a map of {height}x{width} "
                f"from {size[0]}x{size[1]}.",
                f"What would work: {'; '.join(working)}.",
            )
        size = after
    return size


def remedies_for_points(side: int | None, *, is_exact: bool = False) -> list[str]:
    """Say what works for examples of 1x1, of which points are some, where images of `side` pixels or more would fit.

    `is_exact` says that no larger ones would; a side of None that none would at all.
    Units: pixels.
    """
    found = ["model.name = mlp, which takes points too"]
    if side is not None:
        resized = "" if side <= _DIGITS_SIDE and not is_exact else f" with data.image_size = {side}"
        or_more = "" if is_exact else " or more"
        found.append(f"data with images of {side}x{side}{or_more}, such as data.name = digits{resized}")
    return found


def map_through(size: MapSize, windows: Iterable[Window]) -> MapSize:
    """Return height and width after all of `windows`, (0, 0) where one of them leaves nothing.

    Units: pixels.
    """
    for window in windows:
        size = map_after(size, window.params, default_stride=window.default_stride)
        if min(size) < 1:
            return 0, 0
    return size


def smallest_image(windows: Sequence[Window], *, map_side: int = 1) -> int | None:
    """Return the smallest side of a square image that leaves a map of at least `map_side`, None if there is none.

    Units: pixels.
    """
    sides = range(1, LARGEST_IMAGE + 1)
    # A larger image never leaves a smaller map.
    place = bisect_left(sides, map_side, key=lambda side: min(map_through((side, side), windows)))
    return sides[place] if place < len(sides) else None


def map_after(size: MapSize, window: Mapping[str, Any], *, default_stride: int | None) -> MapSize:
    """Return height and width after a layer of torch.nn with the keyword arguments `window`.

    `default_stride` is what the layer takes where `window` has none: 1 for a convolution, None (the kernel's
    own size) for a pool. A size of 0 or less means that the window does not fit.

    Units: pixels.
    Source: the shape formulas of Conv2d and MaxPool2d in the documentation of torch.nn.
    """
    height, width = (_side_after(size, window, axis, default_stride) for axis in (0, 1))
    return height, width


def _side_after(size: MapSize, window: Mapping[str, Any], axis: int, default_stride: int | None) -> int:
    kernel = _on_axis(window["kernel_size"], axis)
    stride = _on_axis(window.get("stride") or default_stride or kernel, axis)
    reach = _on_axis(window.get("dilation", 1), axis) * (kernel - 1)
    padding = window.get("padding", 0)
    if padding == "same":
        return size[axis]
    before = 0 if padding == "valid" else _on_axis(padding, axis)
    room = size[axis] + 2 * before - reach - 1
    if not window.get("ceil_mode", False):
        return room // stride + 1
    count = -(-room // stride) + 1
    # torch drops a last window that would begin in the padding behind the map.
    return count - 1 if (count - 1) * stride >= size[axis] + before else count


def _on_axis(value: int | tuple[int, int], axis: int) -> int:
    return value if isinstance(value, int) else value[axis]
