"""Two networks on the same test examples: which both have right, which one of them, and whether that is chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.analysis.predictions import Predictions
from engine.errors import DataError
from engine.statistics.mcnemar import mcnemar


@dataclass(frozen=True, eq=False)
class ExampleComparison:
    """Places of test examples, ascending, by which of two networks has them right.

    Shapes: each (K,) int64; the four have every one of the N examples once.
    """

    first: Predictions
    second: Predictions
    both_right: NDArray[np.int64]
    both_wrong: NDArray[np.int64]
    fixed: NDArray[np.int64]
    """Only the second is right."""
    broken: NDArray[np.int64]
    """Only the first is right."""

    @property
    def examples(self) -> int:
        """How many there are."""
        return len(self.first.labels)

    @property
    def p(self) -> float:
        """McNemar's exact test of fixed against broken: of these two networks, not of their recipes."""
        return mcnemar(len(self.fixed), len(self.broken))

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is odd about either network's predictions."""
        return tuple(doubt for doubt in (self.first.doubt, self.second.doubt) if doubt)


def compare_examples(first: Predictions, second: Predictions) -> ExampleComparison:
    """Sort the test examples by which of two networks has them right.

    Raises: DataError if they were tested on different examples.
    """
    if first.test_sha256 != second.test_sha256:
        raise DataError(
            f"{first.run} and {second.run} were not tested on the same examples: the contents of their test data "
            f"differ ({len(first.labels):,} and {len(second.labels):,} examples)",
            "Example by example only networks with the same test data can be compared.",
        )
    ours, theirs = first.is_right, second.is_right
    return ExampleComparison(
        first=first,
        second=second,
        both_right=np.flatnonzero(ours & theirs),
        both_wrong=np.flatnonzero(~ours & ~theirs),
        fixed=np.flatnonzero(~ours & theirs),
        broken=np.flatnonzero(ours & ~theirs),
    )
