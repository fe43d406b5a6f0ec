"""What every key of the Leaderboard does beyond showing: filter, marks, baseline, metric, columns, sorting, copying."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from engine.overrides import apply_overrides
from engine.presets import Preset
from engine.run import Run
from tests.tui.laboratory import (
    NOW,
    FrozenApp,
    build_run,
    finished,
    saved_runs,
    screen_text,
    started,
    told,
    training,
    until,
    with_seed,
)
from tests.tui.screens.test_leaderboard import labels
from tui.clipboard import clipboard_sequence
from tui.screens.ask import AskScreen
from tui.screens.ask_line import AskLineScreen
from tui.screens.compare import CompareScreen
from tui.screens.help import HelpScreen
from tui.screens.leaderboard import LeaderboardScreen
from tui.tables import TableFormat
from tui.view_state import load_view, state_file
from tui.widgets.click_line import ClickLine


async def look(pilot: Pilot[Any], runs: Sequence[Run]) -> LeaderboardScreen:
    """Go to the Leaderboard, which holds these runs."""
    app = pilot.app
    assert isinstance(app, FrozenApp)
    await pilot.press("3")
    app.tell_runs(runs)
    await until(pilot, lambda: isinstance(app.screen, LeaderboardScreen) and bool(app.screen.table.rows))
    assert isinstance(app.screen, LeaderboardScreen)
    return app.screen


async def ask(pilot: Pilot[Any], key: str, line: str) -> None:
    """Answer a question for a line with another one."""
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, AskLineScreen))
    pilot.app.screen.query_one(Input).value = line
    await pilot.press("enter")
    await pilot.pause()


def titles(board: LeaderboardScreen) -> list[str]:
    return [column.title for column in board.table.columns]


async def test_filter_that_is_not_understood_says_where_and_keeps_the_last_good_view(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        await pilot.press("slash", *"preset=digits-first")
        await until(pilot, lambda: sorted(labels(frozen)) == ["momentum", "sgd"])
        await pilot.press(*" and seed<")
        await until(pilot, lambda: '"<" has no value after it. Still shown: preset=digits-first' in screen_text(frozen))
        assert sorted(labels(frozen)) == ["momentum", "sgd"]
        await pilot.press("1")
        await until(pilot, lambda: {line.cells[2].text for line in board._lines} == {"1"})
        assert "Still shown" not in screen_text(frozen)
        assert "2 of 10 runs in 2 recipes" in screen_text(frozen)


async def test_filter_names_the_nearest_field(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look(pilot, saved_runs(presets))
        await pilot.press("slash", *"presett=batchnorm")
        await until(pilot, lambda: 'Did you mean "preset"' in screen_text(frozen))
        assert labels(frozen)  # though "presett" alone finds nothing


async def test_space_marks_and_escape_clears_the_filter_before_the_marks(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        await pilot.press("space")
        assert len(frozen.runbook.marked) == 3  # the seeds of the first recipe
        assert [row.cells[1].text for row in board.table.rows if row.is_marked] == [labels(frozen)[0]]
        assert board.table.cursor_key == board._lines[1].key  # on to the next line
        await pilot.press("slash", *"bn", "enter", "escape")
        assert board.filter == ""
        assert len(frozen.runbook.marked) == 3
        await pilot.press("escape")
        assert not frozen.runbook.marked
        await until(pilot, lambda: "marked" not in screen_text(frozen))


async def test_marks_of_removed_runs_are_forgotten(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        runs = saved_runs(presets)
        await look(pilot, runs)
        await pilot.press("space")
        marked = list(frozen.runbook.marked)
        frozen.tell_runs([run for run in runs if run.id != marked[0]])
        await until(pilot, lambda: list(frozen.runbook.marked) == marked[1:])
        assert "2 marked" in screen_text(frozen)


async def test_p_shows_differences_to_the_pinned_recipe_until_it_is_pressed_again(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(160, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        usual = titles(board)
        board.table.move_to(next(line.key for line in board._lines if line.cells[1].text == "sgd"))
        await pilot.press("p")
        added = ["Δ baseline", "p (Holm)", "abc"]
        assert titles(board)[4:7] == added
        text = screen_text(frozen)
        assert "baseline sgd" in text
        momentum = next(line for line in board._lines if line.cells[1].text == "momentum")
        assert momentum.cells[4].text.startswith("+1.20")
        other = next(line for line in board._lines if line.cells[1].text == "bn=on")
        assert other.values["difference"] is None  # other data
        await pilot.press("p")
        assert titles(board) == usual


async def test_cursor_on_another_row_says_whether_it_is_better_than_the_baseline(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(160, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        board.table.move_to(next(line.key for line in board._lines if line.cells[1].text == "sgd"))
        await pilot.press("p", "k")
        await until(pilot, lambda: "momentum against sgd: +1.20 points" in screen_text(frozen))
        assert "on each of 3 common seeds" in screen_text(frozen)


@pytest.mark.parametrize(("key", "wrong", "hint"), [("m", "test_los", "test_loss"), ("v", "+optim.lrr", "optim.lr")])
async def test_metric_or_column_that_there_is_not_names_the_nearest_and_changes_nothing(
    frozen: FrozenApp, presets: list[Preset], key: str, wrong: str, hint: str
) -> None:
    async with frozen.run_test(size=(160, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        before, kept = titles(board), frozen.view
        await ask(pilot, key, wrong)
        await until(pilot, lambda: f'"{wrong.removeprefix("+")}" is not' in screen_text(frozen))
        assert f'Did you mean "{hint}"' in screen_text(frozen)
        assert isinstance(frozen.screen, AskLineScreen)
        await pilot.press("escape")
        await until(pilot, lambda: frozen.screen is board)
        assert (titles(board), frozen.view) == (before, kept)


async def test_question_for_a_line_stands_over_the_board_and_hides_no_more_than_it_needs(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        await look(pilot, saved_runs(presets))
        await pilot.press("v")
        await until(pilot, lambda: "apart by commas" in screen_text(frozen))
        assert "3 Leaderboard" in screen_text(frozen)


async def test_m_ranks_by_another_metric_the_best_first(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(160, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        await ask(pilot, "m", "test_loss")
        assert "test loss" in titles(board)
        digits = [line.values["best"] for line in board._lines if line.section.startswith("digits")]
        assert digits == sorted(digits)
        assert "sorted by test loss ↑" in screen_text(frozen)


async def test_v_adds_leaves_out_and_replaces_columns(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(200, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        usual = titles(board)
        await ask(pilot, "v", "+optim.momentum, -preset")
        assert titles(board) == [*(title for title in usual if title != "preset"), "momentum"]
        assert {line.cells[-1].text for line in board._lines} == {"0.0", "0.9"}
        await ask(pilot, "v", "n,test_loss@best(test_accuracy)")
        assert titles(board)[:3] == ["", "recipe", "n"]
        assert len(titles(board)) == 4
        await ask(pilot, "v", "")
        assert titles(board) == usual


async def test_every_column_can_be_sorted_by_either_way(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        await ask(pilot, "v", "+optim.momentum,+model.hidden,+model.batchnorm,+seeds,+test_loss")
        for is_by_run in (False, True):
            if is_by_run:
                await pilot.press("t")
            for place, column in enumerate(board.table.columns):
                board.table.column_cursor = place
                for key, is_reverse in (("s", False), ("S", True)):
                    await pilot.press(key)
                    assert board.table.sorted_by == (column.key, is_reverse)
                    assert len(labels(frozen)) == (10 if is_by_run else 3)


async def test_column_of_numbers_and_words_puts_numbers_first_and_what_lacks_it_last(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        runs = saved_runs(presets)[:6]
        for place, run in enumerate(runs):  # each a recipe of its own
            optim = run.trial.config.optim.model_copy(update={"lr": 0.01 * (place + 1)})
            run.trial = run.trial.with_config(run.trial.config.model_copy(update={"optim": optim}))
        board = await look(pilot, runs)
        for summary, value in zip(frozen.runbook.summaries, ("auto", 2, None, 10, "Auto2", 0.5), strict=True):
            summary.config["model"]["mixed"] = value  # as a later termlab might set
        await ask(pilot, "v", "+model.mixed")
        board.table.column_cursor = len(board.table.columns) - 1
        await pilot.press("s")
        assert [row.cells[-1].text for row in board.table.rows if not row.is_section] == [
            "0.5", "2", "10", "auto", "Auto2", "–",
        ]  # fmt: skip
        await pilot.press("S")
        assert [row.cells[-1].text for row in board.table.rows if not row.is_section][-1] == "–"


async def test_view_is_restored_on_the_same_folder_and_on_no_other(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(160, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        board.table.move_to(next(line.key for line in board._lines if line.cells[1].text == "sgd"))
        await pilot.press("p")
        await ask(pilot, "v", "+seeds")
        board.table.column_cursor = 2
        await pilot.press("s", "slash", *"digits", "enter")
    again = FrozenApp()
    async with again.run_test(size=(160, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        assert sorted(labels(again)) == ["momentum", "sgd"]
        assert board.filter == "digits"
        assert board.table.sorted_by == ("n", False)
        assert "Δ baseline" in titles(board)
        assert titles(board)[-1] == "seeds"
    assert load_view(Path("/lab/other")).board.filter == ""


async def test_view_that_cannot_be_written_disturbs_nobody(
    frozen: FrozenApp, presets: list[Preset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look(pilot, saved_runs(presets))
        await pilot.press("slash", *"bn", "enter")
        assert labels(frozen) == ["bn=on"]
    assert load_view(frozen.results).board.filter == ""


async def test_columns_and_baseline_of_runs_that_are_no_more_are_forgotten(presets: list[Preset]) -> None:
    path = state_file(Path("/lab/results"))
    path.parent.mkdir(parents=True)
    board = {"columns": ["+once_measured"], "baseline": "0" * 16, "metric": "once_measured", "sorted_by": "gone"}
    path.write_text(json.dumps({"format": 1, "board": board}))
    app = FrozenApp()
    async with app.run_test(size=(120, 36)) as pilot:
        await look(pilot, saved_runs(presets))
        assert len(labels(app)) == 3


async def test_d_takes_the_marked_runs_and_without_marks_what_is_listed_on_the_same_data(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        runs = saved_runs(presets)
        await look(pilot, runs)
        await pilot.press("d")
        assert isinstance(frozen.screen, CompareScreen)
        assert {run_id.split("-")[1] for run_id in frozen.runbook.compared} == {"digits"}
        assert len(frozen.runbook.compared) == 6
        assert not frozen.runbook.marked  # so that D removes what is under the cursor, as before
        await pilot.press("3", "G", "space", "d")
        marked = ("run6-batchnorm-bn=on-s0", "run7-batchnorm-bn=on-s1")
        await until(pilot, lambda: frozen.runbook.compared == marked)


async def test_c_copies_the_table_so_that_it_passes_through_tmux(
    frozen: FrozenApp, presets: list[Preset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "socket,1,0")
    written: list[str] = []
    async with frozen.run_test(size=(120, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        assert frozen._driver is not None
        monkeypatch.setattr(frozen._driver, "write", written.append)
        await pilot.press("c")
        expected = clipboard_sequence(board._listed_table().written(TableFormat.MD))
        assert expected in written
        assert "\x1bPtmux;" in expected
        await until(pilot, lambda: "Copied 3 lines" in told(frozen))


async def test_what_is_too_long_for_a_clipboard_is_not_cut(
    frozen: FrozenApp, presets: list[Preset], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look(pilot, saved_runs(presets))
        assert frozen._driver is not None
        monkeypatch.setattr(frozen._driver, "write", written.append)
        frozen.copy("x" * 80_000, "a long text")
        await until(pilot, lambda: "80,000 bytes are too many" in told(frozen))
        assert not any("]52;" in sequence for sequence in written)


async def test_runs_of_a_metric_that_is_not_finite_or_missing_are_shown(
    frozen: FrozenApp, presets: list[Preset]
) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        runs = saved_runs(presets)
        trial = with_seed(presets[0].trials[0], 7)
        last = finished(metrics={"test_accuracy": float("nan"), "test_loss": float("inf")})
        runs.append(build_run("odd-digits-first-sgd-s7", trial, [started(trial), *training(trial), last]))
        board = await look(pilot, runs)
        for metric in ("test_loss", "test_accuracy", "best:test_accuracy"):
            await ask(pilot, "m", metric)
            assert len(labels(frozen)) == 3
            await pilot.press("p", "p")
        await pilot.press("t")
        assert "odd-digits-first-sgd-s7" in [line.key for line in board._lines]


async def test_header_that_is_clicked_sorts_and_again_the_other_way(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        board = await look(pilot, saved_runs(presets))
        place = screen_text(frozen).splitlines()[4].index(" n ") + 1
        await pilot.click("#board", offset=(place, 0))
        assert board.table.sorted_by == ("n", True)
        await pilot.click("#board", offset=(place, 0))
        assert board.table.sorted_by == ("n", False)


async def test_every_key_is_in_the_help_and_in_the_palette(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 60)) as pilot:
        await look(pilot, saved_runs(presets))
        await pilot.press("space")
        commands = {command.title for command in frozen.get_system_commands(frozen.screen)}
        assert {
            "Open", "Mark", "Baseline", "Compare", "Find", "Clear", "Runs/recipes", "Sort", "Sort down", "Columns",
            "Metric", "Copy", "Remove",
        } <= commands  # fmt: skip
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(frozen.screen, HelpScreen))
        assert isinstance(frozen.screen, HelpScreen)
        listed = {key for key, _ in frozen.screen._keys}
        assert {"enter", "space", "p", "d", "/", "esc", "t", "s", "S", "v", "m", "c", "D"} <= listed


async def test_removing_marked_runs_asks_about_those(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(120, 36)) as pilot:
        await look(pilot, saved_runs(presets))
        await pilot.press("space", "D")
        await pilot.pause()
        assert isinstance(frozen.screen, AskScreen)
        assert "Remove 3 runs" in screen_text(frozen)


async def test_a_filter_that_is_longer_than_its_line_shows_its_end(frozen: FrozenApp, presets: list[Preset]) -> None:
    async with frozen.run_test(size=(80, 24)) as pilot:
        board = await look(pilot, saved_runs(presets))
        await pilot.press("/", *"preset=digits-first and not label=momentum and seed<2")
        await until(pilot, lambda: len(board.table.rows) == 2)
        find = board.query_one(Input)
        top = screen_text(frozen).splitlines()[find.region.y]
        assert "label=momentum and seed<2" in top[: find.region.right]


async def test_single_run_of_one_of_two_namesakes_says_of_which(frozen: FrozenApp, presets: list[Preset]) -> None:
    trial = presets[0].trials[0]
    other = trial.with_config(apply_overrides(trial.config, {"optim.lr": "0.5"}))
    runs = [
        build_run(f"run{place}", one, [started(one), *training(one), finished()], NOW + place)
        for place, one in enumerate((trial, other))
    ]
    async with frozen.run_test(size=(120, 36)) as pilot:
        board = await look(pilot, runs)
        await pilot.press("t")
        await until(pilot, lambda: board.table.cursor_key == "run1")
        assert "sgd lr=0.5" in board.query_one("#board-row", ClickLine).text
        board.query_one(Input).value = "optim.lr=0.5"  # nobody is beside it now
        await until(pilot, lambda: len(board.table.rows) == 1)
        assert "lr=0.5" not in board.query_one("#board-row", ClickLine).text
