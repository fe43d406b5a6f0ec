"""The real program in a real terminal that is closed, left or lent: no training is lost, and all is as it was."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.control import HANDED_OVER, Control
from engine.events import EpochDone
from engine.presets import load_preset
from engine.run import Run
from engine.runner import run_trials
from engine.store import RunStore
from engine.summary import RunStatus, RunSummary
from tests.processes import ROOT
from tests.terminal import Terminal, termlab_command, user_environment

PRESET = """\
title = "First in the list"
why = "Takes as long as the test wants."
source = "test"
group = "First steps"
[config.data]
name = "digits"
[config.train]
epochs = {epochs}
[config.model]
name = "mlp"
hidden = [32]
[[trials]]
label = "sgd"
[[trials]]
label = "momentum"
set = {{ "optim.momentum" = 0.9, "train.epochs" = 2 }}
"""
FOREVER = 100_000
LEAVES_THE_SCREEN = b"\x1b[?1049l"
SHOWS_THE_CURSOR = b"\x1b[?25h"
NO_MOUSE = b"\x1b[?1003l"


def add_preset(folder: Path, *, epochs: int) -> None:
    presets = folder / "c" / "termlab" / "presets"
    presets.mkdir(parents=True, exist_ok=True)
    (presets / "a-first.toml").write_text(PRESET.format(epochs=epochs), encoding="utf-8")


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[list[Terminal]]:
    """Terminals that are closed at the end."""
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.kill()


def open_application(folder: Path, terminals: list[Terminal], *, ignores_hang_up: bool = False) -> Terminal:
    command, environment = termlab_command(folder), user_environment(folder)
    terminal = Terminal(command, environment, ignores_hang_up=ignores_hang_up)
    terminals.append(terminal)
    terminal.wait_for("a-first", "Launch")
    return terminal


def summaries(folder: Path) -> list[RunSummary]:
    return RunStore(folder / "results").summaries()


def launch(folder: Path, terminal: Terminal) -> None:
    """Train until there is an epoch to lose."""
    terminal.press("\r")
    terminal.wait_for("run 1 of 2")
    terminal.wait_until(lambda: any(run.epochs for run in summaries(folder)), "the first epoch")


def steps_kept(folder: Path, run_id: str) -> int:
    """Return after which step the run was last gone on with."""
    run = RunStore(folder / "results").load(run_id)
    return run.started.kept.step if run.started is not None and run.started.kept is not None else 0


@pytest.mark.parametrize("ignores_hang_up", [False, True])
def test_training_whose_terminal_is_closed_is_found_again_by_who_has_read_nothing(
    tmp_path: Path, terminals: list[Terminal], ignores_hang_up: bool
) -> None:
    add_preset(tmp_path, epochs=FOREVER)
    terminal = open_application(tmp_path, terminals, ignores_hang_up=ignores_hang_up)
    launch(tmp_path, terminal)
    assert terminal.hang_up() == 143
    (stopped,) = summaries(tmp_path)
    assert stopped.status is RunStatus.STOPPED
    again = open_application(tmp_path, terminals)
    again.wait_for("1 run was interrupted: R on the Leaderboard (3) goes on with it.")
    again.press("3")
    again.wait_for("1 interrupted: R")
    again.press("R")
    again.wait_for("Go on with the training", "This run", "The rest of its sweep: 2 runs")
    again.press("s")
    again.wait_until(lambda: summaries(tmp_path)[0].status is RunStatus.RUNNING, "the run to go on")
    again.wait_until(lambda: summaries(tmp_path)[0].steps > stopped.steps, "new steps")
    assert steps_kept(tmp_path, stopped.run) == stopped.steps
    os.kill(again.pid, signal.SIGTERM)
    assert again.exit_code() == 143


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGUSR1, 75), (signal.SIGINT, 130)], ids=lambda one: str(one)
)
def test_signal_saves_the_run_gives_the_code_and_restores_the_terminal(
    tmp_path: Path, terminals: list[Terminal], number: int, code: int
) -> None:
    add_preset(tmp_path, epochs=FOREVER)
    terminal = open_application(tmp_path, terminals)
    launch(tmp_path, terminal)
    assert not terminal.is_as_shells_have_it
    os.kill(terminal.pid, number)
    terminal.wait_until(lambda: LEAVES_THE_SCREEN in terminal.written, "the screen to be left")
    terminal.wait_until(lambda: terminal.is_as_shells_have_it, "the modes of a shell")
    assert terminal.exit_code() == code
    end = terminal.written[-200:]
    assert SHOWS_THE_CURSOR in end
    assert NO_MOUSE in terminal.written
    assert b"Traceback" not in terminal.written
    (run,) = summaries(tmp_path)
    assert run.status is RunStatus.STOPPED
    assert (tmp_path / "results" / run.run / "checkpoint.pt").exists()


def test_signal_ends_the_application_though_its_terminal_takes_no_output(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    add_preset(tmp_path, epochs=FOREVER)
    terminal = open_application(tmp_path, terminals)
    launch(tmp_path, terminal)
    terminal.press("3" + "23" * 100)  # more screens than a terminal holds that nobody reads
    seen = summaries(tmp_path)[0].epochs
    while summaries(tmp_path)[0].epochs < seen + 200:
        os.sched_yield()
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.unread_exit_code() == 143
    assert terminal.is_as_shells_have_it
    assert summaries(tmp_path)[0].status is RunStatus.STOPPED


def hashes(run: Run) -> list[str | None]:
    assert all(isinstance(epoch, EpochDone) for epoch in run.epochs)
    return [epoch.weights_sha256 for epoch in run.epochs]


@pytest.mark.parametrize("is_closed", [False, True], ids=["left", "closed"])
def test_training_that_is_kept_running_ends_as_one_that_was_never_interrupted(
    tmp_path: Path, terminals: list[Terminal], monkeypatch: pytest.MonkeyPatch, is_closed: bool
) -> None:
    """Also where the terminal is closed as soon as that was answered."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    add_preset(tmp_path, epochs=250)
    terminal = open_application(tmp_path, terminals)
    launch(tmp_path, terminal)
    terminal.press("q")
    terminal.wait_for("Keep running", "Stop and save", "Go back")
    terminal.press("k")
    if is_closed:
        terminal.wait_until(lambda: LEAVES_THE_SCREEN in terminal.written, "the answer to be obeyed")
        assert terminal.hang_up() == 143
    else:
        terminal.wait_for("goes on with the training: 2 runs.", "termlab shows it live; termlab stop")
        assert terminal.exit_code() == 0
    again = open_application(tmp_path, terminals)
    again.wait_until(lambda: [run.status for run in summaries(tmp_path)] == ["done", "done"], "both runs to be done")
    again.press("q")
    assert again.exit_code() == 0
    whole = RunStore(tmp_path / "whole")
    events = run_trials(load_preset("a-first").trials, whole, data_folder=tmp_path / "data", control=Control())
    whole_ids = {happened.trial.label: happened.run_id for happened in events}
    for run in summaries(tmp_path):
        kept = RunStore(tmp_path / "results").load(run.run)
        assert hashes(kept) == hashes(whole.load(whole_ids[run.label]))
    first = summaries(tmp_path)[1].run
    assert steps_kept(tmp_path, first) > 0
    log = (tmp_path / "results" / first / "events.jsonl").read_text(encoding="utf-8")
    assert f"stopped {HANDED_OVER}" in log  # by which others know that it goes on


def test_run_of_a_headless_process_is_paused_resumed_and_stopped_from_the_application(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    add_preset(tmp_path, epochs=FOREVER)
    results, data = str(tmp_path / "results"), str(tmp_path / "data")
    command = [termlab_command(tmp_path)[0], "-m", "tui", "run", "a-first", "--results", results, "--data", data]
    headless = subprocess.Popen(
        command, cwd=ROOT, env=user_environment(tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        terminal = open_application(tmp_path, terminals)
        terminal.wait_for("Live ●1")
        terminal.press("2")
        terminal.wait_for("● training", "P Pause")
        terminal.press("P")
        terminal.wait_until(lambda: summaries(tmp_path)[0].status is RunStatus.PAUSED, "the pause")
        terminal.wait_for("paused", "P Resume")
        terminal.press("R")
        terminal.wait_until(lambda: summaries(tmp_path)[0].status is RunStatus.RUNNING, "the end of the pause")
        terminal.wait_for("P Pause")
        terminal.press("X")
        terminal.wait_for("Another process trains it", "This run", "The whole sweep")
        terminal.press("a")
        terminal.wait_for("over: 1 stopped", "R Go on")
        assert headless.wait(timeout=60) == 75
        assert [run.status for run in summaries(tmp_path)] == [RunStatus.STOPPED]
        terminal.press("q")
        assert terminal.exit_code() == 0
    finally:
        headless.kill()
        headless.wait()


def test_ctrl_z_lends_the_terminal_to_the_shell_and_fg_brings_the_screen_back(
    tmp_path: Path, terminals: list[Terminal]
) -> None:
    add_preset(tmp_path, epochs=FOREVER)
    environment = {**user_environment(tmp_path), "PS1": "shell> "}
    terminal = Terminal(["bash", "--norc", "--noprofile", "-i"], environment)
    terminals.append(terminal)
    terminal.wait_for("shell>")
    terminal.press(" ".join(termlab_command(tmp_path)) + "\r")
    terminal.wait_for("a-first", "Launch")
    for _ in range(2):
        terminal.written = b""
        terminal.press("\x1a")
        terminal.wait_until(lambda: b"Stopped" in terminal.written, "the shell")
        assert LEAVES_THE_SCREEN in terminal.written
        terminal.press("clear; echo back in the $((1))st shell\r")
        terminal.wait_for("back in the 1st shell")
        terminal.press("fg\r")
        terminal.wait_for("termlab   1 Presets", "a-first", "Launch", "ctrl+p commands")
    terminal.press("2")
    terminal.wait_for("Nothing trains.")
    terminal.written = b""
    terminal.press("q")
    terminal.wait_until(lambda: b"shell>" in terminal.written, "the shell")
    terminal.press("echo ended with $?\r")
    terminal.wait_for("ended with 0")
    terminal.press("exit\r")
    assert terminal.exit_code() == 0


def test_ctrl_z_where_no_shell_could_bring_it_back_says_so(tmp_path: Path, terminals: list[Terminal]) -> None:
    add_preset(tmp_path, epochs=FOREVER)
    terminal = open_application(tmp_path, terminals)
    terminal.press("\x1a")
    terminal.wait_for("There is no shell here that could bring termlab back.")
    terminal.press("q")
    assert terminal.exit_code() == 0
