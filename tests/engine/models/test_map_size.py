from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.errors import ModelError
from engine.models.map_size import LARGEST_IMAGE, Window, fitted, map_after, map_through, smallest_image

sides = st.integers(1, 20)
small = st.integers(1, 4)


@given(size=st.tuples(sides, sides), kernel=small, stride=small, padding=st.integers(0, 3), dilation=small)
def test_convolution_leaves_what_torch_leaves(
    size: tuple[int, int], kernel: int, stride: int, padding: int, dilation: int
) -> None:
    window: dict[str, Any] = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    check(nn.Conv2d(1, 1, **window, device="meta"), size, map_after(size, window, default_stride=1))


@given(
    size=st.tuples(sides, sides),
    kernel=st.tuples(small, small),
    stride=st.none() | small,
    padding=st.booleans(),
    ceil_mode=st.booleans(),
)
def test_pool_leaves_what_torch_leaves(
    size: tuple[int, int], kernel: tuple[int, int], stride: int | None, padding: bool, ceil_mode: bool
) -> None:
    window: dict[str, Any] = {"kernel_size": kernel, "ceil_mode": ceil_mode}
    if stride is not None:
        window["stride"] = stride
    if padding:
        window["padding"] = min(kernel) // 2
    check(nn.MaxPool2d(**window), size, map_after(size, window, default_stride=None))


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_padding_can_be_a_word(padding: str) -> None:
    window: dict[str, Any] = {"kernel_size": 3, "padding": padding}
    check(nn.Conv2d(1, 1, **window, device="meta"), (7, 9), map_after((7, 9), window, default_stride=1))


@given(
    pools=st.lists(st.tuples(small, small, st.booleans()), min_size=1, max_size=5),
    paddings=st.lists(st.integers(0, 2), min_size=5, max_size=5),
    map_side=small,
)
def test_smallest_image_fits_and_the_one_below_it_does_not(
    pools: list[tuple[int, int, bool]], paddings: list[int], map_side: int
) -> None:
    windows = []
    for (kernel, stride, ceil_mode), padding in zip(pools, paddings, strict=False):
        windows.append(Window("convolution", {"kernel_size": kernel, "padding": padding}, default_stride=1))
        pool = {"kernel_size": kernel, "stride": stride, "ceil_mode": ceil_mode}
        windows.append(Window("pool", pool, default_stride=None))
    side = smallest_image(windows, map_side=map_side)
    assert side == next(
        (side for side in range(1, LARGEST_IMAGE + 1) if min(map_through((side, side), windows)) >= map_side), None
    )


def test_no_image_is_large_enough_for_too_many_pools() -> None:
    pools = [Window(f"pool {place}", {"kernel_size": 2}, default_stride=None) for place in range(1, 12)]
    assert smallest_image(pools[:10]) == 1024
    assert smallest_image(pools) is None


def test_layer_that_leaves_nothing_is_named_with_the_remedies() -> None:
    pools = [Window(f"pool {place}", {"kernel_size": 2}, default_stride=None) for place in range(1, 5)]
    assert fitted((8, 12), pools[:3], list) == (1, 1)
    with pytest.raises(ModelError) as caught:
        fitted((8, 12), pools, lambda: ["this", "that"])
    assert caught.value.message == "The network does not fit the image: pool 4 would leave a map of 0x0 from 1x1."
    assert caught.value.hint == "What would work: this; that."


def check(layer: nn.Module, size: tuple[int, int], expected: tuple[int, int]) -> None:
    image = torch.empty(1, 1, *size, device="meta")
    if min(expected) < 1:
        with pytest.raises(RuntimeError):
            layer(image)
    else:
        assert tuple(layer(image).shape[2:]) == expected
