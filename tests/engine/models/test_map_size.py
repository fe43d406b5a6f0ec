from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.models.map_size import map_after

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


def check(layer: nn.Module, size: tuple[int, int], expected: tuple[int, int]) -> None:
    image = torch.empty(1, 1, *size, device="meta")
    if min(expected) < 1:
        with pytest.raises(RuntimeError):
            layer(image)
    else:
        assert tuple(layer(image).shape[2:]) == expected
