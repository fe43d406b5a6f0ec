"""How soon the Leaderboard of 10,000 saved runs can be used, and what memory the application then takes.

    python -m pytest -m bench -s tests/bench/opening.py

Counted from the start of the process, with `3` pressed at the first screen, until the terminal shows the ranked runs:
the first time, without an index of the folder, and from then on. The memory is the most that the process ever had, some
time later, when PyTorch has been loaded as well.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median

import pytest

from tests.bench.listing import forget, many
from tests.terminal import Terminal, user_environment

__all__ = ["many"]

ROUNDS = 5
MOST_SECONDS, MOST_BYTES = 1.5, 500e6
SETTLES_SECONDS = 10.0
IS_RANKED = "of 10,000 runs in"


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_the_leaderboard_of_ten_thousand_runs_is_there_at_once(
    many: Path, own_cache_folder: Path, tmp_path: Path
) -> None:
    seconds: dict[str, list[float]] = {"no index": [], "warm": []}
    most_bytes = []
    for _ in range(ROUNDS):
        forget(own_cache_folder / "termlab" / "listings")
        for name, figures in seconds.items():
            taken, memory = opened(many, tmp_path)
            figures.append(taken)
            most_bytes.append(memory)
            print(f"{name}: {taken:.2f} s, {memory / 1e6:.0f} MB")
    print()
    for name, figures in seconds.items():
        print(f"{name}: {median(figures):.2f} s ({min(figures):.2f} to {max(figures):.2f} s, {ROUNDS} rounds)")
    print(f"memory, PyTorch included: {median(most_bytes) / 1e6:.0f} MB, {max(most_bytes) / 1e6:.0f} MB at most")
    assert median(seconds["warm"]) <= MOST_SECONDS
    assert max(most_bytes) <= MOST_BYTES


def opened(results: Path, folder: Path) -> tuple[float, float]:
    """Return the seconds until the runs are ranked, and the most bytes that the process has had once torch is there."""
    command = [sys.executable, "-m", "tui", "--results", str(results), "--data", str(folder / "data")]
    began = time.perf_counter()
    terminal = Terminal(command, user_environment(folder))
    try:
        terminal.wait_for("digits-first")
        terminal.press("3")
        terminal.wait_for(IS_RANKED)
        taken = time.perf_counter() - began
        process = Path(f"/proc/{terminal.pid}")
        terminal.wait_until(lambda: "libtorch" in (process / "maps").read_text(), "PyTorch")
        settled = time.monotonic() + SETTLES_SECONDS
        terminal.wait_until(lambda: time.monotonic() > settled, "what follows the first looks")
        return taken, 1024.0 * int((process / "status").read_text().partition("VmHWM:")[2].split()[0])
    finally:
        terminal.kill()
