"""What lies in the trash, as it is looked at again and again."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.store import TRASH, RunStore, trash
from engine.store.removed import RemovedRuns
from tests.builders import build_trial, save_run


@pytest.fixture
def removed(tmp_path: Path) -> list[str]:
    """Two runs in the trash, the one that was removed first before the other."""
    run_ids = [save_run(tmp_path, trial=build_trial(label)) for label in ("sgd", "momentum")]
    for run_id in run_ids:
        RunStore(tmp_path).remove(run_id)
    return run_ids


def test_results_without_a_trash_have_nothing_in_it(tmp_path: Path) -> None:
    assert RemovedRuns(tmp_path).look() == []
    assert RemovedRuns(tmp_path / "nowhere").look() == []


def test_removed_runs_are_listed_with_their_size_the_last_one_first(tmp_path: Path, removed: list[str]) -> None:
    found = RemovedRuns(tmp_path).look()
    assert {one.summary.run for one in found} == set(removed)
    assert found == sorted(found, key=lambda one: one.removed, reverse=True)
    for one in found:
        folder = tmp_path / TRASH / one.summary.run
        assert one.bytes == sum(path.stat().st_size for path in folder.iterdir()) > 0
        assert one.removed == folder.stat().st_ctime


def test_time_is_that_of_the_removal_and_not_of_the_training(tmp_path: Path) -> None:
    run_id = save_run(tmp_path)
    before = (tmp_path / run_id).stat().st_mtime_ns
    RunStore(tmp_path).remove(run_id)
    (one,) = RemovedRuns(tmp_path).look()
    assert one.removed * 1e9 > before


def test_what_others_do_there_is_seen_by_the_next_look(tmp_path: Path, removed: list[str]) -> None:
    looked = RemovedRuns(tmp_path)
    assert len(looked.look()) == 2
    trash.restore(tmp_path, removed[0])
    assert [one.summary.run for one in looked.look()] == [removed[1]]
    (tmp_path / TRASH / removed[1] / "more.bin").write_bytes(bytes(1000))
    (one,) = looked.look()
    assert one.bytes > 1000
    trash.purge(tmp_path, removed[1])
    assert looked.look() == []


def test_trash_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / TRASH).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="is a link"):
        RemovedRuns(tmp_path).look()
