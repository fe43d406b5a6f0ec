"""A real terminal that is closed, suspended or interrupted: the run is saved, and it is said how it goes on."""

from __future__ import annotations

import os
import re
import select
import signal
from collections.abc import Iterator
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM, SIGUSR1

import pyte
import pytest

from tests.faults.conftest import LOSSES, Figures
from tests.faults.sweeps import Reference, result_of
from tests.faults.test_signals import CODES, IMPORT, RUN, statuses
from tests.processes import PATIENCE_SECONDS, Launcher, Program

MID_EPOCH = "hold('engine.step_series', 'StepSeries.end_step', call=60)"


class Terminal:
    """A terminal of 80 columns that a program is given."""

    def __init__(self) -> None:
        self._master, self.slave = os.openpty()
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)

    def is_given(self) -> None:
        """Leave the terminal to the program alone."""
        os.close(self.slave)
        self.slave = -1

    def type(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def read(self, seconds: float = 0.0) -> bool:
        """Show what was written meanwhile; return whether more may come."""
        while select.select([self._master], [], [], seconds)[0]:
            try:
                self._stream.feed(os.read(self._master, 2**16))
            except OSError:  # nobody has it open any more
                return False
        return True

    def read_to_the_end(self) -> None:
        assert not self.read(PATIENCE_SECONDS)

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    @property
    def is_as_before(self) -> bool:
        """Whether the cursor can be seen, and what is typed has no colour."""
        typed = self.screen.cursor.attrs
        return not self.screen.cursor.hidden and (typed.fg, typed.bg, typed.bold) == ("default", "default", False)

    def close(self) -> None:
        """Hang up."""
        if self._master >= 0:
            os.close(self._master)
        self._master = -1


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.close()


def start(launcher: Launcher, terminal: Terminal, tmp_path: Path, before: str) -> Program:
    program = launcher.start(
        "run",
        *RUN,
        "--results",
        str(tmp_path / "results"),
        folder=tmp_path / "program",
        before=IMPORT + before,
        environment={"TERM": "xterm-256color", "COLUMNS": "80"},
        terminal=terminal.slave,
    )
    terminal.is_given()
    return program


@pytest.mark.parametrize("moment", [MID_EPOCH, "hold('engine.train', 'evaluate', call=2)"])
def test_a_closed_terminal_saves_the_run_and_the_next_command_says_how_it_goes_on(
    moment: str, launcher: Launcher, terminal: Terminal, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    program = start(launcher, terminal, tmp_path, moment)
    assert program.reaches_the_moment(), program.err
    terminal.close()
    program.let_go()
    assert program.wait() == 143
    assert statuses(tmp_path) == ["stopped"]
    figures.add("terminals closed")
    at = ("--results", str(tmp_path / "results"))
    listed = launcher.call("ls", *at, folder=tmp_path / "ls")
    told = re.fullmatch(r"1 run was interrupted: termlab (resume \w+) goes on with it\.\n", listed.err)
    assert told, listed.err
    shown = launcher.call("show", "latest", *at, folder=tmp_path / "show")
    assert f"It was interrupted: termlab {told[1]} goes on with it." in shown.out
    again = launcher.call(*told[1].split(), *at, folder=tmp_path / "again")
    assert again.wait() == 0, again.err
    is_same = result_of(tmp_path / "results") == reference(*RUN)
    figures.add(LOSSES, not is_same)
    assert is_same
    assert launcher.call("ls", *at, folder=tmp_path / "ls").err == ""


def test_a_terminal_that_is_closed_without_a_signal_ends_nothing(
    launcher: Launcher, terminal: Terminal, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    """As after nohup, or in a session that has another terminal: every write fails, and nobody needs it."""
    program = start(launcher, terminal, tmp_path, f"ignore({int(SIGHUP)}); {MID_EPOCH}")
    assert program.reaches_the_moment(), program.err
    terminal.close()
    program.let_go()
    assert program.wait() == 1  # the table of results could not be printed
    figures.add("terminals closed")
    assert result_of(tmp_path / "results") == reference(*RUN)


@pytest.mark.parametrize("number", [SIGINT, SIGTERM, SIGUSR1])
def test_a_signal_leaves_the_terminal_as_it_was(
    number: signal.Signals, launcher: Launcher, terminal: Terminal, figures: Figures, tmp_path: Path
) -> None:
    program = start(launcher, terminal, tmp_path, MID_EPOCH)
    assert program.reaches_the_moment(), program.err
    terminal.read()
    assert not terminal.is_as_before
    if number == SIGINT:
        terminal.type(b"\x03")
    else:
        program.send(number)
    program.let_go()
    terminal.read_to_the_end()
    assert program.wait() == CODES[number]
    assert terminal.is_as_before
    assert "Stopping; the run is saved." in terminal.text
    assert "It can be gone on with: termlab resume" in terminal.text
    figures.add("signals delivered")


def test_two_interrupts_leave_the_terminal_as_it_was(
    launcher: Launcher, terminal: Terminal, figures: Figures, tmp_path: Path
) -> None:
    moment = "hold('engine.learner', 'AutogradLearner.step', call=60, block=stand_still)"
    program = start(launcher, terminal, tmp_path, moment)
    assert program.reaches_the_moment(), program.err
    for _ in range(100):
        terminal.type(b"\x03")
        if program.is_over(0.2):
            break
    terminal.read_to_the_end()
    assert program.wait(0.0) == 130
    assert terminal.is_as_before
    assert statuses(tmp_path) == ["lost"]
    figures.add("signals delivered", 2)


def test_a_suspended_program_gives_the_terminal_back_and_goes_on(
    launcher: Launcher, terminal: Terminal, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    program = start(launcher, terminal, tmp_path, MID_EPOCH)
    assert program.reaches_the_moment(), program.err
    terminal.read()
    assert not terminal.is_as_before
    terminal.type(b"\x1a")
    while program.state() != "T":
        assert not program.is_over(0.01), terminal.text
    terminal.read()
    assert terminal.is_as_before
    program.send(signal.SIGCONT)
    program.let_go()
    terminal.read_to_the_end()
    assert program.wait() == 0
    assert terminal.is_as_before
    figures.add("signals delivered", 2)
    assert result_of(tmp_path / "results") == reference(*RUN)
