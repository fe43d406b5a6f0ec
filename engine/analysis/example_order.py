"""In which order examples are worth looking at: what a network is most mistaken about comes first."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.analysis.example_comparison import ExampleComparison

Kind = Literal["fixed", "broken", "both_wrong", "both_right"]


def most_telling_first(found: ExampleComparison, kind: Kind) -> NDArray[np.int64]:
    """Return the places of a kind: the wrong answer that was given with the highest probability first.

    Where both networks are wrong, the surer one counts; where both are right, the example comes first of which one is
    least sure. Of equals, and where a probability is not a number, which comes last, the test data's order decides.

    Shapes: (K,).
    """
    places: NDArray[np.int64] = getattr(found, kind)
    first, second = (one.probabilities[places] for one in (found.first, found.second))
    surprise = {
        "fixed": first,
        "broken": second,
        "both_wrong": np.fmax(first, second),
        "both_right": -np.fmin(first, second),
    }[kind]
    return places[np.argsort(-surprise, kind="stable")]
