"""That the gradients are ours: nothing but the comparison names autograd, and nothing records a tape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

import engine.scratch
from engine.scratch import MomentumSGD, RMSProp, VanillaSGD
from tests.engine.scratch.builders import LAYERS, inputs, labels

FOLDER = Path(engine.scratch.__file__).parent
CHECK = "autograd_check.py"
FORBIDDEN = {"autograd", "requires_grad", "requires_grad_", "enable_grad", "set_grad_enabled", "nn", "func"}


def forbidden_names(source: str) -> set[str]:
    """Return what the source imports, names or reaches for that belongs to autograd or is built on it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)):
                names.add(name)
            case ast.Import(names=aliases):
                names.update(part for alias in aliases for part in alias.name.split("."))
            case ast.ImportFrom(module=str(module), names=aliases):
                names.update([*module.split("."), *(alias.name for alias in aliases)])
            case _:
                pass
    return names & FORBIDDEN


@pytest.mark.parametrize("module", sorted(path.name for path in FOLDER.glob("*.py") if path.name != CHECK))
def test_no_module_but_the_comparison_names_autograd(module: str) -> None:
    assert forbidden_names((FOLDER / module).read_text(encoding="utf-8")) == set()


def test_the_comparison_would_be_noticed() -> None:
    assert {"autograd", "requires_grad_", "nn"} <= forbidden_names((FOLDER / CHECK).read_text(encoding="utf-8"))


def tensors_of(layer_or_optimizer: object, seen: set[int]) -> Iterator[Tensor]:
    """Yield every tensor that an object holds, at any depth."""
    if id(layer_or_optimizer) in seen:
        return
    seen.add(id(layer_or_optimizer))
    if isinstance(layer_or_optimizer, Tensor):
        yield layer_or_optimizer
    elif isinstance(layer_or_optimizer, list | tuple):
        for item in layer_or_optimizer:
            yield from tensors_of(item, seen)
    elif hasattr(layer_or_optimizer, "__dict__"):
        yield from tensors_of(list(vars(layer_or_optimizer).values()), seen)


@pytest.mark.parametrize("build", [VanillaSGD, MomentumSGD, RMSProp])
@pytest.mark.parametrize("name", LAYERS)
def test_a_step_of_training_records_no_tape(name: str, build: type[VanillaSGD]) -> None:
    layer = LAYERS[name](torch.float32)
    optimizer = build(layer.params(), learn_rate=0.1, reg=0.1)
    with torch.enable_grad():
        out = layer(inputs(6), y=labels(6))
        dx = layer.backward(torch.ones_like(out))
        optimizer.step()
        optimizer.zero_grad()
    everything = [out, dx, *tensors_of(layer, set()), *tensors_of(optimizer, set())]
    assert len(everything) >= 2 + 2 * len(layer.params())
    assert not any(tensor.requires_grad or tensor.grad_fn is not None for tensor in everything)


@pytest.mark.parametrize("name", LAYERS)
def test_backward_needs_no_tape_at_all(name: str) -> None:
    """Tensors made in inference mode can be part of none."""
    with torch.inference_mode():
        layer = LAYERS[name](torch.float32)
        out = layer(inputs(6), y=labels(6))
        layer.backward(torch.ones_like(out))
        VanillaSGD(layer.params(), learn_rate=0.1).step()
        assert all(gradient.abs().max() > 0 for _, gradient in layer.params())


@pytest.mark.parametrize("name", LAYERS)
def test_forward_can_be_traced_from_outside_and_the_layer_still_keeps_no_tape(name: str) -> None:
    """Others may compare by asking for gradients of the layer's own tensors; that must not leave a graph inside."""
    torch.manual_seed(0)
    layer, x, y = LAYERS[name](torch.float64), inputs(6, dtype=torch.float64), labels(6)
    torch.manual_seed(1)
    out = layer(x, y=y)
    dout = torch.randn_like(out)
    dx = layer.backward(dout)
    for tensor, _ in [*layer.params(), (x, x)]:
        tensor.requires_grad_()
    torch.manual_seed(1)
    layer(x, y=y).backward(dout)  # type: ignore[no-untyped-call]
    assert x.grad is not None
    assert torch.allclose(x.grad, dx, rtol=1e-9, atol=1e-12)
    for parameter, gradient in layer.params():
        assert parameter.grad is not None
        assert torch.allclose(parameter.grad, gradient, rtol=1e-9, atol=1e-12)
    again = layer.backward(dout.requires_grad_())
    MomentumSGD(layer.params(), learn_rate=0.1).step()
    parameters = {id(parameter) for parameter, _ in layer.params()}
    kept = [tensor for tensor in tensors_of(layer, set()) if id(tensor) not in parameters]
    assert not any(tensor.grad_fn is not None for tensor in [again, *kept])
