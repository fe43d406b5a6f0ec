"""What each layer of a network makes of one image: its activations, channel by channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.analysis.asked import Asked
from engine.analysis.examples import check_place, find_layer
from engine.analysis.progress import Progress, Steps
from engine.layer_kind import is_layer, layer_kind


@dataclass(frozen=True, eq=False)
class LayerActivations:
    """The outputs of one layer for one image.

    Shapes: (C, H, W) of a map, (D,) of a vector; float32.
    """

    name: str
    kind: str
    values: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Features:
    """One image on its way through a network."""

    place: int
    """In the test data, from 0."""
    image: NDArray[np.uint8]
    """As it is stored. Shapes: (H, W, C)."""
    label: int
    predicted: int
    probabilities: NDArray[np.float32]
    """Shapes: (K,)."""
    class_names: tuple[str, ...]
    layers: tuple[LayerActivations, ...]
    example_count: int = 0
    """Test examples that there are."""


def answer(asked: Asked) -> Steps[Features]:
    """Return the activations of every layer, or of the layer asked for, for a test image.

    Raises: TermlabError if there is no such image or layer.
    """
    loaded, examples = asked.run.loaded, asked.run.examples
    assert examples.images is not None  # the inspector sees to it
    place = check_place(asked.image, len(examples))
    images = loaded.inputs.for_testing(loaded.test.images[place : place + 1])  # (1, C, H, W)
    layers, outputs = activations(loaded.model, images)
    yield Progress(1, 1, "looking at one image")
    if asked.layer is not None:
        name = find_layer(asked.layer, [layer.name for layer in layers])
        layers = [layer for layer in layers if layer.name == name]
    probabilities = loaded.objective.probabilities(outputs)[0].float().cpu().numpy()
    return Features(
        place=place,
        image=examples.images[place],
        label=int(examples.labels[place]),
        predicted=int(loaded.objective.predict(outputs)[0]),
        probabilities=probabilities,
        class_names=examples.class_names,
        layers=tuple(layers),
        example_count=len(examples),
    )


def activations(model: nn.Module, images: Tensor) -> tuple[list[LayerActivations], Tensor]:
    """Return what each layer gives for one image, in the order in which they act, and the network's outputs.

    A layer is a module that holds no other, or that computes with parameters of its own; identities, and what does
    nothing in evaluation mode, such as dropout, are left out. One that is used twice stands there twice.

    Shapes: (1, C, H, W) -> (1, outputs).
    """
    found: list[LayerActivations] = []
    model.eval()
    with _recorded(model, found), torch.no_grad():
        outputs: Tensor = model(images)
    return found, outputs


@contextmanager
def _recorded(model: nn.Module, found: list[LayerActivations]) -> Iterator[None]:
    def recorder(name: str) -> Callable[[nn.Module, Any, Tensor], None]:
        def record(module: nn.Module, _inputs: Any, output: Tensor) -> None:
            # A copy: what comes next may work in place.
            found.append(LayerActivations(name, layer_kind(module), output[0].detach().float().cpu().numpy().copy()))

        return record

    handles = [
        module.register_forward_hook(recorder(name))
        for name, module in model.named_modules()
        if _is_worth_a_look(module)
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _is_worth_a_look(module: nn.Module) -> bool:
    """Tell whether a layer changes what it is given, in evaluation mode."""
    return is_layer(module) and not isinstance(module, nn.Dropout | nn.Dropout2d | nn.Flatten)
