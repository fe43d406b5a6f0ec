"""The two families that end in a convolution over the whole map: their scores, and the images they take."""

from __future__ import annotations

from typing import cast

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.errors import ModelError
from engine.model_config import ModelConfig, RegularisedCNNConfig, StridedCNNConfig
from engine.models import build_model, count_parameters

CATS_AND_DOGS = (3, 64, 64)
STRIDED = StridedCNNConfig(name="strided_cnn")
REGULARISED = RegularisedCNNConfig(name="regularised_cnn")
over_both = pytest.mark.parametrize("config", [STRIDED, REGULARISED], ids=lambda config: config.name)


def kinds(part: nn.Module) -> list[str]:
    return [type(layer).__name__ for layer in part.children()]


def feature_extractor(config: ModelConfig) -> nn.Module:
    return build_model(config, CATS_AND_DOGS, 2).get_submodule("feature_extractor")


@pytest.mark.parametrize(("config", "parameters"), [(STRIDED, 2_764_737), (REGULARISED, 1_560_961)])
def test_size_is_the_published_one(config: ModelConfig, parameters: int) -> None:
    assert count_parameters(build_model(config, CATS_AND_DOGS, 2)) == parameters


def test_strided_convolutions_follow_each_other() -> None:
    features = feature_extractor(STRIDED)
    assert kinds(features) == ["Conv2d", "ReLU"] * 4
    widths = [layer.out_channels for layer in features.children() if isinstance(layer, nn.Conv2d)]
    assert widths == [64, 128, 256, 512]


def test_regularised_blocks_are_the_published_ones() -> None:
    assert [kinds(block) for block in feature_extractor(REGULARISED).children()] == [
        ["Conv2d", "LeakyReLU", "MaxPool2d"],
        ["Conv2d", "LeakyReLU", "BatchNorm2d", "Dropout2d", "MaxPool2d"],
        ["Conv2d", "BatchNorm2d", "LeakyReLU", "Dropout2d", "MaxPool2d"],
        ["Conv2d", "BatchNorm2d", "LeakyReLU", "MaxPool2d"],
    ]
    layers = list(feature_extractor(REGULARISED).modules())
    assert {layer.negative_slope for layer in layers if isinstance(layer, nn.LeakyReLU)} == {0.2}
    assert {layer.p for layer in layers if isinstance(layer, nn.Dropout2d)} == {0.2}


def test_dropout_of_maps_can_be_changed_and_left_out() -> None:
    def probabilities(dropout2d: float) -> list[float]:
        config = RegularisedCNNConfig(name="regularised_cnn", dropout2d=dropout2d)
        return [layer.p for layer in feature_extractor(config).modules() if isinstance(layer, nn.Dropout2d)]

    assert probabilities(0.5) == [0.5, 0.5]
    assert probabilities(0) == []


@over_both
@pytest.mark.parametrize(("classes", "scores"), [(2, 1), (3, 3), (10, 10)])
def test_two_classes_share_one_logit(config: ModelConfig, classes: int, scores: int) -> None:
    model = build_model(config, CATS_AND_DOGS, classes)
    last = model.get_submodule("classifier")
    assert isinstance(last, nn.Conv2d)
    nn.init.zeros_(last.weight)
    nn.init.constant_(cast(nn.Parameter, last.bias), -3)
    out = model(torch.randn(2, *CATS_AND_DOGS))
    assert torch.equal(out, torch.full((2, scores), -3.0)), "no sigmoid: it belongs to the loss"


@over_both
def test_other_image_is_refused_with_the_sizes_that_work(config: ModelConfig) -> None:
    with torch.device("meta"), pytest.raises(ModelError) as caught:
        build_model(config, (3, 32, 32), 2)
    assert "needs a map of 4x4, and 4 model.filters leave 2x2 of 32x32" in caught.value.message
    assert caught.value.hint == "What would work: data.image_size = 64; or 3 model.filters instead of 4."
    shorter = config.model_copy(update={"filters": (8, 8, 8)})
    assert build_model(shorter, (3, 32, 32), 2)(torch.zeros(2, 3, 32, 32)).shape == (2, 1)


@over_both
def test_more_filters_than_any_image_takes_are_refused(config: ModelConfig) -> None:
    with pytest.raises(ModelError) as caught:
        build_model(config.model_copy(update={"filters": (65_536,) * 12}), (1, 28, 28), 2)
    assert "12 model.filters leave 0x0" in caught.value.message
    assert caught.value.hint == "What would work: data.image_size = 1024 with 8 model.filters."


@over_both
@given(height=st.integers(1, 40), width=st.integers(1, 40), filters=st.integers(1, 3))
def test_exactly_the_images_that_leave_four_by_four_are_taken(
    config: ModelConfig, height: int, width: int, filters: int
) -> None:
    small = config.model_copy(update={"filters": (1,) * filters})
    fits = (height >> filters, width >> filters) == (4, 4)
    with torch.device("meta"):
        if fits:
            assert build_model(small, (1, height, width), 5)(torch.empty(1, 1, height, width)).shape == (1, 5)
        else:
            with pytest.raises(ModelError):
                build_model(small, (1, height, width), 5)
