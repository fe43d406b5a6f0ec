"""What is asked before runs are moved to the trash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.format import plural
from tui.screens.ask import GO_BACK, Answer, AskScreen

if TYPE_CHECKING:
    from tui.app import TermlabApp

MOST_NAMED = 8
"""Runs that a question names before it only counts them."""


def named(run_ids: Sequence[str]) -> str:
    """Name the runs that a question is about, one a line."""
    more = f"\nand {len(run_ids) - MOST_NAMED:,} more" if len(run_ids) > MOST_NAMED else ""
    return "\n".join(run_ids[:MOST_NAMED]) + more


def ask_removal(lab: TermlabApp, run_ids: Sequence[str]) -> None:
    """Ask before anything is moved."""
    text = f"{named(run_ids)}\n\nThey go to .trash inside the results folder; u shows it and brings them back."
    question = AskScreen(f"Remove {plural(len(run_ids), 'run')}", text, [Answer("remove", "Remove", "r"), GO_BACK])
    lab.push_screen(question, lambda answer: lab.trash.remove(run_ids) if answer == "remove" else None)
