"""`ExampleSet`: two runs compared on their test examples, with the examples themselves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.analysis.example_comparison import ExampleComparison, compare_examples
from engine.analysis.example_order import Kind, most_telling_first
from engine.analysis.examples import examples_of
from engine.analysis.loaded_run import load_run
from engine.analysis.predictions import find_predictions
from engine.analysis.progress import Progress, Steps
from engine.store import RunStore

__all__ = ["ExampleSet", "Kind", "find_example_set"]


@dataclass(frozen=True, eq=False)
class ExampleSet:
    """What is needed to show which examples two networks differ on."""

    comparison: ExampleComparison
    class_names: tuple[str, ...]
    images: NDArray[np.uint8] | None
    """Shapes: (N, H, W, C), a view; None where the examples are no images."""
    points: NDArray[np.float32] | None
    """Shapes: (N, D); None where the examples are images."""

    def of(self, kind: Kind) -> NDArray[np.int64]:
        """Return the places of the examples of a kind, as `most_telling_first` has them.

        Shapes: (K,).
        """
        return most_telling_first(self.comparison, kind)

    def count(self, kind: Kind) -> int:
        """Return how many examples are of a kind."""
        return len(getattr(self.comparison, kind))


def find_example_set(store: RunStore, run_ids: tuple[str, str], data_folders: tuple[Path, Path]) -> Steps[ExampleSet]:
    """Compare two runs on their test examples, giving way after each batch; each finds its data in a folder.

    Raises: as `load_run`, `find_predictions` and `compare_examples`.
    """
    predictions = []
    for run_id, data_folder in zip(run_ids, data_folders, strict=True):
        loaded = load_run(store, run_id, data_folder)
        yield Progress(0, 1, "loading the data")
        predictions.append((yield from find_predictions(loaded)))
    examples = examples_of(loaded)
    return ExampleSet(compare_examples(*predictions), examples.class_names, examples.images, examples.points)
