"""Compares gradients written by hand with those that torch finds; the only module here that may use autograd.

The reference is torch's own function for each layer, fed with the layer's weights. A layer that torch has no
counterpart for, or whose `forward` was overridden, is traced through its own `forward` instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.scratch.activations import LeakyReLU, ReLU, Sigmoid, TanH
from engine.scratch.dropout import Dropout
from engine.scratch.gradient_report import GradientReport, difference_between
from engine.scratch.layer import Layer
from engine.scratch.linear import Linear
from engine.scratch.losses import CrossEntropyLoss
from engine.scratch.mlp import MLP
from engine.scratch.sequential import Sequential


def compare_with_autograd(
    layer: Layer, x: Tensor, y: Tensor | None = None, *, tolerance: float = 1e-3, **kwargs: Any
) -> GradientReport:
    """Compare output, gradient for `x` and every parameter's gradient with torch's, for one random `dout`.

    `y`, the labels of a loss, and what else is given by name go to `forward`. The layer is taken in the mode it is in;
    both sides drop the same values. Afterwards the layer, its gradients, and torch's global random state are what they
    were: a `backward` still belongs to the caller's own last forward.

    Shapes: x is whatever the layer takes.
    """
    if y is not None:
        kwargs["y"] = y
    with _saved_values_put_aside(layer), _random_state_put_aside(x.device):
        return _compared(layer, x, kwargs, tolerance)


def _compared(layer: Layer, x: Tensor, kwargs: Mapping[str, Any], tolerance: float) -> GradientReport:
    parameters = [parameter for parameter, _ in layer.params()]
    random_state = _random_state(x.device)
    with _gradients_put_aside(layer):
        output = layer(x.detach().clone(), **kwargs)
        # A loss has but one factor, which must not happen to be near 0.
        dout = torch.randn_like(output) if output.ndim else torch.rand_like(output) + 0.5
        ours = [output, layer.backward(dout), *(gradient.clone() for _, gradient in layer.params())]
    _set_random_state(random_state, x.device)  # so that the other side drops the same values
    with torch.enable_grad(), _tracked(parameters):
        leaf = x.detach().clone().requires_grad_()
        reference = _reference(layer, leaf, kwargs)
        # Zeros where the output does not depend on a parameter at all.
        theirs = torch.autograd.grad(reference, [leaf, *parameters], dout, materialize_grads=True)
    names = ["output", "gradient of the input", *_parameter_names(layer)]
    return GradientReport(
        layer=type(layer).__name__,
        tolerance=tolerance,
        differences=tuple(
            difference_between(name, one, other)
            for name, one, other in zip(names, ours, [reference.detach(), *theirs], strict=True)
        ),
    )


def _leaky_relu(layer: LeakyReLU, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:  # noqa: ARG001
    return F.leaky_relu(x, layer.alpha)


def _relu(layer: ReLU, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:  # noqa: ARG001
    return F.relu(x)


def _sigmoid(layer: Sigmoid, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:  # noqa: ARG001
    return F.sigmoid(x)


def _tanh(layer: TanH, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:  # noqa: ARG001
    return F.tanh(x)


def _linear(layer: Linear, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:  # noqa: ARG001
    return F.linear(x, layer.w, layer.b)


def _dropout(layer: Dropout, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:  # noqa: ARG001
    if not layer.training_mode:
        return x
    if layer.p == 1:
        return x * 0
    # Not F.dropout: on a GPU it draws in an order of its own, and would drop other values.
    return x * torch.empty_like(x).bernoulli_(1 - layer.p) / (1 - layer.p)


def _cross_entropy(layer: CrossEntropyLoss, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:  # noqa: ARG001
    return F.cross_entropy(x.reshape(-1, x.shape[-1]), kwargs["y"].reshape(-1).long())


def _sequential(layer: Sequential, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:
    for part in layer.layers:
        x = _reference(part, x, kwargs)
    return x


def _mlp(layer: MLP, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:
    return _reference(layer.sequence, x, kwargs)


_REFERENCES: dict[Callable[..., Tensor], Callable[[Any, Tensor, Mapping[str, Any]], Tensor]] = {
    LeakyReLU.forward: _leaky_relu,
    ReLU.forward: _relu,
    Sigmoid.forward: _sigmoid,
    TanH.forward: _tanh,
    Linear.forward: _linear,
    Dropout.forward: _dropout,
    CrossEntropyLoss.forward: _cross_entropy,
    Sequential.forward: _sequential,
    MLP.forward: _mlp,
}
"""By `forward` and not by class: a subclass with a `forward` of its own is another function."""


def _reference(layer: Layer, x: Tensor, kwargs: Mapping[str, Any]) -> Tensor:
    known = _REFERENCES.get(type(layer).forward)
    return known(layer, x, kwargs) if known else layer.forward(x, **kwargs)


def _parameter_names(layer: Layer) -> list[str]:
    """Name each parameter by the attribute that holds it and, in a chain, by its layer, counted through nested ones."""
    parts = layer.parts()
    names = []
    for place, part in enumerate(parts):
        where = f" in layer {place}, {part}" if len(parts) > 1 else ""
        for position, (parameter, _) in enumerate(part.params()):
            held = [name for name, value in vars(part).items() if value is parameter]
            names.append(f"gradient of {held[0] if held else f'params()[{position}]'}{where}")
    return names


@contextmanager
def _saved_values_put_aside(layer: Layer) -> Iterator[None]:
    """Give the layer, and those within, what their own forward kept for the backward."""
    kept = [(part, dict(vars(part))) for part in _with_those_within(layer)]
    try:
        yield
    finally:
        for part, attributes in kept:
            vars(part).clear()
            vars(part).update(attributes)


def _with_those_within(layer: Layer) -> list[Layer]:
    """List the layer and those that its attributes hold, at any depth and whatever its `parts` lists."""
    found = [layer]
    for part in found:
        for value in vars(part).values():
            for held in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(held, Layer) and not any(held is other for other in found):
                    found.append(held)
    return found


@contextmanager
def _gradients_put_aside(layer: Layer) -> Iterator[None]:
    """Start from gradients of 0 and give the layer its own back."""
    kept = [(gradient, gradient.clone()) for _, gradient in layer.params()]
    try:
        for gradient, _ in kept:
            gradient.zero_()
        yield
    finally:
        for gradient, before in kept:
            gradient.copy_(before)


@contextmanager
def _tracked(parameters: Sequence[Tensor]) -> Iterator[None]:
    """Let autograd see the parameters meanwhile."""
    before = [parameter.requires_grad for parameter in parameters]
    try:
        for parameter in parameters:
            parameter.requires_grad_()
        yield
    finally:
        for parameter, required in zip(parameters, before, strict=True):
            parameter.requires_grad_(required)


def _random_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_random_state(state: Tensor, device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)


@contextmanager
def _random_state_put_aside(device: torch.device) -> Iterator[None]:
    """Draw from the global random state, of a GPU where the values lie on one, and give it back as it was."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield
