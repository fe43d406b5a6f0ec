"""Training throughput of termlab against the loop that users have today, on MNIST, run after run.

    python -m pytest -m bench -s tests/bench/throughput.py

Each round runs the coursework loop and then termlab, each in a process of its own, on the same data, network, batch
size and number of threads. The ratio is the median over rounds, so that a round that was disturbed decides nothing.
termlab's figure is wall time between two events of the run as it was saved: recording is part of it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from engine.events import StepsDone
from engine.store import RunStore
from tests.real_data import COURSEWORK_LOOP, REAL_DATA, needs_mnist

ROUNDS = 3
BATCHES = 400
CASES = {
    "mlp": (("weight-decay", "--only", "L2=off", "record.weight_norm=false"), 1.6),
    "cnn": (("batchnorm", "--only", "bn=off"), 1.3),
    "cnn-bn": (("batchnorm", "--only", "bn=on"), None),
}
"""For each network of the coursework loop: what termlab runs, and the least ratio that it has to reach."""


@pytest.mark.bench
@needs_mnist
@pytest.mark.skipif(not COURSEWORK_LOOP.exists(), reason=f"{COURSEWORK_LOOP} is absent")
@pytest.mark.parametrize("network", CASES)
def test_termlab_trains_faster_than_the_coursework_loop(network: str, tmp_path: Path) -> None:
    arguments, least = CASES[network]
    theirs, ours = [], []
    for number in range(ROUNDS):
        theirs.append(coursework_samples_per_second(network))
        ours.append(termlab_samples_per_second(arguments, tmp_path / str(number)))
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    print(
        f"\n{network}: coursework {median(theirs):,.0f} img/s, termlab {median(ours):,.0f} img/s,"
        f" ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}, {ROUNDS} rounds)"
    )
    if least is not None:
        assert median(ratios) >= least


def coursework_samples_per_second(network: str) -> float:
    """Run the loop of today and return what it says of itself."""
    command = [sys.executable, str(COURSEWORK_LOOP), "--data", str(REAL_DATA / "mnist"), "--model", network]
    command += ["--batches", str(BATCHES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(json.loads(done.stdout)["samples_per_second"])


def termlab_samples_per_second(arguments: tuple[str, ...], results: Path) -> float:
    """Run a trial without a screen and return images a second of wall time, its first tick left out."""
    command = [sys.executable, "-m", "tui", "run", *arguments, "--progress", "none", "--json"]
    command += ["train.epochs=1", f"train.batches_per_epoch={BATCHES + 20}", "data.test_limit=1000"]
    command += ["--results", str(results), "--data", str(REAL_DATA)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return samples_per_second(RunStore(results), json.loads(done.stdout)["run"])


def samples_per_second(store: RunStore, run_id: str) -> float:
    """Return images a second between the first tick and the last one of a saved run."""
    tail = store.folder / run_id / "events.jsonl"
    from engine.events import from_json

    events = [from_json(line) for line in tail.read_bytes().splitlines()]
    ticks = [event for event in events if isinstance(event, StepsDone) and event.phase == "training"]
    first, last = ticks[0], ticks[-1]
    return (last.samples - first.samples) / (last.time - first.time)
