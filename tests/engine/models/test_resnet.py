from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.errors import ModelError
from engine.model_config import ResNetConfig
from engine.models import ResidualBlock, ResidualBottleneckBlock, ResNet, count_parameters
from engine.models.resnet import build

CIFAR = (3, 32, 32)


def kinds(part: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in part.children()]


def convolutions(part: nn.Module) -> list[tuple[int, int, int]]:
    return [
        (layer.in_channels, layer.out_channels, int(layer.kernel_size[0]))
        for layer in part.modules()
        if isinstance(layer, nn.Conv2d)
    ]


def resnet(channels: Sequence[int], pool_every: int, in_size: tuple[int, int, int] = CIFAR, **kw: Any) -> ResNet:
    return ResNet(in_size, 10, channels, pool_every, [8], **kw)


def test_main_path_has_everything_between_convolutions_only_and_in_order() -> None:
    block = ResidualBlock(3, [6, 4, 4], [3, 5, 1], batchnorm=True, dropout=0.2, activation_type="lrelu")
    between = ["Dropout2d", "BatchNorm2d", "LeakyReLU"]
    assert kinds(block.main_path) == ["Conv2d", *between, "Conv2d", *between, "Conv2d"]
    assert convolutions(block.main_path) == [(3, 6, 3), (6, 4, 5), (4, 4, 1)]
    assert all(layer.bias is not None for layer in block.main_path if isinstance(layer, nn.Conv2d))
    assert [layer.num_features for layer in block.main_path if isinstance(layer, nn.BatchNorm2d)] == [6, 4]


def test_plain_main_path_has_activations_alone() -> None:
    block = ResidualBlock(3, [4, 4], [3, 3], activation_type="lrelu", activation_params={"negative_slope": 0.3})
    assert kinds(block.main_path) == ["Conv2d", "LeakyReLU", "Conv2d"]
    assert [layer.negative_slope for layer in block.main_path if isinstance(layer, nn.LeakyReLU)] == [0.3]


def test_shortcut_is_a_convolution_without_bias_where_the_channels_change() -> None:
    shortcut = ResidualBlock(3, [4], [3]).shortcut_path
    assert convolutions(shortcut) == [(3, 4, 1)]
    assert len(list(shortcut.parameters())) == 1
    same = ResidualBlock(4, [6, 4], [3, 3]).shortcut_path
    assert list(same.parameters()) == []
    image = torch.randn(1, 4, 5, 5)
    assert torch.equal(same(image), image)


def test_sum_goes_through_relu_whatever_the_activation() -> None:
    block = ResidualBlock(2, [3, 2], [3, 3], activation_type="tanh")
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    image = torch.tensor([-1.0, 2.0]).view(1, 2, 1, 1).expand(1, 2, 4, 4)
    assert torch.equal(block(image), image.clamp(min=0))


def test_main_path_is_built_before_the_shortcut() -> None:
    torch.manual_seed(5)
    first = nn.Conv2d(2, 3, 3)
    second = nn.Conv2d(3, 4, 3)
    shortcut = nn.Conv2d(2, 4, 1, bias=False)
    torch.manual_seed(5)
    block = ResidualBlock(2, [3, 4], [3, 3], batchnorm=True, dropout=0.1)
    expected = [first.weight, first.bias, second.weight, second.bias, shortcut.weight]
    drawn = [layer for layer in block.modules() if isinstance(layer, nn.Conv2d)]
    found = [drawn[0].weight, drawn[0].bias, drawn[1].weight, drawn[1].bias, drawn[2].weight]
    assert all(torch.equal(one, other) for one, other in zip(expected, found, strict=True))  # type: ignore[arg-type]


def test_bottleneck_is_the_published_fraction_of_a_regular_block() -> None:
    bottleneck = ResidualBottleneckBlock(256, [64], [3])
    assert convolutions(bottleneck) == [(256, 64, 1), (64, 64, 3), (64, 256, 1)]
    assert kinds(bottleneck.main_path) == ["Conv2d", "ReLU"] * 2 + ["Conv2d"]
    assert count_parameters(bottleneck) == 70_016
    assert count_parameters(ResidualBlock(256, [256, 256], [3, 3])) == 1_180_160
    assert bottleneck(torch.zeros(2, 256, 6, 5)).shape == (2, 256, 6, 5)


def test_bottleneck_passes_its_settings_on() -> None:
    block = ResidualBottleneckBlock(8, [4, 6], [3, 5], batchnorm=True, dropout=0.1, activation_type="tanh")
    between = ["Dropout2d", "BatchNorm2d", "Tanh"]
    assert kinds(block.main_path) == ["Conv2d", *between, "Conv2d", *between, "Conv2d", *between, "Conv2d"]
    assert convolutions(block) == [(8, 4, 1), (4, 4, 3), (4, 6, 5), (6, 8, 1)]


@pytest.mark.parametrize(("channels", "kernel_sizes"), [([], []), ([4], []), ([4, 4], [3])])
def test_lists_that_do_not_fit_are_refused(channels: list[int], kernel_sizes: list[int]) -> None:
    counts = f"{len(channels)} channels and {len(kernel_sizes)} kernel sizes"
    with pytest.raises(ModelError, match=counts):
        ResidualBlock(3, channels, kernel_sizes)
    with pytest.raises(ModelError, match=counts):
        ResidualBottleneckBlock(4, channels, kernel_sizes)


def test_every_group_is_a_block_and_a_pool_and_the_rest_a_block_alone() -> None:
    net = resnet([4, 6, 6, 8, 8], 2, pooling_type="avg", activation_type="tanh")
    assert kinds(net.feature_extractor) == ["ResidualBlock", "AvgPool2d"] * 2 + ["ResidualBlock"]
    blocks = [block for block in net.feature_extractor if isinstance(block, ResidualBlock)]
    assert [convolutions(block.main_path) for block in blocks] == [
        [(3, 4, 3), (4, 6, 3)], [(6, 6, 3), (6, 8, 3)], [(8, 8, 3)],
    ]  # fmt: skip
    assert [kinds(block.shortcut_path) for block in blocks] == [["Conv2d"], ["Conv2d"], ["Identity"]]
    assert kinds(net.classifier.layers) == ["Linear", "Tanh", "Linear"]
    assert net(torch.zeros(2, *CIFAR)).shape == (2, 10)


def test_equal_widths_make_a_bottleneck_of_the_inner_channels() -> None:
    net = resnet([16, 8, 16, 16, 8, 4, 6, 16, 32, 32, 32, 32], 4, bottleneck=True, batchnorm=True, dropout=0.1)
    blocks = [block for block in net.feature_extractor if isinstance(block, ResidualBlock)]
    assert [type(block).__name__ for block in blocks] == ["ResidualBlock", "ResidualBottleneckBlock", "ResidualBlock"]
    assert convolutions(blocks[1]) == [(16, 4, 1), (4, 4, 3), (4, 6, 3), (6, 16, 1)]
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in net.modules()) == 9
    assert sum(isinstance(layer, nn.Dropout2d) for layer in net.modules()) == 9
    assert net(torch.zeros(2, *CIFAR)).shape == (2, 10)


def test_last_block_too_short_for_a_bottleneck_is_an_ordinary_one() -> None:
    """The number of convolutions left over follows from the depth; nobody asked for it."""
    net = resnet([8] * 8, 3, bottleneck=True)
    names = [kind for kind in kinds(net.feature_extractor) if kind != "MaxPool2d"]
    assert names == ["ResidualBlock", "ResidualBottleneckBlock", "ResidualBlock"]
    assert convolutions(net.feature_extractor[-1]) == [(8, 8, 3), (8, 8, 3)]


@pytest.mark.parametrize("pool_every", [1, 2])
def test_bottleneck_with_nothing_inside_is_refused_with_what_works(pool_every: int) -> None:
    with torch.device("meta"), pytest.raises(ModelError) as caught:
        resnet([65_536] * 4, pool_every, bottleneck=True)
    assert f"model.pool_every = {pool_every}" in caught.value.message
    assert "model.bottleneck = true" in caught.value.message
    assert "model.pool_every = 3 or more" in caught.value.hint
    with torch.device("meta"):
        resnet([8] * 6, 3, bottleneck=True)
        resnet([8, 16], 1, bottleneck=True)  # no group gives what it takes, so that none would be a bottleneck


def test_arguments_follow_in_the_order_of_the_homework() -> None:
    given_in_order = ResNet(
        CIFAR, 5, [4] * 3, 2, [7], {"kernel_size": 3, "stride": 1, "padding": 1}, "lrelu", {"negative_slope": 0.2},
        "avg", {"kernel_size": 3}, True, 0.3, True,
    )  # fmt: skip
    assert kinds(given_in_order.feature_extractor) == ["ResidualBlock", "AvgPool2d", "ResidualBlock"]
    assert given_in_order.classifier.layers[0].in_features == 4 * 10 * 10
    block = given_in_order.feature_extractor[0]
    assert isinstance(block, ResidualBlock)
    assert kinds(block.main_path) == ["Conv2d", "Dropout2d", "BatchNorm2d", "LeakyReLU", "Conv2d"]


@pytest.mark.parametrize(
    "conv_params", [{"kernel_size": 5, "padding": 2}, {"kernel_size": 3}, {"kernel_size": 3, "padding": 1, "stride": 2}]
)
def test_convolutions_that_its_blocks_do_not_have_are_refused(conv_params: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="each convolution is 3x3"):
        resnet([4], 1, conv_params=conv_params)


def test_pool_that_leaves_nothing_is_named_before_anything_is_made() -> None:
    with pytest.raises(ModelError) as caught:
        resnet([65_536] * 32, 5)
    assert "pool 6, after convolution 30, would leave a map of 0x0 from 1x1" in caught.value.message
    assert "model.pool_every = 6 or more, not 5" in caught.value.hint
    assert "at most 29 convolutions, not 32" in caught.value.hint
    assert "data.image_size = 64 or more" in caught.value.hint
    with torch.device("meta"):
        resnet([1] * 32, 6)
        resnet([1] * 29, 5)
        resnet([1] * 32, 5, (3, 64, 64))


def test_pool_every_that_is_offered_leaves_a_bottleneck_something_inside() -> None:
    with torch.device("meta"):
        with pytest.raises(ModelError, match=r"model\.pool_every = 3 or more, not 1, for 6 convolutions"):
            resnet([8] * 6, 1, (1, 8, 8), bottleneck=True)
        resnet([8] * 6, 3, (1, 8, 8), bottleneck=True)
        with pytest.raises(ModelError, match=r"model\.pool_every = 2 or more, not 1, for 6 convolutions"):
            resnet([8] * 6, 1, (1, 8, 8))
        resnet([8] * 6, 2, (1, 8, 8))


def test_config_decides_the_network() -> None:
    """Catalogue E6, exp1_4."""
    config = ResNetConfig(name="resnet", filters=(32,), layers_per_filter=8, pool_every=5)
    assert count_parameters(build(config, CIFAR, 10)) == 886_038
    full = ResNetConfig(
        name="resnet", filters=(4,), layers_per_filter=6, pool_every=3, hidden=(9, 8), activation="elu",
        pooling="avg", pool_size=3, batchnorm=True, dropout=0.25, bottleneck=True,
    )  # fmt: skip
    net = build(full, CIFAR, 10)
    assert kinds(net.feature_extractor) == ["ResidualBlock", "AvgPool2d", "ResidualBottleneckBlock", "AvgPool2d"]
    assert {layer.p for layer in net.modules() if isinstance(layer, nn.Dropout2d)} == {0.25}
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in net.modules()) == 4
    assert kinds(net.classifier.layers) == ["Linear", "ELU", "Linear", "ELU", "Linear"]


@given(
    side=st.integers(1, 40),
    channels=st.lists(st.sampled_from([1, 2]), min_size=1, max_size=12),
    pool_every=st.integers(1, 5),
    pool_size=st.integers(1, 3),
    bottleneck=st.booleans(),
)
def test_it_is_refused_exactly_where_nothing_is_left_or_inside(
    side: int, channels: list[int], pool_every: int, pool_size: int, bottleneck: bool
) -> None:
    in_size = (1, side, side)
    starts = range(0, len(channels), pool_every)
    widths = [1, *(channels[start : start + pool_every][-1] for start in starts)]
    # The first groups are full; one that is left over is made an ordinary block.
    full = widths[: len(channels) // pool_every + 1]
    is_narrow = bottleneck and pool_every < 3 and any(one == other for one, other in pairwise(full))
    is_small = side // pool_size ** (len(full) - 1) < 1
    pools = {"pooling_params": {"kernel_size": pool_size}}
    with torch.device("meta"):
        if is_narrow or is_small:
            with pytest.raises(ModelError):
                resnet(channels, pool_every, in_size, bottleneck=bottleneck, **pools)
        else:
            net = resnet(channels, pool_every, in_size, bottleneck=bottleneck, **pools)
            assert net(torch.empty(2, *in_size)).shape == (2, 10)


@pytest.mark.parametrize(("pool_every", "works"), [(2, 3), (3, 3), (5, 5)])
def test_a_bottleneck_that_no_group_can_be_is_refused_with_what_works(pool_every: int, works: int) -> None:
    config = ResNetConfig(name="resnet", filters=(256, 64, 128), pool_every=pool_every, bottleneck=True)
    with pytest.raises(
        ModelError, match=r"bottleneck = true has no effect: .* channels 3, 256, 64, 128 gives"
    ) as caught:
        build(config, CIFAR, 10)
    assert f"64,64, with model.layers_per_filter = {works} and model.pool_every = {works}" in caught.value.hint
    net = build(
        config.model_copy(update={"filters": (64, 64), "layers_per_filter": works, "pool_every": works}), CIFAR, 10
    )
    assert sum(isinstance(block, ResidualBottleneckBlock) for block in net.feature_extractor) == 1
