"""`termlab rm`, `restore`, `purge` and `ls --trash`: nothing is lost that was not meant to be."""

from __future__ import annotations

import io
import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest

from engine.process import Writer
from engine.store import RunStore
from tests.builders import build_events, build_finished, build_started, build_trial, save_run
from tests.tui.invoke import Shell


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results"


@pytest.fixture
def runs(results: Path) -> list[str]:
    return [save_run(results, trial=build_trial(label)) for label in ("sgd", "momentum", "adam")]


def names(termlab: Shell, *arguments: str) -> set[str]:
    return {document["run"] for document in json.loads(termlab("ls", "--json", *arguments).out)}


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_runs_go_to_the_trash_and_come_back_as_they_were(termlab: Shell, runs: list[str], results: Path) -> None:
    before = files(results / runs[0])
    assert termlab("rm", runs[0], runs[1]).code == 0
    assert names(termlab) == {runs[2]}
    assert names(termlab, "--trash") == set(runs[:2])
    assert files(results / ".trash" / runs[0]) == before
    assert termlab("restore", runs[0]).code == 0
    assert files(results / runs[0]) == before
    assert termlab("restore", "--all").code == 0
    assert names(termlab) == set(runs)
    assert termlab("ls", "--trash").out == ""


def test_a_filter_names_many(termlab: Shell, runs: list[str]) -> None:
    assert termlab("rm", "--where", "label=sgd or label=adam").code == 0
    assert names(termlab) == {runs[1]}
    assert termlab("rm", "--where", "label=sgd").code == 2
    assert termlab("rm").code == 2


def test_one_unknown_name_moves_nothing(termlab: Shell, runs: list[str]) -> None:
    assert termlab("rm", runs[0], "zzz").code == 2
    assert names(termlab) == set(runs)
    termlab("rm", *runs[:2])
    assert termlab("restore", runs[0], "zzz").code == 2
    assert termlab("purge", "--yes", runs[0], "zzz").code == 2
    assert names(termlab, "--trash") == set(runs[:2])


def test_a_running_run_keeps_all_from_being_removed(termlab: Shell, runs: list[str], results: Path) -> None:
    live = build_started(**asdict(Writer.here()))
    running = save_run(results, events=[live])
    outcome = termlab("rm", "--where", "preset=digits-first")
    assert outcome.code == 2
    assert f"{running} is still running" in outcome.err
    assert names(termlab) == {*runs, running}


def test_a_damaged_run_that_is_being_written_is_not_removed(termlab: Shell, results: Path) -> None:
    writer = RunStore(results).create(build_trial(), build_started())
    (writer.folder / "config.json").write_text("{")
    outcome = termlab("rm", writer.run.id)
    assert outcome.code == 2
    assert "is being trained by process" in outcome.err
    writer.append(build_finished())
    writer.close()
    assert termlab("rm", writer.run.id).code == 0


class TestANameInBothPlaces:
    @pytest.fixture
    def twice(self, termlab: Shell, runs: list[str], results: Path) -> str:
        """A run in the trash, and another one of its name in the results."""
        assert termlab("rm", runs[0]).code == 0
        (results / runs[1]).rename(results / runs[0])
        return runs[0]

    def test_neither_is_touched(self, twice: str, termlab: Shell, results: Path) -> None:
        before = files(results / twice), files(results / ".trash" / twice)
        for command, words in (("restore", "as well as in the trash"), ("rm", "lies in the trash already")):
            outcome = termlab(command, twice)
            assert outcome.code == 2
            assert words in outcome.err.replace("\n", " ")
        assert (files(results / twice), files(results / ".trash" / twice)) == before

    def test_the_others_named_with_it_stay_too(self, twice: str, termlab: Shell, runs: list[str]) -> None:
        assert termlab("rm", runs[2], twice).code == 2
        assert names(termlab) == {twice, runs[2]}

    def test_purging_deletes_the_one_in_the_trash(self, twice: str, termlab: Shell, results: Path) -> None:
        before = files(results / twice)
        assert termlab("purge", "--yes", twice).code == 0
        assert files(results / twice) == before
        assert names(termlab, "--trash") == set()

    def test_an_empty_folder_of_the_name_is_not_written_over(
        self, termlab: Shell, runs: list[str], results: Path
    ) -> None:
        assert termlab("rm", runs[0]).code == 0
        (results / runs[0]).mkdir()
        assert termlab("restore", runs[0]).code == 2
        assert names(termlab, "--trash") == {runs[0]}


class TestPurge:
    def test_without_a_terminal_it_has_to_be_said_that_it_is_meant(self, termlab: Shell, runs: list[str]) -> None:
        termlab("rm", *runs)
        outcome = termlab("purge", "--all")
        assert outcome.code == 2
        assert "--yes" in outcome.err
        assert names(termlab, "--trash") == set(runs)
        assert termlab("purge", "--all", "--yes").code == 0
        assert names(termlab, "--trash") == set()
        assert termlab("purge", "--all", "--yes").code == 0

    @pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 2), ("n\n", 1, 3), ("", 1, 3), ("Yes\n", 0, 2)])
    def test_on_a_terminal_it_asks(
        self, answer: str, code: int, left: int, termlab: Shell, runs: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        termlab("rm", *runs)
        stdin = io.StringIO(answer)
        monkeypatch.setattr("tui.commands.trash._has_a_terminal", lambda: True)
        monkeypatch.setattr("sys.stdin", stdin)
        outcome = termlab("purge", runs[0])
        assert (outcome.code, stdin.read()) == (code, "")
        assert "Delete 1 run of" in outcome.err
        assert len(names(termlab, "--trash")) == left

    def test_only_what_is_in_the_trash_is_deleted(self, termlab: Shell, runs: list[str]) -> None:
        assert termlab("purge", "--yes", runs[0]).code == 2
        assert termlab("purge", "--yes").code == 2
        assert names(termlab) == set(runs)

    def test_of_a_link_only_the_link_goes(self, termlab: Shell, runs: list[str], results: Path, tmp_path: Path) -> None:
        termlab("rm", runs[0])
        (results / ".trash" / runs[0]).rename(tmp_path / "mine")
        (results / ".trash" / runs[0]).symlink_to(tmp_path / "mine")
        before = files(tmp_path / "mine")
        assert termlab("purge", "--yes", runs[0]).code == 0
        assert not os.path.lexists(results / ".trash" / runs[0])
        assert files(tmp_path / "mine") == before

    def test_a_link_inside_a_run_is_not_followed(self, termlab: Shell, runs: list[str], results: Path) -> None:
        (results / runs[0] / "mine").symlink_to(results / runs[1])
        termlab("rm", runs[0])
        assert termlab("purge", "--yes", "--all").code == 0
        assert names(termlab) == set(runs[1:])
        assert (results / runs[1] / "config.json").exists()

    def test_what_an_earlier_purge_left_goes_with_the_next(
        self, termlab: Shell, runs: list[str], results: Path
    ) -> None:
        termlab("rm", runs[0])
        half = results / ".trash" / ".purged.abcd.half"
        half.mkdir()
        (half / "weights.pt").touch()
        assert names(termlab, "--trash") == {runs[0]}
        assert termlab("purge", "--yes", "--all").code == 0
        assert list((results / ".trash").iterdir()) == []

    def test_a_run_that_is_still_written_there_stays(self, termlab: Shell, results: Path) -> None:
        writer = RunStore(results).create(build_trial(), build_started())
        (results / ".trash").mkdir()
        writer.folder.rename(results / ".trash" / writer.run.id)
        outcome = termlab("purge", "--yes", writer.run.id)
        assert outcome.code == 2
        assert "also in the trash" in outcome.err
        assert (results / ".trash" / writer.run.id / "events.jsonl").exists()
        (results / ".trash" / writer.run.id).rename(writer.folder)
        writer.close()


def test_a_trash_that_is_a_link_is_left_alone(termlab: Shell, runs: list[str], results: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    kept = save_run(elsewhere)
    (results / ".trash").symlink_to(elsewhere)
    for command in (["rm", runs[0]], ["restore", kept], ["purge", "--yes", "--all"], ["ls", "--trash"]):
        outcome = termlab(*command)
        assert outcome.code == 2, command
        assert "is a link" in outcome.err, command
    assert names(termlab) == set(runs)
    assert (elsewhere / kept / "config.json").exists()


def test_names_are_ids_and_no_paths(termlab: Shell, runs: list[str], results: Path) -> None:
    termlab("rm", runs[0])
    for name in (f"../{runs[1]}", "..", ".", "", f".trash/{runs[0]}"):
        for command in (["rm", name], ["restore", name], ["purge", "--yes", name]):
            assert termlab(*command).code == 2, command
    assert names(termlab) == set(runs[1:])


def test_a_run_that_cannot_be_read_can_be_removed_and_restored(termlab: Shell, results: Path) -> None:
    run = save_run(results, events=build_events())
    (results / run / "config.json").write_text("{")
    (results / run / "summary.json").unlink()
    assert termlab("rm", run).code == 0
    assert termlab("restore", run).code == 0
    assert (results / run / "events.jsonl").exists()
