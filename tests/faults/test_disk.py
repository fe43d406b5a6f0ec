"""The disk fills up, breaks down, stalls or is taken away: nothing saved is lost, and the program says why it ends."""

from __future__ import annotations

import json
import math
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from engine.errors import StoreError
from engine.store import BEST_WEIGHTS, CHECKPOINT, RunStore
from engine.tensor_file import save_tensors
from tests.builders import build_started, build_trial, save_run
from tests.faults.disks import MEGABYTE, Disk, journaling_disk, memory_disk
from tests.faults.program import Training, assert_uninterrupted, go_on, left_over, listed, training
from tests.tui.invoke import Shell
from tui.diagnosis import LEAST_FREE_BYTES

FULL = "No space left on device"
LONG = "train.epochs=100000"
WIDE = ("model.hidden=2000", "train.batch_size=360", "data.train_limit=360", "data.test_limit=100")
"""A network that needs 600 KB, and says little of itself."""
PAGE = 4096


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    with memory_disk(tmp_path / "disk", size=4 * MEGABYTE) as disk:
        yield disk


@pytest.fixture
def real_disk(tmp_path: Path) -> Iterator[Disk]:
    with journaling_disk(tmp_path / "disk", size=32 * MEGABYTE) as disk:
        yield disk


def test_the_disk_fills_up_while_the_log_grows(small_disk: Disk) -> None:
    results = small_disk.folder / "results"
    with training(results, LONG) as run:
        run.wait_for_epochs(5)
        small_disk.fill()
        code, last_words = run.end()
    assert code == 1
    assert f"{run.folder} cannot be written: {FULL}" in " ".join(last_words.split())
    assert left_over(results) == []
    (listing,) = listed(results)
    assert listing["epochs"] >= 5
    if listing["status"] != "lost":  # the last word may find no room either
        assert (listing["status"], FULL in listing["reason"]) == ("failed", True)
    small_disk.make_room()
    assert_uninterrupted(go_on(results, listing["run"]))


def test_the_disk_fills_up_under_the_checkpoints_and_the_last_weights(small_disk: Disk) -> None:
    """The log has room all the time: training goes on without checkpoints, and says so once."""
    results = small_disk.folder / "results"
    with training(results, *WIDE, "train.epochs=600") as run:
        for _ in run.follow():
            if (run.folder / CHECKPOINT).exists() and (run.folder / BEST_WEIGHTS).exists():
                break
        while left_over(results) or small_disk.room > 400_000:  # what is about to be written may yet be taken back
            small_disk.fill(leaving=400_000)
        code, last_words = run.end(cpu_seconds=math.inf)  # it trains on
    assert code == 1
    assert f"{run.folder} cannot be written: {FULL}" in " ".join(last_words.split())
    assert left_over(results) == []
    (listing,) = listed(results)
    assert (listing["status"], listing["epochs"], FULL in listing["reason"]) == ("failed", 600, True)
    store = RunStore(results)
    notes = [note.text for note in store.load(listing["run"]).notes]
    assert notes in ([], [f"no checkpoint can be saved: {FULL}; the training goes on"])  # none if it took no second
    small_disk.make_room()
    whole = go_on(results, listing["run"])
    assert_uninterrupted(whole)
    assert (whole.status, len(whole.epochs)) == ("done", 600)


def test_a_disk_that_is_full_already_lets_no_run_begin(small_disk: Disk) -> None:
    results = small_disk.folder / "results"
    results.mkdir()
    small_disk.fill()
    with training(results, LONG) as run:
        code, last_words = run.end()
    assert code == 1
    assert f"no run can be saved in {results}: {FULL}" in " ".join(last_words.split())
    assert list(results.iterdir()) == []


def test_doctor_warns_of_a_disk_that_is_about_to_be_full(tmp_path: Path, termlab: Shell) -> None:
    with memory_disk(tmp_path / "disk", size=LEAST_FREE_BYTES + 8 * MEGABYTE) as disk:
        results = disk.folder / "results"
        for is_made in (False, True):
            if is_made:
                save_run(results)
            code, told = results_finding(termlab, results)
            assert (code, told["state"], told["remedy"]) == (0, "ok", "")
            disk.fill(leaving=LEAST_FREE_BYTES - MEGABYTE)
            code, told = results_finding(termlab, results)
            assert (code, told["state"]) == (2, "warning")
            assert " 99.0 MB free: checkpoints soon find no room" in told["text"]
            assert told["remedy"].startswith("Make room, or choose another folder with --results DIR")
            disk.make_room()


def test_doctor_warns_of_a_disk_that_is_full(small_disk: Disk, termlab: Shell) -> None:
    results = small_disk.folder / "results"
    save_run(results)
    small_disk.fill()
    code, told = results_finding(termlab, results)
    assert (code, told["state"]) == (2, "warning")
    assert " 0.0 MB free" in told["text"] or FULL in told["text"]


def test_doctor_takes_a_disk_that_does_not_know_its_size_for_no_full_one(
    tmp_path: Path, termlab: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "results").mkdir()
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(total=0, used=0, free=0))
    code, told = results_finding(termlab, tmp_path / "results")
    assert (code, told["state"], "free" in told["text"]) == (0, "ok", False)


def results_finding(termlab: Shell, results: Path) -> tuple[int, dict[str, str]]:
    outcome = termlab("doctor", "--json", "--results", str(results))
    (told,) = [finding for finding in json.loads(outcome.out) if finding["subject"] == "results"]
    return outcome.code, told


@pytest.mark.parametrize("pages", range(5))
def test_a_run_begins_whole_or_not_at_all_however_little_room_there_is(pages: int, small_disk: Disk) -> None:
    results = small_disk.folder / "results"
    small_disk.fill(leaving=pages * PAGE)
    store = RunStore(results)
    try:
        store.create(build_trial(), build_started()).close()
    except StoreError as error:
        assert error.message == f"no run can be saved in {results}: {FULL}"  # noqa: PT017 - either is right
        assert list(results.iterdir()) == []
    else:
        assert [summary.status for summary in store.summaries()] == ["lost"]
    assert left_over(results) == []


@pytest.mark.parametrize("is_looked_at", [True, False])
def test_tensors_that_do_not_fit_are_refused_with_the_reason_of_the_disk(
    is_looked_at: bool, small_disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the room is not known beforehand, as under a quota, torch hides the reason behind an error of its own."""
    if not is_looked_at:
        monkeypatch.setattr("engine.tensor_file._check_room", lambda *_: None)
    path = small_disk.folder / "x.pt"
    save_tensors(path, {"a": torch.ones(9)})
    before = path.read_bytes()
    with pytest.raises(OSError, match=FULL):
        save_tensors(path, {"a": torch.zeros(2 * MEGABYTE)})
    assert path.read_bytes() == before
    assert left_over(small_disk.folder) == []


def test_a_disk_that_breaks_down_becomes_read_only_and_can_be_gone_on_with_once_it_is_repaired(
    real_disk: Disk,
) -> None:
    results = real_disk.folder / "results"
    with training(results, LONG) as run:
        run.wait_for_epochs(5)
        real_disk.break_down()
        code, last_words = run.end()
    assert code == 1
    assert f"{run.folder} cannot be written: Read-only file system" in " ".join(last_words.split())
    real_disk.repair()
    (listing,) = listed(results)
    assert listing["status"] == "lost"
    assert_uninterrupted(go_on(results, listing["run"]))
    assert left_over(results) == []


@pytest.mark.parametrize("what", ["run", "results"])
def test_a_folder_that_is_removed_under_a_training_ends_it(what: str, tmp_path: Path) -> None:
    results = tmp_path / "results"
    with training(results, LONG) as run:
        run.wait_for_epochs(5)
        folder = run.folder
        removed = folder if what == "run" else results
        while removed.exists():  # the training may put a file into it while it is emptied
            shutil.rmtree(removed, ignore_errors=True)
        code, last_words = run.end()
    assert code == 1
    assert f"{folder} was removed or renamed while the run was trained" in " ".join(last_words.split())
    assert not removed.exists()


def test_a_run_that_is_renamed_under_its_training_is_whole_where_it_lies_now(tmp_path: Path) -> None:
    results = tmp_path / "results"
    with training(results, LONG) as run:
        run.wait_for_epochs(5)
        folder = run.folder.rename(results / "abcdef-moved")
        code, _ = run.end()
    assert code == 1
    (listing,) = listed(results)
    assert (listing["run"], listing["status"]) == (folder.name, "failed")
    assert "was removed or renamed" in listing["reason"]
    assert_uninterrupted(go_on(results, folder.name))
    assert left_over(results) == []


def assert_held(run: Training, disk: Disk) -> None:
    """Freeze the disk; see that it can be read and that the training waits, taking no time."""
    disk.freeze()
    deadline = time.monotonic() + 60
    while not run.is_stuck:
        assert time.monotonic() < deadline, "it does not wait for the disk"
    cpu, wall = run.cpu_seconds, time.monotonic()
    (listing,) = listed(run.results)
    assert listing["status"] == "running"
    assert run.cpu_seconds - cpu < 0.1 * (time.monotonic() - wall)


def test_a_disk_that_stalls_holds_the_training_and_no_more(real_disk: Disk) -> None:
    results = real_disk.folder / "results"
    with training(results, LONG) as run:
        run.wait_for_epochs(5)
        assert_held(run, real_disk)
        real_disk.thaw()
        run.wait_for_epochs(20)
        assert_held(run, real_disk)
        for _ in range(2):
            run.process.send_signal(signal.SIGINT)
        real_disk.thaw()
        code, _ = run.end()
    assert code == 130
    (listing,) = listed(results)
    assert listing["status"] == "stopped"
    assert_uninterrupted(go_on(results, listing["run"]))
    assert left_over(results) == []
