"""Each optimiser against steps worked out by hand, and against torch's where the formulas are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ConfigError
from engine.scratch import MLP, CrossEntropyLoss, MomentumSGD, Optimizer, RMSProp, Sequential, VanillaSGD
from engine.scratch.layer import Parameter
from tests.engine.scratch.builders import CLASSES, FEATURES, inputs, labels

ALL = [VanillaSGD, MomentumSGD, RMSProp]


def one(value: float, gradient: float) -> list[Parameter]:
    return [(torch.tensor([value], dtype=torch.float64), torch.tensor([gradient], dtype=torch.float64))]


def values_after(optimizer: Optimizer, steps: int) -> list[float]:
    values = []
    for _ in range(steps):
        optimizer.step()
        values.append(optimizer.params[0][0].item())
    return values


def test_vanilla_goes_down_the_gradient() -> None:
    assert values_after(VanillaSGD(one(1, 4), learn_rate=0.1), 2) == pytest.approx([0.6, 0.2])


def test_regularisation_adds_a_share_of_the_parameter_to_the_gradient() -> None:
    # 1 - 0.1 (4 + 0.5 * 1) = 0.55; 0.55 - 0.1 (4 + 0.5 * 0.55) = 0.1225
    assert values_after(VanillaSGD(one(1, 4), learn_rate=0.1, reg=0.5), 2) == pytest.approx([0.55, 0.1225])


def test_momentum_keeps_a_share_of_the_last_step() -> None:
    # v = -0.4, then 0.5 * -0.4 - 0.4 = -0.6
    assert values_after(MomentumSGD(one(1, 4), learn_rate=0.1, momentum=0.5), 2) == pytest.approx([0.6, 0.0])


def test_momentum_keeps_the_rate_at_which_a_step_was_taken() -> None:
    """torch multiplies the whole velocity by the new rate and would arrive at 0.54."""
    optimizer = MomentumSGD(one(1, 4), learn_rate=0.1, momentum=0.5)
    optimizer.step()
    optimizer.learn_rate = 0.01
    optimizer.step()
    assert optimizer.params[0][0].item() == pytest.approx(0.6 + 0.5 * -0.4 - 0.04)


def test_rmsprop_divides_by_the_root_of_the_mean_square_and_eps() -> None:
    # r = 0.25 * 16 = 4, then 0.75 * 4 + 4 = 7; eps is large to tell where it stands
    optimizer = RMSProp(one(1, 4), learn_rate=0.1, decay=0.75, eps=5)
    first = 1 - 0.1 * 4 / 9**0.5
    assert values_after(optimizer, 2) == pytest.approx([first, first - 0.1 * 4 / 12**0.5])


def test_rmsprop_regularises_before_it_squares() -> None:
    # g = 4 + 2 * 1 = 6; r = 0.5 * 36 = 18
    assert values_after(RMSProp(one(1, 4), learn_rate=0.1, reg=2, decay=0.5, eps=0), 1) == pytest.approx(
        [1 - 0.1 * 6 / 18**0.5]
    )


@given(
    rate=st.floats(1e-3, 0.5),
    reg=st.sampled_from([0.0, 0.1]),
    momentum=st.sampled_from([None, 0.0, 0.5, 0.9]),
    seed=st.integers(0, 1000),
)
def test_training_takes_the_steps_that_torch_takes(rate: float, reg: float, momentum: float | None, seed: int) -> None:
    """Forward, backward and step by hand against autograd and `torch.optim.SGD`, over several batches."""
    torch.manual_seed(seed)
    network = MLP(FEATURES, CLASSES, [6], "tanh", dtype=torch.float64)
    chain = Sequential(network, CrossEntropyLoss())
    w1, b1, w2, b2 = theirs = [parameter.clone().requires_grad_() for parameter, _ in chain.params()]
    ours: Optimizer = (
        VanillaSGD(chain.params(), rate, reg) if momentum is None else MomentumSGD(chain.params(), rate, reg, momentum)
    )
    reference = torch.optim.SGD(theirs, lr=rate, weight_decay=reg, momentum=momentum or 0.0)
    for batch in range(4):
        x, y = inputs(7, dtype=torch.float64, seed=seed + batch), labels(7, seed=seed + batch)
        ours.zero_grad()
        chain(x, y=y)
        chain.backward(1)
        ours.step()
        reference.zero_grad()
        loss = torch.nn.functional.cross_entropy(torch.tanh(x @ w1.T + b1) @ w2.T + b2, y)
        loss.backward()  # type: ignore[no-untyped-call]
        reference.step()
    for (found, _), expected in zip(chain.params(), theirs, strict=True):
        assert torch.allclose(found, expected.detach(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("build", ALL)
def test_parameters_change_in_place_and_gradients_stay(build: Callable[..., Optimizer]) -> None:
    params = one(1, 4)
    (value, gradient), version = params[0], params[0][0].data_ptr()
    optimizer = build(params, learn_rate=0.1, reg=0.5)
    optimizer.step()
    assert (value.item() < 1, value.data_ptr() == version, gradient.item()) == (True, True, 4)
    optimizer.zero_grad()
    assert gradient.item() == 0


@pytest.mark.parametrize("build", ALL)
def test_the_rate_may_change_between_steps(build: Callable[..., Optimizer]) -> None:
    optimizer = build(one(1, 4), learn_rate=0)
    optimizer.step()
    assert optimizer.params[0][0].item() == 1
    optimizer.learn_rate = 0.1
    optimizer.step()
    assert optimizer.params[0][0].item() < 0.7


@pytest.mark.parametrize("build", ALL)
def test_parameters_taken_once_are_trained_with_the_gradients_of_every_batch(build: Callable[..., Optimizer]) -> None:
    torch.manual_seed(0)
    chain = Sequential(MLP(FEATURES, CLASSES, [16], wstd=0.3), CrossEntropyLoss())
    optimizer = build(chain.params(), learn_rate=0.02)
    x, y = inputs(12), labels(12)
    losses = []
    for _ in range(200):
        optimizer.zero_grad()
        losses.append(float(chain(x, y=y)))
        chain.backward(1)
        optimizer.step()
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize(
    ("build", "settings", "message"),
    [
        (VanillaSGD, {"learn_rate": -1}, "learn_rate = -1 is not 0 or more"),
        (MomentumSGD, {"reg": float("nan")}, "reg = nan is not 0 or more"),
        (MomentumSGD, {"momentum": -0.9}, "momentum = -0.9"),
        (RMSProp, {"eps": -1e-8}, "eps = -1e-08"),
        (RMSProp, {"decay": 99}, "decay = 99 is not a share from 0 to 1"),
    ],
)
def test_impossible_settings_are_refused(
    build: Callable[..., Optimizer], settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        build(one(1, 1), **settings)
