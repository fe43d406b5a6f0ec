from __future__ import annotations

import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.errors import ModelError
from engine.model_config import CNNConfig
from engine.models import CNN, MLP, count_parameters
from engine.models.cnn import build, features_left


def test_output_is_the_published_one() -> None:
    """Catalogue E5; it fails if sizing the classifier draws a random number."""
    torch.manual_seed(42)
    net = CNN(
        (3, 100, 100), 10, [32] * 4, 2, [100] * 2,
        {"kernel_size": 3, "stride": 1, "padding": 1}, "relu", {}, "max", {"kernel_size": 2},
    )  # fmt: skip
    torch.manual_seed(42)
    scores = net(torch.ones(1, 3, 100, 100))
    expected = [0.0745, -0.1058, 0.0928, 0.0476, 0.0057, 0.0051, 0.0938, -0.0582, 0.0573, 0.0583]
    assert scores.flatten().tolist() == pytest.approx(expected, abs=1e-4)


def test_pool_comes_after_every_pth_convolution_only() -> None:
    net = CNN((3, 32, 32), 10, [4] * 5, 2, [7], activation_type="tanh", pooling_type="avg")
    assert [type(layer).__name__ for layer in net.feature_extractor] == [
        "Conv2d", "Tanh", "Conv2d", "Tanh", "AvgPool2d",
        "Conv2d", "Tanh", "Conv2d", "Tanh", "AvgPool2d",
        "Conv2d", "Tanh",
    ]  # fmt: skip
    assert isinstance(net.classifier, MLP)
    assert net.classifier.layers[0].in_features == 4 * 8 * 8


def test_settings_of_the_activation_serve_both_parts() -> None:
    net = CNN((3, 8, 8), 2, [4], 1, [7], activation_type="lrelu", activation_params={"negative_slope": 0.3})
    slopes = [layer.negative_slope for layer in net.modules() if isinstance(layer, nn.LeakyReLU)]
    assert slopes == [0.3, 0.3]


def test_strided_and_unpadded_convolutions_are_sized() -> None:
    net = CNN((1, 28, 20), 3, [4, 6], 2, [], {"kernel_size": 5, "stride": 2}, pooling_params={"kernel_size": 2})
    assert net(torch.zeros(2, 1, 28, 20)).shape == (2, 3)


def test_config_decides_the_network() -> None:
    config = CNNConfig(name="cnn", filters=(32,), layers_per_filter=2, pool_every=5, hidden=(100,))
    net = build(config, (3, 32, 32), 10)
    assert count_parameters(net) == 3_288_054
    groups = build(CNNConfig(name="cnn", filters=(4, 8), layers_per_filter=2), (3, 32, 32), 10)
    widths = [layer.out_channels for layer in groups.feature_extractor if isinstance(layer, nn.Conv2d)]
    assert widths == [4, 4, 8, 8]


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 4, 5])
def test_every_kernel_size_can_be_sized(kernel_size: int) -> None:
    net = build(CNNConfig(name="cnn", kernel_size=kernel_size, pool_size=3), (1, 28, 28), 10)
    assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_pool_that_leaves_nothing_is_named_before_anything_is_made() -> None:
    config = CNNConfig(name="cnn", filters=(65_536,), layers_per_filter=4, pool_every=1)
    with pytest.raises(ModelError) as caught:
        build(config, (1, 8, 8), 10)  # the third convolution alone would take 155 GB
    assert "pool 4, after convolution 4, would leave a map of 0x0 from 1x1" in caught.value.message
    assert caught.value.hint == (
        "What would work: model.pool_every = 2 or more, not 1, for 4 convolutions (a deeper network may need more); "
        "at most 3 convolutions, not 4 (lower model.layers_per_filter, or take fewer model.filters); "
        "data.image_size = 16 or more, not 8x8."
    )


@given(
    side=st.integers(2, 40),
    convolutions=st.integers(1, 20),
    pool_every=st.integers(1, 6),
    padding=st.integers(0, 1),
    pool_size=st.integers(2, 3),
)
def test_pool_every_that_is_offered_is_the_least_that_works(
    side: int, convolutions: int, pool_every: int, padding: int, pool_size: int
) -> None:
    def features(convolutions: int, pool_every: int) -> int:
        windows = {"kernel_size": 3, "padding": padding}, {"kernel_size": pool_size}
        return features_left((1, side, side), [1] * convolutions, pool_every, *windows)

    try:
        features(convolutions, pool_every)
    except ModelError as refused:
        if found := re.search(r"pool_every = (\d+) or more, not \d+, for (\d+) conv", refused.hint):
            least, count = map(int, found.groups())
            assert (features(convolutions, least) >= 1, count) == (True, convolutions)
            if least > pool_every + 1:
                with pytest.raises(ModelError):
                    features(convolutions, least - 1)
        if found := re.search(r"at most (\d+) convolutions?, not", refused.hint):
            assert features(int(found.group(1)), pool_every) >= 1


def test_one_convolution_is_one() -> None:
    with pytest.raises(ModelError) as caught:
        features_left((1, 2, 2), [4, 4], 1, {"kernel_size": 3, "padding": 1}, {"kernel_size": 2})
    assert "at most 1 convolution, not 2" in caught.value.hint


def test_convolution_that_leaves_nothing_is_named() -> None:
    with pytest.raises(ModelError, match="convolution 2 would leave a map of 0x2 from 4x6"):
        CNN((1, 8, 10), 2, [4, 4], 5, [], {"kernel_size": 5})


def test_unknown_pooling_is_refused() -> None:
    with pytest.raises(ModelError, match="Known: avg, max"):
        CNN((1, 8, 8), 2, [4], 1, [], pooling_type="median")


def test_pooling_before_every_convolution_is_refused() -> None:
    with pytest.raises(ModelError, match="pool_every = 0 is not allowed"):
        CNN((1, 8, 8), 2, [4], 0, [])


def test_empty_settings_are_the_defaults() -> None:
    net = CNN((1, 8, 8), 2, [4], 1, [], {}, "tanh", {}, "avg", {})
    assert [type(layer).__name__ for layer in net.feature_extractor] == ["Conv2d", "Tanh", "AvgPool2d"]
    assert net.classifier.layers[0].in_features == 4 * 4 * 4
