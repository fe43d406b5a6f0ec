"""Layers and inputs that the tests of backpropagation share."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

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
)

FEATURES = 5
CLASSES = 3

LAYERS: dict[str, Callable[[torch.dtype], Layer]] = {
    "leaky-relu": lambda _: LeakyReLU(alpha=0.2),
    "relu": lambda _: ReLU(),
    "sigmoid": lambda _: Sigmoid(),
    "tanh": lambda _: TanH(),
    "linear": lambda dtype: Linear(FEATURES, 4, wstd=1, dtype=dtype),
    "dropout": lambda _: Dropout(0.4),
    "cross-entropy": lambda _: CrossEntropyLoss(),
    "sequential": lambda dtype: Sequential(Linear(FEATURES, 4, dtype=dtype), TanH(), Dropout(0.3)),
    "empty": lambda _: Sequential(),
    "classifier": lambda dtype: MLP(FEATURES, CLASSES, dtype=dtype),
    "mlp": lambda dtype: MLP(FEATURES, CLASSES, [7, 6], "lrelu", dropout=0.4, wstd=0.7, dtype=dtype),
    "loss-of-mlp": lambda dtype: Sequential(
        Sequential(MLP(FEATURES, CLASSES, [8], "sigmoid", dropout=0.5, wstd=1, dtype=dtype), TanH()), CrossEntropyLoss()
    ),
}


def inputs(*leading: int, dtype: torch.dtype = torch.float32, seed: int = 0) -> Tensor:
    return torch.randn(*leading, FEATURES, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def labels(*leading: int, classes: int = CLASSES, seed: int = 1) -> Tensor:
    return torch.randint(classes, leading, generator=torch.Generator().manual_seed(seed))
