from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from engine.leaderboard import rank
from engine.leaderboard_row import LeaderboardRow
from engine.presets import Preset
from engine.summary import RunStatus, RunSummary
from tests.builders import build_summary
from tests.tui.fixtures import presets
from tests.tui.laboratory import saved_runs, summaries_of
from tui.board import RUN_COLUMNS, KnownLines, Line, ordered, run_lines, table_rows
from tui.leaderboard_table import Entry
from tui.recipe_board import BoardView, recipe_columns
from tui.recipe_lines import recipe_lines as lines_of
from tui.runbook import Runbook
from tui.widgets.columns import Column

__all__ = ["presets"]

LOOK = Runbook().look_of
COLUMNS = recipe_columns(BoardView())
RECIPE_COLUMNS = tuple(one.column for one in COLUMNS)


def recipe_lines(rows: Sequence[LeaderboardRow]) -> list[Line]:
    return lines_of([Entry(row) for row in rows], COLUMNS, LOOK, {}, BoardView())


def text_of(line: Line, columns: tuple[Column, ...], key: str) -> str:
    return line.cells[[column.key for column in columns].index(key)].text


@pytest.fixture
def recipes(presets: list[Preset]) -> list[Line]:
    return recipe_lines(rank(summaries_of(saved_runs(presets))))


@pytest.fixture
def runs(presets: list[Preset]) -> list[Line]:
    return run_lines(summaries_of(saved_runs(presets)), LOOK, {})


def test_recipe_has_its_seeds_together_with_their_interval(recipes: list[Line]) -> None:
    momentum = next(line for line in recipes if line.cells[1].text == "momentum")
    assert text_of(momentum, RECIPE_COLUMNS, "n") == "3"
    assert "±" in text_of(momentum, RECIPE_COLUMNS, "best")
    assert len(momentum.run_ids) == 3


def test_gap_says_whether_it_is_inside_the_tolerance(recipes: list[Line]) -> None:
    momentum = next(line for line in recipes if line.cells[1].text == "momentum")
    assert text_of(momentum, RECIPE_COLUMNS, "published") == "97.0 ± 1.0 %"
    assert text_of(momentum, RECIPE_COLUMNS, "verdict") == "inside"


def test_gap_of_another_recipe_than_the_published_one_is_in_brackets(presets: list[Preset]) -> None:
    trial = presets[0].trials[1]
    other = trial.with_config(
        trial.config.model_copy(update={"optim": trial.config.optim.model_copy(update={"lr": 0.2})})
    )
    runs = [run for run in saved_runs(presets) if run.trial.label == "momentum"]
    for run in runs:
        run.trial = other
    (line,) = recipe_lines(rank(run.summary() for run in runs))
    assert text_of(line, RECIPE_COLUMNS, "gap").startswith("(")
    assert text_of(line, RECIPE_COLUMNS, "verdict") == ""


def test_gap_names_its_metric_which_is_not_the_one_that_is_ranked_by(recipes: list[Line], runs: list[Line]) -> None:
    momentum = next(line for line in recipes if line.cells[1].text == "momentum")
    assert text_of(momentum, RECIPE_COLUMNS, "gap_of") == "last acc"
    last = text_of(momentum, RECIPE_COLUMNS, "last")
    assert momentum.told_gap == f"test accuracy {last}, published 97.0 ± 1.0 %"
    sgd = next(line for line in recipes if line.cells[1].text == "sgd")
    assert (text_of(sgd, RECIPE_COLUMNS, "gap_of"), sgd.told_gap) == ("", "")
    run = next(line for line in runs if line.cells[1].text == "momentum")
    assert run.told_gap == f"test accuracy {text_of(run, RUN_COLUMNS, 'last')}, published 97.0 ± 1.0 %"


def test_gap_of_a_metric_without_a_column_of_its_own_is_named_in_words() -> None:
    figure = {"metric": "test_accuracy_at_threshold", "value": 0.8953, "tolerance": 0.02, "comparable": True}
    metrics = {"best_test_accuracy": 0.91, "test_accuracy": 0.88, "test_accuracy_at_threshold": 0.9087}
    (line,) = recipe_lines(rank([build_summary("wide", metrics=metrics, published=figure)]))
    assert text_of(line, RECIPE_COLUMNS, "gap_of") == "test accuracy at threshold"
    assert text_of(line, RECIPE_COLUMNS, "gap") == "+1.34"
    assert text_of(line, RECIPE_COLUMNS, "published") == "89.53 ± 2.00 %"
    assert line.told_gap == "test accuracy at threshold 90.87, published 89.53 ± 2.00 %"


def test_every_run_is_listed_whatever_became_of_it(runs: list[Line]) -> None:
    statuses = {text_of(line, RUN_COLUMNS, "status") for line in runs}
    assert statuses == {"done", "stopped", "failed"}
    assert len(runs) == 10


def test_damaged_run_is_one_marked_line() -> None:
    damaged = RunSummary(run="broken", status=RunStatus.DAMAGED, reason="events.jsonl is missing")
    (line,) = run_lines([damaged], LOOK, {})
    assert text_of(line, RUN_COLUMNS, "status") == "damaged"
    assert text_of(line, RUN_COLUMNS, "reason") == "events.jsonl is missing"
    assert text_of(line, RUN_COLUMNS, "run") == "broken"


def test_reason_of_a_failure_cannot_move_the_cursor_of_the_terminal(runs: list[Line]) -> None:
    failed = next(line for line in runs if text_of(line, RUN_COLUMNS, "status") == "failed")
    assert text_of(failed, RUN_COLUMNS, "reason") == "the loss is nan at step 12 [red]not markup[/red] [31m"


@pytest.mark.parametrize("is_reverse", [False, True])
def test_lines_without_a_value_stand_last_either_way(runs: list[Line], is_reverse: bool) -> None:
    lines = ordered(runs, "best", is_reverse=is_reverse)
    assert lines[-1].values["best"] is None
    values = [line.values["best"] for line in lines[:-1]]
    assert values == sorted(values, reverse=is_reverse)


def test_sections_stay_apart_when_sorted(recipes: list[Line]) -> None:
    rows = table_rows(ordered(recipes, "best", is_reverse=True), len(RECIPE_COLUMNS))
    assert [row.cells[0].text for row in rows if row.is_section] == ["digits", "mnist"]


@pytest.mark.parametrize("columns", [RECIPE_COLUMNS, RUN_COLUMNS])
def test_every_column_can_be_sorted_by(recipes: list[Line], runs: list[Line], columns: tuple[Column, ...]) -> None:
    lines = recipes if columns is RECIPE_COLUMNS else runs
    for column in columns:
        assert column.key in lines[0].values
        assert len(ordered(lines, column.key, is_reverse=False)) == len(lines)


def test_line_of_a_run_that_did_not_change_is_not_made_again(presets: list[Preset]) -> None:
    summaries = summaries_of(saved_runs(presets))
    known: KnownLines = {}
    first = run_lines(summaries, LOOK, known)
    changed = [dataclasses.replace(summaries[0], epochs=3), *summaries[1:]]
    second = run_lines(changed, LOOK, known)
    assert [before is after for before, after in zip(first, second, strict=True)] == [False, *[True] * 9]


def numbers_only(label: str, test_loss: float, reason: str) -> RunSummary:
    return build_summary(
        label, label=label, fingerprint=label, dataset="quadratic", metrics={"test_loss": test_loss}, reason=reason
    )


def test_what_has_no_accuracy_stands_by_its_loss_and_says_that_it_diverged() -> None:
    saved = [numbers_only("near", 1e-9, "converged after 3 updates"), numbers_only("far", 1e21, "diverged: it rose")]
    by_recipe = ordered(recipe_lines(rank(saved)), "best", is_reverse=True)
    assert [text_of(line, RECIPE_COLUMNS, "last") for line in by_recipe] == ["loss 1.00e-09", "loss 1.00e+21"]
    assert [line.values["reason"] for line in by_recipe] == ["converged after 3 updates", "diverged: it rose"]
    by_run = {line.key: line for line in run_lines(saved, LOOK, {})}
    assert [text_of(by_run[key], RUN_COLUMNS, "status") for key in ("near", "far")] == ["done", "diverged"]
    assert text_of(by_run["far"], RUN_COLUMNS, "last") == "loss 1.00e+21"
