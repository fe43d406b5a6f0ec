from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from engine.presets import Preset
from engine.store import RunStore
from tests.tui.laboratory import (
    FrozenApp,
    finished,
    masks_table,
    saved_runs,
    screen_text,
    started,
    told,
    training,
    until,
    with_seed,
    write_run,
)
from tui.app import TermlabApp
from tui.identity import MARKERS
from tui.screens.ask import AskScreen
from tui.screens.leaderboard import LeaderboardScreen
from tui.screens.run import RunScreen
from tui.widgets.chart_deck import ChartDeck
from tui.widgets.table import Table


def labels(app: FrozenApp | TermlabApp) -> list[str]:
    assert isinstance(app.screen, LeaderboardScreen)
    return [row.cells[1].text for row in app.screen.table.rows if not row.is_section]


@pytest.fixture
def save(app: TermlabApp, presets: list[Preset]) -> list[str]:
    """Two seeds of one recipe and one run of another, really saved."""
    store = RunStore(app.results)
    ids = []
    for trial in (*(with_seed(presets[0].trials[0], seed) for seed in (0, 1)), presets[0].trials[1]):
        last = finished(tables=masks_table(), metrics={"neutral_share": 0.1})
        ids.append(write_run(store, trial, [started(trial), *training(trial), last]))
    return ids


async def test_empty_board_says_what_would_fill_it(frozen: FrozenApp) -> None:
    async with frozen.run_test() as pilot:
        await pilot.press("3")
        await pilot.pause()
        assert "Reading the results folder" in screen_text(frozen)
        frozen.tell_runs([])
        await pilot.pause()
        assert "Press 1, pick digits-first and press enter" in screen_text(frozen)


async def test_recipes_are_ranked_within_their_data(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        frozen.tell_runs(saved_runs(presets))
        await pilot.pause()
        assert labels(frozen) == ["momentum", "sgd", "bn=on"]
        text = screen_text(frozen)
        assert "8 of 10 runs in 3 recipes" in text
        assert "inside" in text


async def test_smallest_screen_shows_the_gap_and_what_it_lies_between(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        frozen.tell_runs(saved_runs(presets))
        await until(pilot, lambda: "momentum" in screen_text(frozen))
        text = screen_text(frozen)
        row = next(line for line in text.splitlines() if "momentum" in line)
        assert "inside" in row
        assert "test accuracy 97.36 ± 0.75, published 97.0 ± 1.0 %" in text
        await pilot.press("j")  # sgd, of which nothing was published
        await until(pilot, lambda: "published 97" not in screen_text(frozen))


async def test_t_shows_single_runs_with_what_became_of_them(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(240, 36)) as pilot:
        await pilot.press("3")
        frozen.tell_runs(saved_runs(presets))
        await pilot.pause()
        await pilot.press("t")
        await until(pilot, lambda: "[red]not markup[/red]" in screen_text(frozen))
        assert len(labels(frozen)) == 10
        assert "stopped" in screen_text(frozen)


async def test_smallest_screen_shows_how_good_single_runs_are(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        frozen.tell_runs(saved_runs(presets))
        await pilot.pause()
        await pilot.press("t")
        await until(pilot, lambda: "best acc %" in screen_text(frozen) and "last acc %" in screen_text(frozen))
        assert any("momentum" in line and "97.66" in line for line in screen_text(frozen).splitlines())


async def test_s_sorts_by_the_column_under_the_cursor(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        frozen.tell_runs(saved_runs(presets))
        await pilot.pause()
        await pilot.press("s")
        assert labels(frozen) == ["sgd", "momentum", "bn=on"]
        await pilot.press("h", "h", "S")
        assert labels(frozen) == ["sgd", "momentum", "bn=on"]
        await until(pilot, lambda: "sorted by recipe ↓" in screen_text(frozen))


async def test_filter_says_how_many_are_left(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        frozen.tell_runs(saved_runs(presets))
        await pilot.pause()
        await pilot.press("slash", *"bn=on")
        await until(pilot, lambda: "2 of 10 runs in 1 recipe" in screen_text(frozen))
        assert labels(frozen) == ["bn=on"]
        await pilot.press("down")
        assert frozen.screen.query_one(Table).has_focus
        await pilot.press("escape")
        assert len(labels(frozen)) == 3


async def test_cursor_stays_on_its_recipe_when_runs_come(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        runs = saved_runs(presets)
        await pilot.press("3")
        frozen.tell_runs(runs[:6])
        await pilot.pause()
        await pilot.press("j")
        key = frozen.screen.query_one(Table).cursor_key
        frozen.tell_runs(runs)
        await pilot.pause()
        assert frozen.screen.query_one(Table).cursor_key == key


async def test_enter_opens_the_seeds_of_a_recipe(app: TermlabApp, save: list[str]) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: labels(app) == ["sgd", "momentum"] or labels(app) == ["momentum", "sgd"])
        board = app.screen
        assert isinstance(board, LeaderboardScreen)
        board.table.move_to(next(line.key for line in board._lines if len(line.run_ids) == 2))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "Metrics" in screen_text(app))
        assert "2 runs" in screen_text(app)
        marks, titles = zip(
            *(column.title.split(" ", 1) for column in app.screen.query_one(Table).columns[1:]), strict=True
        )
        assert titles == ("seed 0", "seed 1")
        assert app.screen.query_one(Table).column_cursor == 1  # a title, not the blank above the names
        assert marks[0] != marks[1]  # a curve and its facts can be put together
        assert all(mark in MARKERS for mark in marks)
        await pilot.press("q")
        await until(pilot, lambda: not app.runbook.opened)
        assert isinstance(app.screen, LeaderboardScreen)


async def test_run_has_its_tables_as_charts(app: TermlabApp, save: list[str]) -> None:
    async with app.run_test(size=(80, 30)) as pilot:
        await until(pilot, lambda: len(app.runbook.summaries) == 3)
        app.go("leaderboard")
        app.look_at([save[2]])
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and "Metrics" in screen_text(app))
        deck = app.screen.query_one(ChartDeck)
        await until(pilot, lambda: bool(deck.charts))
        assert [chart.key for chart in deck.charts] == ["loss", "accuracy", "table dropout_inference"]
        await pilot.press("shift+tab")
        await until(pilot, lambda: "dropout inference" in screen_text(app))
        assert "Metrics neutral share" in [row.key for row in app.screen.query_one("#facts", Table).rows]


async def test_escape_leaves_a_zoomed_chart_before_it_leaves_the_run(app: TermlabApp, save: list[str]) -> None:
    async with app.run_test(size=(80, 30)) as pilot:
        await until(pilot, lambda: len(app.runbook.summaries) == 3)
        app.go("leaderboard")
        app.look_at([save[2]])
        await until(pilot, lambda: isinstance(app.screen, RunScreen) and bool(app.screen.query_one(ChartDeck).charts))
        await pilot.press("tab", "z")
        assert app.screen.query_one(ChartDeck).is_zoomed
        await pilot.press("escape")
        assert not app.screen.query_one(ChartDeck).is_zoomed
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, LeaderboardScreen))


async def test_removing_asks_and_then_moves_to_the_trash(app: TermlabApp, save: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: len(app.runbook.summaries) == 3)
        await pilot.press("t", "D")
        await pilot.pause()
        assert isinstance(app.screen, AskScreen)
        await pilot.press("escape")
        assert len(app.runbook.summaries) == 3
        await pilot.press("D")
        await pilot.pause()
        await pilot.press("r")
        await until(pilot, lambda: len(app.runbook.summaries) == 2)
        assert len(list((app.results / ".trash").iterdir())) == 1


async def test_hidden_runs_are_shown_and_brought_back_together(app: TermlabApp, save: list[str]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: len(app.runbook.summaries) == 3)
        await pilot.press("t", "a")
        assert set(app.runbook.marked) == set(save)
        await pilot.press("a")
        assert not app.runbook.marked
        await pilot.press("space", "space", "H")
        await until(pilot, lambda: sum(run.is_hidden for run in app.runbook.summaries) == 2)
        await until(pilot, lambda: len(labels(app)) == 1 and "2 hidden: ." in screen_text(app))
        await pilot.press("escape", "full_stop")  # no mark is left on what nobody sees
        await until(pilot, lambda: len(labels(app)) == 2 and "2 of 3 runs" in screen_text(app))
        await pilot.press("a", "H")
        await until(pilot, lambda: not any(run.is_hidden for run in app.runbook.summaries))
        assert "2 runs shown again." in told(app)
        await until(pilot, lambda: len(labels(app)) == 3)
        assert "hidden" not in screen_text(app)


async def test_run_saved_by_another_process_appears_by_itself(app: TermlabApp, presets: list[Preset]) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "No runs yet." in screen_text(app))
        trial = presets[0].trials[0]
        write_run(RunStore(app.results), trial, [started(trial), *training(trial), finished()])
        await until(pilot, lambda: "sgd" in screen_text(app))


async def test_tags_notes_and_hiding_reach_the_disk_and_the_filter(app: TermlabApp, save: list[str]) -> None:
    store = RunStore(app.results)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "3 runs" in screen_text(app))
        await pilot.press("t", "g", "T", *"no blanks", "enter")
        await until(pilot, lambda: "cannot be a tag" in screen_text(app))
        await pilot.press("escape", "T", *"first", "enter")
        await until(pilot, lambda: [run.run for run in app.runbook.summaries if run.tags == ["first"]] == [save[-1]])
        await pilot.press("N", *"a note", "enter")
        await until(pilot, lambda: store.summary(save[-1]).note == "a note")
        await pilot.press("slash", *"tag=first and has:note", "enter")
        await until(pilot, lambda: "1 of 3 runs" in screen_text(app))
        await pilot.press("H")
        await until(pilot, lambda: "1 hidden" in screen_text(app))
        assert store.summary(save[-1]).is_hidden
        await pilot.press("slash", "end", *" hidden=true", "enter", "H")
        await until(pilot, lambda: not store.summary(save[-1]).is_hidden)


async def test_e_exports_what_is_listed_and_replaces_nothing(app: TermlabApp, save: list[str], tmp_path: Path) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: "3 runs" in screen_text(app))
        target = tmp_path / "out"

        async def answer(line: str) -> None:
            await pilot.press("e")
            app.screen.query_one(Input).value = line
            await pilot.press("enter")

        await answer(f"cvs {target}")
        await until(pilot, lambda: 'Did you mean "csv"?' in screen_text(app))
        await pilot.press("escape")
        await answer(f"csv {target}")
        await until(pilot, lambda: (target / "runs.csv").exists())
        assert len((target / "runs.csv").read_text().splitlines()) == 1 + len(save)
        await until(pilot, lambda: "3 runs exported" in told(app))
        await answer(f"csv {target}")
        await until(pilot, lambda: "already" in screen_text(app))
