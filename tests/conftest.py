"""What every test gets: nobody's presets, views or cache, and no time limit on a slow machine's examples."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("termlab", deadline=None, print_blob=True)
settings.load_profile("termlab")

# Workers share the cores: two networks that each have threads on all of them wait for one another, see
# docs/performance.md. Torch reads this when it is imported, and so does every process that a test starts.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# A shell that runs the tests in the background, or nohup, has them ignore these, and so would every process they start.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

ALONE = ("faults/", "test_terminal", "engine/test_checkpoint.py", "engine/test_resumption.py")
"""Tests that kill, hold and time real processes, or train bit for bit as one that nobody disturbs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that share the machine with no other one."""
    for item in items:
        if item.path.relative_to(Path(__file__).parent).as_posix().startswith(ALONE):
            item.add_marker(pytest.mark.alone)


@pytest.fixture(autouse=True)
def own_config_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the XDG folders for config and state at empty ones and return the first."""
    folder = tmp_path_factory.mktemp("config")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point the XDG cache folder at an empty one and return it."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder
