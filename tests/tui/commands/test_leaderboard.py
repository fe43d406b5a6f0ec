"""`termlab leaderboard`: what is better, by how much, and how sure that is, over saved runs of real files."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from tests.builders import build_events, build_trial, save_run
from tests.tui.invoke import Shell

RECIPES = {
    "plain": [0.80, 0.82, 0.79, 0.81],
    "better": [0.90, 0.915, 0.895, 0.91],
    "alike": [0.905, 0.90, 0.91, 0.897],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four seeds of three recipes."""
    for place, (label, accuracies) in enumerate(RECIPES.items(), start=1):
        for seed, accuracy in enumerate(accuracies):
            trial = build_trial(label, overrides={"seed": seed, "optim.lr": place / 100})
            save_run(tmp_path / "results", trial=trial, events=build_events(accuracy))
    return tmp_path / "results"


def rows_of(text: str) -> dict[str, dict[str, str]]:
    return {row["label"]: row for row in csv.DictReader(io.StringIO(text))}


@pytest.mark.usefixtures("folder")
class TestBaseline:
    def test_it_answers_by_how_much_and_how_sure(self, termlab: Shell) -> None:
        rows = rows_of(termlab("leaderboard", "--baseline", "plain", "--format", "csv").out)
        assert float(rows["better"]["difference"]) == pytest.approx(0.1)
        assert float(rows["better"]["p_holm"]) < 0.001
        assert (rows["better"]["letters"], rows["alike"]["letters"], rows["plain"]["letters"]) == ("a", "a", "b")
        assert rows["plain"]["difference"] == ""

    def test_people_read_intervals_and_see_what_is_noise(self, termlab: Shell) -> None:
        lines = termlab("leaderboard", "--baseline", "better", "--columns", "label,difference,p_holm").out.splitlines()
        assert lines[0].split() == ["trial", "Δ", "baseline", "p", "(Holm)"]
        by_label = {line.split()[0]: line for line in lines[1:]}
        assert "baseline" in by_label["better"]
        assert "noise" in by_label["alike"]
        assert "noise" not in by_label["plain"]
        assert "−10.00 ± 0.65" in by_label["plain"]

    def test_scripts_get_each_number(self, termlab: Shell) -> None:
        rows = {row["label"]: row for row in json.loads(termlab("leaderboard", "--baseline", "plain", "--json").out)}
        found = rows["better"]["difference"]
        assert found["mean"] == pytest.approx(0.1)
        assert found["low_95"] < 0.1 < found["high_95"]
        assert found["common_seeds"] == 4
        assert found["p"] < found["p_holm"]
        assert rows["plain"]["is_baseline"]
        assert rows["plain"]["difference"] is None
        assert "difference" not in json.loads(termlab("leaderboard", "--json").out)[0]

    def test_one_that_does_not_exist_names_the_nearest(self, termlab: Shell) -> None:
        outcome = termlab("leaderboard", "--baseline", "plane")
        assert (outcome.code, outcome.out) == (2, "")
        assert 'Did you mean "plain"?' in outcome.err

    def test_a_run_stands_for_its_recipe(self, termlab: Shell, folder: Path) -> None:
        run = next(path.name for path in folder.iterdir() if "-plain-" in path.name)
        rows = rows_of(termlab("leaderboard", "--baseline", run[:6], "--format", "csv").out)
        assert rows["plain"]["difference"] == ""


@pytest.mark.usefixtures("folder")
class TestColumns:
    def test_expressions_and_settings_are_columns(self, termlab: Shell) -> None:
        chosen = "label,n,best:test_accuracy,epoch@best(test_accuracy),optim.lr"
        lines = termlab("leaderboard", "--columns", chosen).out.splitlines()
        assert [line.split() for line in lines[1:]][-1] == ["plain", "4", "80.50", "±", "2.05", "2", "±", "0", "0.01"]

    def test_a_plus_adds_to_the_usual_ones(self, termlab: Shell) -> None:
        header = termlab("leaderboard", "--columns", "+optim.lr,+seeds", "--format", "csv").out.splitlines()[0]
        assert header.startswith("dataset,preset,label,n,best_test_accuracy")
        assert header.endswith("reason,optim.lr,seeds")

    def test_one_that_does_not_exist_names_the_nearest(self, termlab: Shell) -> None:
        outcome = termlab("leaderboard", "--columns", "label,optim.lrr")
        assert (outcome.code, outcome.out) == (2, "")
        assert 'Did you mean "optim.lr"?' in outcome.err

    def test_what_all_rows_share_is_said_once_on_a_terminal_and_written_out_for_a_paper(self, termlab: Shell) -> None:
        shown = termlab("leaderboard")
        assert "digits-first" not in shown.out
        assert "All: dataset digits, preset digits-first, published –, params 4,810" in shown.err
        assert "| digits | digits-first |" in termlab("leaderboard", "--format", "md").out


@pytest.mark.usefixtures("folder")
class TestSentence:
    def test_it_says_how_many_more_seeds_the_best_two_need(self, termlab: Shell) -> None:
        said = termlab("leaderboard").err
        assert "The best two, better and alike, cannot be told apart with 4 common seeds" in said
        assert "more seeds would show a difference of this size" in said

    def test_it_says_so_where_fewer_would_have_been_enough(self, termlab: Shell) -> None:
        said = termlab("leaderboard", "--where", "not label=alike").err
        assert "The best two, better and plain, can be told apart with 4 common seeds (p < 0.0001)" in said
        assert "; 3 would have been enough" in said


def test_an_expression_ranks_recipes(termlab: Shell, folder: Path) -> None:
    rows = json.loads(termlab("leaderboard", "--metric", "test_accuracy@best(test_loss)", "--json").out)
    assert {row["metric"] for row in rows} == {"test_accuracy@best(test_loss)"}
    assert rows[-1]["label"] == "plain"
    assert rows[-1]["mean"] == pytest.approx(0.805 / 2)  # the loss of both epochs is the same: the earlier one counts
    outcome = termlab("leaderboard", "--metric", "best:test_acuracy")
    assert outcome.code == 2
    assert 'Did you mean "test_accuracy"?' in outcome.err


@pytest.mark.usefixtures("folder")
def test_charts_stand_below_the_table(termlab: Shell) -> None:
    intervals = termlab("leaderboard", "--chart", "intervals", "--baseline", "plain").out
    assert "best test accuracy, mean with 95 % interval, digits" in intervals
    assert intervals.count("├") == 3
    assert "training time and best test accuracy %" in termlab("leaderboard", "--chart", "time").out
    assert "parameters and best test accuracy %" in termlab("leaderboard", "--chart", "parameters").out
    assert "├" not in termlab("leaderboard", "--chart", "intervals", "--format", "csv").out
