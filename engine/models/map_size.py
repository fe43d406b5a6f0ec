"""How large a convolution or a pool leaves a feature map, worked out before any parameter is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MapSize = tuple[int, int]


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
