"""What the tests of screens share: frozen presets and time zone, and an engine that pretends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.presets import Preset
from tests.tui.laboratory import FrozenApp, PretendedTraining, build_presets
from tui.app import TermlabApp


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def presets(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> list[Preset]:
    """The two presets that there are."""
    found = build_presets(tmp_path_factory.mktemp("presets"))
    monkeypatch.setattr("tui.screens.presets.list_presets", lambda: (found, []))
    return found


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> PretendedTraining:
    """An engine that trains nothing."""
    pretended = PretendedTraining()
    monkeypatch.setattr("engine.trial_facts.check_trials", pretended.check_trials)
    monkeypatch.setattr("engine.runner.run_trials", pretended.run_trials)
    monkeypatch.setattr("tui.worker.engine_thread.find_device", lambda: "cpu")
    return pretended


@pytest.fixture
def frozen() -> FrozenApp:
    """An application without threads."""
    return FrozenApp()


@pytest.fixture
def app(tmp_path: Path, engine: PretendedTraining) -> Iterator[TermlabApp]:
    """An application over an empty results folder with real threads, whose engine pretends."""
    lab = TermlabApp(tmp_path / "results", tmp_path / "data")
    yield lab
    lab.close_threads()
