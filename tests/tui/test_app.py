from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Button

from engine.control import HANDED_OVER
from engine.presets import Preset
from engine.summary import RunStatus
from tests.tui.fixtures import app, engine, frozen, in_utc, presets
from tests.tui.laboratory import FrozenApp, PretendedTraining, saved_runs, screen_text, told, until
from tui.app import TermlabApp
from tui.console import ExitCode
from tui.screens.ask import AskScreen
from tui.screens.help import HelpScreen, keys_of

__all__ = ["app", "engine", "frozen", "in_utc", "presets"]

FIRST_PAINT = """
import asyncio, sys
from pathlib import Path
from tui.app import TermlabApp

class Watched(TermlabApp):
    def start_threads(self):
        print("torch" in sys.modules, "numpy" in sys.modules, "scipy" in sys.modules)

async def main():
    app = Watched(Path(sys.argv[1]), Path(sys.argv[1]))
    async with app.run_test() as pilot:
        await pilot.pause()

asyncio.run(main())
"""


def test_first_screen_is_painted_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FIRST_PAINT, str(tmp_path)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert shown.stdout.strip() == "False False False"


async def test_keys_1_to_3_go_to_the_screens(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        for key, place in (("2", "live"), ("3", "leaderboard"), ("1", "presets")):
            await pilot.press(key)
            assert frozen.current_mode == place


async def test_titles_in_the_header_can_be_clicked(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        await pilot.click("#header", offset=(23, 0))
        await pilot.pause()
        assert frozen.current_mode == "live"


async def test_header_says_where_the_runs_are_and_how_many(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        assert "cpu" not in screen_text(frozen).splitlines()[0]
        frozen.tell_runs(saved_runs(presets))
        frozen.tell_facts([])
        await pilot.pause()
        assert screen_text(frozen).splitlines()[0].endswith("cpu · /lab/results · 10 runs")


@pytest.mark.parametrize("place", ["presets", "live", "leaderboard"])
async def test_every_key_that_is_offered_does_something(frozen: FrozenApp, presets: list[Preset], place: str) -> None:
    async with frozen.run_test() as pilot:
        frozen.tell_runs(saved_runs(presets))
        frozen.go(place)
        await pilot.pause()
        for active in frozen.screen.active_bindings.values():
            target, name, _ = frozen._parse_action(active.binding.action, active.node)
            assert getattr(target, f"action_{name}", None) or getattr(target, f"_action_{name}", None), active


@pytest.mark.parametrize("place", ["presets", "live", "leaderboard"])
async def test_help_explains_the_screen_and_lists_its_keys(frozen: FrozenApp, place: str) -> None:
    async with frozen.run_test(size=(120, 50)) as pilot:
        frozen.go(place)
        await pilot.pause()
        listed = [key for key, _ in keys_of(frozen.screen)]
        await pilot.press("question_mark")
        assert isinstance(frozen.screen, HelpScreen)
        assert "Quit" not in listed
        assert "q" in listed
        assert "?  F1" in listed
        assert any(line.endswith("esc close") or "esc close " in line for line in screen_text(frozen).splitlines())
        await pilot.press("escape")
        assert not isinstance(frozen.screen, HelpScreen)


async def test_palette_offers_every_action_of_the_screen(frozen: FrozenApp) -> None:
    async with frozen.run_test():
        commands = {command.title for command in frozen.get_system_commands(frozen.screen)}
        assert {"Launch", "Quick look", "Edit settings", "Find", "Live", "Leaderboard", "Help", "Quit"} <= commands


async def test_command_of_the_palette_does_what_its_key_does(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        command = next(one for one in frozen.get_system_commands(frozen.screen) if one.title == "Leaderboard")
        command.callback()
        await pilot.pause()
        assert frozen.current_mode == "leaderboard"


async def test_q_quits_at_once_while_nothing_trains(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        await pilot.press("q")
        await pilot.pause()
    assert frozen.return_code == 0


@pytest.fixture
def training_app(app: TermlabApp, engine: PretendedTraining) -> Iterator[TermlabApp]:
    engine.is_gated = True
    yield app
    app.close_threads()


async def launch(app: TermlabApp, pilot: object) -> None:
    from textual.pilot import Pilot

    assert isinstance(pilot, Pilot)
    await pilot.press("enter")
    await until(pilot, lambda: app.runbook.sweep is not None and app.runbook.sweep.current is not None)


async def test_q_asks_while_something_trains_and_going_back_changes_nothing(training_app: TermlabApp) -> None:
    async with training_app.run_test() as pilot:
        await launch(training_app, pilot)
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(training_app.screen, AskScreen)
        await pilot.press("b")
        await pilot.pause()
        assert training_app.runbook.is_training
        assert training_app.current_mode == "live"


async def test_stop_and_save_ends_the_run_as_stopped_and_the_thread_with_it(training_app: TermlabApp) -> None:
    async with training_app.run_test() as pilot:
        await launch(training_app, pilot)
        await pilot.press("q", "s")
    training_app.close_threads()
    assert not training_app.engine_thread.is_alive()
    assert training_app.return_code == 0
    statuses = [summary.status for summary in training_app.store_thread._store.summaries()]
    assert statuses == [RunStatus.STOPPED]


async def test_keeping_it_running_ends_the_run_and_notes_what_is_left(training_app: TermlabApp) -> None:
    async with training_app.run_test() as pilot:
        await launch(training_app, pilot)
        await pilot.press("q", "k")
    training_app.close_threads()
    assert training_app.return_code == 0
    assert training_app.trainings.kept is not None
    kept, over = training_app.trainings.kept
    assert over == set()
    assert [trial.label for trial in kept.work.trials] == ["sgd", "momentum"]
    summary = training_app.store_thread._store.summary(kept.runs[0])
    assert summary.status is RunStatus.STOPPED
    assert summary.reason == f"stopped {HANDED_OVER}"  # by which others know that it goes on


async def test_ctrl_q_asks_once_and_over_any_other_question(training_app: TermlabApp) -> None:
    async with training_app.run_test() as pilot:
        await launch(training_app, pilot)
        await pilot.press("X")
        await until(pilot, lambda: "Stop the training" in screen_text(training_app))
        await pilot.press("ctrl+q", "ctrl+q")
        await until(pilot, lambda: "Something is still training" in screen_text(training_app))
        await pilot.press("b")
        await until(pilot, lambda: "Stop the training" in screen_text(training_app))
        await pilot.press("b")
        await until(pilot, lambda: not isinstance(training_app.screen, AskScreen))


async def test_question_closes_when_the_training_ends_meanwhile(
    training_app: TermlabApp, engine: PretendedTraining
) -> None:
    async with training_app.run_test() as pilot:
        await launch(training_app, pilot)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(training_app.screen, AskScreen))
        await pilot.press("f1", "ctrl+p")  # what is opened over it does not keep it
        await pilot.press("escape")
        engine.gate.release(100)
        await until(pilot, lambda: not training_app.runbook.is_training)
        await until(pilot, lambda: not isinstance(training_app.screen, AskScreen))
        await until(pilot, lambda: "The training is over: q quits." in told(training_app))
    assert training_app.trainings.kept is None


async def test_termination_signal_saves_the_run_and_gives_the_exit_code(training_app: TermlabApp) -> None:
    async with training_app.run_test() as pilot:
        await launch(training_app, pilot)
        training_app.end(ExitCode.TERMINATED, "by SIGTERM")
    training_app.close_threads()
    assert training_app.return_code == 143
    (summary,) = training_app.store_thread._store.summaries()
    assert (summary.status, summary.reason.partition(" after")[0]) == (RunStatus.STOPPED, "stopped by SIGTERM")


async def test_too_small_a_window_gets_a_summary_in_words(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(50, 12)) as pilot:
        frozen.tell_runs(saved_runs(presets))
        await pilot.pause()
        text = screen_text(frozen)
        assert "10 saved runs" in text
        assert "Nothing trains." in text
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "digits-first" in screen_text(frozen)


async def test_problem_is_shown_as_text_and_not_as_markup(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        frozen.push_screen(AskScreen("A [b]title[/b]", "one [red]two[/red]\x1b[31m\nthree"))
        await pilot.pause()
        text = screen_text(frozen)
        assert "A [b]title[/b]" in text
        assert "one [red]two[/red][31m" in text
        assert "\x1b" not in text


async def test_answers_can_be_clicked(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        frozen.push_screen(AskScreen("Well", "what now"))
        await pilot.pause()
        await pilot.click(Button)
        await pilot.pause()
        assert not isinstance(frozen.screen, AskScreen)
