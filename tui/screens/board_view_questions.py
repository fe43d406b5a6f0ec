"""What the Leaderboard asks about its view: which columns, and which metric ranks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.board_rows import BoardRows
from tui.recipe_board import BoardView
from tui.screens.ask_line import AskLineScreen

if TYPE_CHECKING:
    from tui.app import TermlabApp

MOST_ASKED = 200
"""Runs whose metrics a question lists."""


def ask_columns(lab: TermlabApp, board: BoardRows, show: Callable[[BoardView], None]) -> None:
    """Ask for columns, and show the view with them."""
    text = (
        "Names of columns, apart by commas: +NAME comes on top of the usual ones, -NAME is left out, others take "
        "their place; empty is the usual ones. A name is a field, a metric, a setting such as optim.lr, or "
        "best:test_accuracy, test_accuracy@best(test_loss)."
    )
    view = board.view

    def chosen(line: str) -> BoardView:
        return replace(view, chosen=tuple(name.strip() for name in line.split(",") if name.strip()))

    lab.push_screen(
        AskLineScreen("Columns", text, ",".join(view.chosen), lambda line: board.check_view(chosen(line))),
        lambda line: show(chosen(line)) if line is not None else None,
    )


def ask_metric(lab: TermlabApp, board: BoardRows, rank_by: Callable[[str], None]) -> None:
    """Ask for the metric that ranks, and rank by it."""
    names = dict.fromkeys(name for run in board.found[:MOST_ASKED] for name in run.metrics)
    text = f"What recipes are ranked by and compared in: {', '.join(names)}; or M@best(N), as of the epoch best in N."
    view = board.view
    lab.push_screen(
        AskLineScreen("Metric", text, view.metric, lambda line: board.check_view(replace(view, metric=line.strip()))),
        lambda line: rank_by(line) if line else None,
    )
