"""File events wake the store's thread where the system has them; without them it looks all the same."""

from __future__ import annotations

import builtins
import threading
from pathlib import Path
from typing import Any

import pytest

from engine.store import RunStore
from engine.store.annotations import adding
from tests.builders import build_events, build_started, build_trial, save_run
from tests.tui.test_worker import Box
from tui import messages, worker
from tui.file_events import FileEvents

HOUR = 3600.0


def test_a_thread_that_would_look_hours_later_is_woken_by_a_run_and_by_what_becomes_of_it(tmp_path: Path) -> None:
    pytest.importorskip("watchdog")
    box = Box()
    thread = worker.StoreThread(box, tmp_path, poll_seconds=HOUR)
    thread.start()
    try:
        box.wait_for(messages.RunsChanged)
        run = save_run(tmp_path)
        box.wait_for(messages.RunsChanged, lambda message: [one.run for one in message.summaries] == [run])
    finally:
        thread.close()
        thread.join()
    assert not [one for one in threading.enumerate() if one is not threading.main_thread() and not one.daemon]


def test_only_names_that_come_go_or_are_replaced_call(tmp_path: Path) -> None:
    pytest.importorskip("watchdog")
    writer = RunStore(tmp_path).create(build_trial(), build_started())
    called = threading.Semaphore(0)
    events = FileEvents(called.release)
    events.follow(tmp_path, [writer.run.id])
    try:
        for event in build_events()[1:3]:
            writer.append(event)
        (writer.folder / "config.json").read_text()
        RunStore(tmp_path).annotate(writer.run.id, adding("new"))
        assert called.acquire(timeout=20)
    finally:
        events.close()
        writer.close()


def test_without_the_package_nothing_is_watched_and_nothing_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_import = builtins.__import__

    def refuse(name: str, *arguments: Any, **named: Any) -> Any:
        if name.startswith("watchdog"):
            raise ImportError(name)
        return really_import(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)
    box = Box()
    thread = worker.StoreThread(box, tmp_path, poll_seconds=0.02)
    thread.start()
    try:
        run = save_run(tmp_path)
        box.wait_for(messages.RunsChanged, lambda message: [one.run for one in message.summaries] == [run])
    finally:
        thread.close()
        thread.join()


def test_a_user_who_has_no_watches_left_is_served_by_looking(tmp_path: Path) -> None:
    class Exhausted:
        def __init__(self) -> None:
            self.asked = 0

        def schedule(self, *arguments: object, **named: object) -> None:  # noqa: ARG002 - whatever is asked
            self.asked += 1
            raise OSError(28, "inotify watch limit reached")

    events = FileEvents(lambda: None)
    events._observer = observer = Exhausted()
    for runs in (["a", "b"], ["a", "b"], ["a"], ["a", "c"]):
        events.follow(tmp_path, runs)
    assert observer.asked == 4  # each folder once: the results, a, b and c


def test_folders_of_runs_that_are_over_are_watched_no_longer(tmp_path: Path) -> None:
    class Observer:
        def __init__(self) -> None:
            self.folders: set[str] = set()

        def schedule(self, _handler: object, path: str, *, recursive: bool) -> str:
            assert not recursive
            self.folders.add(Path(path).name)
            return path

        def unschedule(self, watch: str) -> None:
            self.folders.remove(Path(watch).name)

    events = FileEvents(lambda: None)
    events._observer = observer = Observer()
    events.follow(tmp_path / "results", ["a", "b"])
    assert observer.folders == {"results", "a", "b"}
    events.follow(tmp_path / "results", ["b", "c"])
    assert observer.folders == {"results", "b", "c"}
