"""`termlab tag`, `note`, `hide`, `unhide`, and what lists make of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import build_trial, save_run
from tests.tui.invoke import Shell


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    return [save_run(tmp_path / "results", trial=build_trial(label)) for label in ("sgd", "momentum", "adam")]


def listed(termlab: Shell, *arguments: str) -> set[str]:
    return {document["label"] for document in json.loads(termlab("ls", "--json", *arguments).out)}


@pytest.mark.usefixtures("runs")
class TestTag:
    def test_a_tag_is_found_by_filters_in_every_way(self, termlab: Shell, runs: list[str]) -> None:
        assert termlab("tag", runs[0], runs[1], "baseline").code == 0
        assert termlab("tag", runs[0], "paper").code == 0
        for where in ("tag=baseline", "tags=base*", "tags~line", "has:tag", "baseline", "tags=BASELINE"):
            assert listed(termlab, "--where", where) == {"sgd", "momentum"}, where
        assert listed(termlab, "--where", "tag=paper and tag=baseline") == {"sgd"}
        assert listed(termlab, "--where", "not has:tag") == {"adam"}
        assert listed(termlab, "--where", "tag!=paper") == {"momentum", "adam"}
        assert "baseline,paper" in termlab("ls").out
        assert termlab("tag", runs[0], "paper", "--remove").code == 0
        assert listed(termlab, "--where", "tag=paper") == set()

    def test_a_filter_gives_it_to_many(self, termlab: Shell) -> None:
        outcome = termlab("tag", "--where", "label=sgd or label=adam", "pair")
        assert (outcome.code, outcome.out, len(outcome.err.splitlines())) == (0, "", 2)
        assert listed(termlab, "--where", "tag=pair") == {"sgd", "adam"}

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["only"], "which runs?"),
            (["nosuch", "x"], 'is called "nosuch"'),
            (["latest", "a b"], "cannot be a tag"),
            (["latest", "nosuch", "x"], 'is called "nosuch"'),
            (["--where", "label=none", "x"], "no run in"),
        ],
    )
    def test_what_cannot_be_done_changes_nothing(self, arguments: list[str], words: str, termlab: Shell) -> None:
        outcome = termlab("tag", *arguments)
        assert outcome.code == 2
        assert words in outcome.err
        assert listed(termlab, "--where", "has:tag") == set()

    def test_one_that_cannot_be_changed_does_not_keep_the_others_from_it(
        self, termlab: Shell, runs: list[str], tmp_path: Path
    ) -> None:
        (tmp_path / "results" / runs[0] / "annotations.json").write_text("{")
        outcome = termlab("tag", runs[0], runs[1], "x")
        assert outcome.code == 4
        assert "not overwritten" in outcome.err
        assert listed(termlab, "--where", "tag=x") == {"momentum"}
        assert f"{runs[0]}: annotations.json is not JSON" in termlab("ls").err.replace("\n", " ")
        assert "annotations.json" in termlab("doctor").out


def test_a_note_is_shown_found_and_removed(termlab: Shell, runs: list[str]) -> None:
    assert termlab("note", runs[0], "the learning rate\nwas wrong").code == 0
    shown = termlab("show", runs[0]).out
    assert "note         the learning rate\n             was wrong\n" in shown
    for where in ("note~learning", "has:note", "learning"):
        assert listed(termlab, "--where", where) == {"sgd"}, where
    assert termlab("note", runs[0], "").code == 0
    assert listed(termlab, "--where", "has:note") == set()


def test_hidden_runs_are_left_out_until_they_are_asked_for(termlab: Shell, runs: list[str]) -> None:
    assert termlab("hide", *runs[:2]).code == 0
    outcome = termlab("ls")
    assert len(outcome.out.splitlines()) == 2
    assert "2 runs are hidden" in outcome.err
    assert listed(termlab) == {"adam"}
    assert listed(termlab, "--where", "hidden=true") == {"sgd", "momentum"}
    assert listed(termlab, "--all") == {"sgd", "momentum", "adam"}
    assert listed(termlab, "--where", "hidden=true or label=adam") == {"sgd", "momentum", "adam"}
    ranked = termlab("leaderboard", "--json")
    assert [row["label"] for row in json.loads(ranked.out)] == ["adam"]
    assert "2 runs are hidden" in ranked.err
    assert "sgd" not in termlab("plot", "--where", "preset=digits-first").out
    assert termlab("unhide", "--where", "hidden=true").code == 0
    assert listed(termlab) == {"sgd", "momentum", "adam"}


def test_hidden_is_true_or_false(termlab: Shell, runs: list[str]) -> None:
    assert "hidden is true or false" in termlab("ls", "--where", "hidden=yes").err
