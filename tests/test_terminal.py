"""The real program in a real terminal: from an empty results folder to a leaderboard, as a user does it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pyte
import pytest

from engine.store import RunStore

COLUMNS, LINES = 120, 36
PATIENCE_SECONDS = 120.0


class Terminal:
    """A program in a pseudo-terminal, and the screen that it paints."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self._child = pexpect.spawn(
            command[0], command[1:], env=environment, dimensions=(LINES, COLUMNS), timeout=PATIENCE_SECONDS
        )
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    @property
    def pid(self) -> int:
        """The number of its process."""
        return int(self._child.pid)

    @property
    def text(self) -> str:
        """What can be read now."""
        return "\n".join(self._screen.display)

    def wait_until(self, is_so: Callable[[], bool], what: str) -> str:
        """Take what the program paints until something is so; return the screen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            assert time.monotonic() < deadline, f"waited in vain for {what}; the screen is\n{self.text}"
            try:
                self._stream.feed(self._child.read_nonblocking(2**16, timeout=0.5))
            except pexpect.TIMEOUT:
                continue
        return self.text

    def wait_for(self, *words: str) -> str:
        """Wait until every word stands on the screen."""
        return self.wait_until(lambda: all(word in self.text for word in words), " and ".join(words))

    def press(self, keys: str) -> None:
        """Type."""
        self._child.send(keys)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window."""
        self._screen.resize(lines, columns)
        self._child.setwinsize(lines, columns)

    def exit_code(self) -> int:
        """Wait for the end of the program."""
        self._child.expect(pexpect.EOF)
        self._child.close()
        assert self._child.signalstatus is None
        return int(self._child.exitstatus)

    def kill(self) -> None:
        """End the program if a test left it running."""
        self._child.close(force=True)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", "XDG_CONFIG_HOME": str(tmp_path / "c")}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "tui", "--results", str(tmp_path / "results"), "--data", str(tmp_path / "data")]
    terminal = Terminal(command, environment)
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
