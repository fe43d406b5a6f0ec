"""What is asked before runs are written for another tool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.format import plural
from tui.screens.ask_line import AskLineScreen

if TYPE_CHECKING:
    from tui.app import TermlabApp


def ask_export(lab: TermlabApp, run_ids: Sequence[str]) -> None:
    """Ask for a format and a path, and write these runs."""
    trainings = lab.trainings
    text = (
        "A format and a path: csv and parquet make a folder of tables, json one document, tensorboard a folder for "
        "each run. Nothing that is there is replaced."
    )
    lab.push_screen(
        AskLineScreen(f"Export {plural(len(run_ids), 'run')}", text, "csv runs", trainings.check_export),
        lambda line: trainings.export(run_ids, line) if line else None,
    )
