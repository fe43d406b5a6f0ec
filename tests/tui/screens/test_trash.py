"""The Trash screen: what was removed comes back, or is deleted after a question; with real folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from engine.presets import Preset
from engine.store import TRASH, RunStore
from tests.tui.laboratory import finished, screen_text, started, told, training, until, with_seed, write_run
from tui.app import TermlabApp
from tui.screens.ask import AskScreen
from tui.screens.leaderboard import LeaderboardScreen
from tui.screens.trash import TrashScreen
from tui.widgets.click_line import ClickLine


@pytest.fixture
def runs(app: TermlabApp, presets: list[Preset]) -> list[str]:
    """Three saved seeds of one recipe and one run of another."""
    store = RunStore(app.results)
    trials = [*(with_seed(presets[0].trials[0], seed) for seed in (0, 1, 2)), presets[0].trials[1]]
    return [write_run(store, trial, [started(trial), *training(trial), finished()]) for trial in trials]


@pytest.fixture
def removed(app: TermlabApp, runs: list[str]) -> list[str]:
    """Those of the first recipe, removed."""
    for run_id in runs[:3]:
        RunStore(app.results).remove(run_id)
    return runs[:3]


async def open_trash(pilot: Pilot[Any], count: int) -> TrashScreen:
    """Go from the Leaderboard to the trash, and wait until it has so many lines."""
    await pilot.press("3", "u")
    await until(pilot, lambda: isinstance(pilot.app.screen, TrashScreen))
    screen = pilot.app.screen
    assert isinstance(screen, TrashScreen)
    await until(pilot, lambda: screen.lab.trash.is_read and len(screen.table.rows) == count)
    return screen


def title(screen: TrashScreen) -> str:
    return screen.query_one("#trash-title", ClickLine).text


def lying(app: TermlabApp) -> set[str]:
    return {path.name for path in (app.results / TRASH).iterdir()}


async def test_empty_trash_says_what_would_fill_it(app: TermlabApp, runs: list[str]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_trash(pilot, 0)
        await until(pilot, lambda: "The trash is empty." in screen_text(app))
        assert "D moves the runs that are marked" in " ".join(screen_text(app).split())
        assert "0 removed runs" in title(screen)
        await pilot.press("u", "D", "space", "a")  # nothing to do, and nothing done
        assert app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LeaderboardScreen))
        assert len(app.runbook.summaries) == len(runs)


async def test_run_is_removed_and_restored_again(app: TermlabApp, runs: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: len(app.runbook.summaries) == 4)
        await pilot.press("t", "D")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("r")
        await until(pilot, lambda: len(app.runbook.summaries) == 3)
        await until(pilot, lambda: "1 run moved to the trash: u brings back." in told(app))
        (gone,) = set(runs) - {run.run for run in app.runbook.summaries}
        screen = await open_trash(pilot, 1)
        assert screen.table.cursor_key == gone
        await pilot.press("u")
        await until(pilot, lambda: len(app.runbook.summaries) == 4 and not screen.lab.trash.removed)
        await until(pilot, lambda: "1 run restored." in told(app))
        assert lying(app) == set()


async def test_marked_runs_are_restored_together(app: TermlabApp, removed: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await open_trash(pilot, 3)
        first, second, third = (row.key for row in screen.table.rows)
        assert {first, second, third} == set(removed)
        await pilot.press("space", "space")
        assert "2 marked" in title(screen)
        await pilot.press("u")
        await until(pilot, lambda: lying(app) == {third})
        await until(pilot, lambda: {first, second} <= {run.run for run in app.runbook.summaries})
        await until(pilot, lambda: "1 removed run," in title(screen))
        assert "marked" not in title(screen)


async def test_purging_says_what_is_lost_and_its_default_is_not_to(app: TermlabApp, removed: list[str]) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_trash(pilot, 3)
        size = sum(path.stat().st_size for run in removed for path in (app.results / TRASH / run).iterdir())
        await pilot.press("a", "D")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        text = " ".join(screen_text(app).split())
        assert "Delete 3 runs for good" in text
        assert f"3 runs of {size / 1e6:,.1f} MB" in text
        assert "Nothing brings them back" in text
        assert all(run_id in text for run_id in removed)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen)
        assert lying(app) == set(removed)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        await pilot.press("d")
        await until(pilot, lambda: "The trash is empty." in screen_text(app))
        assert lying(app) == set()
        assert "3 runs deleted for good." in told(app)


async def test_run_whose_place_is_taken_is_named_and_the_others_come_back(app: TermlabApp, removed: list[str]) -> None:
    (app.results / removed[1]).mkdir()
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await open_trash(pilot, 3)
        await pilot.press("a", "u")
        await until(pilot, lambda: isinstance(app.screen, AskScreen))
        text = " ".join(screen_text(app).split())
        assert "1 run could not be restored" in text
        assert "as well as in the trash; neither is touched" in text
        assert "2 runs restored." in text
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen and [row.key for row in screen.table.rows] == [removed[1]])
        assert lying(app) == {removed[1]}


async def test_filter_is_that_of_where(app: TermlabApp, removed: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await open_trash(pilot, 3)
        await pilot.press("/", *"seed<2")
        await until(pilot, lambda: len(screen.table.rows) == 2)
        assert "2 of 3 removed runs" in title(screen)
        screen.query_one(Input).value = "seed<2 and"
        await until(pilot, lambda: "Still shown: seed<2" in screen_text(app))
        assert len(screen.table.rows) == 2
        screen.query_one(Input).value = "seed=7"
        await until(pilot, lambda: "Nothing is found by this filter." in screen_text(app))
        screen.query_one(Input).value = "seed=2"
        await pilot.press("enter", "a", "u")
        await until(pilot, lambda: lying(app) == set(removed[:2]))
        await pilot.press("escape")
        await until(pilot, lambda: len(screen.table.rows) == 2)


async def test_columns_sort_up_and_down(app: TermlabApp, removed: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await open_trash(pilot, 3)
        screen.table.column_cursor = 2
        await pilot.press("s")
        await until(pilot, lambda: [row.key for row in screen.table.rows] == removed)
        await pilot.press("S")
        await until(pilot, lambda: [row.key for row in screen.table.rows] == removed[::-1])


async def test_what_other_processes_remove_appears_by_itself(app: TermlabApp, runs: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        screen = await open_trash(pilot, 0)
        RunStore(app.results).remove(runs[0])
        await until(pilot, lambda: [row.key for row in screen.table.rows] == [runs[0]])


async def test_trash_that_is_a_link_says_so(app: TermlabApp, runs: list[str], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (app.results / TRASH).symlink_to(tmp_path / "elsewhere")
    async with app.run_test(size=(120, 36)) as pilot:
        await open_trash(pilot, 0)
        await until(pilot, lambda: "is a link out of the results folder" in " ".join(screen_text(app).split()))


async def test_palette_opens_the_trash_from_every_screen(app: TermlabApp, removed: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        for place in "1234":
            await pilot.press(place)
            await pilot.pause()
            (command,) = [one for one in app.get_system_commands(app.screen) if one.title == "Trash"]
            command.callback()
            await until(pilot, lambda: isinstance(app.screen, TrashScreen))
            await until(pilot, lambda: len(app.screen.query_one("#trash").rows) == len(removed))  # type: ignore[attr-defined]
            await pilot.press("q")
            await until(pilot, lambda: not isinstance(app.screen, TrashScreen))
