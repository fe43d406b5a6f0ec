"""What the tests of faults share: a program ready to be started, real runs to damage, the figures of `make soak`."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import RunStore
from tests.faults.hostile import stopped_run
from tests.faults.real_run import RealRun, train_run
from tests.faults.sweeps import Reference, Shell
from tests.processes import Launcher
from tests.tui.conftest import termlab

__all__ = ["finished", "stopped", "termlab"]

_OF_LINUX = ["test_hangup.py", "test_kills.py", "test_out_of_memory.py", "test_signals.py", "test_sweeps.py"]
collect_ignore = [] if sys.platform == "linux" else _OF_LINUX  # the rest of the tests need no /proc and no pidfd
LOSSES = "losses of data"
_SOAKS = ("soak", "soak or not soak")
"""What `-m` says where figures are wanted."""
_SHOWN = ("kills survived", "signals delivered", "bytes cut", "files fuzzed", LOSSES)
"""Figures that are told also where they are 0."""


class Figures:
    """What a soak has done, for `docs/reliability.md`."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def add(self, name: str, number: int = 1) -> None:
        """Count something."""
        self.counts[name] += number


_FIGURES = Figures()


@pytest.fixture(scope="session")
def figures() -> Figures:
    """Return where to add figures."""
    return _FIGURES


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """Yield what starts the program quickly."""
    with Launcher.ready() as launcher:
        yield launcher


@pytest.fixture(scope="session")
def reference(launcher: Launcher, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Return what sweeps come to that nobody interrupts."""
    return Reference(launcher, tmp_path_factory.mktemp("uninterrupted"))


@pytest.fixture(scope="session")
def stopped_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short run that can be gone on with."""
    store = RunStore(tmp_path_factory.mktemp("elsewhere"))
    return store.folder / stopped_run(store)


@pytest.fixture
def run(stopped_elsewhere: Path, tmp_path: Path) -> Path:
    """A run folder of somebody else, to put things into."""
    folder = tmp_path / "results" / stopped_elsewhere.name
    shutil.copytree(stopped_elsewhere, folder)
    return folder


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[RealRun, RealRun]:
    """A finished run, and one that was left with a checkpoint."""
    folder = tmp_path_factory.mktemp("trained")
    return train_run(folder / "finished", is_stopped=False), train_run(folder / "stopped", is_stopped=True)


def _copied(run: RealRun, results: Path) -> RealRun:
    shutil.copytree(run.folder, results / run.run_id)
    return RealRun(results, run.run_id, run.contents)


@pytest.fixture
def finished(trained: tuple[RealRun, RealRun], tmp_path: Path) -> RealRun:
    """A run that was trained to its end, in the results folder of the commands."""
    return _copied(trained[0], tmp_path / "results")


@pytest.fixture
def stopped(trained: tuple[RealRun, RealRun], tmp_path: Path) -> RealRun:
    """A run that can be gone on with, in a folder of its own."""
    return _copied(trained[1], tmp_path / "results")


@pytest.fixture
def shell(launcher: Launcher, tmp_path: Path) -> Shell:
    """Return what calls the program with a results folder of its own."""
    return Shell(launcher, tmp_path)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.option.markexpr not in _SOAKS:
        return
    terminalreporter.section("figures of the soak")
    for name in dict.fromkeys([*_SHOWN, *sorted(_FIGURES.counts)]):
        terminalreporter.write_line(f"{name:<24}{_FIGURES.counts[name]:>12,}")
