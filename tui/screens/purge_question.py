"""What is asked before removed runs are deleted for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.removed_run import RemovedRun
from tui.format import plural
from tui.screens.ask import GO_BACK, Answer, AskScreen
from tui.screens.removal import named
from tui.trash_lines import megabytes

if TYPE_CHECKING:
    from tui.app import TermlabApp


def ask_purge(lab: TermlabApp, removed: Sequence[RemovedRun]) -> None:
    """Ask before anything is deleted; going back is the answer that has the focus."""
    run_ids = [one.summary.run for one in removed]
    size = megabytes(sum(one.bytes for one in removed))
    what = plural(len(run_ids), "run")
    text = (
        f"{what} of {size} MB: settings, curves, weights and checkpoints are deleted from the disk. "
        f"Nothing brings them back.\n\n{named(run_ids)}"
    )
    question = AskScreen(f"Delete {what} for good", text, [Answer("purge", "Delete for good", "d"), GO_BACK])
    lab.push_screen(question, lambda answer: lab.trash.purge(run_ids) if answer == "purge" else None)
