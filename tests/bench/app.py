"""What the application takes off the training's throughput, its screen drawing all curves of the sweep.

    python -m pytest -m bench -s tests/bench/app.py

The same training goes on twice, without a screen and in the application at 120x36, the curves of four trials on it. The
two take turns of a few seconds, one process held while the other works, because the machine itself varies over a minute
by more than what is measured. A turn of the application is compared with the turns before and after it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import mean, median

import pexpect
import pytest

from engine.events import StepsDone
from engine.store import RunStore, RunTail
from tests.real_data import REAL_DATA, needs_mnist

TURNS = 15
TURN_SECONDS = 5.0
WARM_UP_SECONDS = 1.0
"""Of each turn, left out: what piled up while the process was held is painted at once."""
MOST_LOSS = 0.05
LAST = "last"
SWEEP = """\
title = "Bench"
why = "Measures."
source = "bench · bench"
group = "First steps"
[[trials]]
label = "a"
[[trials]]
label = "b"
set = { "optim.lr" = 0.02 }
[[trials]]
label = "c"
set = { "optim.lr" = 0.03 }
[[trials]]
label = "last"
set = { "optim.lr" = 0.04, "train.epochs" = 2000 }
[config.data]
name = "mnist"
test_limit = 1000
[config.model]
name = "mlp"
hidden = [800, 800]
[config.train]
epochs = 1
batches_per_epoch = 200
"""


@pytest.mark.bench
@pytest.mark.timeout(3600)
@needs_mnist
def test_the_application_takes_at_most_a_twentieth(tmp_path: Path) -> None:
    presets = tmp_path / "config" / "termlab" / "presets"
    presets.mkdir(parents=True)
    (presets / "aaa-bench.toml").write_text(SWEEP)
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config"), "TERM": "xterm-256color"}
    alone, watched = RunStore(tmp_path / "alone"), RunStore(tmp_path / "watched")

    program, *arguments = command(results=watched.folder)
    application = pexpect.spawn(program, arguments, env=environment, dimensions=(36, 120), timeout=60)
    application.expect("aaa-bench")
    application.send("\r")
    wait_until(lambda: is_in_last_trial(watched), application)
    application.kill(signal.SIGSTOP)
    watched_run = last_trial(watched)
    arguments = command("run", "aaa-bench", "--only", LAST, "--progress", "none", results=alone.folder)
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as headless:
        try:
            wait_until(lambda: is_in_last_trial(alone), application)
            headless.send_signal(signal.SIGSTOP)
            alone_run = last_trial(alone)
            without_a_screen = [turn(headless.pid, alone_run, application)]
            in_the_application = []
            for _ in range(TURNS):
                in_the_application.append(turn(application.pid, watched_run, application))
                without_a_screen.append(turn(headless.pid, alone_run, application))
        finally:
            headless.kill()
            application.kill(signal.SIGKILL)
    application.close()

    neighbours = [mean(pair) for pair in pairwise(without_a_screen)]
    ratios = [on / off for on, off in zip(in_the_application, neighbours, strict=True)]
    print(
        f"\nwithout a screen {median(without_a_screen):,.0f} img/s, in the application"
        f" {median(in_the_application):,.0f} img/s, ratio {median(ratios):.3f}"
        f" ({min(ratios):.3f} to {max(ratios):.3f}, {TURNS} turns)"
    )
    assert median(ratios) >= 1 - MOST_LOSS


def command(*arguments: str, results: Path) -> list[str]:
    return [sys.executable, "-m", "tui", *arguments, "--results", str(results), "--data", str(REAL_DATA)]


def turn(pid: int, run: RunTail, application: pexpect.spawn) -> float:
    """Let a process go on for a turn and return its throughput, in images a second of wall time."""
    run.advance()
    counts_from = time.time() + WARM_UP_SECONDS
    os.kill(pid, signal.SIGCONT)
    drain(application, seconds=TURN_SECONDS)
    os.kill(pid, signal.SIGSTOP)
    ticks = [event for event in run.advance() if isinstance(event, StepsDone) and event.time >= counts_from]
    return (ticks[-1].samples - ticks[0].samples) / (ticks[-1].time - ticks[0].time)


def is_in_last_trial(store: RunStore) -> bool:
    return any(summary.label == LAST and summary.steps > 0 for summary in store.summaries())


def last_trial(store: RunStore) -> RunTail:
    return store.tail(next(summary.run for summary in store.summaries() if summary.label == LAST))


def wait_until(is_so: Callable[[], bool], application: pexpect.spawn) -> None:
    deadline = time.monotonic() + 120
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        drain(application, seconds=0.5)


def drain(application: pexpect.spawn, *, seconds: float) -> None:
    """Take what the application paints, as a terminal does, for so long."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            application.read_nonblocking(2**16, timeout=left)
        except pexpect.TIMEOUT:
            return
