"""Real runs to damage: trained once, copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.real_run import RealRun, train_run
from tests.tui.conftest import termlab

__all__ = ["finished", "stopped", "termlab"]


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
