"""Backpropagation and optimisers written out by hand on plain tensors, and their comparison with torch's autograd.

Nothing here records a tape: `backward` and `step` run without one, and `forward` works on tensors that ask for none.
Only `autograd_check` uses autograd, to find the gradients that these are compared with.
"""

from __future__ import annotations

from engine.scratch.activations import LeakyReLU, ReLU, Sigmoid, TanH
from engine.scratch.autograd_check import compare_with_autograd
from engine.scratch.dropout import Dropout
from engine.scratch.gradient_report import Difference, GradientReport
from engine.scratch.layer import Layer
from engine.scratch.linear import Linear
from engine.scratch.losses import CrossEntropyLoss
from engine.scratch.mlp import MLP
from engine.scratch.optimizers import MomentumSGD, Optimizer, RMSProp, VanillaSGD
from engine.scratch.sequential import Sequential

__all__ = [
    "MLP",
    "CrossEntropyLoss",
    "Difference",
    "Dropout",
    "GradientReport",
    "Layer",
    "LeakyReLU",
    "Linear",
    "MomentumSGD",
    "Optimizer",
    "RMSProp",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "TanH",
    "VanillaSGD",
    "compare_with_autograd",
]
