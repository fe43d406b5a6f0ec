"""A sweep that is killed again and again, at any moment, is gone on with and ends as one that nobody ever killed."""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.store import RunStore
from tests.faults.conftest import LOSSES, Figures
from tests.faults.sweeps import RECIPE, Reference, leftovers, result_of
from tests.processes import ROOT, Launcher

QUICK_SWEEP = (*RECIPE, "--epochs", "4")
SWEEP = (*RECIPE, "--epochs", "25", "--seeds", "0,1")
IMPORT = "from tests.moments import *; "
OFTEN = IMPORT + "often(); "
ACTS = 1_500
"""About so many changes to the disk does a process make that trains all of `SWEEP` with every step an event."""


def how_to_go_on(results: Path, sweep: tuple[str, ...], chance: random.Random) -> list[str]:
    """Return one of the commands that go on with a sweep."""
    summaries = RunStore(results).summaries()
    is_sweep = bool(summaries and summaries[0].sweep)
    if is_sweep and chance.random() < 0.5:
        return ["resume", "latest", "--sweep"]
    return ["run", *sweep, "--needed"]


def acts(chance: random.Random, number: int, *, below: int) -> Iterator[str]:
    """Yield deaths at changes to the disk; one in three is of the first few, where a process finds out what is left."""
    for _ in range(number):
        act = chance.randrange(1, 40 if chance.random() < 1 / 3 else below)
        how = chance.choice(["before", "half", "after"])
        yield f"{OFTEN}die_at_act({act}, how='{how}')"


MOMENTS = [
    "hold('engine.data.load', 'load_dataset')",
    "hold('engine.store.sweeps', 'create_atomic', after=True)",
    "hold('engine.store.run_store', 'RunStore.create')",
    "hold('engine.store.places', 'claim_place', call=2, after=True)",
    "hold('engine.store.lock', 'RunLock.take', after=True)",
    "hold('engine.train', '_begin_epoch')",
    "hold('engine.train', 'evaluate', call=2)",
    "hold('engine.evaluate', 'batches', call=5)",
    "hold('engine.train', 'evaluate_dropout')",
    "hold('engine.checkpoint_saver', 'save_checkpoint', call=2)",
    "hold('engine.tensor_file', 'torch.save', call=3, after=True)",
    "hold('engine.recording', 'save_weights')",
    "hold('engine.store.lock', 'RunLock.release')",
    "hold('tui.headless', 'tell_how_to_go_on')",
]
"""Start, data, first step, evaluation, masks, checkpoint, end."""


def finish(launcher: Launcher, tmp_path: Path, sweep: tuple[str, ...], reference: Reference, figures: Figures) -> None:
    """Train what is left, hold it against a sweep that nobody killed, and see that nothing else is left a day later."""
    results, folder = tmp_path / "results", tmp_path / "program"
    last = launcher.call("run", *sweep, "--needed", "--results", str(results), folder=folder)
    assert last.wait() == 0, last.err
    check(results, reference(*sweep), figures)
    for path in leftovers(results):
        os.utime(path, (0, 0))
    assert launcher.call("run", *RECIPE, "--epochs", "1", "--results", str(results), folder=folder).wait() == 0
    assert leftovers(results) == []


def check(results: Path, whole: object, figures: Figures) -> None:
    """Hold the results against those of a sweep that nobody killed."""
    is_same = result_of(results) == whole
    figures.add(LOSSES, not is_same)
    assert is_same


def suffer(
    launcher: Launcher, tmp_path: Path, sweep: tuple[str, ...], deaths: Iterator[str], chance: random.Random
) -> int:
    """Start the program, have it die, and so on; return how often it died."""
    results = tmp_path / "results"
    kills = 0
    for before in deaths:
        arguments = how_to_go_on(results, sweep, chance)
        program = launcher.start(*arguments, "--results", str(results), folder=tmp_path / "program", before=before)
        if "hold(" in before and program.reaches_the_moment():
            program.send(signal.SIGKILL)
        code = program.wait()
        assert code in (0, -signal.SIGKILL), program.err
        kills += code != 0
    return kills


def test_a_sweep_that_is_killed_at_changes_to_the_disk_and_in_between_loses_nothing(
    launcher: Launcher, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    chance = random.Random(1)
    deaths = [*acts(chance, 4, below=150), IMPORT + MOMENTS[5], IMPORT + MOMENTS[7]]
    figures.add("kills survived", suffer(launcher, tmp_path, QUICK_SWEEP, iter(deaths), chance))
    finish(launcher, tmp_path, QUICK_SWEEP, reference, figures)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_many_kills_at_changes_to_the_disk_lose_nothing(
    seed: int, launcher: Launcher, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    kills = suffer(launcher, tmp_path, SWEEP, acts(chance, 20, below=ACTS), chance)
    figures.add("kills survived", kills)
    finish(launcher, tmp_path, SWEEP, reference, figures)


@pytest.mark.soak
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_kill_in_every_phase_loses_nothing(
    moment: str, launcher: Launcher, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    kills = suffer(launcher, tmp_path, QUICK_SWEEP, iter([OFTEN + moment]), random.Random(0))
    assert kills == 1, "the moment did not come"
    figures.add("kills survived")
    finish(launcher, tmp_path, QUICK_SWEEP, reference, figures)


@pytest.mark.soak
@pytest.mark.parametrize("before", ["", OFTEN])
def test_kills_at_random_times_lose_nothing(
    before: str, launcher: Launcher, reference: Reference, figures: Figures, tmp_path: Path
) -> None:
    """Times are drawn from how long the program takes for all of it here and now, up to a few seconds."""
    chance = random.Random(before)
    results, folder = tmp_path / "results", tmp_path / "program"
    begun = time.monotonic()
    launcher.call("run", *SWEEP, "--results", str(tmp_path / "timed"), folder=folder, before=before)
    length = time.monotonic() - begun
    for _ in range(25):
        program = launcher.start(
            *how_to_go_on(results, SWEEP, chance), "--results", str(results), folder=folder, before=before
        )
        if not program.is_over(chance.uniform(0, min(length / 3, 3.0))):
            program.kill()
            figures.add("kills survived")
    finish(launcher, tmp_path, SWEEP, reference, figures)


@pytest.mark.soak
def test_kills_of_a_process_of_its_own_lose_nothing(reference: Reference, figures: Figures, tmp_path: Path) -> None:
    """Each time from the interpreter's start on, by the commands as they are typed."""
    chance = random.Random(0)
    results = tmp_path / "results"
    store = RunStore(results)
    whole = reference(*SWEEP)
    for number in range(8):
        arguments = [*how_to_go_on(results, SWEEP, chance), "--detach", "--results", str(results)]
        said = subprocess.run([sys.executable, "-m", "tui", *arguments], cwd=ROOT, capture_output=True, text=True)
        if "already done" in said.stderr and not said.stdout:
            break
        assert said.returncode == 0, said.stderr
        pid = int(said.stderr.partition("Process ")[2].split()[0])
        seconds = chance.uniform(0, 2) if number < 7 else 120.0
        if not has_ended(store, pid, seconds):
            os.kill(pid, signal.SIGKILL)
            figures.add("kills survived")
            assert has_ended(store, pid, 120.0)
    check(results, whole, figures)


def has_ended(store: RunStore, pid: int, seconds: float) -> bool:
    """Wait for the end of a process that is nobody's child; return whether it came by then."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)
