"""What it costs to record a training: checkpoints, the log, and memory over many runs.

    python -m pytest -m bench -s tests/bench/recording.py

What is compared takes turns within one process, epoch by epoch or a few seconds each, because the machine itself varies
by more than what is measured; a turn is compared with the turns before and after it.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from itertools import pairwise
from pathlib import Path
from statistics import mean, median, quantiles

import pytest

from engine.config import RunConfig
from engine.control import Control
from engine.data.load import load_dataset
from engine.events import EpochDone, Event, StepsDone
from engine.overrides import apply_overrides
from engine.presets import load_preset
from engine.runner import run_trials
from engine.store import RunStore
from engine.sweep import expand
from engine.train import train
from engine.trial import Trial
from tests.processes import ROOT
from tests.real_data import REAL_DATA, needs_mnist

TURNS = 21
TURN_SECONDS = 3.0
PART_BATCHES, EPOCH_BATCHES = 94, 938
"""A tenth of an epoch of MNIST in batches of 64, and all of it."""
WITHOUT = 1e9
"""Seconds between two checkpoints that never come."""
MOST_FOR_A_CHECKPOINT = 0.02
MOST_FOR_RECORDING = 0.01
FEW, MANY = 20, 200
MOST_GROWTH = 1.02
"""Of the memory from few to many runs, the allocator's own disorder included."""


def mnist_trial(**changes: str) -> Trial:
    """Return the network 784-800-800-10 of `weight-decay`, at it for long."""
    overrides = {"train.epochs": "100000", **{key.replace("__", "."): value for key, value in changes.items()}}
    (trial,) = expand(load_preset("weight-decay"), only=["L2=off"], overrides=overrides, data_folder=REAL_DATA)
    return trial


@pytest.mark.bench
@pytest.mark.timeout(3600)
@needs_mnist
def test_a_checkpoint_costs_a_fiftieth_of_an_epoch_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of an epoch in which a checkpoint is copied and written, against their neighbours without one."""
    monkeypatch.setattr("engine.checkpoint_saver.WITHIN_EPOCH_SECONDS", WITHOUT)
    trial = mnist_trial(train__batches_per_epoch=str(PART_BATCHES), data__test_limit="1000")
    stream = recorded(trial, tmp_path)
    ends: list[tuple[float, float]] = []
    for event in stream:
        if isinstance(event, EpochDone):
            # What is set here decides whether this event leaves a checkpoint, which the part after it pays for.
            monkeypatch.setattr("engine.checkpoint_saver.MOST_OFTEN_SECONDS", 0.0 if len(ends) % 2 else WITHOUT)
            ends.append((time.perf_counter(), time.process_time()))
            if len(ends) > 2 * TURNS + 1:
                break
    stream.close()
    for clock, name in enumerate(("wall time", "CPU time")):
        seconds = [after[clock] - before[clock] for before, after in pairwise(ends)]
        without, having = seconds[0::2], seconds[1::2]
        parts = EPOCH_BATCHES / PART_BATCHES
        shares = [(own / around - 1) / parts for own, around in zip(having, map(mean, pairwise(without)), strict=False)]
        print(f"\n{name}: an epoch {parts * median(without):.2f} s, of that a checkpoint {spread(shares)}")
    assert median(shares) < MOST_FOR_A_CHECKPOINT  # of CPU time: other work on the machine changes the wall time


@pytest.mark.bench
@pytest.mark.timeout(3600)
@needs_mnist
@pytest.mark.parametrize(("network", "most"), [("mnist", MOST_FOR_RECORDING), ("digits", None)])
def test_recording_costs_a_hundredth_of_the_throughput_at_most(
    network: str, most: float | None, tmp_path: Path
) -> None:
    """A training that is recorded as always, against one whose events nobody keeps.

    The epochs of the digits take hundredths of a second, with two events each: there it may cost more.
    """
    trial = mnist_trial() if network == "mnist" else digits_trial(epochs="100000")
    config = trial.config
    bare: Generator[Event, None, None] = train(config, load_dataset(config.data, REAL_DATA))
    kept = recorded(trial, tmp_path)
    turn(bare)
    turn(kept)  # both are warm then
    without, having = [turn(bare)], []
    for _ in range(TURNS):
        having.append(turn(kept))
        without.append(turn(bare))
    bare.close()
    kept.close()
    for clock, name in enumerate(("wall time", "CPU time")):
        off, on = [speeds[clock] for speeds in without], [speeds[clock] for speeds in having]
        shares = [1 - own / around for own, around in zip(on, map(mean, pairwise(off)), strict=True)]
        print(
            f"\n{network}, {name}: bare {median(off):,.0f} img/s, recorded {median(on):,.0f} img/s,"
            f" lost {spread(shares)}"
        )
    assert most is None or median(shares) < most  # of CPU time: other work on the machine changes the wall time


SWEEP = """
import sys
from pathlib import Path
from tests.bench.recording import sweep
sweep(Path(sys.argv[1]))
"""


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_memory_does_not_grow_with_the_number_of_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SWEEP, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    few, many = map(int, done.stdout.split())
    print(f"\nafter {FEW} runs {few / 1e6:.1f} MB, after {MANY} runs {many / 1e6:.1f} MB: {many / few:.4f}")
    assert many / few < MOST_GROWTH


def sweep(results: Path) -> None:
    """Train many runs in this process; print how much memory it takes after a few of them and after all."""
    trials = [digits_trial(seed=str(seed), epochs="2") for seed in range(MANY)]
    ended = 0
    for happened in run_trials(trials, RunStore(results), data_folder=REAL_DATA, control=Control()):
        ended += happened.event.event == "run_finished"
        if happened.event.event == "run_finished" and ended in (FEW, MANY):
            gc.collect()
            print(resident_bytes())


def resident_bytes() -> int:
    """Return the memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def digits_trial(*, epochs: str, seed: str = "0") -> Trial:
    config = apply_overrides(RunConfig(), {"train.epochs": epochs, "seed": seed, "model.hidden": "64"})
    return Trial(preset="bench", label="digits", config=config)


def recorded(trial: Trial, results: Path) -> Generator[Event, None, None]:
    """Train a trial as the program does, and yield its events."""
    stream = run_trials([trial], RunStore(results), data_folder=REAL_DATA, control=Control())
    try:
        for happened in stream:
            yield happened.event
    finally:
        stream.close()


def turn(events: Iterator[Event]) -> tuple[float, float]:
    """Let a training go on for a turn; return images a second of wall time, and of CPU time, all threads together."""
    samples, clocks = 0, (0.0, 0.0)
    for event in events:
        if isinstance(event, StepsDone) and event.phase == "training":
            now = (time.perf_counter(), time.process_time())
            if not samples:
                samples, clocks = event.samples, now
            elif now[0] - clocks[0] >= TURN_SECONDS:
                wall, cpu = now[0] - clocks[0], now[1] - clocks[1]
                return (event.samples - samples) / wall, (event.samples - samples) / cpu
    raise AssertionError("it ended")


def spread(shares: list[float]) -> str:
    low, _, high = quantiles(shares, n=4)
    return f"{median(shares):+.2%} (quartiles {low:+.2%} to {high:+.2%}, {len(shares)} turns)"
