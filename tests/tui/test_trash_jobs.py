"""Runs are removed, restored and deleted together: what goes wrong with one is told, and the others go on."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pytest

from engine.process import Writer
from engine.store import TRASH, RunStore
from engine.store.removed import RemovedRuns
from tests.builders import build_started, build_trial, save_run
from tui.messages import RunsMoved, TrashRead
from tui.store_jobs import Job
from tui.trash import MOST_PROBLEMS, problem_words
from tui.trash_jobs import look_into_trash, purge_runs, remove_runs, restore_runs


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    return [save_run(tmp_path, trial=build_trial(label)) for label in ("sgd", "momentum", "adam")]


def moved(job: Job, store: RunStore) -> RunsMoved:
    message = job(store)
    assert isinstance(message, RunsMoved)
    return message


def test_a_running_run_is_named_and_the_others_are_removed(store: RunStore, runs: list[str]) -> None:
    with closing(store.create(build_trial(), build_started(**asdict(Writer.here())))) as writer:
        message = moved(remove_runs([runs[0], writer.run.id, runs[1]]), store)
        assert message.run_ids == runs[:2]
        assert [problem.message for problem in message.problems] == [f"{writer.run.id} is still running"]
        assert writer.folder.is_dir()


def test_a_run_whose_place_is_taken_stays_in_the_trash(store: RunStore, runs: list[str]) -> None:
    moved(remove_runs(runs), store)
    (store.folder / runs[1]).mkdir()
    (store.folder / runs[1] / "mine.txt").write_text("mine")
    message = moved(restore_runs(runs), store)
    assert message.run_ids == [runs[0], runs[2]]
    title, text = problem_words(message)
    assert title == "1 run could not be restored"
    assert f"{runs[1]} is in {store.folder} as well as in the trash; neither is touched" in text
    assert "2 runs restored." in text
    assert (store.folder / TRASH / runs[1] / "events.jsonl").exists()
    assert (store.folder / runs[1] / "mine.txt").read_text() == "mine"


def test_what_is_purged_is_gone_and_what_was_gone_is_said(store: RunStore, runs: list[str]) -> None:
    moved(remove_runs(runs[:2]), store)
    half = store.folder / TRASH / ".purged.abcd.half"
    half.mkdir()
    message = moved(purge_runs([*runs[:2], runs[2]]), store)
    assert message.run_ids == runs[:2]
    assert [problem.message for problem in message.problems] == [f"{runs[2]} is not in the trash any more"]
    assert list((store.folder / TRASH).iterdir()) == []
    assert (store.folder / runs[2] / "events.jsonl").exists()


def test_a_run_that_a_process_writes_is_not_purged(store: RunStore, runs: list[str]) -> None:
    with closing(store.create(build_trial(), build_started(**asdict(Writer.here())))) as writer:
        (store.folder / TRASH).mkdir()
        writer.folder.rename(store.folder / TRASH / writer.run.id)
        message = moved(purge_runs([writer.run.id]), store)
        assert not message.run_ids
        assert "is being trained by" in message.problems[0].message
        assert (store.folder / TRASH / writer.run.id / "events.jsonl").exists()


def test_of_many_problems_the_first_are_named(store: RunStore) -> None:
    message = moved(restore_runs([f"none{number}" for number in range(MOST_PROBLEMS + 3)]), store)
    title, text = problem_words(message)
    assert title == "11 runs could not be restored"
    assert text.splitlines() == [*(f"none{number} is not in the trash any more" for number in range(8)), "and 3 more"]


def test_a_trash_that_cannot_be_read_is_said(store: RunStore, tmp_path: Path) -> None:
    (tmp_path / TRASH).symlink_to(tmp_path)
    message = look_into_trash(RemovedRuns(tmp_path))(store)
    assert isinstance(message, TrashRead)
    assert message.removed == []
    assert "is a link" in str(message.problem)
