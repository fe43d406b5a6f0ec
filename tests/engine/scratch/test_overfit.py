"""Layers and optimisers together, on real images: catalogue E2's check, 20 images in 2 batches of 10, 20 epochs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.config import DataConfig
from engine.data import digits
from engine.data.decode import decode
from engine.scratch import MLP, CrossEntropyLoss, MomentumSGD, Optimizer, RMSProp, Sequential, VanillaSGD
from tests.real_data import REAL_DATA, needs_cifar10


def twenty_digits() -> tuple[Tensor, Tensor]:
    split = digits.load(DataConfig(), Path()).train
    return split.images[:20].flatten(1).float() / 255 - 0.5, split.labels[:20]  # (20, 64)


def twenty_photographs() -> tuple[Tensor, Tensor]:
    classes = sorted((REAL_DATA / "cifar10_small" / "train").iterdir())
    files = [sorted(folder.iterdir())[place] for place in range(2) for folder in classes]
    images = torch.from_numpy(decode(files, None))
    return images.flatten(1).float() / 255 - 0.5, torch.arange(10).repeat(2)  # (20, 3072)


def network_for(images: Tensor) -> MLP:
    torch.manual_seed(42)
    return MLP(images.shape[1], 10, [128] * 3, wstd=0.1)


def accuracy(network: MLP, images: Tensor, labels: Tensor) -> float:
    network.train(False)
    return float((network(images).argmax(1) == labels).float().mean())


def accuracy_after(optimizer: Optimizer, network: MLP, images: Tensor, labels: Tensor) -> float:
    chain = Sequential(network, CrossEntropyLoss())
    chain.train()
    for _ in range(20):
        for x, y in zip(images.chunk(2), labels.chunk(2), strict=True):
            optimizer.zero_grad()
            chain(x, y=y)
            chain.backward(1)
            optimizer.step()
    return accuracy(network, images, labels)


@pytest.mark.parametrize(("build", "learn_rate"), [(VanillaSGD, 0.15), (MomentumSGD, 0.03), (RMSProp, 1e-3)])
def test_twenty_digits_are_learned_by_heart(build: Callable[..., Optimizer], learn_rate: float) -> None:
    images, labels = twenty_digits()
    network = network_for(images)
    assert accuracy(network, images, labels) < 0.5
    assert accuracy_after(build(network.params(), learn_rate), network, images, labels) >= 0.98


@needs_cifar10
@pytest.mark.parametrize(("build", "learn_rate"), [(VanillaSGD, 0.05), (MomentumSGD, 0.01), (RMSProp, 1e-3)])
def test_twenty_photographs_are_learned_by_heart(build: Callable[..., Optimizer], learn_rate: float) -> None:
    """The published network, 3072-128-128-128-10."""
    images, labels = twenty_photographs()
    network = network_for(images)
    assert accuracy(network, images, labels) < 0.5
    assert accuracy_after(build(network.params(), learn_rate), network, images, labels) >= 0.98
