"""The only code that knows how runs lie on disk; `results/README.md` describes it."""

from __future__ import annotations

from engine.store.files import (
    BEST_WEIGHTS,
    CHECKPOINT,
    CONFIG,
    EVENTS,
    FORMAT_VERSION,
    SET_ASIDE,
    SUMMARY,
    TRASH,
    WEIGHTS,
)
from engine.store.run_store import RunStore
from engine.store.run_tail import RunTail

__all__ = [
    "BEST_WEIGHTS",
    "CHECKPOINT",
    "CONFIG",
    "EVENTS",
    "FORMAT_VERSION",
    "SET_ASIDE",
    "SUMMARY",
    "TRASH",
    "WEIGHTS",
    "RunStore",
    "RunTail",
]
