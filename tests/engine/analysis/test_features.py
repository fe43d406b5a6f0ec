"""Activations against a forward pass written out with formulas, layer by layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from pydantic import TypeAdapter
from torch import Tensor, nn

from engine.analysis.features import activations, answer
from engine.errors import TermlabError
from engine.layer_table import layer_table
from engine.model_config import MODEL_CONFIGS, ModelConfig
from engine.models import build_model
from engine.models.resnet import ResidualBlock, ResNet
from engine.weights import weights_sha256
from tests.engine.analysis.runs import (
    ONE_LOGIT,
    asked,
    loaded,
    outcome,
    predictions,
    save_photographs,
    train_run,
)
from tests.real_data import REAL_DATA, needs_mnist

IMAGE = (3, 64, 64)
"""The one size that all families take with their default settings."""
BLOCKS: dict[str, Any] = {
    "model__name": "block_cnn",
    "model__channels": "4,6",
    "model__batchnorm": "true",
    "model__hidden": None,
}


def by_hand(layer: nn.Module, x: Tensor) -> Tensor:
    """Compute what a layer does in evaluation mode, from its parameters."""
    match layer:
        case nn.Conv2d():
            assert isinstance(layer.padding[0], int)
            size, stride = layer.kernel_size[0], layer.stride[0]
            columns = F.unfold(x, size, padding=layer.padding[0], stride=stride)  # (1, C*k*k, L)
            side = (x.shape[-1] + 2 * layer.padding[0] - size) // stride + 1
            values = layer.weight.flatten(1) @ columns  # (1, C', L)
            if layer.bias is not None:
                values = values + layer.bias[:, None]
            return values.reshape(1, -1, side, side)
        case nn.BatchNorm2d():
            assert layer.running_mean is not None
            assert layer.running_var is not None
            mean, variance, scale, shift = (
                one[:, None, None] for one in (layer.running_mean, layer.running_var, layer.weight, layer.bias)
            )
            return (x - mean) / (variance + layer.eps) ** 0.5 * scale + shift
        case nn.ReLU():
            return x.clamp(min=0)
        case nn.LeakyReLU():
            return torch.where(x > 0, x, layer.negative_slope * x)
        case nn.MaxPool2d():
            side = x.shape[-1] // 2
            return x[..., : 2 * side, : 2 * side].reshape(1, -1, side, 2, side, 2).amax((3, 5))
        case nn.Linear():
            return x.flatten(1) @ layer.weight.T + layer.bias
        case nn.Flatten():
            return x.flatten(1)
        case nn.Dropout() | nn.Dropout2d():
            return x
    raise AssertionError(layer)


def leaves(model: nn.Module) -> list[tuple[str, nn.Module]]:
    return [(name, module) for name, module in model.named_modules() if next(module.children(), None) is None]


@pytest.mark.parametrize(
    "settings", [{}, {"model__dropout": "0.5"}, BLOCKS, {"model__name": "convnet", "model__filters": "3,4"}, ONE_LOGIT]
)
def test_each_layer_gives_what_its_formula_gives(settings: dict[str, Any], tmp_path: Path) -> None:
    if settings is ONE_LOGIT:
        settings = ONE_LOGIT | {"data__name": save_photographs(tmp_path / "images")}
    run_id = train_run(tmp_path, **settings)
    one, every = loaded(tmp_path, run_id), predictions(tmp_path, run_id)
    found = outcome(answer(asked(tmp_path, run_id, image=11)))
    x = one.test.images[11:12].float() / 255
    expected = {}
    with torch.no_grad():
        for name, module in leaves(one.model):
            x = by_hand(module, x)
            if not isinstance(module, nn.Flatten | nn.Dropout | nn.Dropout2d):
                expected[name] = x[0]
    assert [layer.name for layer in found.layers] == list(expected)
    for layer in found.layers:
        assert layer.values.dtype == np.float32
        assert layer.values.shape == tuple(expected[layer.name].shape)
        assert layer.values == pytest.approx(expected[layer.name].numpy(), rel=1e-4, abs=1e-5)
    assert (found.place, found.label, found.predicted) == (11, every.labels[11], every.classes[11])
    assert found.probabilities == pytest.approx(every.every[11], abs=1e-6)
    assert (found.image == one.test.images[11].permute(1, 2, 0).numpy()).all()


def test_the_paths_of_a_residual_block_meet_after_the_last_of_its_layers(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "model__name": "resnet",
        "model__filters": "4,6",
        "model__batchnorm": "true",
        "model__hidden": "5",
    }
    run_id = train_run(tmp_path, **settings, model__layers_per_filter="2")
    one = loaded(tmp_path, run_id)
    found = {layer.name: layer.values for layer in outcome(answer(asked(tmp_path, run_id, image=2))).layers}
    assert isinstance(one.model, ResNet)
    x = one.test.images[2:3].float() / 255
    with torch.no_grad():
        for number in (0, 2):
            block = one.model.feature_extractor[number]
            assert isinstance(block, ResidualBlock)
            x = torch.relu(block.main_path(x) + block.shortcut_path(x))
            last = f"feature_extractor.{number}.main_path.{len(list(block.main_path)) - 1}"
            assert found[f"feature_extractor.{number}.shortcut_path.0"].shape == found[last].shape
            x = F.max_pool2d(x, 2)
            assert found[f"feature_extractor.{number + 1}"] == pytest.approx(x[0].numpy(), abs=1e-5)
        scores = one.model.classifier(x.flatten(1))
    assert list(found.values())[-1] == pytest.approx(scores[0].numpy(), abs=1e-5)


def test_a_layer_that_works_in_place_does_not_overwrite_what_came_before() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.ReLU(inplace=True), nn.Conv2d(2, 1, 1, bias=False))
    for weight in network.parameters():
        nn.init.constant_(weight, -1.0)
    found, outputs = activations(network, torch.ones(1, 1, 2, 2))
    assert [(layer.name, float(layer.values.min()), float(layer.values.max())) for layer in found] == [
        ("0", -1.0, -1.0), ("1", 0.0, 0.0), ("2", 0.0, 0.0),
    ]  # fmt: skip
    assert outputs.abs().max() == 0


def test_a_layer_used_twice_stands_there_twice() -> None:
    layer = nn.Linear(2, 2)
    nn.init.eye_(layer.weight)
    nn.init.ones_(layer.bias)
    found, _ = activations(nn.Sequential(layer, layer), torch.zeros(1, 2))
    assert [one.values.tolist() for one in found] == [[1.0, 1.0], [2.0, 2.0]]


@pytest.mark.parametrize("name", MODEL_CONFIGS)
def test_layers_are_those_of_the_table_but_for_what_does_nothing_here(name: str) -> None:
    adapter: TypeAdapter[ModelConfig] = TypeAdapter(ModelConfig)
    model = build_model(adapter.validate_python({"name": name}), IMAGE, 2)
    before = weights_sha256(model)
    found, outputs = activations(model.train(), torch.rand(1, *IMAGE))
    rows = [row for row in layer_table(model, IMAGE) if not row.kind.startswith(("Dropout", "Flatten"))]
    assert [(one.name, one.kind, one.values.shape) for one in found] == [
        (row.name, row.kind, row.output_shape) for row in rows
    ]
    assert found[-1].values.ravel() == pytest.approx(outputs[0].numpy())
    assert weights_sha256(model) == before
    assert not any(module._forward_hooks for module in model.modules())


def test_a_network_that_fails_is_left_without_hooks() -> None:
    network = nn.Sequential(nn.Linear(2, 3), nn.Linear(2, 3))
    with pytest.raises(RuntimeError):
        activations(network, torch.zeros(1, 2))
    assert not any(module._forward_hooks for module in network.modules())


def test_one_layer_by_its_name_or_the_end_of_it(tmp_path: Path) -> None:
    run_id = train_run(tmp_path, **BLOCKS)
    every = outcome(answer(asked(tmp_path, run_id))).layers
    for layer in every:
        (found,) = outcome(answer(asked(tmp_path, run_id, layer=layer.name))).layers
        assert found.values.tolist() == layer.values.tolist()
    ends = [layer.name.rpartition(".")[2] for layer in every]
    for layer, end in zip(every, ends, strict=True):
        if ends.count(end) == 1:
            (found,) = outcome(answer(asked(tmp_path, run_id, layer=end))).layers
            assert found.name == layer.name
    with pytest.raises(TermlabError, match='"nothing" is not a layer here') as caught:
        outcome(answer(asked(tmp_path, run_id, layer="nothing")))
    assert caught.value.hint == f"The layers are: {', '.join(layer.name for layer in every)}."


def test_a_cropped_image_is_cropped_for_the_layers_and_whole_to_look_at(tmp_path: Path) -> None:
    found = outcome(answer(asked(tmp_path, train_run(tmp_path, **BLOCKS, augment__crop="6"))))
    assert found.layers[0].values.shape == (4, 6, 6)
    assert found.image.shape == (8, 8, 1)


@pytest.mark.parametrize("place", [-1, 360])
def test_an_image_that_is_not_there_is_refused(place: int, tmp_path: Path) -> None:
    with pytest.raises(TermlabError, match=f"there is no test example {place}") as caught:
        outcome(answer(asked(tmp_path, train_run(tmp_path), image=place)))
    assert caught.value.hint == "They are counted from 0; the last of 360 is 359."


@needs_mnist
def test_on_mnist(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"data__name": "mnist", "data__train_limit": "200", "data__test_limit": "20"}
    run_id = train_run(tmp_path, data_folder=REAL_DATA, **BLOCKS, **settings)
    one = loaded(tmp_path, run_id, REAL_DATA)
    found, outputs = activations(one.model, one.inputs.for_testing(one.test.images[4:5]))
    x = one.test.images[4:5].float() / 255
    with torch.no_grad():
        for _, layer in leaves(one.model):
            x = by_hand(layer, x)
    assert outputs.numpy() == pytest.approx(x.numpy(), abs=1e-4)
    assert found[-1].values == pytest.approx(x[0].numpy(), abs=1e-4)
