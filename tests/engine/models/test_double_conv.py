from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.errors import ModelError
from engine.model_config import DoubleConvConfig
from engine.models import DoubleConv, count_parameters
from engine.models.double_conv import build

PAIR = ["Conv2d", "BatchNorm2d", "ReLU"] * 2


def kinds(part: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in part.children()]


def test_layers_on_mnist_are_the_published_ones() -> None:
    net = build(DoubleConvConfig(name="double_conv"), (1, 28, 28), 10)
    block = [*PAIR, "MaxPool2d", "Dropout"]
    assert kinds(net.feature_extractor) == [*block, *block, *PAIR, "AvgPool2d"]
    assert kinds(net.classifier) == ["Dropout", "Linear"]
    assert [layer.p for layer in net.modules() if isinstance(layer, nn.Dropout)] == [0.4, 0.4, 0.5]
    assert [layer.kernel_size for layer in net.modules() if isinstance(layer, nn.AvgPool2d)] == [7]
    # Convolutions 1,144,256, BatchNorm 1,792 and the linear layer 2,570.
    assert count_parameters(net) == 1_148_618


def test_settings_decide_the_network() -> None:
    config = DoubleConvConfig(name="double_conv", filters=(4, 6), block_dropout=0, dropout=0)
    net = build(config, (3, 8, 8), 5)
    assert kinds(net.feature_extractor) == [*PAIR, "MaxPool2d", *PAIR, "AvgPool2d"]
    assert kinds(net.classifier) == ["Linear"]
    widths = [(conv.in_channels, conv.out_channels) for conv in net.modules() if isinstance(conv, nn.Conv2d)]
    assert widths == [(3, 4), (4, 4), (4, 6), (6, 6)]


@pytest.mark.parametrize("in_size", [(1, 4, 4), (1, 5, 7), (3, 4, 30), (2, 31, 9)])
def test_whole_map_is_averaged_whatever_its_shape(in_size: tuple[int, int, int]) -> None:
    net = DoubleConv(in_size, 4, filters=(2, 2, 2))
    assert net(torch.zeros(2, *in_size)).shape == (2, 4)


def test_one_block_has_no_pool_but_the_average() -> None:
    assert DoubleConv((1, 1, 1), 3, filters=(2,)).eval()(torch.zeros(2, 1, 1, 1)).shape == (2, 3)


def test_image_too_small_is_refused_with_what_works_before_anything_is_made() -> None:
    with pytest.raises(ModelError) as caught:
        DoubleConv((1, 8, 8), 10, filters=(65_536,) * 5)
    assert "pool 4 (2x2, after block 4) would leave a map of 0x0 from 1x1" in caught.value.message
    assert caught.value.hint == (
        "What would work: data.image_size = 16 or more, not 8x8; 4 model.filters instead of 5."
    )
    assert DoubleConv((1, 8, 8), 10, filters=(1,) * 4).classifier[1].in_features == 1
    assert DoubleConv((1, 16, 16), 10, filters=(1,) * 5).classifier[1].in_features == 1
