from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.model_config import BlockCNNConfig
from engine.models import BlockCNN, count_parameters
from engine.models.block_cnn import build


@pytest.mark.parametrize(("batchnorm", "parameters"), [(False, 98_442), (True, 98_922)])
def test_size_on_mnist_is_the_published_one(batchnorm: bool, parameters: int) -> None:
    config = BlockCNNConfig(name="block_cnn", batchnorm=batchnorm)
    assert count_parameters(build(config, (1, 28, 28), 10)) == parameters


def test_batchnorm_leaves_the_initial_weights_as_they_are() -> None:
    models = []
    for batchnorm in (False, True):
        torch.manual_seed(7)
        models.append(BlockCNN((1, 28, 28), 10, batchnorm=batchnorm))
    layers = [[layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)] for model in models]
    assert len(layers[0]) == 5
    for without, with_norm in zip(*layers, strict=True):
        assert torch.equal(without.weight, with_norm.weight)
        assert torch.equal(without.bias, with_norm.bias)


def test_order_within_a_block() -> None:
    block = next(BlockCNN((1, 28, 28), 10, batchnorm=True).feature_extractor.children())
    assert [type(layer).__name__ for layer in block.children()] == ["Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d"]


@pytest.mark.parametrize(
    ("in_size", "pools", "linear_inputs"),
    [
        ((1, 28, 28), 4, 128),
        ((1, 8, 8), 3, 128),
        ((3, 64, 64), 4, 128 * 4 * 4),
        ((1, 1, 5), 0, 128 * 5),
        ((1, 2, 40), 1, 128 * 20),
    ],
)
def test_pool_is_left_out_where_the_map_is_one_pixel_wide_or_high(
    in_size: tuple[int, int, int], pools: int, linear_inputs: int
) -> None:
    model = BlockCNN(in_size, 10)
    assert sum(isinstance(layer, nn.MaxPool2d) for layer in model.modules()) == pools
    assert model.classifier.in_features == linear_inputs
    assert bool(model.remark) == (pools < 4)
    assert model(torch.zeros(2, *in_size)).shape == (2, 10)


def test_a_pool_that_is_left_out_is_remarked_on() -> None:
    assert BlockCNN((1, 8, 8), 10).remark == (
        "block_cnn has no pool in block 4: images of 8x8 are down to 1 pixel before it"
    )
    assert "in blocks 2, 3, 4: images of 2x40" in BlockCNN((1, 2, 40), 10).remark
