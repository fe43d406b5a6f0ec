"""Gradients and activations layer by layer: at the start and at the end, and over training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tui.charts.figure import Figure, Line
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import percent
from tui.pictures.plate import Charts, Plate
from tui.pictures.seen import Seen, numbers, table_from
from tui.tables import Table

if TYPE_CHECKING:
    from engine.analysis.layer_history import LayerHistory

QUANTITIES = ("gradient_norm", "activation_mean", "activation_std", "dead_share")


def plate(seen: Seen) -> Plate:
    """Draw the quantities of the question by layer, and those of the first and the last layer over training."""
    is_gradient = seen.inspection.question.what == "gradients"
    if is_gradient:
        figures = [
            _by_layer(seen, "gradient_norm", "gradient norm by layer", log_y=True),
            _over_training(seen, "gradient_norm", "gradient norm over training", log_y=True),
        ]
        title = "Gradients: does the first layer still hear of the loss?"
    else:
        figures = [
            _by_layer(seen, "activation_std", "spread of activations by layer", log_y=True),
            _by_layer(seen, "dead_share", "dead units by layer", is_share=True),
            _by_layer(seen, "activation_mean", "mean of activations by layer"),
            _over_training(seen, "dead_share", "dead units over training", is_share=True),
        ]
        title = "Activations: what reaches the deeper layers, and which units are dead"
    said = tuple(
        (f"{name}: " if seen.is_double else "") + (_gradient_words(found) if is_gradient else _unit_words(found))
        for name, _, found in seen.answers
    )
    legend: Row = [
        Span("layers in the order in which they act, from 1; dotted: first step, solid: last one measured; dead: 0 for "
             "every example of a batch", AXIS_COLOR)
    ]  # fmt: skip
    return Plate(title, Charts(tuple(figures), least_height=9), said, (legend,))


def _gradient_words(found: LayerHistory) -> str:
    first, last = _ends(found.gradient_norm)
    if first is None or last is None:
        return "No layer has parameters."
    ratios = found.gradient_norm[first] / np.maximum(found.gradient_norm[last], 1e-300)
    return (
        f"At the first step the gradient of {found.layers[first]} is {_short(ratios[0])} times that of "
        f"{found.layers[last]}, at step {int(found.steps[-1]):,} {_short(ratios[-1])} times."
    )


def _unit_words(found: LayerHistory) -> str:
    dead = found.dead_share
    if np.isnan(dead).all():
        return "No layer has units that can be dead."
    worst = int(np.nanargmax(dead[:, -1]))
    before, after = (percent(float(dead[worst, place]), 1) for place in (0, -1))
    return (
        f"At step {int(found.steps[-1]):,}, {after} % of the units of {found.layers[worst]} are dead, the most of all "
        f"layers; at the first step {before} %."
    )


def _short(value: float) -> str:
    return f"{value:.3g}"


def _ends(values: NDArray[np.float64]) -> tuple[int | None, int | None]:
    """Return the first and the last layer for which there is a value."""
    known = np.flatnonzero(~np.isnan(values).all(1))
    return (int(known[0]), int(known[-1])) if len(known) else (None, None)


def _by_layer(seen: Seen, quantity: str, title: str, *, log_y: bool = False, is_share: bool = False) -> Figure:
    lines = []
    for name, identity, found in seen.answers:
        values = getattr(found, quantity)
        known = ~np.isnan(values).all(1)
        xs = np.flatnonzero(known).astype(np.float64) + 1
        lines.append(Line("", xs, values[known][:, 0], identity.color, style="dotted"))
        lines.append(Line(name, xs, values[known][:, -1], identity.color, marker=identity.marker))
    return Figure(title, tuple(lines), x_label="layer", log_y=log_y, y_percent=is_share, x_integer=True, is_apart=True)


def _over_training(seen: Seen, quantity: str, title: str, *, log_y: bool = False, is_share: bool = False) -> Figure:
    lines = []
    for name, identity, found in seen.answers:
        values = getattr(found, quantity)
        first, last = _ends(values)
        if first is None or last is None:
            continue
        both = ((first, "solid"), (last, "dashed"))
        for layer, style in both if first != last else both[:1]:
            called = found.layers[layer] if not seen.is_double else name if layer == first else ""
            lines.append(
                Line(called, found.epochs, values[layer], identity.color, marker=identity.marker, style=style)  # type: ignore[arg-type]
            )
    return Figure(
        title, tuple(lines), x_label="epoch", log_y=log_y, y_percent=is_share, is_apart=True,
        caption="solid: first layer, dashed: last",
    )  # fmt: skip


def tables(found: LayerHistory) -> dict[str, Table]:
    """Return the measurements, one line a step and layer."""
    steps, layers = len(found.steps), len(found.layers)
    columns: dict[str, Any] = {
        "step": np.repeat(found.steps, layers).tolist(),
        "epoch": numbers(np.repeat(found.epochs, layers)),
        "layer": list(found.layers) * steps,
    }
    columns |= {quantity: numbers(getattr(found, quantity).T.ravel()) for quantity in QUANTITIES}
    return {"layers_over_training": table_from(columns)}


def document(found: LayerHistory) -> dict[str, Any]:
    """Return the numbers for scripts."""
    return {
        "steps": numbers(found.steps),
        "epochs": numbers(found.epochs),
        "layers": list(found.layers),
        "kinds": list(found.kinds),
    } | {quantity: numbers(getattr(found, quantity)) for quantity in QUANTITIES}
