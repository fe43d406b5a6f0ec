"""The program itself, as a user starts it, and what is asked of the runs that it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.control import Control
from engine.data.load import load_dataset
from engine.events import EpochDone
from engine.run import Run
from engine.runner import run_trials
from engine.store import RunStore
from engine.train import train
from tests.processes import ROOT

NOWHERE = Path("/nowhere")
"""The digits need no data folder."""
AFTER_THE_FAULT_SECONDS = 10.0
"""Of CPU time, which a process may take to end, importing and unloading included."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Training:
    """A `termlab run` of digits under way."""

    def __init__(self, results: Path, *settings: str) -> None:
        self.results = results
        words = ["run", "digits-first", "--only", "sgd", "--progress", "plain", *settings]
        self.process = subprocess.Popen(
            command(*words, results=results),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []

    def follow(self) -> Iterator[str]:
        """Yield what it says of each epoch, as it says it."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if " epoch " in line:
                yield line

    def wait_for_epochs(self, count: int) -> None:
        """Return once it has said so much more."""
        for _ in zip(range(count), self.follow(), strict=False):
            pass
        assert self.process.poll() is None, self.said

    @property
    def folder(self) -> Path:
        """Of its run."""
        (folder,) = [path for path in self.results.iterdir() if (path / "events.jsonl").exists()]
        return folder

    @property
    def cpu_seconds(self) -> float:
        """Of all its threads, so far."""
        user, system = self._stat()[11:13]
        return (int(user) + int(system)) / _TICKS

    @property
    def is_stuck(self) -> bool:
        """Whether it waits for the disk, deaf to signals."""
        return self._stat()[0] == "D"

    def _stat(self) -> list[str]:
        return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()

    def end(self, *, cpu_seconds: float = AFTER_THE_FAULT_SECONDS) -> tuple[int, str]:
        """Wait for its end, and see that it took no more time than that; return exit code and last words."""
        before = self.cpu_seconds
        for _ in self.follow():
            pass
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        assert usage.ru_utime + usage.ru_stime - before < cpu_seconds
        return self.process.returncode, "".join(self.said).rpartition(" s\n")[2]


@contextmanager
def training(results: Path, *settings: str) -> Iterator[Training]:
    """Start one; whatever the test finds, it does not outlive it."""
    started = Training(results, *settings)
    try:
        yield started
    finally:
        if started.process.returncode is None:
            started.process.send_signal(signal.SIGKILL)
            started.process.wait()
        assert started.process.stderr is not None
        started.process.stderr.close()


def command(*words: str, results: Path) -> list[str]:
    return [sys.executable, "-m", "tui", *words, "--results", str(results)]


def listed(results: Path) -> list[dict[str, Any]]:
    """Return what `termlab ls` says of a folder, whose every run `termlab show` can show too, with nothing beside."""
    told = subprocess.run(command("ls", "--json", results=results), cwd=ROOT, capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (0, "")
    runs: list[dict[str, Any]] = json.loads(told.stdout)
    for run in runs:
        shown = subprocess.run(command("show", run["run"], results=results), cwd=ROOT, capture_output=True, text=True)
        assert (shown.returncode, shown.stderr) == (0, ""), shown.stderr
    return runs


def left_over(results: Path) -> list[str]:
    """Return the files and folders that were on their way to be something."""
    return [str(path) for path in results.rglob(".*") if path.name.endswith(".tmp") or path.name.startswith(".new.")]


def go_on(results: Path, run_id: str, *, more_epochs: int = 5) -> Run:
    """Go on with a run for some epochs, then stop; return it."""
    store, control = RunStore(results), Control()
    run = store.load(run_id)
    last = run.epochs[-1].epoch + more_epochs if run.epochs else more_epochs
    for happened in run_trials([run.trial], store, data_folder=NOWHERE, control=control, interrupted={0: run_id}):
        if isinstance(happened.event, EpochDone) and happened.event.epoch >= last:
            control.stop_all()
    return store.load(run_id)


def assert_uninterrupted(run: Run) -> None:
    """See that the network after each epoch is that of a training which nothing befell, bit for bit."""
    config = run.trial.config
    expected = (event for event in train(config, load_dataset(config.data, NOWHERE)) if isinstance(event, EpochDone))
    for epoch, other in zip(run.epochs, expected, strict=False):
        assert (epoch.epoch, epoch.step) == (other.epoch, other.step)
        assert epoch.weights_sha256 == other.weights_sha256
