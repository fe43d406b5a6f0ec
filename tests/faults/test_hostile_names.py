"""A run folder in which every text is an attack: no terminal obeys it, nor what draws the screens."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
from textual.pilot import Pilot

from engine.errors import RunNotFoundError
from engine.events import Event, Noted, Table
from engine.process import host_name, process_start_ticks
from engine.store import EVENTS, SUMMARY, RunStore
from engine.tolerance import BOUNDS
from engine.trial import Published
from tests.builders import build_epoch, build_events, build_finished, build_started, build_steps, build_trial, save_run
from tests.processes import ROOT
from tests.tui.invoke import Shell
from tests.tui.laboratory import screen_text, until
from tui.app import TermlabApp
from tui.screens.ask import AskScreen

HOSTILE = "owned\x1b]0;owned\x07\x1b[2J\x9b31m\x85[red]x[/][/] [link=file:///]\u202e\u2066\u200b\r\n\x7f'\"`$(x) "
FOLDER = HOSTILE.replace("/", "")
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
FORMS = ("table", "json", "csv", "md", "latex")


def hostile_events(**started: Any) -> list[Event]:
    """Return a whole run in which every text is hostile."""
    column = tuple(0.1 * step for step in range(1, 5))
    names = {HOSTILE: 0.5, "test_loss": 0.25}
    return [
        build_started(
            device=HOSTILE, device_name=HOSTILE, class_names=(HOSTILE, HOSTILE), versions={HOSTILE: HOSTILE}, **started
        ),
        build_steps(10, series={"train_loss": [0.5] * 10, HOSTILE: [0.5] * 10}),
        build_epoch(1, **names),
        Noted(time=1_780_000_000, text=HOSTILE, level="warning"),
        build_steps(20, first=11, series={"train_loss": [0.25] * 10, HOSTILE: [0.5] * 10}),
        build_epoch(2, **names),
        build_finished(
            reason=HOSTILE,
            metrics=names,
            tables={
                HOSTILE: Table(x_name=HOSTILE, x=column, columns={HOSTILE: column}),
                f"{HOSTILE} read": Table(x_name=HOSTILE, x=column, columns={HOSTILE: column}, curves=()),
            },
        ),
    ]


def save_hostile(results: Path, name: str, events: list[Event]) -> Path:
    """Save a run under a name, with a summary that is hostile where its config may not be."""
    trial = build_trial(
        HOSTILE,
        preset=HOSTILE,
        overrides={"data.name": f"folder:/{HOSTILE}"},
        published=[Published(metric=HOSTILE, value=0.5, tolerance=0.1, bound="near")],
    )
    folder = (results / save_run(results, trial=trial, events=events)).rename(results / name)
    if (folder / SUMMARY).exists():
        document = json.loads((folder / SUMMARY).read_text())
        document["config"]["optim"]["name"] = HOSTILE
        document["config"][HOSTILE] = {HOSTILE: HOSTILE}
        texts = {key: HOSTILE for key, value in document.items() if isinstance(value, str) and key != "status"}
        (folder / SUMMARY).write_text(json.dumps(document | texts))
    return folder


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A finished run, one under way in this process, and one whose log is damaged, all hostile; and an honest one."""
    folder = tmp_path / "results"
    save_hostile(folder, f"a{FOLDER}", hostile_events())
    own = {"host": host_name(), "pid": os.getpid(), "process_started": process_start_ticks(os.getpid())}
    save_hostile(folder, f"b{FOLDER}", hostile_events(**own)[:-1])
    damaged = save_hostile(folder, f"c{FOLDER}", hostile_events())
    (damaged / EVENTS).write_text(json.dumps({"event": HOSTILE, "time": 1}) + "\n")
    (damaged / SUMMARY).unlink()
    save_run(folder, events=build_events())
    return folder


def assert_safe(text: str) -> None:
    """Check that a terminal shows this text and obeys nothing in it."""
    assert {char for char in text if char not in "\n\t" and not char.isprintable()} == set()


COMMANDS = [
    *(("ls", "--format", form) for form in FORMS),
    ("ls", "--json"),
    ("ls", "--where", f'preset="{HOSTILE.replace(chr(34), "*")}"'),
    *(("show", "aowned", "--format", form) for form in FORMS),
    ("show", "bowned"),
    ("show", "cowned"),
    ("show", "nobody" + HOSTILE),
    *(("leaderboard", "--format", form) for form in FORMS),
    ("leaderboard", "--metric", HOSTILE),
    ("leaderboard", "--preset", "owne"),
    ("leaderboard", "--sort-by", HOSTILE + "x"),
    ("plot", "aowned", "bowned"),
    ("plot", "aowned", "--metric", HOSTILE, "--metric", f"{HOSTILE} read"),
    ("plot", "cowned"),
    ("check", "digits-first", "--saved"),
    ("doctor",),
    ("doctor", "--json"),
    ("rm", "aowned", "bowned"),
    ("doctor", "--set-aside"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:3]).encode("ascii", "replace"))
def test_no_command_lets_anything_through_to_who_reads_its_output(
    termlab: Shell, results: Path, command: tuple[str, ...]
) -> None:
    outcome = termlab(*command)
    assert_safe(outcome.out)
    assert_safe(outcome.err)
    assert "fault in termlab" not in outcome.err
    if command[0] in ("ls", "show", "doctor") and command[-1] not in ("latex", "md"):
        assert "owned" in outcome.out + outcome.err
    if "json" in command[-1] and outcome.out:
        json.loads(outcome.out)


def test_json_says_every_character_as_it_is(termlab: Shell, results: Path) -> None:
    labels = {run["label"] for run in json.loads(termlab("ls", "--json").out)}
    assert labels == {HOSTILE, "sgd"}


@pytest.mark.parametrize("command", [("ls",), ("show", "aowned"), ("plot", "aowned"), ("leaderboard",), ("doctor",)])
def test_no_command_lets_anything_through_to_a_terminal(
    results: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    folders = {"TERMLAB_RESULTS": str(results), "TERMLAB_DATA": str(tmp_path)}
    environment = {**os.environ, **folders, "TERM": "xterm-256color"}
    child = pexpect.spawn(
        sys.executable, ["-m", "tui", *command], cwd=ROOT, env=environment, dimensions=(40, 120), timeout=120,
        encoding="utf-8",
    )  # fmt: skip
    shown = child.read()
    child.close()
    assert "owned" in shown
    assert_safe(COLOURS.sub("", shown).replace("\r\n", "\n"))


def test_a_run_is_found_by_its_name_as_lists_show_it(results: Path) -> None:
    (results / f"a{FOLDER}").rename(results / "\x1b[31mred")
    assert RunStore(results).find("�[31mr") == "\x1b[31mred"
    assert RunStore(results).find("\x1b[3") == "\x1b[31mred"
    with pytest.raises(RunNotFoundError):
        RunStore(results).find("[31m")


def test_a_name_that_is_no_text_is_shown_and_found(termlab: Shell, results: Path) -> None:
    """Linux lets a name have any bytes; those that are no UTF-8 reach Python as halves of surrogate pairs."""
    (results / f"a{FOLDER}").rename(os.fsdecode(os.fsencode(results) + b"/raw\xff\xfe"))
    for command in (("ls",), ("ls", "--json"), ("ls", "--format", "csv"), ("show", "raw"), ("doctor",), ("rm", "raw")):
        outcome = termlab(*command)
        assert_safe(outcome.out)
        assert_safe(outcome.err)
        assert "fault in termlab" not in outcome.err
    assert RunStore(results).find("latest")


@pytest.mark.parametrize("bound", BOUNDS)
def test_the_filter_of_a_shell_is_no_way_in(termlab: Shell, results: Path, bound: str) -> None:
    outcome = termlab("ls", "--where", f"{HOSTILE}={bound}")
    assert_safe(outcome.err)
    assert outcome.code == 2


async def shows(pilot: Pilot[Any], app: TermlabApp, word: str = "owned") -> str:
    """Wait until the screen has a word, and check all of it."""
    await until(pilot, lambda: word in screen_text(app), turns=300)
    text = screen_text(app)
    assert_safe(text)
    return text


async def test_no_screen_obeys_or_breaks(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.worker.engine_thread.find_device", lambda: HOSTILE)
    app = TermlabApp(results, tmp_path / "data")
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: len(app.runbook.summaries) == 4 and bool(app.runbook.device))
        await pilot.press("3")
        await shows(pilot, app)
        await pilot.press("slash", *"owned", "enter")
        await shows(pilot, app)
        await pilot.press("t")
        await shows(pilot, app, "damaged")
        await pilot.press("question_mark")
        assert_safe(screen_text(app))
        await pilot.press("escape")
        for name in ("a", "b", "c"):
            app.open_runs([f"{name}{FOLDER}"])
            await shows(pilot, app, "cannot be read" if name == "c" else "esc back")
            for key in ("tab", "tab", "z", "end", "G", "l"):
                await pilot.press(key)
                assert_safe(screen_text(app))
            await pilot.press("escape")
            await pilot.press("3")
        await pilot.press("g", "D")
        await pilot.pause()
        assert_safe(screen_text(app))
        await pilot.press("escape")
        await pilot.press("2")
        await shows(pilot, app)
        await pilot.press("l", "ctrl+p")
        await pilot.pause()
        assert_safe(screen_text(app))
        app.close_threads()
    assert app.return_code in (0, None)


async def test_the_trash_neither_obeys_nor_breaks(results: Path, tmp_path: Path) -> None:
    app = TermlabApp(results, tmp_path / "data")
    async with app.run_test(size=(160, 50)) as pilot:
        await until(pilot, lambda: len(app.runbook.summaries) == 4)
        await pilot.press("3", "t", "a", "D")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("r")
        await until(pilot, lambda: [run.run for run in app.runbook.summaries] == [f"b{FOLDER}"])  # it still trains
        await pilot.press("u")
        await until(pilot, lambda: len(app.trash.removed) == 3)
        await shows(pilot, app)
        for key in ("G", "end", "j", "k", "s", "S"):
            await pilot.press(key)
            assert_safe(screen_text(app))
        await pilot.press("a", "D")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        assert_safe(screen_text(app))
        await pilot.press("escape")
        for removed in app.trash.removed:
            (results / removed.summary.run).mkdir()  # its place is taken
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await shows(pilot, app, "3 runs could not be restored")
        await pilot.press("escape", "D")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("d")
        await until(pilot, lambda: not app.trash.removed)
        await shows(pilot, app, "The trash is empty.")
        app.close_threads()
    assert list((results / ".trash").iterdir()) == []
