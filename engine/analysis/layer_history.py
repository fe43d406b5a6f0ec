"""What the layers of a network did while it was trained, from the log alone: no weights, no data, no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import TermlabError
from engine.events import MEASURES, LayersMeasured
from engine.run import Run

EXAMPLE_EVERY = 10
"""What a hint proposes."""


@dataclass(frozen=True, eq=False)
class LayerHistory:
    """Gradients and activations of L layers at the T steps at which they were measured.

    A value that does not apply to a layer is NaN, as is all of a layer at a step at which it did not act.
    """

    steps: NDArray[np.int64]
    """Ascending. Shapes: (T,)."""
    epochs: NDArray[np.float64]
    """Where these steps are, in epochs since the start; fractional. Shapes: (T,)."""
    layers: tuple[str, ...]
    """As in the names of the saved weights, in the order in which they act."""
    kinds: tuple[str, ...]
    gradient_norm: NDArray[np.float64]
    """Shapes: (L, T), as of the three below."""
    activation_mean: NDArray[np.float64]
    activation_std: NDArray[np.float64]
    dead_share: NDArray[np.float64]
    """Fractions."""


def layer_history(run: Run) -> LayerHistory:
    """Return what a run recorded of its layers.

    Raises: TermlabError if it recorded nothing of them.
    """
    if not run.layers or run.started is None:
        raise _nothing_recorded(run)
    kinds: dict[str, str] = {}
    for measured in run.layers:
        kinds |= zip(measured.layers, measured.kinds, strict=True)
    steps = np.array([measured.step for measured in run.layers], np.int64)
    places = {name: place for place, name in enumerate(kinds)}
    values = {measure: _values(run.layers, measure, places) for measure in MEASURES}
    return LayerHistory(steps, steps / run.started.steps_per_epoch, tuple(kinds), tuple(kinds.values()), **values)


def _values(measured: list[LayersMeasured], measure: str, places: dict[str, int]) -> NDArray[np.float64]:
    """Put one measure into a table. Shapes: (L, T)."""
    table = np.full((len(places), len(measured)), np.nan)
    for moment, one in enumerate(measured):
        table[[places[name] for name in one.layers], moment] = getattr(one, measure)
    return table


def _nothing_recorded(run: Run) -> TermlabError:
    every = run.trial.config.record.layers_every
    if every is not None:
        return TermlabError(f"{run.id} has not measured its layers yet: it has not told of a step")
    return TermlabError(
        f"{run.id} recorded no gradients and activations of its layers",
        f"They are measured during training only. Train it again with record.layers_every={EXAMPLE_EVERY}.",
    )
