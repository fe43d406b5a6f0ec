"""What is said of a test example: its place, the class that it is, and what it is taken for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tui.charts.example_cards import sureness
from tui.charts.span import AXIS_COLOR, Row, Span
from tui.format import plain
from tui.pictures.plate import Bars

RIGHT, WRONG = "#56b48c", "#e5736b"
"""Always with a word or a sign beside them."""


def answer_lines(
    place: int, label: int, predicted: int, probabilities: NDArray[np.float32], class_names: Sequence[str]
) -> tuple[Row, Row]:
    """Return two lines: what the example is, and what it is taken for, with the probability."""
    is_right = label == predicted
    taken = f"{plain(class_names[predicted])} {sureness(float(probabilities[predicted]))}"
    return (
        [Span(f"#{place} ", AXIS_COLOR), Span(f"is {plain(class_names[label])}", is_bold=True)],
        [Span("✓ " if is_right else "✕ ", RIGHT if is_right else WRONG), Span(taken)],
    )


def probability_bars(
    probabilities: NDArray[np.float32], label: int, predicted: int, class_names: Sequence[str], title: str = ""
) -> Bars:
    """Return the probability of each class, the highest first."""
    order = np.argsort(-probabilities, kind="stable").tolist()
    return Bars(
        names=tuple(plain(class_names[place]) for place in order),
        values=tuple(float(probabilities[place]) for place in order),
        tones=tuple(RIGHT if place == label else WRONG if place == predicted else AXIS_COLOR for place in order),
        title=title,
        marks=tuple("is" if place == label else "taken for" if place == predicted else "" for place in order),
    )
