"""How somebody last looked at a results folder: columns, sorting, filter, baseline, charts; in the XDG state folder.

It is a convenience: what cannot be read is forgotten, and what cannot be written is not missed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from engine.atomic import write_atomic
from engine.errors import TermlabError
from engine.leaderboard_row import DEFAULT_METRIC
from engine.plain_file import read_plain

FORMAT_VERSION = 1
MOST_BYTES = 2**16


@dataclass(frozen=True, slots=True)
class BoardState:
    """How the leaderboard is looked at."""

    filter: str = ""
    is_by_run: bool = False
    metric: str = DEFAULT_METRIC
    baseline: str = ""
    """Fingerprint of the pinned recipe; empty for none."""
    columns: list[str] = field(default_factory=list)
    sorted_by: str = "best"
    is_reverse: bool = True
    runs_sorted_by: str = "created"
    is_runs_reverse: bool = True

    @property
    def sorting(self) -> tuple[str, bool]:
        """The column by which what is shown is sorted, and whether the largest come first."""
        return (self.runs_sorted_by, self.is_runs_reverse) if self.is_by_run else (self.sorted_by, self.is_reverse)

    def sorted(self, column: str, *, is_reverse: bool) -> BoardState:
        """Return the same with what is shown sorted by another column."""
        if self.is_by_run:
            return dataclasses.replace(self, runs_sorted_by=column, is_runs_reverse=is_reverse)
        return dataclasses.replace(self, sorted_by=column, is_reverse=is_reverse)


@dataclass(frozen=True, slots=True)
class ChartState:
    """How curves are looked at."""

    x: str = "epoch"
    smoothing: float = 0.9
    log: list[str] = field(default_factory=lambda: ["loss"])
    """Charts with a logarithmic y axis."""
    log_x: bool = False


@dataclass(frozen=True, slots=True)
class ViewState:
    """How one results folder is looked at."""

    board: BoardState = field(default_factory=BoardState)
    charts: ChartState = field(default_factory=ChartState)


def state_file(results: Path) -> Path:
    """Return where the view of a results folder is kept: one file a folder, named after it and its path."""
    folder = results.absolute()
    digest = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return Path(platformdirs.user_state_dir("termlab")) / "views" / f"{folder.name[:40]}-{digest}.json"


def load_view(results: Path) -> ViewState:
    """Return the view that was kept; the usual one where there is none, or none that can be read."""
    try:
        document = json.loads(read_plain(state_file(results), most_bytes=MOST_BYTES))
    except (OSError, ValueError, RecursionError, TermlabError):
        return ViewState()
    if not isinstance(document, dict) or document.get("format") != FORMAT_VERSION:
        return ViewState()
    return ViewState(_read(BoardState(), document.get("board")), _read(ChartState(), document.get("charts")))


def save_view(results: Path, view: ViewState) -> None:
    """Keep a view; a state folder that cannot be written is no reason to disturb anybody."""
    path = state_file(results)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {"format": FORMAT_VERSION, "results": str(results.absolute()), **dataclasses.asdict(view)}
        write_atomic(path, json.dumps(document, indent=2) + "\n")


def _read(usual: Any, found: Any) -> Any:
    """Return a part of the view with the fields that were kept, each only if it is of the type that it should be."""
    if not isinstance(found, dict):
        return usual
    kept: dict[str, Any] = {}
    for spec in dataclasses.fields(usual):
        value, default = found.get(spec.name), getattr(usual, spec.name)
        is_list = isinstance(default, list) and isinstance(value, list) and all(isinstance(one, str) for one in value)
        if is_list or (not isinstance(default, list) and type(value) is type(default)):
            kept[spec.name] = value
    return dataclasses.replace(usual, **kept)
