"""The same layers on a CUDA device, where there is one."""

from __future__ import annotations

import pytest
import torch

from engine.scratch import compare_with_autograd
from tests.engine.scratch.builders import LAYERS, inputs, labels

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]


@pytest.mark.parametrize("is_training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer_agrees_with_autograd(name: str, is_training: bool) -> None:
    """Dropout included: both sides draw from the device's random state."""
    with torch.device("cuda"):
        layer = LAYERS[name](torch.float32)
    layer.train(is_training)
    report = compare_with_autograd(layer, inputs(6).cuda(), tolerance=1e-4, y=labels(6).cuda())
    report.raise_if_different()
    assert layer.backward(torch.ones_like(layer(inputs(6).cuda(), y=labels(6).cuda()))).is_cuda
