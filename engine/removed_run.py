"""`RemovedRun`: a run that lies in the trash, in one line."""

from __future__ import annotations

from dataclasses import dataclass

from engine.summary import RunSummary


@dataclass(frozen=True, slots=True)
class RemovedRun:
    """What is known of it beside what a list of runs says."""

    summary: RunSummary
    removed: float
    """When its folder was last moved or changed, in seconds since 1970; 0 where the disk does not say."""
    bytes: int
    """What its files take."""
