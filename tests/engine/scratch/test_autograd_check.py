"""The comparison itself: that it finds what is wrong, says where and how much, and leaves the layer as it was."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
from torch import Tensor

from engine.errors import GradientError, ModelError
from engine.scratch import (
    MLP,
    CrossEntropyLoss,
    Dropout,
    Layer,
    LeakyReLU,
    Linear,
    ReLU,
    Sequential,
    TanH,
    compare_with_autograd,
)
from engine.scratch.gradient_report import difference_between
from tests.engine.scratch.builders import inputs, labels


class OffAtOnePlace(TanH):
    def backward(self, dout: Tensor) -> Tensor:
        dx = super().backward(dout)
        dx[2, 3] += 0.25
        return dx


class WrongWeightGradient(Linear):
    def backward(self, dout: Tensor) -> Tensor:
        dx = super().backward(dout)
        self.dw[1, 4] -= 0.5
        return dx


class TransposedGradient(TanH):
    def backward(self, dout: Tensor) -> Tensor:
        return super().backward(dout).T


class NotANumber(ReLU):
    def backward(self, dout: Tensor) -> Tensor:
        return super().backward(dout) * float("nan")


class SummedLoss(CrossEntropyLoss):
    """Forgets to divide by the number of examples."""

    def backward(self, dout: Tensor | float = 1.0) -> Tensor:
        return super().backward(dout) * 1000


class ForgetsTheSquare(Layer):
    """Has no counterpart in torch; the right derivative is 2 x."""

    def forward(self, x: Tensor, **kw: Any) -> Tensor:  # noqa: ARG002
        self.x = x
        return x * x

    def backward(self, dout: Tensor) -> Tensor:
        return self.x * dout


class Scale(Layer):
    """Has no counterpart in torch, and a parameter that no attribute holds."""

    def __init__(self) -> None:
        self.factors = [(torch.tensor(3.0), torch.tensor(0.0))]

    def forward(self, x: Tensor, **kw: Any) -> Tensor:  # noqa: ARG002
        self.x = x.detach()
        return x * self.factors[0][0]

    def backward(self, dout: Tensor) -> Tensor:
        factor, gradient = self.factors[0]
        gradient += (self.x * dout).sum()
        return dout * factor.detach()

    def params(self) -> list[tuple[Tensor, Tensor]]:
        return self.factors


def test_one_wrong_value_is_found_with_its_place_and_size() -> None:
    report = compare_with_autograd(OffAtOnePlace(), inputs(6))
    assert not report
    [difference] = report.disagreements()
    assert (difference.quantity, difference.index) == ("gradient of the input", (2, 3))
    assert difference.largest == report.largest == pytest.approx(0.25, abs=1e-6)
    assert float(difference.found) - float(difference.expected) == pytest.approx(0.25, abs=1e-5)
    with pytest.raises(GradientError, match=r"gradient of the input differs by 0.25 at \[2, 3\]: .* from autograd"):
        report.raise_if_different()
    assert report.agrees(tolerance=0.3)
    report.raise_if_different(tolerance=0.3)


def test_a_wrong_parameter_is_named_with_its_layer() -> None:
    torch.manual_seed(0)
    chain = Sequential(Sequential(Linear(5, 5), ReLU()), WrongWeightGradient(5, 2))
    report = compare_with_autograd(chain, inputs(6))
    [difference] = report.disagreements()
    assert difference.quantity == "gradient of w in layer 2, WrongWeightGradient(in_features=5, out_features=2)"
    assert difference.index == (1, 4)
    assert difference.largest == pytest.approx(0.5, abs=1e-5)


def test_alone_a_parameter_needs_no_place() -> None:
    [difference] = compare_with_autograd(WrongWeightGradient(5, 2), inputs(6)).disagreements()
    assert difference.quantity == "gradient of w"


def test_a_mistake_reaches_every_gradient_before_it_and_none_after_it() -> None:
    chain = Sequential(Linear(5, 5), OffAtOnePlace(), Linear(5, 2))
    wrong = {one.quantity.partition(",")[0] for one in compare_with_autograd(chain, inputs(6)).disagreements()}
    assert wrong == {"gradient of the input", "gradient of w in layer 0", "gradient of b in layer 0"}


def test_small_gradients_are_measured_by_their_own_size() -> None:
    """No value of this gradient is more than 0.001, and all of them are wrong by a factor of a thousand."""
    x, y = inputs(5000), labels(5000, classes=5)
    assert compare_with_autograd(CrossEntropyLoss(), x, y=y)
    report = compare_with_autograd(SummedLoss(), x * 0, y=y)
    assert [one.quantity for one in report.disagreements()] == ["gradient of the input"]

    class Halved(CrossEntropyLoss):
        def backward(self, dout: Tensor | float = 1.0) -> Tensor:
            return super().backward(dout) / 2

    report = compare_with_autograd(Halved(), x, y=y)
    assert report.largest < 1e-3
    assert not report


def test_a_layer_of_ones_own_is_compared_with_its_own_forward() -> None:
    report = compare_with_autograd(ForgetsTheSquare(), inputs(6))
    assert [one.quantity for one in report.disagreements()] == ["gradient of the input"]
    assert compare_with_autograd(Sequential(Scale(), TanH()), inputs(6))
    [_, _, factor] = compare_with_autograd(Scale(), inputs(6)).differences
    assert factor.quantity == "gradient of params()[0]"


def test_a_changed_forward_is_its_own_reference() -> None:
    class Doubled(TanH):
        def forward(self, x: Tensor, **kw: Any) -> Tensor:
            return super().forward(2 * x, **kw)

    report = compare_with_autograd(Doubled(), inputs(6))
    assert [one.quantity for one in report.disagreements()] == ["gradient of the input"]


def test_a_wrong_output_is_found() -> None:
    layer = Linear(5, 4)
    layer.forward = lambda x, **kw: Linear.forward(layer, x, **kw) + 1  # type: ignore[method-assign]
    assert [one.quantity for one in compare_with_autograd(layer, inputs(6)).disagreements()] == ["output"]


def test_a_gradient_of_another_shape_is_a_difference() -> None:
    [difference] = compare_with_autograd(TransposedGradient(), inputs(6)).disagreements()
    assert (difference.found, difference.expected) == ("shape (5, 6)", "shape (6, 5)")
    assert "differs by inf: shape (5, 6) here, shape (6, 5) from autograd" in str(difference)


def test_not_a_number_is_a_difference() -> None:
    report = compare_with_autograd(NotANumber(), inputs(6))
    assert not report.agrees(tolerance=1e9)


def test_not_a_number_on_both_sides_is_none() -> None:
    nan, infinity = float("nan"), float("inf")
    assert difference_between("x", torch.tensor([nan, infinity, 1]), torch.tensor([nan, infinity, 1])).largest == 0
    assert difference_between("x", torch.tensor([1.0, nan]), torch.tensor([1.0, 2.0])).index == (1,)
    assert difference_between("x", torch.tensor(-infinity), torch.tensor(infinity)).largest == infinity
    assert difference_between("x", torch.zeros(0, 3), torch.zeros(0, 3)).largest == 0


def test_the_layer_is_left_as_it_was() -> None:
    torch.manual_seed(0)
    chain = Sequential(MLP(5, 3, [4], dropout=0.5), CrossEntropyLoss())
    x, y = inputs(6), labels(6)
    chain(x, y=y)
    chain.backward(1)
    before = [tensor.clone() for pair in chain.params() for tensor in pair]
    assert compare_with_autograd(chain, x, y=y)
    after = [tensor for pair in chain.params() for tensor in pair]
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert not any(tensor.requires_grad or tensor.grad is not None for tensor in [*after, x])


def test_the_layer_is_left_as_it_was_when_the_comparison_fails() -> None:
    chain = Sequential(Linear(5, 3), CrossEntropyLoss())
    chain.params()[0][1].fill_(2)
    with pytest.raises(ModelError, match="no labels"):
        compare_with_autograd(chain, inputs(6))
    assert chain.params()[0][1].min() == 2


def test_a_backward_afterwards_belongs_to_the_last_forward_of_ones_own() -> None:
    """Every kind of layer that saves something, at every depth."""
    torch.manual_seed(0)
    chain = Sequential(
        MLP(5, 5, [4], "sigmoid", dropout=0.5), Sequential(ReLU(), LeakyReLU(0.2)), TanH(), CrossEntropyLoss()
    )
    mine, y = inputs(6), labels(6, classes=5)
    chain(mine, y=y)
    expected = chain.backward(1)
    assert expected.any()
    assert compare_with_autograd(chain, inputs(9, seed=7), labels(9, classes=5))
    assert torch.equal(chain.backward(1), expected)


def test_a_layer_that_computed_nothing_still_has_nothing_to_go_back_through() -> None:
    layer = Sequential(Linear(5, 3))
    assert compare_with_autograd(layer, inputs(6))
    with pytest.raises(ModelError, match="before it computed anything"):
        layer.backward(torch.ones(6, 3))


def test_what_a_forward_saved_survives_a_comparison_that_fails() -> None:
    chain = Sequential(Linear(5, 3), CrossEntropyLoss())
    chain(inputs(6), y=labels(6))
    expected = chain.backward(1)
    with pytest.raises(ModelError, match="no labels"):
        compare_with_autograd(chain, inputs(4, seed=7))
    assert torch.equal(chain.backward(1), expected)


@pytest.mark.parametrize("is_training", [True, False])
def test_the_mode_and_the_random_state_are_left_as_they_were(is_training: bool) -> None:
    layer = Sequential(Linear(5, 5), Dropout(0.5))
    layer.train(is_training)
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    assert compare_with_autograd(layer, inputs(20))
    assert torch.equal(torch.rand(4), expected)
    assert [part.training_mode for part in (layer, *layer)] == [is_training] * 3


def test_labels_may_be_given_by_place_as_to_the_loss_itself() -> None:
    x, y = inputs(6), labels(6, classes=5)
    by_place, by_name = (
        compare_with_autograd(CrossEntropyLoss(), x, y),
        compare_with_autograd(CrossEntropyLoss(), x, y=y),
    )
    assert by_place
    assert by_place == by_name, "the random state was given back, so that both had one `dout`"


def test_other_seeds_drop_other_values() -> None:
    dropped: list[Tensor] = []

    class Watched(Dropout):
        def backward(self, dout: Tensor) -> Tensor:
            dropped.append(super().backward(dout) == 0)
            return super().backward(dout)

    layer, x = Watched(0.5), inputs(20)
    for seed in (0, 1):
        torch.manual_seed(seed)
        assert compare_with_autograd(layer, x)
    assert not torch.equal(dropped[0], dropped[1])


def test_gradients_are_found_where_recording_is_off() -> None:
    with torch.no_grad():
        assert compare_with_autograd(MLP(5, 3, [4]), inputs(6))
        assert not torch.is_grad_enabled()


def test_an_input_that_asks_for_a_gradient_is_as_good() -> None:
    x = inputs(6).requires_grad_()
    assert compare_with_autograd(Linear(5, 2), x)
    assert x.grad is None


def test_the_report_is_frozen_and_readable() -> None:
    torch.manual_seed(0)
    report = compare_with_autograd(Sequential(Linear(5, 2), ReLU()), inputs(6), tolerance=0.01)
    assert [one.quantity for one in report.differences] == [
        "output",
        "gradient of the input",
        "gradient of w in layer 0, Linear(in_features=5, out_features=2)",
        "gradient of b in layer 0, Linear(in_features=5, out_features=2)",
    ]
    assert str(report).startswith("Sequential agrees with autograd (tolerance 0.01):\n  output: ")
    wrong = str(compare_with_autograd(NotANumber(), inputs(6)))
    assert wrong.startswith("NotANumber disagrees")
    assert " differs by " in wrong, "it says where and by how much"
    assert " from autograd" in wrong
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.tolerance = 1  # type: ignore[misc]
