"""`LayerProbe`: what each layer does in a step chosen for it, left on the device until it is read at the tick."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from engine import scratch
from engine.events import LayersMeasured
from engine.layer_kind import is_layer, layer_kind
from engine.models.scratch_layers import ScratchLayer, ScratchLinear


@dataclass(frozen=True, slots=True)
class _Watched:
    """One step; its numbers are on the device still."""

    step: int
    layers: dict[str, nn.Module]
    """In the order in which they acted."""
    gradients: list[int]
    """How many each layer has."""
    norms: list[Tensor]
    """Of the gradients, those of a layer side by side."""
    activations: list[Tensor]
    """Three for each layer: mean, standard deviation, share of dead units."""


class LayerProbe:
    """Measures the gradient and the activations of every layer at step 1 and every so many steps after it.

    A layer is a module that holds no other, or that computes with parameters of its own; identities are none. Of one
    that acts more than once in a step, its last activations count, at the place of its first; its gradient is that of
    all its acts. What a network computes between its modules, as the sum in a residual block, is no layer.

    Measuring reads and changes nothing: no random number is drawn, and the losses are those without it, bit for bit.
    """

    def __init__(self, model: nn.Module, every: int | None) -> None:
        """Prepare for a network that stays the same; with `every` as None nothing is ever measured."""
        self._every = every
        self._layers = {name: module for name, module in model.named_modules() if is_layer(module)} if every else {}
        self._watched: list[_Watched] = []

    @contextmanager
    def watching(self, step: int) -> Iterator[None]:
        """Measure what is done inside, one step of learning, if it is the turn of this step; steps count from 1."""
        if self._every is None or (step - 1) % self._every:
            yield
            return
        seen: dict[str, tuple[Tensor, Tensor, Tensor]] = {}
        hooks = [
            module.register_forward_hook(partial(_note_activations, seen, name))
            for name, module in self._layers.items()
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
        layers = {name: self._layers[name] for name in seen}
        gradients = [_gradients(layer) for layer in layers.values()]
        every_gradient = [gradient for of_layer in gradients for gradient in of_layer]
        self._watched.append(
            _Watched(
                step=step,
                layers=layers,
                gradients=[len(of_layer) for of_layer in gradients],
                norms=list(torch._foreach_norm(every_gradient)) if every_gradient else [],
                activations=[value for of_layer in seen.values() for value in of_layer],
            )
        )

    def read(self, epoch: int) -> list[LayersMeasured]:
        """Wait for the device and return what was measured since the last call, during this epoch."""
        watched, self._watched = self._watched, []
        values = [value for one in watched for value in (*one.norms, *one.activations)]
        numbers = iter(torch.stack(values).tolist() if values else [])  # the only wait, however many were measured
        return [_measured(one, numbers, epoch) for one in watched]


def _note_activations(
    seen: dict[str, tuple[Tensor, Tensor, Tensor]], name: str, layer: nn.Module, _inputs: Any, output: Any
) -> None:
    """Keep what tells of an output now: an activation that works in place may overwrite it."""
    if not isinstance(output, Tensor) or not output.is_floating_point() or not output.numel():
        return
    values = output.detach()
    mean = values.mean()
    # torch.std takes ten times as long on a CPU, for one value after another goes into it.
    std = torch.linalg.vector_norm(values - mean) / math.sqrt(values.numel())
    seen[name] = mean, std, _dead_share(layer, values)


def _dead_share(layer: nn.Module, values: Tensor) -> Tensor:
    """Return the share of units that are 0 for every example and at every place; NaN for what is no ReLU.

    Shapes: values (B, units, ...) -> a scalar.
    """
    is_relu = isinstance(layer, nn.ReLU) or (isinstance(layer, ScratchLayer) and isinstance(layer.layer, scratch.ReLU))
    if not is_relu or values.ndim < 2:
        return values.new_full((), math.nan)
    others = [axis for axis in range(values.ndim) if axis != 1]
    return (values.amax(others) <= 0).to(values.dtype).mean()


def _gradients(layer: nn.Module) -> list[Tensor]:
    """Return the gradients of a layer's own parameters; those of a layer written by hand lie beside them."""
    if isinstance(layer, ScratchLinear):
        return [gradient for _, gradient in layer.layer.params()]
    return [parameter.grad for parameter in layer.parameters(recurse=False) if parameter.grad is not None]


def _measured(watched: _Watched, numbers: Iterator[float], epoch: int) -> LayersMeasured:
    # The norm of all gradients of a layer as one vector is the norm of their norms.
    norms = [[next(numbers) for _ in range(count)] for count in watched.gradients]
    activations = [[next(numbers) for _ in range(3)] for _ in watched.layers]
    return LayersMeasured(
        time=time.time(),
        step=watched.step,
        epoch=epoch,
        layers=tuple(watched.layers),
        kinds=tuple(map(layer_kind, watched.layers.values())),
        gradient_norm=_short(math.hypot(*of_layer) if of_layer else math.nan for of_layer in norms),
        activation_mean=_short(mean for mean, _, _ in activations),
        activation_std=_short(std for _, std, _ in activations),
        dead_share=_short(dead for _, _, dead in activations),
    )


def _short(values: Iterator[float]) -> tuple[float, ...]:
    """Drop digits that nobody looks at: six leave the log half as long."""
    return tuple(float(f"{value:.6g}") for value in values)
