"""What the Leaderboard keeps from one look to the next, and that it is the same as looking anew."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from engine.errors import ConfigError
from engine.leaderboard import rank
from engine.presets import Preset
from engine.summary import RunSummary
from tests.builders import build_summary, build_trial
from tests.tui.fixtures import presets
from tests.tui.laboratory import saved_runs, summaries_of
from tui.board_rows import BoardRows
from tui.recipe_board import BoardView
from tui.runbook import Runbook

__all__ = ["presets"]

LOOK = Runbook().look_of


@pytest.fixture
def saved(presets: list[Preset]) -> list[RunSummary]:
    return summaries_of(saved_runs(presets))


@pytest.fixture
def board(saved: list[RunSummary]) -> BoardRows:
    rows = BoardRows()
    rows.take(saved)
    return rows


def labels(board: BoardRows) -> list[str]:
    return [row.label for row in board.rows]


def fingerprint(board: BoardRows, label: str) -> str:
    return next(row.fingerprint for row in board.rows if row.label == label)


def shown(board: BoardRows) -> list[tuple[str, ...]]:
    return [tuple(cell.text for cell in line.cells) for line in board.recipe_lines(LOOK)]


def test_filter_finds_runs_and_ranks_what_it_finds(board: BoardRows) -> None:
    board.set_filter("seed<1 and preset=digits-first")
    assert [(row.label, row.n) for row in board.rows] == [("momentum", 1), ("sgd", 1)]
    assert board.filter_text == "seed<1 and preset=digits-first"


def test_filter_that_is_not_understood_leaves_everything_as_it_is(board: BoardRows) -> None:
    board.set_filter("sgd")
    before = shown(board)
    board.set_filter("sgd and (")
    assert board.problem is not None
    assert (board.filter_text, shown(board)) == ("sgd", before)
    board.set_filter("sgd")
    assert board.problem is None


def test_filter_that_found_nothing_is_not_what_is_still_shown(board: BoardRows) -> None:
    board.set_filter("sgd")
    board.set_filter("sgd seedling")
    assert not board.found
    board.set_filter("sgd seedling<")
    assert board.filter_text == "sgd"
    assert labels(board) == ["sgd"]


def test_filter_typed_letter_by_letter_and_back_shows_what_a_new_look_would(
    board: BoardRows, saved: list[RunSummary]
) -> None:
    text = "status=done and seed<2"
    for end in [*range(len(text) + 1), *range(len(text), -1, -1)]:
        board.set_filter(text[:end])
        if board.problem is None:
            anew = BoardRows()
            anew.take(saved)
            anew.set_filter(text[:end])
            assert shown(board) == shown(anew)


def test_rows_of_recipes_whose_runs_stay_are_the_same_objects(board: BoardRows, saved: list[RunSummary]) -> None:
    before = {row.fingerprint: row for row in board.rows}
    board.take(list(saved))
    assert all(before[row.fingerprint] is row for row in board.rows)


def test_row_of_fewer_seeds_keeps_the_settings_and_no_figure(board: BoardRows, saved: list[RunSummary]) -> None:
    board.set_filter("seed>1")
    (row, *_) = board.rows
    (anew,) = [one for one in rank([run for run in saved if run.seed > 1]) if one.fingerprint == row.fingerprint]
    assert (row.settings, row.n, row.estimate_of("best_test_accuracy")) == (
        anew.settings, 1, anew.estimate_of("best_test_accuracy"),
    )  # fmt: skip


def test_baseline_that_the_filter_hides_has_no_columns_and_comes_back_with_it(board: BoardRows) -> None:
    board.set_view(board.view, fingerprint(board, "sgd"))
    assert "difference" in [column.column.key for column in board.columns]
    board.set_filter("momentum")
    assert "difference" not in [column.column.key for column in board.columns]
    board.set_filter("")
    assert board.standings[fingerprint(board, "momentum")].difference is not None
    assert fingerprint(board, "bn=on") not in board.standings  # on other data


@pytest.mark.parametrize(
    ("view", "nearest"),
    [
        (BoardView(metric="test_acuracy"), "test_accuracy"),
        (BoardView(metric="test_loss@best(test_acuracy)"), "test_accuracy"),
        (BoardView(chosen=("+optim.momentun",)), "optim.momentum"),
        (BoardView(chosen=("-gapp",)), "gap"),
    ],
)
def test_view_that_cannot_be_had_names_the_nearest_and_changes_nothing(
    board: BoardRows, view: BoardView, nearest: str
) -> None:
    before = (board.view, shown(board))
    with pytest.raises(ConfigError, match=nearest):
        board.set_view(view, "")
    assert (board.view, shown(board)) == before


def test_metric_that_some_recipes_lack_leaves_a_gap_and_they_stand_last(board: BoardRows) -> None:
    odd = build_trial("odd", overrides={"optim.lr": 0.3}).config
    config = odd.model_dump(mode="json")
    alone = build_summary("odd-run", label="odd", metrics={"depth": 3.0}, config=config, fingerprint=odd.fingerprint)
    usual = build_summary("usual-run", label="usual", metrics={"test_accuracy": 0.5, "best_test_accuracy": 0.5})
    board.take([alone, usual])
    assert labels(board) == ["usual", "odd"]
    board.set_view(BoardView(metric="depth"), "")
    assert labels(board) == ["odd", "usual"]
    assert [line.values["best"] for line in board.recipe_lines(LOOK)] == [3.0, None]


def test_marks_are_those_of_any_run_of_the_recipe(board: BoardRows) -> None:
    marked = board.rows[0].runs[1].run
    board.mark([marked])
    assert [line.is_marked for line in board.recipe_lines(LOOK)] == [True, False, False]
    assert [line.key for line in board.run_lines(LOOK) if line.is_marked] == [marked]
    board.mark([])
    assert not any(line.is_marked for line in board.recipe_lines(LOOK))


def test_best_two_are_those_of_the_data_of_the_row(board: BoardRows) -> None:
    found = board.separation_beside(fingerprint(board, "sgd"))
    assert found is not None
    assert (found.best.label, found.second.label) == ("momentum", "sgd")
    assert board.separation_beside(fingerprint(board, "bn=on")) is None  # alone on its data
    assert board.separation_beside("gone") is None


def test_run_under_way_changes_no_row(board: BoardRows, saved: Sequence[RunSummary]) -> None:
    rows = board.rows
    board.take([build_summary("live-run", status="running", seed=4), *saved])
    assert board.rows is rows
    assert len(board.found) == len(saved) + 1


def test_recipes_of_one_label_are_told_apart_by_what_they_differ_in(board: BoardRows, saved: list[RunSummary]) -> None:
    trial = build_trial("sgd", preset="digits-first", overrides={"train.epochs": 60})
    config = trial.config.model_dump(mode="json")
    quick = build_summary("again", preset="digits-first", label="sgd", fingerprint="0" * 16, config=config)
    board.take([*saved, quick])
    names = {line.key: line.cells[1].text for line in board.recipe_lines(LOOK)}
    assert names["0" * 16].startswith("sgd ")
    assert names["0" * 16] != names[fingerprint(board, "momentum")]
    alike = [name for key, name in names.items() if board.row_of(key).label == "sgd"]  # type: ignore[union-attr]
    assert len(set(alike)) == len(alike) == 2
    board.take(saved)
    assert labels(board) == [line.cells[1].text for line in board.recipe_lines(LOOK)]
