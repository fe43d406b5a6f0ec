"""A look at what can have changed sees whatever other processes do; a look at everything, whatever anybody does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.process import Writer
from engine.store import EVENTS, RunStore
from engine.store.annotations import adding
from engine.store.run_writer import RunWriter
from engine.store.trash import restore
from engine.summary import RunSummary
from tests.builders import build_epoch, build_events, build_finished, build_started, build_steps, build_trial, save_run

NEVER = 1e9


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


@pytest.fixture
def look(store: RunStore) -> Callable[[], list[RunSummary]]:
    """Look at what can have changed, after one look at everything."""
    store.look(whole_seconds=NEVER)
    return lambda: store.look(whole_seconds=NEVER)


def here() -> dict[str, object]:
    me = Writer.here()
    return {"host": me.host, "pid": me.pid, "process_started": me.process_started}


def settle(folder: Path) -> None:
    """Make a folder and those in it look as if nothing had changed for a while."""
    for path in (*folder.glob("*"), folder):
        os.utime(path, (1_700_000_000, 1_700_000_000))


def test_a_run_appears_moves_and_ends(look: Callable[[], list[RunSummary]], tmp_path: Path) -> None:
    assert look() == []
    writer = RunStore(tmp_path).create(build_trial(), build_started(**here()))
    assert [(run.status, run.steps) for run in look()] == [("running", 0)]
    writer.append(build_steps(10))
    assert [(run.status, run.steps) for run in look()] == [("running", 10)]
    writer.append(build_epoch(1))
    settle(tmp_path)
    look()
    settle(tmp_path)
    writer.append(build_finished())
    assert [(run.status, run.epochs) for run in look()] == [("done", 1)]
    writer.close()


def reopened(results: Path, run: str) -> RunWriter:
    writer = RunStore(results).reopen(run)
    writer.append(build_started(**here()))
    return writer


def test_a_run_that_is_gone_on_with_and_one_that_is_spoken_of_are_seen(
    look: Callable[[], list[RunSummary]], tmp_path: Path
) -> None:
    run = save_run(tmp_path, events=[build_started(), build_steps(10), build_finished("stopped")])
    other = save_run(tmp_path)
    look()
    settle(tmp_path)
    look()
    writer = reopened(tmp_path, run)
    assert {one.run: one.status for one in look()} == {run: "running", other: "done"}
    settle(tmp_path)
    look()
    RunStore(tmp_path).annotate(other, adding("new"))
    assert {one.run: one.tags for one in look()} == {run: [], other: ["new"]}
    writer.close()
    assert {one.run: one.status for one in look()} == {run: "lost", other: "done"}


def test_a_run_that_is_removed_goes_and_comes_back(look: Callable[[], list[RunSummary]], tmp_path: Path) -> None:
    run = save_run(tmp_path)
    look()
    settle(tmp_path)
    RunStore(tmp_path).remove(run)
    assert look() == []
    settle(tmp_path)
    look()
    restore(tmp_path, run)
    assert [one.run for one in look()] == [run]
    (tmp_path / run).rename(tmp_path / "renamed")
    assert [one.run for one in look()] == ["renamed"]


def test_nothing_new_is_the_same_list_and_asks_for_no_file_of_a_run_that_is_over(
    look: Callable[[], list[RunSummary]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_run(tmp_path)
    lost = save_run(tmp_path, events=build_events()[:3])
    settle(tmp_path)
    look()
    looked: list[str] = []

    def note(folder: str) -> tuple[int, ...]:
        looked.append(folder)
        return (1,) * 8

    monkeypatch.setattr("engine.store.lookout.signature_of", note)
    before = look()
    assert look() is before
    assert {Path(folder).name for folder in looked} == {lost}


def test_what_was_changed_by_hand_is_seen_by_a_look_at_everything(store: RunStore, tmp_path: Path) -> None:
    run = save_run(tmp_path)
    for _ in range(2):
        settle(tmp_path)
        assert [one.status for one in store.look(whole_seconds=NEVER)] == ["done"]
    with (tmp_path / run / EVENTS).open("a") as log:
        log.write("x\n")
    assert [one.status for one in store.look(whole_seconds=NEVER)] == ["done"]
    store._lookout._next_whole = 0.0
    assert [one.status for one in store.look(whole_seconds=NEVER)] == ["damaged"]


def test_a_folder_that_comes_later_is_seen(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "later")
    assert store.look(whole_seconds=NEVER) == []
    run = save_run(tmp_path / "later")
    assert [one.run for one in store.look(whole_seconds=NEVER)] == [run]


def test_a_folder_that_could_not_be_read_is_looked_at_as_a_whole(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "results")
    (tmp_path / "results").touch()
    with pytest.raises(StoreError):
        store.look(whole_seconds=NEVER)
    (tmp_path / "results").unlink()
    run = save_run(tmp_path / "results")
    assert [one.run for one in store.look(whole_seconds=NEVER)] == [run]
