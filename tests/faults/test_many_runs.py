"""Ten thousand run folders: the list reads what a summary holds from the summary, and reads it once."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine.store import EVENTS, SUMMARY, RunStore
from engine.summary import RunStatus
from tests.bench.many_runs import make_many_runs
from tests.builders import save_run
from tests.tui.invoke import Shell


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts the files of runs that are opened, by name."""
    counts: Counter[str] = Counter()
    really_open = os.open

    def count(path: Any, *arguments: Any, **named: Any) -> int:
        counts[os.path.basename(path)] += 1  # noqa: PTH119 - whatever it is that is opened
        return really_open(path, *arguments, **named)

    monkeypatch.setattr("engine.plain_file.os.open", count)
    return counts


def save_many(results: Path, number_of: int) -> None:
    """Copy a finished run so many times; one of ten has a log that is damaged, one no summary."""
    first = results / save_run(results)
    for number in range(1, number_of):
        folder = results / f"r{number:05d}-copy"
        folder.mkdir()
        for path in first.iterdir():
            shutil.copyfile(path, folder / path.name)
        if number % 10 == 1:
            (folder / EVENTS).write_text("x\n")
        if number % 10 == 2:
            (folder / SUMMARY).unlink()


def test_a_list_opens_no_more_than_summaries_and_each_once(tmp_path: Path, opened: Counter[str]) -> None:
    save_many(tmp_path, 30)
    opened.clear()
    store = RunStore(tmp_path)
    found = Counter(summary.status for summary in store.summaries())
    assert found == {RunStatus.DONE: 27, RunStatus.DAMAGED: 3}
    assert opened[SUMMARY] == 30  # though of three there is none
    # A log of another length than the summary knows, or without one, is read; three of these logs are damaged.
    assert opened[EVENTS] == 6
    opened.clear()
    assert Counter(summary.status for summary in store.summaries()) == found
    assert opened == {}


def test_the_runs_of_the_bench_are_what_trainings_leave(tmp_path: Path) -> None:
    make_many_runs(tmp_path, 100)
    before = RunStore(tmp_path).summaries()
    found = Counter(str(run.status) for run in before)
    assert found == {"done": 90, "stopped": 3, "failed": 3, "lost": 3, "damaged": 1}
    assert [run.tags for run in before if run.tags] == [["baseline"], ["baseline"]]
    assert len({run.preset for run in before}) > 5
    for path in tmp_path.glob(f"*/{SUMMARY}"):
        path.unlink()
    assert RunStore(tmp_path).summaries() == before


@pytest.mark.soak
def test_ten_thousand_runs_are_listed(termlab: Shell, tmp_path: Path) -> None:
    save_many(tmp_path / "results", 10_000)
    began = time.monotonic()
    outcome = termlab("ls", "--json")
    took = time.monotonic() - began
    found = Counter(run["status"] for run in json.loads(outcome.out))
    assert found == {"done": 9_000, "damaged": 1_000}
    store = RunStore(tmp_path / "results")
    looks = []
    for _ in range(3):
        began = time.monotonic()
        assert len(store.summaries()) == 10_000
        looks.append(f"{time.monotonic() - began:.2f} s")
    print(f"\n10,000 runs, 1,000 of them damaged, 1,000 without a summary: ls --json took {took:.1f} s")
    print(f"one store that looks three times: {', '.join(looks)}")
