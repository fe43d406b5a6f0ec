"""Which part of the plane a network gives to which of two classes, with the data on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from engine.analysis.asked import Asked
from engine.analysis.progress import Progress, Steps
from engine.errors import TermlabError

SIDE = 240
"""Points of the grid on each axis: more than a large terminal has dots."""
MARGIN = 0.08
"""Of the data's extent, left free on each side."""


@dataclass(frozen=True, eq=False)
class Boundary:
    """Probability over the plane, and the test examples.

    Units: probabilities from 0 to 1; coordinates as the data has them.
    """

    xs: NDArray[np.float64]
    """Ascending. Shapes: (SIDE,)."""
    ys: NDArray[np.float64]
    """Ascending. Shapes: (SIDE,)."""
    probability: NDArray[np.float32]
    """Of class 1, row by row of `ys`. Shapes: (SIDE, SIDE)."""
    points: NDArray[np.float32]
    """The test examples. Shapes: (N, 2)."""
    labels: NDArray[np.int64]
    """Shapes: (N,)."""
    is_right: NDArray[np.bool_]
    """Shapes: (N,)."""
    class_names: tuple[str, ...]


def answer(asked: Asked) -> Steps[Boundary]:
    """Ask the network about a grid of points around the data.

    Raises: TermlabError if its inputs are not two numbers, or there are not two classes; as `find_predictions`.
    """
    loaded, examples = asked.run.loaded, asked.run.examples
    inputs = int(np.prod(loaded.dataset.image_shape))
    if examples.points is None or inputs != 2:
        shape = "x".join(map(str, loaded.dataset.image_shape))
        raise TermlabError(
            f"a boundary is drawn in a plane, and {loaded.run.id} learned from "
            f"{'images of ' + shape if examples.points is None else f'{inputs} numbers an example'}",
            "Runs on data.name=moons have one. Of images, features and saliency show what a network looks at.",
        )
    if len(examples.class_names) != 2:
        raise TermlabError(f"a boundary is between two classes, and {loaded.run.id} has {len(examples.class_names)}")
    predictions = yield from asked.run.predictions()
    places = examples.points.astype(np.float64)
    low, high = places.min(0), places.max(0)
    room = (high - low) * MARGIN
    xs, ys = (np.linspace(low[axis] - room[axis], high[axis] + room[axis], SIDE) for axis in (0, 1))
    rows = []
    for place, y in enumerate(ys):
        points = torch.from_numpy(np.stack([xs, np.full(SIDE, y)], axis=1)).float()  # (SIDE, 2)
        batch = points.reshape(SIDE, *loaded.dataset.image_shape).to(loaded.test.images.device)
        with torch.no_grad():
            scores = loaded.model(loaded.inputs.for_testing(batch))
            rows.append(loaded.objective.probabilities(scores)[:, 1].float().cpu().numpy())
        if place % 40 == 0:
            yield Progress(place, SIDE, "asking about the plane")
    return Boundary(
        xs=xs,
        ys=ys,
        probability=np.stack(rows),
        points=examples.points,
        labels=examples.labels,
        is_right=predictions.is_right,
        class_names=examples.class_names,
    )
