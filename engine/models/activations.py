"""Nonlinearities by name."""

from __future__ import annotations

from typing import Any

from torch import nn

from engine.errors import ModelError, unknown

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "logsoftmax": nn.LogSoftmax,
    "lrelu": nn.LeakyReLU,
    "none": nn.Identity,
    "relu": nn.ReLU,
    "selu": nn.SELU,
    "sigmoid": nn.Sigmoid,
    "softmax": nn.Softmax,
    "tanh": nn.Tanh,
}


def build_activation(name: str, **params: Any) -> nn.Module:
    """Build a nonlinearity; softmax and logsoftmax act over the classes unless `dim` says otherwise.

    Raises: ModelError if the name is not known.
    """
    if name not in ACTIVATIONS:
        raise ModelError(unknown("activation", name, ACTIVATIONS))
    if name in ("softmax", "logsoftmax"):
        params = {"dim": 1, **params}
    return ACTIVATIONS[name](**params)
