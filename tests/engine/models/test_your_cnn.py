from __future__ import annotations

import inspect

import pytest
import torch
from torch import nn

from engine.errors import ModelError
from engine.model_config import YourCNNConfig
from engine.models import CNN, YourCNN, count_parameters
from engine.models.your_cnn import build

CIFAR = (3, 32, 32)


def kinds(part: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in part.children()]


def test_batchnorm_comes_before_the_activation_and_dropout_after_it() -> None:
    net = YourCNN(CIFAR, 10, [4, 6, 8], 2, [7], activation_type="tanh", pooling_type="avg")
    layer = ["Conv2d", "BatchNorm2d", "Tanh", "Dropout"]
    assert kinds(net.feature_extractor) == [*layer, *layer, "AvgPool2d", *layer]
    assert [norm.num_features for norm in net.modules() if isinstance(norm, nn.BatchNorm2d)] == [4, 6, 8]
    assert [drop.p for drop in net.modules() if isinstance(drop, nn.Dropout)] == [0.2] * 3
    assert kinds(net.classifier.layers) == ["Linear", "Tanh", "Linear"]


def test_arguments_are_those_of_the_cnn() -> None:
    ours, theirs = (list(inspect.signature(family).parameters.values()) for family in (YourCNN, CNN))
    assert ours[: len(theirs)] == theirs
    assert [parameter.name for parameter in ours[len(theirs) :]] == ["dropout"]


def test_weights_begin_as_those_of_the_cnn() -> None:
    nets: list[nn.Module] = []
    for family in (CNN, YourCNN):
        torch.manual_seed(3)
        nets.append(family(CIFAR, 10, [4] * 3, 2, [7]))
    layers = [[layer for layer in net.modules() if isinstance(layer, nn.Conv2d | nn.Linear)] for net in nets]
    assert len(layers[0]) == 5
    for plain, normalised in zip(*layers, strict=True):
        assert torch.equal(plain.weight, normalised.weight)


def test_config_decides_the_network() -> None:
    config = YourCNNConfig(
        name="your_cnn", filters=(4, 8), layers_per_filter=2, pool_every=3, hidden=(9,), kernel_size=5,
        activation="elu", pooling="avg", pool_size=4, dropout=0,
    )  # fmt: skip
    net = build(config, CIFAR, 10)
    layer = ["Conv2d", "BatchNorm2d", "ELU"]
    assert kinds(net.feature_extractor) == [*layer * 3, "AvgPool2d", *layer]
    assert net.classifier.layers[0].in_features == 8 * 8 * 8


def test_size_of_the_experiment_is_known() -> None:
    """Catalogue E6, exp2 with K=32-64-128 and L=3."""
    config = YourCNNConfig(name="your_cnn", filters=(32, 64, 128), layers_per_filter=3, pool_every=5)
    # Convolutions 480,768, BatchNorm 1,344, and the linear layers 128 * 16 * 16 * 100 + 100 and 1,010.
    assert count_parameters(build(config, CIFAR, 10)) == 3_760_022


def test_pool_that_leaves_nothing_is_named_before_anything_is_made() -> None:
    config = YourCNNConfig(name="your_cnn", filters=(65_536,) * 3, layers_per_filter=12, pool_every=5)
    with pytest.raises(ModelError) as caught:
        build(config, CIFAR, 10)
    assert "pool 6, after convolution 30, would leave a map of 0x0 from 1x1" in caught.value.message
    assert "model.pool_every = 7 or more, not 5" in caught.value.hint
