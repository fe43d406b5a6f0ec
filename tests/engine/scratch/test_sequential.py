from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine.errors import ModelError
from engine.scratch import MLP, CrossEntropyLoss, Dropout, Layer, LeakyReLU, Linear, ReLU, Sequential, TanH
from tests.engine.scratch.builders import inputs, labels


class Scaled(Layer):
    """Takes a keyword argument that no other layer takes."""

    def forward(self, x: Tensor, factor: float = 1.0, **kw: Any) -> Tensor:  # noqa: ARG002
        self.factor = factor
        return x * factor

    def backward(self, dout: Tensor) -> Tensor:
        return dout * self.factor


def kinds(layers: Sequential) -> list[str]:
    return [type(layer).__name__ for layer in layers]


def test_loss_of_a_network_is_a_number_and_its_gradient_has_the_shape_of_the_input() -> None:
    network = MLP(5, 3, [4])
    chain = Sequential(network, CrossEntropyLoss())
    x, y = inputs(6), labels(6)
    loss = chain(x, y=y)
    assert loss.shape == ()
    assert float(loss) == pytest.approx(float(CrossEntropyLoss()(network(x), y)))
    dx = chain.backward(1)
    assert dx.shape == x.shape
    chain(x, y=y)
    assert torch.equal(chain.backward(torch.tensor(1.0)), dx)
    assert torch.equal(chain.backward(), dx)


def test_keyword_arguments_reach_the_layers_that_take_them_at_any_depth() -> None:
    x, y = inputs(6), labels(6, classes=5)
    chain = Sequential(Sequential(ReLU(), Sequential(Scaled())), Sequential(CrossEntropyLoss()))
    assert torch.equal(chain(x, y=y, factor=3.0), CrossEntropyLoss()(3 * x.clamp(min=0), y))
    assert torch.equal(chain(x, y=y), CrossEntropyLoss()(x.clamp(min=0), y))


def test_a_number_loses_no_precision_on_its_way_into_the_loss() -> None:
    chain = Sequential(CrossEntropyLoss())
    chain(torch.zeros(1, 2, dtype=torch.float64), y=torch.tensor([0]))
    assert chain.backward(0.1).tolist() == [[-0.05, 0.05]]


def test_a_chain_is_a_list_of_layers() -> None:
    first, second = Linear(2, 3), TanH()
    chain = Sequential(first, second)
    assert (len(chain), chain[0], chain[-1], list(chain)) == (2, first, second, [first, second])
    assert [id(tensor) for pair in chain.params() for tensor in pair] == [
        id(tensor) for pair in first.params() for tensor in pair
    ]


def test_an_empty_chain_changes_nothing() -> None:
    x, chain = inputs(3), Sequential()
    assert torch.equal(chain(x), x)
    assert torch.equal(chain.backward(x), x)
    assert (len(chain), chain.params()) == (0, [])


def test_the_mode_reaches_every_layer() -> None:
    network = MLP(3, 2, [4, 4], dropout=0.5)
    chain = Sequential(network, CrossEntropyLoss())
    everything = [chain, network, network.sequence, *chain.parts()]
    assert len(everything) == 3 + 8
    assert all(layer.training_mode for layer in everything)
    chain.train(False)
    assert not any(layer.training_mode for layer in everything)
    chain.train()
    assert all(layer.training_mode for layer in everything)


def test_one_layer_in_two_places_is_refused() -> None:
    """It would remember the input of the second place alone, and give the first one a wrong gradient in silence."""
    shared = LeakyReLU()
    with pytest.raises(ModelError, match=r"LeakyReLU\(alpha=0.01\) stands twice"):
        Sequential(Linear(2, 2), shared, Linear(2, 2), shared)
    with pytest.raises(ModelError, match="stands twice"):
        Sequential(Sequential(Linear(2, 2), shared), Sequential(Linear(2, 2), shared))
    Sequential(Linear(2, 2), ReLU(), Linear(2, 2), ReLU())


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ([[Linear(2, 2), ReLU()]], r"argument 1 is a list\.\nGive the layers one by one: .*Sequential\(\*layers\)"),
        ([Linear(2, 2), ReLU], r"argument 2 is ReLU\.\nMake one of it: ReLU\(\.\.\.\)"),
        ([torch.nn.ReLU()], r"argument 1 is a ReLU\.\n.* those of torch\.nn are none"),
    ],
)
def test_what_is_no_layer_is_refused_with_what_works(layers: list[Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Sequential(*layers)


def test_three_hidden_layers_with_dropout_are_ten_layers() -> None:
    network = MLP(20, 4, [50] * 3, dropout=0.6)
    assert kinds(network.sequence) == [*["Linear", "ReLU", "Dropout"] * 3, "Linear"]
    assert [p.p for p in network.sequence if isinstance(p, Dropout)] == [0.6] * 3
    sizes = [(layer.in_features, layer.out_features) for layer in network.sequence if isinstance(layer, Linear)]
    assert sizes == [(20, 50), (50, 50), (50, 50), (50, 4)]
    assert len(network.params()) == 8


@pytest.mark.parametrize(
    ("activation", "kind"), [("relu", "ReLU"), ("lrelu", "LeakyReLU"), ("sigmoid", "Sigmoid"), ("tanh", "TanH")]
)
def test_activation_by_name(activation: str, kind: str) -> None:
    assert kinds(MLP(2, 2, (3, 3), activation).sequence) == ["Linear", kind, "Linear", kind, "Linear"]


def test_no_hidden_layer_is_a_linear_classifier() -> None:
    assert kinds(MLP(4, 2, dropout=0.5).sequence) == ["Linear"]


def test_settings_of_linear_layers_pass_through() -> None:
    torch.manual_seed(0)
    network = MLP(100, 100, [100], wstd=3, dtype=torch.float64)
    for weight, _ in network.params():
        assert weight.dtype == torch.float64
        assert float(weight.std()) == pytest.approx(3, rel=0.3)


def test_unknown_activation_names_the_nearest() -> None:
    with pytest.raises(ModelError, match=r'"sigmod" is not a known activation.*Did you mean "sigmoid"'):
        MLP(2, 2, [3], activation="sigmod")


def test_impossible_dropout_is_refused() -> None:
    for dropout in (1.5, -0.5):
        with pytest.raises(ModelError, match="p of a dropout layer"):
            MLP(2, 2, [3], dropout=dropout)


def test_gradients_are_taken_backwards_through_the_chain() -> None:
    """A chain of scalings: the gradient is their product."""
    chain = Sequential(*(Linear(1, 1) for _ in range(3)))
    for layer, weight in zip(chain, (2.0, 3.0, 5.0), strict=True):
        assert isinstance(layer, Linear)
        layer.w.fill_(weight)
        layer.b.zero_()
    assert chain(torch.tensor([[1.0]])).tolist() == [[30.0]]
    assert chain.backward(torch.tensor([[1.0]])).tolist() == [[30.0]]
    assert [gradient.item() for _, gradient in chain.params()] == [15.0, 15.0, 10.0, 5.0, 6.0, 1.0]
