"""How the weights and biases of each layer are spread: histograms, norms, and how many are near zero."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from engine.analysis.asked import Asked
from engine.analysis.examples import find_layer
from engine.analysis.progress import Progress, Steps
from engine.layer_kind import layer_kind

LEAST_BINS, MOST_BINS = 8, 60
"""Of a histogram: the square root of the number of values, within these; few values in many bins are a comb."""
NEAR_ZERO = 1e-3
"""A parameter of a smaller absolute value counts as near zero. Of a linear layer with 784 inputs, 3 % are so at the
start, when they lie evenly between -1/28 and 1/28."""


@dataclass(frozen=True, eq=False)
class Spread:
    """One tensor of parameters as a distribution.

    Shapes: counts (bins,) int64, edges (bins + 1,).
    """

    count: int
    norm: float
    """Euclidean, of all values as one vector."""
    mean: float
    std: float
    least: float
    most: float
    near_zero: float
    """Share of values below `NEAR_ZERO` in absolute value, from 0 to 1."""
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LayerWeights:
    """The parameters of one layer."""

    name: str
    kind: str
    weights: Spread | None
    biases: Spread | None


Values = dict[str, tuple[str, dict[str, NDArray[np.float64]]]]
"""Of each layer with parameters: its kind, and its `weight` and `bias` as flat arrays."""


def answer(asked: Asked) -> Steps[tuple[LayerWeights, ...]]:
    """Return the layers of a network; with the runs that are seen beside it, it has its bins in common.

    Raises: TermlabError if there is no such layer.
    """
    ours = parameters_of(asked.run.loaded.model)
    theirs = [parameters_of(other.loaded.model) for other in asked.beside]
    names = list(ours)
    if asked.layer is not None:
        everywhere = list(dict.fromkeys([*names, *(name for of in theirs for name in of)]))
        wanted = find_layer(asked.layer, everywhere)
        names = [wanted] if wanted in ours else []  # one that only another run has is seen there
    found = []
    for place, name in enumerate(names):
        kind, values = ours[name]
        others = [of[name][1] for of in theirs if name in of]
        weights, biases = (
            spread(values[part], *(other[part] for other in others if part in other)) if part in values else None
            for part in ("weight", "bias")
        )
        found.append(LayerWeights(name, kind, weights, biases))
        yield Progress(place + 1, len(names), "counting weights")
    return tuple(found)


def parameters_of(model: nn.Module) -> Values:
    """Return the parameters of each layer that has any, in the order of the network."""
    return {name: (layer_kind(module), parts) for name, module in model.named_modules() if (parts := _parts(module))}


def _parts(module: nn.Module) -> dict[str, NDArray[np.float64]]:
    return dict(_flat(module))


def _flat(module: nn.Module) -> Iterator[tuple[str, NDArray[np.float64]]]:
    for name, parameter in module.named_parameters(recurse=False):
        part = "bias" if name == "bias" else "weight"
        yield part, parameter.detach().cpu().double().numpy().ravel()


def spread(values: NDArray[np.float64], *beside: NDArray[np.float64]) -> Spread:
    """Describe values; the bins reach over those of other arrays as well.

    Values that are not finite are counted in `count` alone.

    Shapes: (K,), and of others whatever lengths.
    """
    finite = values[np.isfinite(values)]
    all_values = np.concatenate([finite, *(other[np.isfinite(other)] for other in beside)])
    low, high = (float(all_values.min()), float(all_values.max())) if len(all_values) else (0.0, 0.0)
    if not low < high:  # one value: a bin around it
        low, high = low - 0.5, high + 0.5
    most = max(map(len, (values, *beside)))
    bins = max(LEAST_BINS, min(MOST_BINS, round(math.sqrt(most))))
    counts, edges = np.histogram(finite, bins=bins, range=(low, high))
    has_values = len(finite) > 0
    return Spread(
        count=len(values),
        norm=float(np.linalg.norm(finite)),
        mean=float(finite.mean()) if has_values else float("nan"),
        std=float(finite.std()) if has_values else float("nan"),
        least=float(finite.min()) if has_values else float("nan"),
        most=float(finite.max()) if has_values else float("nan"),
        near_zero=float((np.abs(finite) < NEAR_ZERO).mean()) if has_values else float("nan"),
        counts=counts.astype(np.int64),
        edges=edges,
    )
