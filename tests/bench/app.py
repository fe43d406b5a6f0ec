"""What the application takes off the training's throughput, its screen drawing all curves of the sweep.

    python -m pytest -m bench -s tests/bench/app.py

Rounds of the same sweep without a screen and in the application, in a terminal of 120x36, take turns in one run, the
one that goes first changing from round to round. The figure of a round is the throughput of the sweep's last trial,
when the curves of all trials are on the screen, in wall time between the first and the last tick of the run as it was
saved. That trial is the longest: over a few seconds the machine itself varies by more than what is measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import pexpect
import pytest

from engine.store import RunStore
from tests.bench.throughput import samples_per_second
from tests.real_data import REAL_DATA, needs_mnist

ROUNDS = 8
MOST_LOSS = 0.05
TRIALS = 4
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
set = { "optim.lr" = 0.04, "train.epochs" = 10 }
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
    alone: list[float] = []
    watched: list[float] = []
    for number in range(ROUNDS):
        turns = [(alone, without_a_screen), (watched, in_the_application)]
        for figures, measure in turns if number % 2 == 0 else turns[::-1]:
            figures.append(measure(tmp_path / f"{measure.__name__}-{number}", environment))
    ratios = [on / off for on, off in zip(watched, alone, strict=True)]
    print(
        f"\nwithout a screen {median(alone):,.0f} img/s, in the application {median(watched):,.0f} img/s,"
        f" ratio {median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f}, {ROUNDS} rounds)"
    )
    assert median(ratios) >= 1 - MOST_LOSS


def command(*arguments: str, results: Path) -> list[str]:
    return [sys.executable, "-m", "tui", *arguments, "--results", str(results), "--data", str(REAL_DATA)]


def without_a_screen(results: Path, environment: dict[str, str]) -> float:
    """Train the sweep headless and return the throughput of its last trial."""
    arguments = command("run", "aaa-bench", "--progress", "none", results=results)
    subprocess.run(arguments, env=environment, check=True, capture_output=True)
    return of_last_trial(results)


def in_the_application(results: Path, environment: dict[str, str]) -> float:
    """Launch the first preset of the list in the application, read what it paints until all trials are done, quit."""
    program, *arguments = command(results=results)
    child = pexpect.spawn(program, arguments, env=environment, dimensions=(36, 120), timeout=60)
    child.expect("aaa-bench")
    child.send("\r")
    store = RunStore(results)
    while sum(run.status == "done" for run in store.summaries()) < TRIALS:
        drain(child, seconds=0.5)
    for _ in range(4):  # the application hears of the end a moment after the disk does, and would ask before that
        drain(child, seconds=0.5)
    child.send("q")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    return of_last_trial(results)


def drain(child: pexpect.spawn, *, seconds: float) -> None:
    """Take what the application paints, as a terminal does, for at most so long."""
    try:
        child.read_nonblocking(2**16, timeout=seconds)
    except pexpect.TIMEOUT:
        return


def of_last_trial(results: Path) -> float:
    store = RunStore(results)
    return samples_per_second(store, store.summaries()[0].run)
