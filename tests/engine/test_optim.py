"""Optimisers built from settings, against torch's own on the same gradient."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.config import OptimConfig
from engine.optim import build_optimizer


def after_steps(optimizer: torch.optim.Optimizer, model: nn.Module) -> torch.Tensor:
    inputs = torch.linspace(-1, 1, 12).reshape(3, 4)
    for _ in range(3):
        optimizer.zero_grad()
        model(inputs).square().sum().backward()
        optimizer.step()
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def linear() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(4, 2)


@pytest.mark.parametrize(
    ("config", "reference"),
    [
        (OptimConfig(name="sgd", lr=0.1, momentum=0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
        (
            OptimConfig(name="adam", lr=0.01, beta1=0.8, weight_decay=0.1),
            lambda p: torch.optim.Adam(p, 0.01, betas=(0.8, 0.999), weight_decay=0.1),
        ),
        (
            OptimConfig(name="rmsprop", lr=0.01, alpha=0.9, momentum=0.5, eps=1e-6),
            lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9, momentum=0.5, eps=1e-6),
        ),
        (
            OptimConfig(name="sgd", lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.1),
            lambda p: torch.optim.SGD(p, 0.1, momentum=0.8, nesterov=True, weight_decay=0.1),
        ),
        (
            OptimConfig(name="adamw", lr=0.01, beta1=0.8, beta2=0.9, eps=1e-6, weight_decay=0.3),
            lambda p: torch.optim.AdamW(p, 0.01, betas=(0.8, 0.9), eps=1e-6, weight_decay=0.3),
        ),
        (  # torch would decay by 0.01 where nobody asks for it
            OptimConfig(name="adamw", lr=0.01),
            lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.0),
        ),
    ],
    ids=["sgd", "adam", "rmsprop", "nesterov", "adamw", "adamw without decay"],
)
def test_settings_reach_the_optimiser(config: OptimConfig, reference: object) -> None:
    ours, theirs = linear(), linear()
    expected = after_steps(reference(theirs.parameters()), theirs)  # type: ignore[operator]
    assert torch.equal(after_steps(build_optimizer(ours, config, train_examples=10), ours), expected)


def test_biases_and_normalisation_are_left_out_of_the_decay_on_request() -> None:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 2))
    config = OptimConfig(lr=0.1, weight_decay=0.5, decay_bias=False)
    groups = build_optimizer(model, config, train_examples=10).param_groups
    decays = {tuple(p.shape): group["weight_decay"] for group in groups for p in group["params"]}
    assert {shape: decay for shape, decay in decays.items() if len(shape) > 1} == {(2, 1, 3, 3): 0.5, (2, 8): 0.5}
    assert {decay for shape, decay in decays.items() if len(shape) == 1} == {0.0}


def test_a_coefficient_on_the_summed_loss_is_divided_by_the_examples() -> None:
    config = OptimConfig(lr=0.1, weight_decay_summed=2.5)
    groups = build_optimizer(linear(), config, train_examples=60_000).param_groups
    assert groups[0]["weight_decay"] == pytest.approx(2.5 / 60_000)
