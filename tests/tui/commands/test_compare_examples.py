"""`termlab compare A B --examples`: from trained networks to counts, a test, and pictures."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.builders import build_trial, save_run
from tests.engine.analysis.runs import train_run
from tests.tui.invoke import Shell


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds of one recipe, three of another that learns faster, and a run on fewer test examples."""
    results = tmp_path_factory.mktemp("results")
    for seed in (0, 1):
        train_run(results, "slow", optim__lr="0.02", seed=str(seed))
    for seed in (1, 0, 4):
        train_run(results, "fast", optim__lr="0.3", seed=str(seed))
    train_run(results, "other-data", data__test_limit="50")
    return results


@pytest.fixture(autouse=True)
def results(trained: Path, termlab: Shell, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TERMLAB_RESULTS", str(trained))
    return trained


def test_each_common_seed_has_its_counts_and_its_p_and_the_sum_has_none(termlab: Shell) -> None:
    out = termlab("compare", "slow", "fast", "--examples", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["seed"] for row in rows] == ["0", "1", "sum"]
    kinds = ("both_right", "both_wrong", "fixed", "broken")
    for row in rows:
        assert sum(int(row[kind]) for kind in kinds) == int(row["examples"])
    for row in rows[:2]:
        gain = float(row["second_accuracy"]) - float(row["first_accuracy"])
        assert (int(row["fixed"]) - int(row["broken"])) / int(row["examples"]) == pytest.approx(gain)
        assert float(row["p"]) < 1e-4
    assert rows[2]["p"] == ""
    assert [int(rows[2][kind]) for kind in kinds] == [sum(int(row[kind]) for row in rows[:2]) for kind in kinds]


def test_scripts_get_the_places_of_the_examples(termlab: Shell) -> None:
    document = json.loads(termlab("compare", "slow", "fast", "--examples", "--json").out)
    first = document["pairs"][0]
    assert (first["first"]["seed"], first["second"]["label"]) == (0, "fast")
    places = [place for kind in first["indices"].values() for place in kind]
    assert sorted(places) == list(range(first["counts"]["examples"]))
    assert {kind: len(places) for kind, places in first["indices"].items()} == {
        kind: count for kind, count in first["counts"].items() if kind != "examples"
    }
    assert document["sum"]["fixed"] == sum(pair["counts"]["fixed"] for pair in document["pairs"])


@pytest.mark.parametrize("form", ["table", "md", "latex"])
def test_other_formats(form: str, termlab: Shell) -> None:
    outcome = termlab("compare", "slow", "fast", "--examples", "--format", form)
    assert outcome.code == 0
    assert "both wrong" in outcome.out
    assert len([line for line in outcome.out.splitlines() if "sum" in line]) == 1


def test_two_runs_get_an_answer_in_words_and_what_it_is_about(termlab: Shell, results: Path) -> None:
    ids = [next(p.name for p in results.iterdir() if p.name.endswith(end)) for end in ("slow-s0", "fast-s4")]
    outcome = termlab("compare", *ids, "--examples")
    assert re.match(
        r"fast has more examples right than slow \(p < 0.0001\): \d+ fixed, \d+ broken of 360\.", outcome.out
    )
    assert "0, 4" in outcome.out
    assert "about these two networks on these test examples, not about their recipes" in " ".join(outcome.err.split())
    assert "▀" not in outcome.out  # nobody sees pictures in a file


def test_pictures_are_drawn_without_a_terminal_where_they_are_asked_for(termlab: Shell) -> None:
    out = termlab("compare", "slow", "fast", "--examples", "--pictures", "2").out
    assert re.search(r"\nFixed, seed 0: 2 of \d+, surest mistakes first   . slow  . fast\n", out)
    assert "█" in out
    pictures = out.split("\nBroken")[1]
    assert len(re.findall(r"#\d+ is \d", pictures.split("\nFixed")[1])) == 2
    assert max(map(len, pictures.splitlines())) <= 80


def test_the_where_of_two_recipes_will_do(termlab: Shell) -> None:
    by_name = termlab("compare", "slow", "fast", "--examples", "--format", "csv").out
    assert termlab("compare", "--where", "label=slow or label=fast", "--examples", "--format", "csv").out == by_name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["slow"], "--examples compares two recipes or runs, and 1 was found"),
        (["slow", "fast", "other-data"], "and 3 were found"),
        (["--where", "label=slow"], "and 1 was found"),
        ([], "and 0 were found"),
        (["slow", "fsat"], 'Did you mean "fast"?'),
        (["fast", "other-data"], "was tested on digits and"),
    ],
)
def test_what_is_wrong_ends_with_2(arguments: list[str], words: str, termlab: Shell) -> None:
    outcome = termlab("compare", *arguments, "--examples")
    assert (outcome.code, outcome.out) == (2, "")
    assert words in " ".join(outcome.err.split())


def test_a_run_without_weights_is_named(termlab: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERMLAB_RESULTS", str(tmp_path))
    first, second = (save_run(tmp_path, trial=build_trial(label)) for label in ("a", "b"))
    outcome = termlab("compare", first, second, "--examples")
    assert outcome.code == 2
    assert f"{first} has no weights (weights.pt)" in " ".join(outcome.err.split())
