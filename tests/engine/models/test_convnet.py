from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import nn

from engine.errors import ModelError
from engine.model_config import ConvNetConfig
from engine.models import ConvNet, count_parameters
from engine.models.convnet import build

MNIST, CIFAR, CROPPED = (1, 28, 28), (3, 32, 32), (3, 28, 28)
LENET: dict[str, Any] = {
    "filters": (6, 16), "paddings": (2, 0), "activation": "tanh", "hidden": (120, 84), "hidden_activation": "tanh",
}  # fmt: skip
LADDER: dict[str, Any] = {"filters": (32, 64, 64), "hidden": (1000,)}
CIFAR_CNN: dict[str, Any] = {
    "filters": (64, 128, 256), "kernel_sizes": (3,), "paddings": (0,), "hidden": (128, 256),
}  # fmt: skip
THREE_BLOCKS: dict[str, Any] = {"filters": (16, 32, 64), "hidden": (128, 256), "dropout": (0.5, 0.5, 0)}


def convnet(shape: tuple[int, int, int], **settings: Any) -> ConvNet:
    return build(ConvNetConfig(name="convnet", **settings), shape, 10)


def kinds(part: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in part.children()]


@pytest.mark.parametrize(
    ("shape", "settings", "parameters"),
    [
        pytest.param(MNIST, LENET, 61_706, id="B0"),
        pytest.param(CIFAR, LADDER, 1_191_170, id="B1"),
        pytest.param(CROPPED, {**LADDER, "ceil_mode": True}, 1_191_170, id="B3"),
        pytest.param(CROPPED, {**LADDER, "ceil_mode": True, "dropout": (0, 0.5)}, 1_191_170, id="B5"),
        pytest.param(CROPPED, {**LADDER, "ceil_mode": True, "batchnorm": True}, 1_191_170 + 2 * 160, id="B6"),
        pytest.param(MNIST, {"dropout": (0, 0.5)}, 3_274_634, id="C1"),
        pytest.param(MNIST, {"kernel_sizes": (3,)}, 3_241_354, id="C3"),
        pytest.param(MNIST, {"filters": (64, 128), "kernel_sizes": (3,)}, 6_508_298, id="C4"),
        pytest.param(CIFAR, CIFAR_CNN, 537_610, id="C5"),
        # A 5x5 first convolution has 3 * 64 * 16 weights more, and still leaves 2x2: 28, 14, 12, 6, 4, 2.
        pytest.param(CIFAR, {**CIFAR_CNN, "kernel_sizes": (5, 3, 3), "pooling": "avg"}, 540_682, id="C8"),
        pytest.param(MNIST, {"filters": (8,), "hidden": (500,)}, 789_718, id="D2"),
        pytest.param(MNIST, THREE_BLOCKS, 173_962, id="D4"),
    ],
)
def test_size_is_that_of_the_catalogue(shape: tuple[int, int, int], settings: dict[str, Any], parameters: int) -> None:
    net = convnet(shape, **settings)
    assert count_parameters(net) == parameters
    assert net(torch.zeros(2, *shape)).shape == (2, 10)


def test_lenet_has_its_historical_layers() -> None:
    net = convnet(MNIST, **LENET)
    assert kinds(net.feature_extractor) == ["Conv2d", "Tanh", "MaxPool2d"] * 2
    assert kinds(net.classifier) == ["Linear", "Tanh", "Linear", "Tanh", "Linear"]
    linear = [layer for layer in net.classifier if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(400, 120), (120, 84), (84, 10)]


def test_batchnorm_comes_right_after_each_convolution() -> None:
    net = convnet(CIFAR, **LADDER, batchnorm=True)
    assert kinds(net.feature_extractor) == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"] * 3


def test_dropout_comes_before_the_linear_layers_that_have_one() -> None:
    assert kinds(convnet(MNIST, dropout=(0, 0.5)).classifier) == ["Linear", "ReLU", "Dropout", "Linear"]
    assert kinds(convnet(MNIST, dropout=(0.5, 0)).classifier) == ["Dropout", "Linear", "ReLU", "Linear"]
    three_blocks = convnet(MNIST, **THREE_BLOCKS)
    assert kinds(three_blocks.classifier) == ["Dropout", "Linear", "ReLU", "Dropout", "Linear", "ReLU", "Linear"]
    assert three_blocks.classifier[1].in_features == 576


def test_the_two_parts_have_nonlinearities_of_their_own() -> None:
    net = convnet(CIFAR, **CIFAR_CNN, activation="selu", pooling="avg")
    assert kinds(net.feature_extractor) == ["Conv2d", "SELU", "AvgPool2d"] * 3
    assert kinds(net.classifier) == ["Linear", "ReLU", "Linear", "ReLU", "Linear"]


def test_additions_leave_the_initial_weights_as_they_are() -> None:
    models = []
    for additions in ({}, {"batchnorm": True, "dropout": (0.5, 0.5), "pooling": "avg", "activation": "selu"}):
        torch.manual_seed(7)
        models.append(convnet(MNIST, filters=(4, 8), hidden=(16,), **additions))
    layers = [[layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)] for model in models]
    assert len(layers[0]) == 4
    for plain, added in zip(*layers, strict=True):
        assert torch.equal(plain.weight, added.weight)


@settings(max_examples=60)
@given(
    shape=st.tuples(st.just(1), st.integers(1, 24), st.integers(1, 24)),
    windows=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 3)), min_size=1, max_size=4),
    ceil_mode=st.booleans(),
    pooling=st.sampled_from(["max", "avg"]),
)
def test_it_is_refused_exactly_where_torch_would_fail(
    shape: tuple[int, int, int], windows: list[tuple[int, int]], ceil_mode: bool, pooling: str
) -> None:
    kernel_sizes, paddings = zip(*windows, strict=True)
    layers: list[nn.Module] = []
    for kernel_size, padding in windows:
        layers.append(nn.Conv2d(1, 1, kernel_size, padding=padding, device="meta"))
        pool = nn.MaxPool2d if pooling == "max" else nn.AvgPool2d
        layers.append(pool(2, ceil_mode=ceil_mode))
    try:
        expected = nn.Sequential(*layers)(torch.empty(1, *shape, device="meta")).numel()
    except RuntimeError:
        expected = None
    widths = {"filters": (1,) * len(windows), "kernel_sizes": kernel_sizes, "paddings": paddings, "hidden": ()}
    if expected is None:
        with pytest.raises(ModelError):
            convnet(shape, **widths, ceil_mode=ceil_mode, pooling=pooling)
    else:
        net = convnet(shape, **widths, ceil_mode=ceil_mode, pooling=pooling)
        assert isinstance(net.classifier[0], nn.Linear)
        assert net.classifier[0].in_features == expected


def test_pool_that_leaves_nothing_is_named_with_what_works_before_anything_is_made() -> None:
    huge: dict[str, Any] = {"filters": (65_536,) * 4}  # the second convolution alone would take 430 GB
    with pytest.raises(ModelError) as caught:
        convnet((1, 8, 8), **huge)
    assert "pool 4 (2x2, after convolution 4) would leave a map of 0x0 from 1x1" in caught.value.message
    assert "data.image_size = 16 or more, not 8x8" in caught.value.hint
    assert "at most 3 model.filters, not 4" in caught.value.hint
    assert "model.ceil_mode = true" in caught.value.hint
    for cure in ({"ceil_mode": True}, {"filters": (1,) * 3}):
        convnet((1, 8, 8), **{"filters": (1,) * 4, "hidden": (), **cure})
    convnet((1, 16, 16), filters=(1,) * 4, hidden=())


def test_convolution_that_leaves_nothing_is_named_with_what_works() -> None:
    unpadded: dict[str, Any] = {"filters": (2, 2), "kernel_sizes": (5, 3), "paddings": (0,), "hidden": ()}
    with pytest.raises(ModelError) as caught:
        convnet((1, 8, 8), **unpadded)
    assert "convolution 2 (3x3, padding 0) would leave a map of 0x0 from 2x2" in caught.value.message
    assert "model.paddings = 2,1, not 0,0" in caught.value.hint
    assert "data.image_size = 12 or more" in caught.value.hint
    convnet((1, 12, 12), **unpadded)
    with pytest.raises(ModelError):
        convnet((1, 11, 11), **unpadded)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kernel_sizes": (5, 3, 3)}, "kernel_sizes has 3 values for 2 filters; give one value for all"),
        ({"paddings": (1, 1, 1)}, "paddings has 3 values for 2 filters"),
        ({"dropout": (0.5,)}, "each of the 2 linear layers .*; it has 1"),
        ({"kernel_sizes": ()}, "kernel_sizes"),
        ({"filters": ()}, "filters"),
    ],
)
def test_lists_that_do_not_match_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ConvNetConfig(name="convnet", **settings)
