"""Every layer against autograd, alone and in chains, in both modes and both precisions."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ModelError
from engine.scratch import MLP, CrossEntropyLoss, Dropout, Layer, Sequential, compare_with_autograd
from tests.engine.scratch.builders import FEATURES, LAYERS, inputs, labels


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-10)], ids=["32", "64"])
@pytest.mark.parametrize("is_training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("leading", [(6,), (4, 3)], ids=["2-D", "3-D"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer_agrees_with_autograd(
    name: str, leading: tuple[int, ...], is_training: bool, dtype: torch.dtype, tolerance: float
) -> None:
    torch.manual_seed(7)
    layer = LAYERS[name](dtype)
    layer.train(is_training)
    report = compare_with_autograd(layer, inputs(*leading, dtype=dtype), tolerance=tolerance, y=labels(*leading))
    report.raise_if_different()
    assert report
    assert len(report.differences) == 2 + len(layer.params())


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_have_the_shape_and_type_of_what_they_are_gradients_of(name: str) -> None:
    for dtype in (torch.float32, torch.float64):
        layer, x = LAYERS[name](dtype), inputs(6, dtype=dtype)
        out = layer(x, y=labels(6))
        dx = layer.backward(torch.ones_like(out))
        assert (out.dtype, dx.dtype, dx.shape) == (dtype, dtype, x.shape)
        for parameter, gradient in layer.params():
            assert (gradient.dtype, gradient.shape) == (dtype, parameter.shape)


@pytest.mark.parametrize("name", LAYERS)
def test_the_last_forward_counts(name: str) -> None:
    """Two calls and one backward give what the second call alone would have given."""
    torch.manual_seed(3)
    layer = LAYERS[name](torch.float64)
    first, second = inputs(6, dtype=torch.float64, seed=4), inputs(2, dtype=torch.float64, seed=5)

    torch.manual_seed(11)
    out = layer(second, y=labels(2))
    dout = torch.randn_like(out)
    expected = [layer.backward(dout), *(gradient.clone() for _, gradient in layer.params())]
    for _, gradient in layer.params():
        gradient.zero_()

    layer(first, y=labels(6))
    torch.manual_seed(11)
    layer(second, y=labels(2))
    for found, wanted in zip([layer.backward(dout), *(g for _, g in layer.params())], expected, strict=True):
        assert torch.equal(found, wanted)


@pytest.mark.parametrize("name", LAYERS)
def test_gradients_add_up_until_they_are_cleared(name: str) -> None:
    torch.manual_seed(3)
    layer, x, y = LAYERS[name](torch.float64), inputs(6, dtype=torch.float64), labels(6)
    layer.train(False)
    params = layer.params()
    out = layer(x, y=y)
    layer.backward(torch.ones_like(out))
    once = [gradient.clone() for _, gradient in params]
    layer(x, y=y)
    layer.backward(torch.ones_like(out))
    for (_, gradient), single in zip(params, once, strict=True):
        assert single.abs().max() > 0
        assert torch.allclose(gradient, 2 * single, rtol=1e-12, atol=1e-14)


@given(
    hidden=st.lists(st.integers(1, 9), max_size=3),
    activation=st.sampled_from(["relu", "lrelu", "sigmoid", "tanh"]),
    dropout=st.sampled_from([0, 0.3, 0.8]),
    examples=st.integers(1, 12),
    is_training=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_any_network_agrees_with_autograd(
    hidden: list[int], activation: str, dropout: float, examples: int, is_training: bool, seed: int
) -> None:
    torch.manual_seed(seed)
    network = MLP(FEATURES, 4, hidden, activation, dropout, wstd=0.8, dtype=torch.float64)
    loss = Sequential(network, CrossEntropyLoss())
    loss.train(is_training)
    x, y = inputs(examples, dtype=torch.float64, seed=seed), labels(examples, classes=4, seed=seed)
    compare_with_autograd(loss, x, tolerance=1e-9, y=y).raise_if_different()


@pytest.mark.parametrize("layer", [LAYERS[name](torch.float32) for name in LAYERS if name != "empty"], ids=str)
def test_backward_without_a_forward_is_refused(layer: Layer) -> None:
    with pytest.raises(ModelError, match="before it computed anything"):
        layer.backward(torch.ones(6, 4))


def test_dropout_in_a_chain_drops_on_both_sides_of_the_comparison() -> None:
    """The comparison in training mode would be worth nothing if no value were dropped."""
    layer = Sequential(Dropout(0.5))
    layer(inputs(40))
    dropped = layer.backward(torch.ones(40, FEATURES)) == 0
    assert 0 < int(dropped.sum()) < dropped.numel()
