"""A network as a table, from one pass of a blank image: what each layer gives, holds, sees and costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from engine.layer_kind import is_layer, layer_kind
from engine.receptive_field import PIXEL, Field, field_after

_PRODUCTS = {"mm": 0, "bmm": 0, "addmm": 1, "baddbmm": 1}
"""Products of matrices, and the place of the first one among the arguments."""


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One layer at work."""

    name: str
    """Its path from the network, as in the names of the saved weights."""
    kind: str
    output_shape: tuple[int, ...]
    """Of one image, without the batch."""
    parameters: int
    """All of them, as `count_parameters` counts; of a layer that is used twice they stand in its first row only."""
    receptive_field: int | None
    """Side in pixels of the square of the image that one value depends on (the longer side of a rectangle), not cut
    at the image's edge. None is the whole image: after flattening no square can be told any more."""
    jump: int | None
    """Pixels of the image between the squares of two neighbouring values; None as above."""
    multiply_adds: int
    """For one image; those of convolutions and products of matrices. The rest costs a few operations a value, which
    everybody counts differently, and stands as 0."""


def layer_table(network: nn.Module, image_shape: tuple[int, int, int]) -> tuple[LayerRow, ...]:
    """Return the layers of a network in the order in which they act, with what residual paths meet in joined.

    A layer is a module that holds no other, or that computes with parameters of its own. Identities are left out.
    A network on the meta device takes no memory; no random numbers are drawn on any.

    Shapes: `image_shape` is channels, height, width.
    """
    like = next(network.parameters(), torch.empty(0, device="meta"))
    images = like.new_zeros((1, *image_shape))  # (1, C, H, W)
    recorder = _Recorder(images)
    with _evaluating(network), _hooked(network, recorder), torch.no_grad(), recorder:
        network(images)
    return tuple(recorder.rows)


class _Recorder(TorchDispatchMode):
    """Sees every tensor operation of the pass; keeps the fields of tensors and the costs of modules."""

    def __init__(self, images: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.rows: list[LayerRow] = []
        # The tensors are kept with their fields: an id means nothing once its object is gone.
        self._fields: dict[int, tuple[Tensor, Field | None]] = {id(images): (images, PIXEL)}
        self._costs: list[int] = [0]  # of the modules under way, the innermost last
        self._counted: set[int] = set()  # ids of parameters, which the network keeps alive

    def __torch_dispatch__(
        self, func: OpOverload, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        outputs = list(_tensors([result]))
        self._costs[-1] += _multiply_adds(func, args, outputs)
        inputs = [self._fields[id(tensor)] for tensor in _tensors(args) if id(tensor) in self._fields]
        if inputs:
            for output in outputs:
                self._fields[id(output)] = (output, field_after(func, args, inputs, output))
        return result

    def enter(self) -> None:
        """Begin a module."""
        self._costs.append(0)

    def leave(self, name: str, module: nn.Module, output: Any) -> None:
        """End the module begun last, and give it a row if it is a layer."""
        multiply_adds = self._costs.pop()
        parameters = list(module.parameters(recurse=False))
        tensor = next(_tensors([output]), None)
        if tensor is None or not (is_layer(module) or multiply_adds):
            return
        _, field = self._fields.get(id(tensor), (tensor, None))
        fresh = [parameter for parameter in parameters if id(parameter) not in self._counted]
        self._counted |= {id(parameter) for parameter in fresh}
        self.rows.append(
            LayerRow(
                name=name,
                kind=layer_kind(module),
                output_shape=tuple(tensor.shape[1:]),
                parameters=sum(parameter.numel() for parameter in fresh),
                receptive_field=None if field is None else max(span.side for span in field),
                jump=None if field is None else max(span.jump for span in field),
                multiply_adds=multiply_adds,
            )
        )


def _multiply_adds(operation: OpOverload, arguments: tuple[Any, ...], outputs: list[Tensor]) -> int:
    name = operation.overloadpacket.__name__
    if name == "convolution":
        images, weight, is_transposed = arguments[0], arguments[1], arguments[6]
        places: Tensor = images if is_transposed else outputs[0]
        return int(places.numel() * math.prod(weight.shape[1:]))
    if name in _PRODUCTS:
        return outputs[0].numel() * int(arguments[_PRODUCTS[name]].shape[-1])
    return 0


def _tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)


@contextmanager
def _hooked(network: nn.Module, recorder: _Recorder) -> Iterator[None]:
    handles = []
    for name, module in network.named_modules():
        handles.append(module.register_forward_pre_hook(lambda *_: recorder.enter()))
        handles.append(module.register_forward_hook(partial(_leave, recorder, name)))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _leave(recorder: _Recorder, name: str, module: nn.Module, _inputs: Any, output: Any) -> None:
    recorder.leave(name, module, output)


@contextmanager
def _evaluating(network: nn.Module) -> Iterator[None]:
    """Let nothing be dropped and no statistics be taken: BatchNorm refuses to take them of one value."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, is_training in modes:
            module.training = is_training
