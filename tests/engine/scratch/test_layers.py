"""What single layers compute, with values worked out by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.scratch import (
    MLP,
    CrossEntropyLoss,
    Dropout,
    Layer,
    LeakyReLU,
    Linear,
    ReLU,
    Sequential,
    Sigmoid,
    TanH,
    compare_with_autograd,
)


@pytest.mark.parametrize(
    ("layer", "values", "gradients"),
    [
        (ReLU(), [0.0, 0.0, 2.0], [0.0, 0.0, 1.0]),
        (LeakyReLU(), [-0.03, 0.0, 2.0], [0.01, 0.01, 1.0]),
        (LeakyReLU(alpha=2), [-6.0, 0.0, 2.0], [2.0, 2.0, 1.0]),
        (Sigmoid(), [0.0474259, 0.5, 0.8807971], [0.0451767, 0.25, 0.1049936]),
        (TanH(), [-0.9950548, 0.0, 0.9640276], [0.0098660, 1.0, 0.0706508]),
    ],
    ids=str,
)
def test_nonlinearity(layer: Layer, values: list[float], gradients: list[float]) -> None:
    assert layer(torch.tensor([-3.0, 0.0, 2.0])).tolist() == pytest.approx(values, abs=1e-6)
    assert layer.backward(torch.full((3,), 10.0)).tolist() == pytest.approx([10 * g for g in gradients], abs=1e-5)
    assert layer.params() == []


@pytest.mark.parametrize("layer", [ReLU(), LeakyReLU(), Sigmoid(), TanH()], ids=str)
def test_values_without_bound_make_no_nan(layer: Layer) -> None:
    assert not layer(torch.tensor([-math.inf, -1e4, 1e4, math.inf])).isnan().any()
    assert not layer.backward(torch.ones(4)).isnan().any()


def test_linear_multiplies_and_shifts() -> None:
    layer = Linear(2, 3)
    layer.w.copy_(torch.tensor([[1.0, 2.0], [0.0, 1.0], [-1.0, 0.0]]))
    layer.b.copy_(torch.tensor([0.0, 10.0, 0.5]))
    assert layer(torch.tensor([[3.0, 4.0]])).tolist() == [[11.0, 14.0, -2.5]]
    assert layer.backward(torch.tensor([[1.0, 0.0, 2.0]])).tolist() == [[-1.0, 2.0]]
    assert layer.dw.tolist() == [[3.0, 4.0], [0.0, 0.0], [6.0, 8.0]]
    assert layer.db.tolist() == [1.0, 0.0, 2.0]


def test_linear_starts_from_a_normal_distribution() -> None:
    torch.manual_seed(0)
    layer = Linear(200, 300, wstd=0.02)
    assert (layer.w.shape, layer.b.shape) == ((300, 200), (300,))
    assert float(layer.w.std()) == pytest.approx(0.02, rel=0.02)
    assert float(layer.b.std()) == pytest.approx(0.02, rel=0.2)
    assert abs(float(layer.w.mean())) < 1e-3
    assert layer.dw.abs().max() == layer.db.abs().max() == 0


def test_gradients_stay_the_same_tensors() -> None:
    """An optimiser takes them once."""
    layer = Linear(2, 1)
    [(w, dw), (b, db)] = layer.params()
    layer(torch.ones(4, 2))
    layer.backward(torch.ones(4, 1))
    assert (w is layer.w, dw is layer.dw, b is layer.b, db is layer.db) == (True, True, True, True)
    assert (dw.tolist(), db.tolist()) == ([[4.0, 4.0]], [4.0])


@pytest.mark.parametrize("shape", [(40,), (13, 7), (5, 6, 3)], ids=str)
def test_dropout_drops_what_torch_drops(shape: tuple[int, ...]) -> None:
    x = torch.randn(shape)
    ours, theirs = Dropout(0.3), nn.Dropout(0.3)
    torch.manual_seed(5)
    found = ours(x)
    torch.manual_seed(5)
    assert torch.equal(found, theirs(x))
    assert 0 < int((found == 0).sum()) < x.numel()


def test_dropout_keeps_the_mean() -> None:
    torch.manual_seed(0)
    assert float(Dropout(0.8)(torch.ones(100_000)).mean()) == pytest.approx(1, abs=0.02)


def test_dropout_changes_nothing_outside_training_and_draws_nothing() -> None:
    layer = Dropout(0.9)
    layer.train(False)
    before = torch.get_rng_state()
    x = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(layer(x), x)
    assert torch.equal(layer.backward(x), x)
    assert torch.equal(torch.get_rng_state(), before)
    layer.train()
    assert not torch.equal(layer(x), x)


def test_cross_entropy_of_equal_scores_is_the_logarithm_of_the_classes() -> None:
    loss = CrossEntropyLoss()
    assert float(loss(torch.zeros(4, 10), torch.arange(4))) == pytest.approx(math.log(10))
    gradient = loss.backward()
    assert gradient[1].tolist() == pytest.approx([0.025, -0.225, *[0.025] * 8])
    assert loss.backward(dout=4.0)[1, 1] == pytest.approx(-0.9)


@pytest.mark.parametrize("offset", [-1e4, 0, 1e4])
def test_cross_entropy_of_great_scores_is_finite_and_exact(offset: float) -> None:
    loss = CrossEntropyLoss()
    scores = torch.tensor([[1000.0, 0.0], [0.0, 0.0]], dtype=torch.float64) + offset
    assert float(loss(scores, y=torch.tensor([1, 0]))) == pytest.approx((1000 + math.log(2)) / 2)
    assert loss.backward(1.0).tolist() == [[0.5, -0.5], [-0.25, 0.25]]


def test_cross_entropy_leaves_its_inputs_alone() -> None:
    scores, y, loss = torch.tensor([[1.0, 2.0]]), torch.tensor([0], dtype=torch.uint8), CrossEntropyLoss()
    loss(scores, y)
    loss.backward()
    loss.backward()
    assert (scores.tolist(), y.tolist()) == ([[1.0, 2.0]], [0])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "given no labels"),
        (torch.tensor([0.0, 1.0]), "whole numbers, not torch.float32"),
        (torch.tensor([0, 1, 2]), r"shape \(3,\) do not fit scores of shape \(2, 3\)"),
        (torch.tensor([[0], [1]]), r"shape \(2, 1\) do not fit"),
        (torch.tensor([0, 3]), "from 0 to 3, but 3 classes are 0 to 2"),
        (torch.tensor([-1, 1]), "from -1 to 1"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y: Tensor | None, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        CrossEntropyLoss()(torch.zeros(2, 3), y=y)


def test_dropout_of_everything_leaves_nothing_and_draws_nothing_as_in_torch() -> None:
    layer, x = Dropout(1), torch.randn(4, 3)
    before = torch.get_rng_state()
    assert torch.equal(layer(x), nn.Dropout(1)(x))
    assert torch.equal(layer.backward(torch.ones(4, 3)), torch.zeros(4, 3))
    assert torch.equal(torch.get_rng_state(), before)
    assert compare_with_autograd(layer, x)
    layer.train(False)
    assert torch.equal(layer(x), x)
    assert torch.equal(layer.backward(x), x)
    assert MLP(3, 2, [4], dropout=1)(x).isfinite().all()


@pytest.mark.parametrize("p", [-0.1, 1.5, math.nan])
def test_dropout_of_what_is_no_probability_is_refused(p: float) -> None:
    with pytest.raises(ModelError, match=f"p of a dropout layer is {p}"):
        Dropout(p)


def test_sizes_that_make_no_layer_are_refused() -> None:
    with pytest.raises(ModelError, match="in_features of a linear layer is 0"):
        Linear(0, 3)
    with pytest.raises(ModelError, match="out_features of a linear layer is -1"):
        MLP(4, 2, [3, -1])
    with pytest.raises(ModelError, match="wstd of a linear layer is -1"):
        Linear(2, 3, wstd=-1)


def test_rows_of_another_size_are_refused() -> None:
    layer = Linear(3, 4)
    for shape in [(2, 4), (3, 2), ()]:
        with pytest.raises(ModelError, match=r"Linear\(in_features=3, out_features=4\) takes rows of 3 values"):
            layer(torch.zeros(shape))


def test_layers_say_what_they_are() -> None:
    chain = Sequential(Linear(3, 4), Sequential(LeakyReLU(0.2), Dropout(0.25)), CrossEntropyLoss())
    assert repr(chain) == (
        "Sequential(\n"
        "  Linear(in_features=3, out_features=4),\n"
        "  Sequential(\n"
        "    LeakyReLU(alpha=0.2),\n"
        "    Dropout(p=0.25),\n"
        "  ),\n"
        "  CrossEntropyLoss(),\n"
        ")"
    )
    assert repr(MLP(2, 2)) == "MLP(\n  Linear(in_features=2, out_features=2),\n)"
    assert [repr(layer) for layer in (ReLU(), Sigmoid(), TanH(), Sequential())] == [
        "ReLU()",
        "Sigmoid()",
        "TanH()",
        "Sequential()",
    ]


@pytest.mark.parametrize("layer", [ReLU(), LeakyReLU(0.1), Sigmoid(), TanH()], ids=lambda layer: type(layer).__name__)
def test_traced_from_outside_the_derivative_is_the_same_at_zero_and_far_out(layer: Layer) -> None:
    x = torch.tensor([[0.0, 1.0, -1.0, -100.0, 100.0]], requires_grad=True)
    layer(x).sum().backward()  # type: ignore[no-untyped-call]
    assert x.grad is not None
    torch.testing.assert_close(layer.backward(torch.ones(1, 5)), x.grad)
