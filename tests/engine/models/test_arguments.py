"""Constructors called directly: what describes no network is refused in words, and what is harmless is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from torch import nn

from engine.errors import ModelError
from engine.models import CNN, MLP, ConvNet, DoubleConv, RegularisedCNN, ResidualBlock, ResNet, StridedCNN, YourCNN

IMAGE = (3, 64, 64)
Build = Callable[[], nn.Module]


def architecture(family: Callable[..., nn.Module], channels: list[int], **kw: Any) -> Build:
    return lambda: family(IMAGE, 2, channels, 1, [7], **kw)


def convnet(**changes: Any) -> Build:
    given = {"filters": [4], "kernel_sizes": [3], "paddings": [1], "hidden": [7], **changes}
    return lambda: ConvNet(IMAGE, 2, **given)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (architecture(CNN, [4], conv_params={"padding": 1}), r"^conv_params = {'padding': 1} lacks kernel_size: .*\n"
         r"Add it, such as conv_params=dict\(kernel_size=3, padding=1\), or leave conv_params out"),
        (architecture(YourCNN, [4], conv_params={"padding": 1}), "^conv_params .* lacks kernel_size"),
        (architecture(CNN, [4], pooling_params={"stride": 2}), r"^pooling_params = {'stride': 2} lacks kernel_size"),
        (architecture(ResNet, [4], pooling_params={"stride": 2}), "^pooling_params .* each MaxPool2d wholly"),
        (architecture(YourCNN, [4], pooling_params={"stride": 2}), "^pooling_params .* lacks kernel_size"),
        (architecture(CNN, [4], conv_params={"kernel_siz": 3}), 'conv_params: .*Did you mean "kernel_size"'),
        (architecture(CNN, [4], conv_params={"kernel_size": 3, "in_channels": 3}), '"in_channels" is not a known'),
        (architecture(CNN, [0]), r"channels = \[0\] is not allowed: a layer has 1 or more, and \[0\] is 0"),
        (architecture(ResNet, [4, -1]), r"channels = \[4, -1\] is not allowed: .* \[1\] is -1"),
        (architecture(YourCNN, [0]), r"channels = \[0\]"),
        (lambda: ResidualBlock(3, [0], [3]), r"channels = \[0\]"),
        (lambda: CNN(IMAGE, 2, [4], 1, [0]), r"dims = \[0, 2\]"),
        (lambda: MLP(4, [], []), "a layer at least: dims is empty"),
        (lambda: MLP(4, [0, 2], ["relu", "none"]), r"dims = \[0, 2\]"),
        (lambda: MLP(0, [2], ["none"]), r"in_dim = \[0\]"),
        (convnet(filters=[]), "filters is empty"),
        (convnet(filters=[0]), r"filters = \[0\]"),
        (convnet(hidden=[0]), r"hidden = \[0\]"),
        (convnet(pooling="median"), "Known: avg, max"),
        (convnet(kernel_sizes=[3, 3]), "kernel_sizes needs a value for each of the filters: 1, not 2"),
        (convnet(paddings=[]), "paddings needs a value for each of the filters: 1, not 0"),
        (convnet(dropout=[0.5]), "dropout needs a value for each of the linear layers: 2, not 1"),
        (lambda: DoubleConv(IMAGE, 2, []), "filters is empty"),
        (lambda: StridedCNN(IMAGE, 2, [8, 8, 8, 0]), r"filters = \[8, 8, 8, 0\]"),
        (lambda: RegularisedCNN(IMAGE, 2, []), "filters is empty"),
    ],
)  # fmt: skip
def test_what_describes_no_network_is_refused_by_its_name(build: Build, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        build()


@pytest.mark.parametrize(
    "conv_params",
    [
        {"kernel_size": 3, "padding": 1, "bias": True},
        {"kernel_size": 3, "stride": 1, "padding": 1, "dilation": 1, "groups": 1, "padding_mode": "zeros"},
        {"kernel_size": (3, 3), "stride": (1, 1), "padding": "same", "dilation": (1, 1)},
        {"padding": 1},
        {"bias": True},
        {},
    ],
)
def test_what_the_blocks_of_a_resnet_have_anyway_may_be_said(conv_params: dict[str, Any]) -> None:
    said, unsaid = (architecture(ResNet, [4, 4], conv_params=given)() for given in (conv_params, None))
    assert repr(said) == repr(unsaid)


@pytest.mark.parametrize(
    ("conv_params", "wrong"),
    [
        ({"kernel_size": 3, "padding": 1, "bias": False}, "bias=False"),
        ({"kernel_size": 3, "padding": 1, "groups": 2, "dilation": 2}, "groups=2, dilation=2"),
        ({"kernel_size": 3}, "padding=0"),
        ({"padding_mode": "reflect"}, "padding_mode='reflect'"),
        ({"kernel_siz": 3}, "kernel_siz=3"),
    ],
)
def test_what_they_have_not_is_named(conv_params: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ModelError, match=f"does not fit a ResNet, for {wrong}: each convolution is 3x3"):
        architecture(ResNet, [4], conv_params=conv_params)()
