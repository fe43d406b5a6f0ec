"""Which runs of a folder a filter is about: those that pass, without the hidden ones unless it asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.filter import parse_filter
from engine.summary import RunSummary


@dataclass(frozen=True, slots=True)
class Selection:
    """What a filter left."""

    runs: list[RunSummary]
    hidden: int
    """Runs that pass and are left out because they are hidden."""


def select(where: str, summaries: Sequence[RunSummary], *, with_hidden: bool = False) -> Selection:
    """Return the runs that pass a filter, in their order; one that names the column `hidden` is about hidden ones too.

    Raises: ConfigError if the filter cannot be understood.
    """
    wanted = parse_filter(where, summaries)
    passed = [summary for summary in summaries if wanted.matches(summary)]
    if with_hidden or "hidden" in wanted.columns:
        return Selection(passed, 0)
    shown = [summary for summary in passed if not summary.is_hidden]
    return Selection(shown, len(passed) - len(shown))
