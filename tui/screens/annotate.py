"""What the Leaderboard asks before it says something of runs: a tag, a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.summary import RunSummary
from tui.format import plural
from tui.screens.ask_line import AskLineScreen


def tag_question(runs: Sequence[RunSummary], check: Callable[[str], None]) -> AskLineScreen:
    """Ask for a tag to give, or with a leading - one to take away."""
    known = sorted({tag for run in runs for tag in run.tags})
    has = f" They have: {', '.join(known)}." if known else ""
    text = f"One tag, without blanks; -TAG takes it away.{has} Filters find it: tag=NAME."
    return AskLineScreen(f"Tag {plural(len(runs), 'run')}", text, "", check)


def note_question(runs: Sequence[RunSummary], check: Callable[[str], None]) -> AskLineScreen:
    """Ask for a note, beginning with the one that they have in common."""
    notes = {run.note for run in runs}
    common = notes.pop() if len(notes) == 1 else ""
    text = "A line of text; empty takes the note away. Filters find it: has:note, note~word."
    return AskLineScreen(f"Note on {plural(len(runs), 'run')}", text, common, check)
