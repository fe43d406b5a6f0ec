"""What an export reads of a run: wall times of steps, and one run at a time."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from engine.export.saved import SavedRun, read_saved
from engine.store import RunStore
from tests.builders import START, save_run
from tests.engine.export.runs import save_resumed, saved_runs


def test_a_step_done_anew_has_the_time_of_the_second_time(tmp_path: Path) -> None:
    save_resumed(tmp_path)
    (saved,) = saved_runs(tmp_path)
    assert list(saved.steps()) == list(range(1, 21))
    assert saved.clock.at(5) == pytest.approx(START + 0.05)  # halfway to step 10
    assert saved.clock.at(20) == pytest.approx(START + 60.2)
    assert START + 60 < saved.clock.at(11) < saved.clock.at(14) < START + 60.2
    assert saved.run.series["train_loss"][10:14].tolist() == [5.0] * 4  # not those that no checkpoint kept


def test_one_run_is_in_memory_at_a_time(tmp_path: Path) -> None:
    for _ in range(4):
        save_run(tmp_path)

    def in_memory() -> int:
        # Not isinstance, which asks an object of torch for its class, and that warns.
        return sum(type(thing) is SavedRun for thing in gc.get_objects())

    gc.collect()
    of_other_tests = in_memory()
    assert max(in_memory() for _ in saved_runs(tmp_path)) <= of_other_tests + 1


def test_a_run_with_a_damaged_log_is_told_and_left_out_although_its_summary_is_whole(tmp_path: Path) -> None:
    good, bad = save_run(tmp_path), save_run(tmp_path)
    log = tmp_path / bad / "events.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    length = len(lines[1])
    log.write_bytes(b"".join([lines[0], b"{" + b" " * (length - 2) + b"\n", *lines[2:]]))  # as long as before
    told: list[str] = []
    store = RunStore(tmp_path)
    assert {run.status for run in store.summaries()} == {"done"}
    found = [run.summary.run for run in read_saved(store, store.summaries(), lambda run_id, _: told.append(run_id))]
    assert (found, told) == ([good], [bad])
