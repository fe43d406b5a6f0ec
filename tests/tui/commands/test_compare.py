"""`termlab compare` and `termlab diff`: from saved runs to an answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.events import Event
from tests.builders import build_epoch, build_finished, build_started, build_steps, build_trial, save_run
from tests.tui.invoke import Shell

PLAIN = [0.80, 0.82, 0.79, 0.81]
BETTER = [0.90, 0.915, 0.895, 0.91]
ALIKE = [0.905, 0.90, 0.91, 0.897]


def save_seeds(folder: Path, label: str, accuracies: list[float], lr: float, **overrides: object) -> list[str]:
    """Save a run of two epochs for each seed."""
    ids = []
    for seed, accuracy in enumerate(accuracies):
        trial = build_trial(label, overrides={"seed": seed, "optim.lr": lr, **overrides})
        epochs = [build_epoch(1, accuracy=accuracy / 2), build_epoch(2, accuracy=accuracy)]
        events: list[Event] = [build_started(), build_steps(10), epochs[0], build_steps(20, first=11), epochs[1]]
        ids.append(save_run(folder, trial=trial, events=[*events, build_finished()]))
    return ids


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    results = tmp_path / "results"
    for place, (label, accuracies) in enumerate({"plain": PLAIN, "better": BETTER, "alike": ALIKE}.items()):
        save_seeds(results, label, accuracies, (place + 1) / 100)
    return results


@pytest.mark.usefixtures("folder")
class TestCompare:
    def test_the_first_line_is_the_answer(self, termlab: Shell) -> None:
        first = termlab("compare", "plain", "better").out.splitlines()[0]
        assert first == (
            "better is better than plain: +10.00 points in best test accuracy (95 % interval +9.35 to +10.65), "
            "p < 0.0001, 4 common seeds."
        )

    def test_what_cannot_be_told_apart_is_not_called_better(self, termlab: Shell) -> None:
        first = termlab("compare", "better", "alike").out.splitlines()[0]
        assert first.startswith("alike cannot be told from better: −0.20 points")

    def test_the_direction_of_the_metric_counts(self, termlab: Shell) -> None:
        first = termlab("compare", "plain", "better", "--metric", "test_error").out.splitlines()[0]
        assert first.startswith("better is better than plain: −10.00 points in test error")
        assert termlab("compare", "better", "plain").out.startswith("plain is worse than better")

    def test_settings_and_curves_stand_below(self, termlab: Shell) -> None:
        out = termlab("compare", "plain", "better").out
        assert "Settings that differ\nsetting   plain  better\noptim.lr  0.01   0.02" in out
        assert "test accuracy: apart from epoch 1 to the end, 2 epochs compared" in out
        assert "test loss: never apart beyond noise" in out

    def test_a_chosen_baseline_comes_first(self, termlab: Shell) -> None:
        out = termlab("compare", "--where", "preset=digits-first", "--baseline", "better").out.splitlines()
        assert [line.split()[0] for line in out[:2]] == ["plain", "alike"]
        assert all("better" in line for line in out[:2])

    def test_a_run_stands_for_itself_or_for_all_seeds_when_asked(self, termlab: Shell, folder: Path) -> None:
        ids = {
            label: next(p.name for p in folder.iterdir() if p.name.endswith(f"{label}-s0"))
            for label in ("plain", "alike")
        }
        alone = termlab("compare", *ids.values())
        assert "with one common seed, which says nothing about chance" in alone.out
        assert "4 common seeds" in termlab("compare", *ids.values(), "--all-seeds").out

    def test_scripts_get_one_document(self, termlab: Shell) -> None:
        document = json.loads(termlab("compare", "plain", "better", "alike", "--json").out)
        assert [row["label"] for row in document["recipes"]] == ["plain", "better", "alike"]
        first = document["differences"][0]
        assert first["difference"]["mean"] == pytest.approx(0.1)
        assert first["verdict"].startswith("better is better")
        assert {one["metric"]: one["apart_from_epoch"] for one in first["curves"]}["test_accuracy"] == 1
        assert any("common seeds" in method["name"] and method["assumes"] for method in document["methods"])
        assert document["settings"] == {"optim.lr": [0.01, 0.02, 0.03]}

    def test_charts_come_last_unless_they_are_not_wanted(self, termlab: Shell) -> None:
        out = termlab("compare", "plain", "better").out
        assert "best test accuracy, mean with 95 % interval" in out
        assert "test accuracy %   mean, band: its 95 % interval" in out
        assert "test loss (log)" in out
        assert "95 % interval   " not in termlab("compare", "plain", "better", "--no-charts").out

    @pytest.mark.parametrize("form", ["csv", "md", "latex"])
    def test_other_formats_are_the_table_alone(self, form: str, termlab: Shell) -> None:
        out = termlab("compare", "plain", "better", "--format", form).out
        assert "is better than" not in out
        assert "plain" in out

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            ([], "which recipes?"),
            (["plan"], 'Did you mean "plain"?'),
            (["--where", "label=nosuch"], "no run in"),
            (["--where", "label="], "has no value"),
            (["plain", "--metric", "acuracy"], "is not a known metric"),
            (["plain", "--baseline", "pain"], 'Did you mean "plain"?'),
        ],
    )
    def test_what_is_wrong_ends_with_2(self, arguments: list[str], words: str, termlab: Shell) -> None:
        outcome = termlab("compare", *arguments)
        assert (outcome.code, outcome.out) == (2, "")
        assert words in outcome.err


def test_recipes_on_other_data_are_shown_and_not_compared(termlab: Shell, folder: Path) -> None:
    save_seeds(folder, "elsewhere", [0.5, 0.6], 0.01, **{"data.test_limit": 10})
    out = termlab("compare", "plain", "elsewhere").out
    assert out.startswith(
        "elsewhere is about digits · test limit 10 and plain about digits: their figures are not compared"
    )


def test_a_label_of_two_recipes_asks_which(termlab: Shell, folder: Path) -> None:
    save_seeds(folder, "plain", [0.5], 0.5)
    outcome = termlab("compare", "plain", "better")
    assert outcome.code == 2
    assert '"plain" stands for 2 recipes: digits-first/plain (' in outcome.err
    assert "optim.lr=0.01" in outcome.err  # by what the two differ
    narrowed = termlab("compare", "plain", "better", "--where", "optim.lr<0.1", "--no-charts")
    assert narrowed.code == 0
    assert narrowed.out.startswith("better is better than plain: +10.00 points")


def test_an_unfinished_run_is_counted_out_and_told(termlab: Shell, folder: Path) -> None:
    stopped: list[Event] = [build_started(), build_steps(10), build_finished("stopped", reason="on request")]
    cut = save_run(folder, trial=build_trial("cut", overrides={"optim.lr": 0.7}), events=stopped)
    assert "Without 1 run that did not finish" in termlab("compare", "plain", "better", cut).err
    alone = termlab("compare", cut)
    assert alone.code == 2
    assert "none of these runs is finished" in alone.err


@pytest.mark.usefixtures("folder")
def test_diff_prints_settings_and_facts(termlab: Shell) -> None:
    lines = termlab("diff", "plain", "better", "--format", "csv").out.splitlines()
    assert lines[1:] == ["optim.lr,0.01,0.02"]
    same = termlab("diff", "plain", "plain")
    assert "They differ in nothing" in same.err
