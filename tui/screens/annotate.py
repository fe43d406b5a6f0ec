"""What the Leaderboard lets people say of runs: a tag, a note, and that lists leave them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.summary import RunSummary
from tui.format import plural
from tui.screens.ask_line import AskLineScreen

if TYPE_CHECKING:
    from tui.app import TermlabApp


def ask_tag(lab: TermlabApp, runs: Sequence[RunSummary]) -> None:
    """Ask for a tag to give, or with a leading - one to take away."""
    trainings, ids = lab.trainings, [run.run for run in runs]
    known = sorted({tag for run in runs for tag in run.tags})
    has = f" They have: {', '.join(known)}." if known else ""
    text = f"One tag, without blanks; -TAG takes it away.{has} Filters find it: tag=NAME."
    lab.push_screen(
        AskLineScreen(f"Tag {plural(len(runs), 'run')}", text, "", trainings.check_tag),
        lambda line: trainings.tag(ids, line) if line else None,
    )


def ask_note(lab: TermlabApp, runs: Sequence[RunSummary]) -> None:
    """Ask for a note, beginning with the one that the runs have in common."""
    trainings, ids = lab.trainings, [run.run for run in runs]
    notes = {run.note for run in runs}
    common = notes.pop() if len(notes) == 1 else ""
    text = "A line of text; empty takes the note away. Filters find it: has:note, note~word."
    lab.push_screen(
        AskLineScreen(f"Note on {plural(len(runs), 'run')}", text, common, trainings.check_note),
        lambda line: trainings.note(ids, line) if line is not None else None,
    )


def hide(lab: TermlabApp, runs: Sequence[RunSummary]) -> None:
    """Leave runs out of lists; those that all are left out already are shown again."""
    is_hidden = not all(run.is_hidden for run in runs)
    lab.trainings.hide([run.run for run in runs], is_hidden=is_hidden)
    what = plural(len(runs), "run")
    lab.notify(f"{what} hidden: . shows them, and H then brings them back." if is_hidden else f"{what} shown again.")
