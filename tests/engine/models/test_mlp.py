from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.errors import ModelError
from engine.model_config import MLPConfig
from engine.models import MLP, count_parameters
from engine.models.mlp import build


def kinds(model: MLP) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def test_names_and_modules_are_both_nonlinearities() -> None:
    model = MLP(2, dims=[8, 4, 1], nonlins=["tanh", nn.ReLU(), "none"])
    assert kinds(model) == ["Linear", "Tanh", "Linear", "ReLU", "Linear"]
    assert model(torch.zeros(5, 2)).shape == (5, 1)


def test_softmax_acts_over_the_classes() -> None:
    model = MLP(3, dims=[4], nonlins=["softmax"])
    assert torch.allclose(model(torch.randn(6, 3)).sum(1), torch.ones(6))


def test_images_are_flattened() -> None:
    assert MLP(12, dims=[5], nonlins=["none"])(torch.zeros(2, 3, 2, 2)).shape == (2, 5)


def test_one_dropout_serves_every_hidden_layer_and_never_the_output() -> None:
    model = MLP(2, dims=[8, 8, 3], nonlins=["relu", "relu", "none"], dropout=[0.3])
    assert kinds(model) == ["Linear", "ReLU", "Dropout", "Linear", "ReLU", "Dropout", "Linear"]


def test_dropout_can_be_given_for_each_hidden_layer() -> None:
    model = MLP(2, dims=[8, 8, 3], nonlins=["relu", "relu", "none"], dropout=[0, 0.5])
    assert kinds(model) == ["Linear", "ReLU", "Linear", "ReLU", "Dropout", "Linear"]
    assert model.layers[4].p == 0.5


@pytest.mark.parametrize(
    ("nonlins", "dropout", "message"),
    [
        (["relu"], [], "2 layers needs as many nonlinearities, not 1"),
        (["relu", "none"], [0.1, 0.2], "2 values for 1 hidden"),
        (["rely", "none"], [], 'Did you mean "relu"'),
    ],
)
def test_lists_that_do_not_fit_are_refused(nonlins: list[str], dropout: list[float], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        MLP(2, dims=[4, 3], nonlins=nonlins, dropout=dropout)


def test_coursework_network_has_its_published_size() -> None:
    assert count_parameters(build(MLPConfig(name="mlp"), (1, 28, 28), 10)) == 1_276_810


def test_no_hidden_layer_is_a_linear_classifier() -> None:
    model = build(MLPConfig(name="mlp", hidden=()), (1, 8, 8), 10)
    assert kinds(model) == ["Linear"]


def test_dropout_does_not_change_the_initial_weights() -> None:
    """Trials that differ in dropout alone stay paired."""
    models = []
    for dropout in ((), (0.0, 0.5)):
        torch.manual_seed(3)
        models.append(build(MLPConfig(name="mlp", hidden=(16, 16), dropout=dropout), (1, 8, 8), 10))
    for one, other in zip(*(model.parameters() for model in models), strict=True):
        assert torch.equal(one, other)


def test_a_nonlinearity_may_be_a_module_or_nothing() -> None:
    model = MLP(2, [8, 8, 2], [None, nn.Tanh(), "none"])
    assert kinds(model) == ["Linear", "Linear", "Tanh", "Linear"]
    assert model(torch.ones(3, 2)).shape == (3, 2)


def test_what_is_no_nonlinearity_is_refused_before_the_first_pass() -> None:
    with pytest.raises(ModelError, match="is not a nonlinearity"):
        MLP(2, [8, 2], [nn.Tanh, "none"])  # type: ignore[list-item]
