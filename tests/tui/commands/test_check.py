"""`termlab check`: real trainings on digits by a preset of the test, judged against figures that the test made up."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.events import Event
from engine.store import RunStore
from tests.builders import build_epoch, build_finished, build_started, build_trial, save_run
from tests.tui.invoke import Shell

HEAD = """
title = "Mine"
why = "To be held against."
source = "T1 · tests"
group = "First steps"

[config.model]
name = "mlp"
hidden = [16]

[config.train]
epochs = 2
batch_size = 256

[quick]
"train.epochs" = 1
"""
QUIET = ("--progress", "none")
SOME = 'published = [{ metric = "test_accuracy", value = 0.5, tolerance = 0.5 }]'
"""What any training comes near enough to."""
NONE_GETS_THERE = 'published = [{ metric = "test_accuracy", value = 1.0, tolerance = 0.001 }]'
"""Two epochs of a small network on digits do not."""

Preset = Callable[..., None]


@pytest.fixture
def preset(own_config_folder: Path) -> Preset:
    """Write the user's preset `mine`: what follows each label is the rest of that trial."""
    folder = own_config_folder / "termlab" / "presets"
    folder.mkdir(parents=True)

    def write(*, tail: str = "", **trials: str) -> None:
        blocks = [f'[[trials]]\nlabel = "{label}"\n{rest}\n' for label, rest in trials.items()]
        (folder / "mine.toml").write_text("\n".join([HEAD, tail, *blocks]), encoding="utf-8")

    return write


def saved_seeds(tmp_path: Path) -> list[tuple[str, int]]:
    return sorted((run.label, run.seed) for run in RunStore(tmp_path / "results").summaries())


def test_it_trains_what_has_a_figure_and_passes_inside(preset: Preset, termlab: Shell, tmp_path: Path) -> None:
    preset(a=SOME, b='set = { "optim.lr" = 0.2 }')
    outcome = termlab("check", "mine", *QUIET)
    assert outcome.code == 0, outcome.err
    assert saved_seeds(tmp_path) == [("a", 0)]
    assert outcome.out.splitlines()[1].endswith("inside")
    assert outcome.err == "0 of 1 runs are already done.\n1 of 1 published figure is inside the tolerance.\n"
    again = termlab("check", "mine", *QUIET)
    assert (again.code, again.out) == (0, outcome.out)
    assert "1 of 1 runs are already done." in again.err


def test_outside_the_tolerance_ends_with_3(preset: Preset, termlab: Shell, tmp_path: Path) -> None:
    preset(a=SOME, b='set = { "optim.lr" = 0.2 }\n' + NONE_GETS_THERE)
    outcome = termlab("check", "mine", "--json", *QUIET)
    assert outcome.code == 3
    document = json.loads(outcome.out)
    assert {name: document[name] for name in ("schema_version", "preset", "passed")} == {
        "schema_version": 1,
        "preset": "mine",
        "passed": False,
    }
    first, second = document["figures"]
    measured = {run.label: run.metrics["test_accuracy"] for run in RunStore(tmp_path / "results").summaries()}
    assert (first["label"], first["verdict"], second["verdict"]) == ("a", "inside", "outside")
    assert (first["mean"], second["mean"]) == (measured["a"], measured["b"])
    assert second["gap"] == measured["b"] - 1.0
    assert {"metric": "test_accuracy", "published": 1.0, "bound": "near", "tolerance": 0.001, "n": 1}.items() <= (
        second.items()
    )
    assert "1 of 2 published figures is inside the tolerance." in outcome.err


def test_a_bound_is_met_by_more(preset: Preset, termlab: Shell) -> None:
    preset(a='published = [{ metric = "test_accuracy", value = 0.01, tolerance = 0, bound = "at_least" }]')
    outcome = termlab("check", "mine", *QUIET)
    assert outcome.code == 0
    assert "≥ 1.00 %" in outcome.out


def test_seeds_are_those_asked_for_or_those_of_the_preset(preset: Preset, termlab: Shell, tmp_path: Path) -> None:
    preset(a=SOME, tail="[check]\nseeds = [1, 2]\n")
    figure = json.loads(termlab("check", "mine", "--json", *QUIET).out)["figures"][0]
    assert saved_seeds(tmp_path) == [("a", 1), ("a", 2)]
    assert (figure["n"], figure["half_width_95"] is not None) == (2, True)
    figure = json.loads(termlab("check", "mine", "--json", "--seeds", "2,3", *QUIET).out)["figures"][0]
    assert saved_seeds(tmp_path) == [("a", 1), ("a", 2), ("a", 3)]
    assert figure["n"] == 2  # those asked for, although three are saved
    outcome = termlab("check", "mine", "--saved", "--json", "--seeds", "3,4")
    assert (outcome.code, json.loads(outcome.out)["figures"][0]["n"]) == (0, 1)
    assert outcome.err.startswith("1 of 2 runs are saved.\n")


def test_saved_trains_nothing_and_what_is_missing_ends_with_3(preset: Preset, termlab: Shell, tmp_path: Path) -> None:
    preset(a=SOME)
    outcome = termlab("check", "mine", "--saved")
    assert outcome.code == 3
    assert saved_seeds(tmp_path) == []
    assert outcome.out.splitlines()[1].endswith("not measured")
    assert "a: test_accuracy is not measured: no finished run of its published recipe is saved\n" in outcome.err


def test_quick_runs_and_other_recipes_do_not_count(preset: Preset, termlab: Shell) -> None:
    preset(a=SOME)
    assert termlab("run", "mine", "--quick", *QUIET).code == 0
    assert termlab("run", "mine", "optim.lr=0.2", *QUIET).code == 0
    assert termlab("check", "mine", "--saved").code == 3
    assert termlab("run", "mine", "--device", "cpu", *QUIET).code == 0
    assert termlab("check", "mine", "--saved").code == 0


def test_a_metric_that_no_run_has_names_the_nearest(preset: Preset, termlab: Shell) -> None:
    preset(a='published = [{ metric = "test_acuracy", value = 0.5, tolerance = 0.5 }]')
    outcome = termlab("check", "mine", *QUIET)
    assert outcome.code == 3
    assert 'its runs have no such metric. Did you mean "test_accuracy"?' in outcome.err


def test_a_failed_run_ends_with_1_and_the_others_are_judged(preset: Preset, termlab: Shell) -> None:
    preset(a='set = { "optim.lr" = 1e30 }\n' + SOME, b='set = { "optim.lr" = 0.2 }\n' + SOME)
    outcome = termlab("check", "mine", "--json", *QUIET)
    assert outcome.code == 1
    assert [figure["verdict"] for figure in json.loads(outcome.out)["figures"]] == ["missing", "inside"]
    assert "a seed 0 failed" in outcome.err


def test_an_interrupted_check_ends_with_its_signal_and_judges_nothing(preset: Preset, tmp_path: Path) -> None:
    preset(a='set = { "train.epochs" = 100000 }\n' + SOME)
    command = [sys.executable, "-m", "tui", "check", "mine", "--results", str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "epoch" in line:
                break
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, ""), rest
    assert "published figure" not in rest


def test_a_grid_is_judged_by_its_mean(preset: Preset, termlab: Shell) -> None:
    trials = {"a": SOME, "b": 'set = { "optim.lr" = 0.2 }\n' + NONE_GETS_THERE}
    preset(tail="[check]\nmean_gap = { test_accuracy = 0.9 }\n", **trials)
    outcome = termlab("check", "mine", "--json", *QUIET)
    document = json.loads(outcome.out)
    assert (outcome.code, document["passed"]) == (0, True)
    assert [figure["verdict"] for figure in document["figures"]] == ["inside", "outside"]
    gaps = [abs(figure["gap"]) for figure in document["figures"]]
    (mean,) = document["means"]
    assert mean == {
        "metric": "test_accuracy", "mean_gap": pytest.approx(sum(gaps) / 2), "allowed": 0.9, "figures": 2,
        "verdict": "inside",
    }  # fmt: skip
    preset(tail=f"[check]\nmean_gap = {{ test_accuracy = {sum(gaps) / 2 - 0.001} }}\n", **trials)
    outcome = termlab("check", "mine", "--saved")
    assert outcome.code == 3
    assert "test accuracy: mean distance of 2 figures" in outcome.err


def test_a_preset_without_figures_is_told_and_passes(preset: Preset, termlab: Shell, tmp_path: Path) -> None:
    preset(a='set = { "optim.lr" = 0.2 }', b=SOME)
    outcome = termlab("check", "mine", "--only", "a")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "mine publishes no figure for these trials: nothing to check.\n"
    outcome = termlab("check", "digits-first", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out) == {
        "schema_version": 1, "preset": "digits-first", "on": None, "passed": True, "figures": [], "means": [],
    }  # fmt: skip
    assert outcome.err == "digits-first publishes no figure: nothing to check.\n"
    assert saved_seeds(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["mine", "optim.lr=1"], "for the recipe is the published one; found optim.lr=1"),
        (["min"], 'Did you mean "mine"?'),
        (["mine", "--only", "c"], "--only:"),
        (["mine", "--seeds", "1-2"], "--seeds:"),
        (["mine", "--device", "tpu"], '"tpu" is not a device'),
    ],
)
def test_wrong_input_ends_with_2(arguments: list[str], words: str, preset: Preset, termlab: Shell) -> None:
    preset(a=SOME)
    outcome = termlab("check", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err


JUDGED = """\
trial  metric                published  measured  ± 95 %  n    gap  verdict
a      test accuracy      95.0 ± 2.0 %     94.00       –  1  −1.00  inside
a      train accuracy        ≥ 98.00 %     97.00       –  1  −1.00  outside
a      test loss       0.3000 ± 0.0100    0.3000       –  1      0  inside
b      test accuracy     50.0 ± 50.0 %         –       –  0      –  not measured
"""
VALUES = """\
label,metric,published,bound,tolerance,mean,half_width_95,n,gap,verdict
a,test_accuracy,0.95,near,0.02,0.94,,1,-0.010000000000000009,inside
a,train_accuracy,0.98,at_least,0.0,0.97,,1,-0.010000000000000009,outside
a,test_loss,0.3,near,0.01,0.3,,1,0.0,inside
b,test_accuracy,0.5,near,0.5,,,0,,missing
"""


@pytest.fixture
def judged(preset: Preset, tmp_path: Path) -> None:
    """A trial of three figures with a finished run of its recipe, and one that nobody trained."""
    figures = [
        '{ metric = "test_accuracy", value = 0.95, tolerance = 0.02 }',
        '{ metric = "train_accuracy", value = 0.98, tolerance = 0, bound = "at_least" }',
        '{ metric = "test_loss", value = 0.3, tolerance = 0.01 }',
    ]
    preset(a=f"published = [{', '.join(figures)}]", b='set = { "optim.lr" = 0.2 }\n' + SOME)
    trial = build_trial("a", preset="mine", overrides={"model.hidden": "16", "train.batch_size": 256})
    events: list[Event] = [build_started(), build_epoch(2, accuracy=0.94, train_accuracy=0.97), build_finished()]
    save_run(tmp_path / "results", trial=trial, events=events)


@pytest.mark.usefixtures("judged")
def test_the_table_byte_for_byte(termlab: Shell) -> None:
    outcome = termlab("check", "mine", "--saved")
    assert outcome.code == 3
    assert outcome.out == JUDGED
    assert outcome.err.splitlines()[0] == "2 of 4 published figures are inside the tolerance; 1 is not measured."


@pytest.mark.usefixtures("judged")
def test_a_spreadsheet_gets_every_value_in_a_column_of_its_own(termlab: Shell) -> None:
    assert termlab("check", "mine", "--saved", "--format", "csv").out == VALUES
    lines = termlab("check", "mine", "--saved", "--format", "latex").out.splitlines()
    assert lines[4] == r"a & test accuracy & 95.0 $\pm$ 2.0 \% & 94.00 & -- & 1 & $-$1.00 & inside \\"


def test_on_other_data_the_recipe_is_judged_and_no_figure_is_kept(
    preset: Preset, termlab: Shell, tmp_path: Path
) -> None:
    preset(a=SOME)
    outcome = termlab("check", "mine", "--on", "synthetic", *QUIET, "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, document["on"], document["passed"]) == (0, "synthetic", True)
    assert "Measured on synthetic, published on digits." in outcome.err
    (run,) = RunStore(tmp_path / "results").summaries()
    assert (run.dataset, run.published) == ("synthetic", None)
    assert termlab("check", "mine", "--saved", *QUIET).code == 3, "a run on other data is no run of the preset"
    wrong = termlab("check", "mine", "--on", "synthetc", *QUIET)
    assert (wrong.code, wrong.out) == (2, "")
    assert 'Did you mean "synthetic"?' in wrong.err


def test_figures_beside_those_of_the_grid_are_shown_and_decide_nothing(preset: Preset, termlab: Shell) -> None:
    loss = '{ metric = "test_loss", value = 99, tolerance = 0.1 }'
    preset(tail="[check]\nmean_gap = { test_accuracy = 0.9 }\n", a=SOME.replace("]", f", {loss}]"))
    outcome = termlab("check", "mine", *QUIET)
    assert outcome.code == 0
    assert "outside" in outcome.out
    assert "Shown only, deciding nothing: test loss." in outcome.err
