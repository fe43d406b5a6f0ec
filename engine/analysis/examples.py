"""`Examples`: the test examples as they are shown, and how a user names one of them, a class or a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.loaded_run import LoadedRun
from engine.errors import TermlabError, suggest

MOST_LISTED = 40
"""Names of layers or classes in one message."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Test examples with the classes that they are."""

    images: NDArray[np.uint8] | None
    """Shapes: (N, H, W, C), a view; None where the examples are no images."""
    points: NDArray[np.float32] | None
    """Shapes: (N, D); None where the examples are images."""
    labels: NDArray[np.int64]
    """Shapes: (N,)."""
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


def examples_of(loaded: LoadedRun) -> Examples:
    """Return the test examples of a run."""
    stored = loaded.test.images.cpu().numpy()
    is_image = stored.dtype == np.uint8
    return Examples(
        images=stored.transpose(0, 2, 3, 1) if is_image else None,
        points=None if is_image else stored.reshape(len(stored), -1),
        labels=loaded.test.labels.cpu().numpy(),
        class_names=loaded.dataset.class_names,
    )


def check_place(place: int, count: int) -> int:
    """Return the place of a test example.

    Raises: TermlabError if there is no such place, saying which there are.
    """
    if not 0 <= place < count:
        raise TermlabError(
            f"there is no test example {place}", f"They are counted from 0; the last of {count:,} is {count - 1}."
        )
    return place


def find_class(name: str, class_names: Sequence[str]) -> int:
    """Return the number of a class that is given by its name or its number.

    Raises: TermlabError listing the classes if there is no such class.
    """
    if name in class_names:
        return class_names.index(name)
    folded = [one.casefold() for one in class_names]
    if folded.count(name.casefold()) == 1:
        return folded.index(name.casefold())
    numbers = [str(number) for number in range(len(class_names))]  # int() refuses thousands of digits
    if name in numbers:
        return numbers.index(name)
    listed = ", ".join(class_names[:MOST_LISTED]) + (" …" if len(class_names) > MOST_LISTED else "")
    raise TermlabError(f'"{name}" is not a class.{suggest(name, class_names)}', f"The classes are: {listed}.")


def find_layer(name: str, names: Sequence[str]) -> str:
    """Return the full name of a layer that is given by it, or by its end where that is of one layer only.

    Raises: TermlabError listing the layers if there is no such layer.
    """
    names = list(dict.fromkeys(names))  # one that acts twice may stand there twice
    if name in names:
        return name
    ends = [one for one in names if one.endswith(f".{name}")]
    if len(ends) == 1:
        return ends[0]
    listed = ", ".join(names[:MOST_LISTED]) + (" …" if len(names) > MOST_LISTED else "")
    raise TermlabError(f'"{name}" is not a layer here.{suggest(name, names)}', f"The layers are: {listed}.")
