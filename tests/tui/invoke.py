"""Runs the command line inside the test's process: the same path as `termlab`, without a new interpreter each time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tui.cli import run_command


@dataclass(frozen=True)
class Outcome:
    """What a command left."""

    code: int
    out: str
    err: str


@dataclass
class Shell:
    """Calls `termlab` with arguments."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Outcome:
        self.monkeypatch.setattr(sys, "argv", ["termlab", *arguments])
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            run_command()
        code = left.value.code
        captured = self.capsys.readouterr()
        return Outcome(int(code or 0), captured.out, captured.err)


def in_a_process(
    *arguments: str, environment: Mapping[str, str], timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Call `termlab` in a process of its own, for what only a process can show."""
    command = [sys.executable, "-m", "tui", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env=dict(environment), timeout=timeout, stdin=subprocess.DEVNULL
    )
