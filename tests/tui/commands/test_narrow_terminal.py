"""What commands print on a terminal of 80 columns, where nothing may wrap, and in a pipe, where nothing may be lost."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pexpect
import pytest

from engine.presets import list_presets
from engine.trial import Published
from tests.builders import build_events, build_finished, build_started, build_trial, save_run
from tests.tui.invoke import Outcome, Shell

FIGURE = Published(metric="test_accuracy", value=0.95, tolerance=0.02)
NO_ROOM = "No room for: "


@pytest.fixture
def runs(tmp_path: Path) -> None:
    """A good run under long names, and one that failed."""
    folder = tmp_path / "results"
    long = build_trial("a label as long as they get", preset="dropout-architectures", published=[FIGURE])
    save_run(folder, trial=long, events=build_events(0.94))
    failed = build_finished("failed", reason="the loss became nan at step 10, which is no number at all")
    save_run(folder, trial=build_trial("wild", overrides={"optim.lr": 50}), events=[build_started(), failed])
    save_run(folder, trial=build_trial("sgd", overrides={"optim.lr": 0.5}), events=build_events(0.9))


def on_terminal(termlab: Shell, *arguments: str) -> Outcome:
    """Call a command whose streams say that they are a terminal; COLUMNS is 80."""
    with pytest.MonkeyPatch.context() as patch:
        for stream in (sys.stdout, sys.stderr):
            patch.setattr(stream, "isatty", lambda: True)
        patch.setenv("NO_COLOR", "1")
        return termlab(*arguments)


COMMANDS = [
    ["ls"],
    ["leaderboard"],
    ["show", "latest"],
    ["check", "moons", "--saved"],
    ["data", "ls"],
    ["doctor"],
    ["presets"],
    ["run", "moons", "--dry-run"],
    ["run", "digits-first", "optim.lrr=1"],
    ["summary", "cats-and-dogs"],
]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_line_is_wider_than_the_terminal(command: list[str], termlab: Shell) -> None:
    outcome = on_terminal(termlab, *command)
    wide = [line for line in (outcome.out + outcome.err).splitlines() if len(line) > 80]
    assert [line for line in wide if max(map(len, line.split())) < 40] == []  # a path is never broken


@pytest.mark.parametrize("preset", [preset.name for preset in list_presets()[0]])
def test_no_preset_is_shown_wider_than_the_terminal(preset: str, termlab: Shell) -> None:
    shown, piped = on_terminal(termlab, "presets", "show", preset), termlab("presets", "show", preset)
    assert [line for line in shown.out.splitlines() if len(line) > 80] == []
    assert sorted("".join(shown.out.split())) == sorted("".join(piped.out.split()))  # nothing is left out


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("command", [["ls"], ["leaderboard"]], ids=" ".join)
def test_what_is_left_out_is_told_and_stands_in_the_pipe(command: list[str], termlab: Shell) -> None:
    shown, piped = on_terminal(termlab, *command), termlab(*command)
    told = " ".join(shown.err.split())
    assert told.startswith(NO_ROOM)
    left_out = told.removeprefix(NO_ROOM).partition(". ")[0].split(", ")
    assert "train" in left_out
    headings = piped.out.splitlines()[0]
    assert all(heading in headings for heading in left_out)
    assert NO_ROOM not in piped.err
    assert "a label as long as they get" in piped.out


@pytest.mark.usefixtures("runs")
def test_formats_for_scripts_are_complete_on_a_terminal_too(termlab: Shell) -> None:
    for form in ("csv", "json", "md", "latex"):
        arguments = ("leaderboard", "--format", form)
        assert on_terminal(termlab, *arguments).out == termlab(*arguments).out


@pytest.mark.usefixtures("runs")
def test_a_real_terminal_says_how_wide_it_is(tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if name != "COLUMNS"}
    arguments = ["-m", "tui", "ls", "--results", str(tmp_path / "results")]
    widest = {}
    for columns in (60, 90):
        child = pexpect.spawn(
            sys.executable, arguments, env=environment, dimensions=(24, columns), timeout=60, encoding="utf-8"
        )
        child.expect(pexpect.EOF)
        child.close()
        assert child.before is not None
        widest[columns] = max(len(line) for line in child.before.splitlines())
    assert widest[60] <= 60 < widest[90] <= 90
