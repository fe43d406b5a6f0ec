"""A shell for the tests of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tui.invoke import Shell


@pytest.fixture
def termlab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A command line whose results and data lie in empty folders of their own."""
    monkeypatch.setenv("TERMLAB_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("TERMLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "80")
    return Shell(monkeypatch, capsys)
