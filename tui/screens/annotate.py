"""What the Leaderboard asks before it says something of runs: a tag, a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.store.annotations import Change, adding, check_note, check_tag, noting, removing
from engine.summary import RunSummary
from tui.format import plural
from tui.screens.ask_line import AskLineScreen

Annotate = Callable[[Change], None]


def tag_question(runs: Sequence[RunSummary]) -> AskLineScreen:
    """Ask for a tag to give, or with a leading - one to take away."""
    known = sorted({tag for run in runs for tag in run.tags})
    has = f" They have: {', '.join(known)}." if known else ""
    return AskLineScreen(
        f"Tag {plural(len(runs), 'run')}",
        f"One tag, without blanks; -TAG takes it away.{has} Filters find it: tag=NAME.",
        "",
        lambda line: _check_tag(line.strip()),
    )


def tag_change(line: str) -> Change:
    """Return what an answer to `tag_question` does."""
    return removing(line.removeprefix("-")) if line.startswith("-") else adding(line)


def note_question(runs: Sequence[RunSummary]) -> AskLineScreen:
    """Ask for a note, beginning with the one that they have in common."""
    notes = {run.note for run in runs}
    return AskLineScreen(
        f"Note on {plural(len(runs), 'run')}",
        "A line of text; empty takes the note away. Filters find it: has:note, note~word.",
        notes.pop() if len(notes) == 1 else "",
        _check_note,
    )


def note_change(line: str) -> Change:
    """Return what an answer to `note_question` does."""
    return noting(line)


def _check_note(line: str) -> None:
    check_note(line)


def _check_tag(line: str) -> None:
    check_tag(line.removeprefix("-"))
