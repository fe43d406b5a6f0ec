"""Layers and optimisers together, on real images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from engine.config import DataConfig
from engine.data import digits
from engine.scratch import MLP, CrossEntropyLoss, MomentumSGD, Optimizer, RMSProp, Sequential, VanillaSGD


@pytest.mark.parametrize(
    ("build", "learn_rate", "epochs"), [(VanillaSGD, 0.05, 60), (MomentumSGD, 0.02, 20), (RMSProp, 2e-3, 20)]
)
def test_twenty_images_are_learned_by_heart(
    build: Callable[..., Optimizer], learn_rate: float, epochs: int, tmp_path: Path
) -> None:
    """Catalogue E2's check, two batches of ten, on the digits that are always there."""
    split = digits.load(DataConfig(), tmp_path).train
    images = split.images[:20].flatten(1).float() / 255 - 0.5  # (20, 64)
    labels = split.labels[:20]
    torch.manual_seed(42)
    network = MLP(64, 10, [128] * 3, wstd=0.12)
    chain = Sequential(network, CrossEntropyLoss())
    optimizer = build(chain.params(), learn_rate=learn_rate)
    for _ in range(epochs):
        for x, y in zip(images.chunk(2), labels.chunk(2), strict=True):
            optimizer.zero_grad()
            chain(x, y=y)
            chain.backward(1)
            optimizer.step()
    network.train(False)
    assert float((network(images).argmax(1) == labels).float().mean()) >= 0.98


def test_before_the_first_step_the_network_knows_nothing(tmp_path: Path) -> None:
    """What the test above learns was not there."""
    split = digits.load(DataConfig(), tmp_path).train
    torch.manual_seed(42)
    network = MLP(64, 10, [128] * 3, wstd=0.12)
    predicted = network(split.images[:20].flatten(1).float() / 255 - 0.5).argmax(1)
    assert float((predicted == split.labels[:20]).float().mean()) < 0.5
