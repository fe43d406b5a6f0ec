"""`Finding`: one thing that `termlab doctor` looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    state: Literal["ok", "notice", "warning", "damaged"]
    """A notice could be better, a warning has to be for something to work."""
    text: str
    remedy: str = ""
