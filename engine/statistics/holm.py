"""Holm's correction: many tests at once, and still one chance in twenty of being wrong anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from engine.statistics.method import Method

METHOD = Method(
    name="Holm's step-down correction",
    answers="which of several tests still hold when the chance of one false alarm among all is to stay below 5 %",
    assumes="nothing about how the tests depend on each other",
    source="Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979)",
)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the corrected p-values in the order given; where there was no test there is none, and it does not count.

    Units: fractions, at most 1.
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(tested):
        # One that stands behind another cannot be more certain than it.
        largest = max(largest, min(1.0, p * (len(tested) - rank)))
        corrected[place] = largest
    return corrected
