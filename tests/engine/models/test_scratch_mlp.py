"""The layers written by hand as a model: shared tensors, modes, weights, and what looks into networks."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from engine.evaluate import has_dropout
from engine.model_config import MLPConfig, ScratchMLPConfig
from engine.models import ScratchMLP, mlp
from engine.models.scratch_mlp import build
from engine.scratch import CrossEntropyLoss, Dropout, Linear, VanillaSGD
from engine.weights import load_weights, save_weights

IMAGE = (1, 4, 4)


def network(**settings: object) -> ScratchMLP:
    torch.manual_seed(0)
    return build(ScratchMLPConfig.model_validate({"name": "scratch_mlp", "hidden": [8], **settings}), IMAGE, 3)


def linear_layers(model: ScratchMLP) -> list[Linear]:
    return [part for part in model.network.parts() if isinstance(part, Linear)]


def assert_learning_moves_the_module(model: ScratchMLP) -> None:
    """One update of the layers has to be an update of the module's parameters, and of what it computes."""
    params = model.shared_params()
    assert [p.data_ptr() for p in model.parameters()] == [tensor.data_ptr() for tensor, _ in params]
    before = [parameter.clone() for parameter in model.parameters()]
    images = torch.randn(6, *IMAGE, dtype=before[0].dtype)
    loss = CrossEntropyLoss()
    labels = torch.arange(6) % 3
    first = loss(model(images), y=labels)
    model.backward(loss.backward())
    VanillaSGD(params, 0.1).step()
    assert not any(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True))
    assert loss(model(images), y=labels) < first


def test_the_published_network_has_the_size_of_its_formula() -> None:
    config = ScratchMLPConfig(name="scratch_mlp", hidden=(128, 128, 128))
    assert sum(p.numel() for p in build(config, (3, 32, 32), 10).parameters()) == 427_658


def test_module_and_layers_share_their_tensors() -> None:
    assert_learning_moves_the_module(network())


def test_tensors_are_shared_after_a_change_of_precision() -> None:
    model = network().double()
    assert all(gradient.dtype == torch.float64 for _, gradient in model.shared_params())
    assert_learning_moves_the_module(model)


@pytest.mark.parametrize("assign", [False, True])
def test_tensors_are_shared_after_weights_were_loaded(assign: bool) -> None:
    model, other = network(), network(init_std=0.5)
    images = torch.randn(5, *IMAGE)
    model.load_state_dict({name: value.clone() for name, value in other.state_dict().items()}, assign=assign)
    assert torch.equal(model(images), other(images))
    assert_learning_moves_the_module(model)


def test_tensors_are_shared_on_leaving_the_meta_device() -> None:
    with torch.device("meta"):
        model = network()
    assert all(layer.w.is_meta and layer.dw.is_meta for layer in linear_layers(model))
    model = model.to_empty(device="cpu")
    model.load_state_dict(network().state_dict())
    assert_learning_moves_the_module(model)


def test_a_copy_shares_with_itself_and_not_with_the_original() -> None:
    model = network()
    original = [parameter.clone() for parameter in model.parameters()]
    assert_learning_moves_the_module(copy.deepcopy(model))
    assert all(torch.equal(old, new) for old, new in zip(original, model.parameters(), strict=True))


def test_weights_come_back_from_disk(tmp_path: Path) -> None:
    saved, loaded = network(), network(init_std=0.5)
    save_weights(tmp_path / "weights.pt", saved.state_dict())
    load_weights(tmp_path / "weights.pt", loaded)
    images = torch.randn(5, *IMAGE)
    assert torch.equal(saved(images), loaded(images))


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_weights_go_into_the_network_that_autograd_trains_and_give_the_same_scores(dropout: float) -> None:
    ours = network(activation="lrelu", dropout=dropout).eval()
    theirs = mlp.build(MLPConfig(name="mlp", hidden=(8,), activation="lrelu", dropout=(dropout,)), IMAGE, 3).eval()
    theirs.load_state_dict(ours.state_dict())
    images = torch.randn(5, *IMAGE)
    assert torch.allclose(ours(images), theirs(images), atol=1e-6)


def test_dropping_follows_the_mode_of_the_module() -> None:
    model = network(dropout=0.5)
    (dropout,) = [part for part in model.network.parts() if isinstance(part, Dropout)]
    images = torch.randn(64, *IMAGE)
    model.eval()
    assert torch.equal(model(images), model(images))
    assert not dropout.training_mode
    model.train()
    assert not torch.equal(model(images), model(images))
    assert dropout.training_mode


def test_one_dropout_alone_can_be_left_on() -> None:
    """What evaluation over masks does."""
    model = network(dropout=0.5).eval()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.train()
    images = torch.randn(64, *IMAGE)
    assert not torch.equal(model(images), model(images))


def test_dropout_is_found_where_there_is_some() -> None:
    assert has_dropout(network(dropout=0.4))
    assert not has_dropout(network())


def test_forward_leaves_no_graph_behind() -> None:
    scores = network()(torch.randn(5, *IMAGE))
    assert scores.grad_fn is None
    assert not scores.requires_grad


def test_initial_weights_have_the_spread_asked_for() -> None:
    model = network(hidden=[4000], init_std=0.03)
    assert all(p.std().item() == pytest.approx(0.03, rel=0.05) for p in list(model.parameters())[:3])


def test_each_layer_shows_in_print() -> None:
    text = str(network(dropout=0.4, activation="lrelu"))
    for layer in ("Linear(in_features=16, out_features=8)", "LeakyReLU(alpha=0.01)", "Dropout(p=0.4"):
        assert layer in text
