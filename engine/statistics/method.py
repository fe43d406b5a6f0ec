"""`Method`: what a statistical method is called, what it answers and what it takes for granted."""

from __future__ import annotations

from dataclasses import dataclass

CONFIDENCE = 0.95
ALPHA = 0.05
"""A p-value below this tells two recipes apart; it goes with intervals of 95 %."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method as help, reports and documents name it."""

    name: str
    answers: str
    assumes: str
    source: str
