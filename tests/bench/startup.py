"""How soon termlab answers: `--help`, `ls`, and the first screen of the application as a terminal gets it.

    python -m pytest -m bench -s tests/bench/startup.py

Each round starts every one of them once, and an interpreter that does nothing, which no Python program can beat. The
first screen counts from the start of the process until the first preset of the list has been painted.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pexpect
import pytest

ROUNDS = 7
TERMLAB = Path(sys.executable).with_name("termlab")


@pytest.mark.bench
@pytest.mark.timeout(600)
def test_termlab_answers_at_once(tmp_path: Path) -> None:
    cases: dict[str, tuple[Callable[[], None], float | None]] = {
        "python": (lambda: ask(sys.executable, "-c", "pass"), None),
        "--help": (lambda: ask(str(TERMLAB), "--help"), 0.4),
        "ls": (lambda: ask(str(TERMLAB), "ls", "--results", str(tmp_path)), 0.4),
        "first screen": (lambda: open_and_quit(tmp_path), 1.0),
    }
    seconds: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        for name, (start, _) in cases.items():
            seconds[name].append(timed(start))
    bare = median(seconds["python"])
    print()
    for name, figures in seconds.items():
        spread = f"({min(figures):.2f} to {max(figures):.2f} s, {ROUNDS} rounds)"
        print(f"{name}: {median(figures):.2f} s {spread}, {median(figures) / bare:.1f} times a bare interpreter")
    for name, (_, most) in cases.items():
        assert most is None or median(seconds[name]) <= most, name


def timed(start: Callable[[], None]) -> float:
    began = time.perf_counter()
    start()
    return time.perf_counter() - began


def ask(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def open_and_quit(results: Path) -> None:
    """Return when the first screen is painted; the process is ended without waiting for what it does next."""
    child = pexpect.spawn(str(TERMLAB), ["--results", str(results)], dimensions=(36, 120), timeout=30)
    child.expect("digits-first")
    child.kill(9)
    child.close()
