"""The real program in a real terminal: from an empty results folder to a leaderboard, as a user does it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import RunStore
from tests.terminal import COLUMNS, LINES, Terminal, termlab_command, user_environment


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(termlab_command(tmp_path), user_environment(tmp_path))
    yield terminal
    terminal.kill()


def test_pick_a_preset_train_it_find_it_on_the_leaderboard_and_quit(terminal: Terminal, tmp_path: Path) -> None:
    terminal.wait_for("1 Presets", "2 Live", "3 Leaderboard", "digits-first", "Launch")
    terminal.press("\r")
    terminal.wait_for("run 1 of 2", "sgd", "momentum", "accuracy")
    terminal.resize(80, 24)
    terminal.wait_for("run 2 of 2")
    terminal.resize(200, 60)
    terminal.wait_for("60/60")
    terminal.resize(COLUMNS, LINES)
    store = RunStore(tmp_path / "results")
    terminal.wait_until(lambda: [run.status for run in store.summaries()] == ["done", "done"], "both runs to be saved")
    best = [f"{100 * run.metrics['best_test_accuracy']:.2f}" for run in store.summaries()]
    terminal.press("3")
    terminal.wait_for("momentum", "sgd", "best acc %", *best)
    terminal.press("q")
    assert terminal.exit_code() == 0


def test_quitting_while_something_trains_asks_and_saves_the_run(terminal: Terminal, tmp_path: Path) -> None:
    terminal.wait_for("digits-first", "Launch")
    terminal.press("\r")
    terminal.wait_for("run 1 of 2", "● training")
    terminal.press("q")
    terminal.wait_for("Something is still training", "Stop and save", "Go back")
    terminal.press("s")
    assert terminal.exit_code() == 0
    (summary,) = RunStore(tmp_path / "results").summaries()
    assert summary.status in ("stopped", "done")
    assert (tmp_path / "results" / summary.run / "weights.pt").exists()
