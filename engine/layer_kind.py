"""Which modules are layers, and what each is, in the few words of a table."""

from __future__ import annotations

from typing import Any

from torch import nn

from engine.models.scratch_layers import ScratchDropout, ScratchLayer, ScratchLinear


def is_layer(module: nn.Module) -> bool:
    """Tell whether a module is a layer: it holds no other, or has parameters of its own, and is no identity."""
    if isinstance(module, nn.Identity):
        return False
    return next(module.children(), None) is None or next(module.parameters(recurse=False), None) is not None


def layer_kind(layer: nn.Module) -> str:
    """Name a layer with what decides its size; what is at torch's default is left out.

    A layer written by hand goes by its own name and not by that of the module around it.

    Units: pixels for kernels, strides, paddings and dilations.
    """
    name = type(layer.layer if isinstance(layer, ScratchLayer | ScratchDropout) else layer).__name__
    return f"{name} {', '.join(parts)}" if (parts := _parts(layer)) else name


def _parts(layer: nn.Module) -> list[str]:
    match layer:
        case nn.Conv2d():
            sizes = [f"{layer.in_channels}→{layer.out_channels}", _by(layer.kernel_size)]
            window = _window(layer.stride, layer.padding, layer.dilation, usual_stride=1)
            groups = [f"groups {layer.groups}"] if layer.groups > 1 else []
            return sizes + window + groups + _bias(layer)
        case nn.Linear():
            return [f"{layer.in_features}→{layer.out_features}", *_bias(layer)]
        case ScratchLinear():
            return [f"{layer.layer.in_features}→{layer.layer.out_features}"]
        case nn.MaxPool2d():
            window = _window(layer.stride, layer.padding, layer.dilation, usual_stride=layer.kernel_size)
            return [_by(layer.kernel_size), *window]
        case nn.AvgPool2d():
            return [_by(layer.kernel_size), *_window(layer.stride, layer.padding, 1, usual_stride=layer.kernel_size)]
        case nn.AdaptiveAvgPool2d() | nn.AdaptiveMaxPool2d():
            return [f"to {_by(layer.output_size)}"]
        case nn.BatchNorm2d() | nn.BatchNorm1d():
            return [str(layer.num_features)]
        case nn.Dropout() | nn.Dropout2d():
            return [f"{layer.p:g}"]
    return []


def _window(stride: Any, padding: Any, dilation: Any, *, usual_stride: Any) -> list[str]:
    sizes = (("stride", stride, usual_stride), ("pad", padding, 0), ("dilation", dilation, 1))
    return [f"{word} {_side(size)}" for word, size, usual in sizes if _side(size) != _side(usual)]


def _bias(layer: nn.Conv2d | nn.Linear) -> list[str]:
    return [] if layer.bias is not None else ["no bias"]


def _side(size: Any) -> str:
    """Write a size once where it is the same on both axes."""
    if isinstance(size, tuple):
        return str(size[0]) if len(set(size)) == 1 else "x".join(map(str, size))
    return str(size)


def _by(size: Any) -> str:
    return "x".join(map(str, size)) if isinstance(size, tuple) else f"{size}x{size}"
