"""What a key on the Leaderboard takes with 10,000 runs in memory, of the application's own time.

    python -m pytest -m bench -s tests/bench/board.py

A key is what it changes in `BoardRows` and in the table, and painting the rows in view; what the terminal takes to
draw them is not in it. Each figure is the median and the slowest of a few.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median

import pytest

from engine.leaderboard import rank
from engine.summary import RunSummary
from tests.builders import build_summary, build_trial
from tests.tui.fixtures import frozen
from tests.tui.laboratory import FrozenApp, screen_text, until
from tui import messages
from tui.screens.leaderboard import LeaderboardScreen

__all__ = ["frozen"]

RATES, DECAYS, SEEDS = 200, 10, 5
TYPED = ("optim.lr<0.05 and seed>1", "lr<0.05")
"""One that is understood at most letters, and one that names no field."""


def build_runs() -> list[RunSummary]:
    """Return 10,000 finished runs: 2,000 recipes of 5 seeds."""
    runs = []
    for rate in range(1, RATES + 1):
        for decay in range(DECAYS):
            settings = {"optim.lr": rate / 1000, "optim.weight_decay": decay / 10_000}
            trial = build_trial(f"lr={rate / 1000:g} wd={decay}", preset=f"sweep-{decay}", overrides=settings)
            config = trial.config.model_dump(mode="json")
            for seed in range(SEEDS):
                accuracy = 0.9 + (rate * 37 % 100) / 2000 + seed * 0.001 + decay * 0.0003 * (seed % 3)
                metrics = {
                    "best_test_accuracy": accuracy, "test_accuracy": accuracy - 0.002, "test_loss": 1 - accuracy,
                }  # fmt: skip
                changes = {"config": {**config, "seed": seed}, "fingerprint": trial.config.fingerprint, "seed": seed}
                name = f"{rate:03}{decay}{seed}-run"
                runs.append(build_summary(name, preset=trial.preset, label=trial.label, metrics=metrics, **changes))
    return runs


@pytest.mark.bench
async def test_keys_with_ten_thousand_runs(frozen: FrozenApp) -> None:
    runs = build_runs()
    figures: dict[str, list[float]] = {}

    async with frozen.run_test(size=(120, 36)) as pilot:
        began = time.perf_counter()
        frozen.post_message(messages.RunsChanged(runs, rank(runs)))
        await pilot.press("3")
        await until(pilot, lambda: "10,000 runs" in screen_text(frozen))
        figures["first look, ranking included"] = [time.perf_counter() - began]
        screen = frozen.screen
        assert isinstance(screen, LeaderboardScreen)

        def measure(name: str, act: Callable[[], object]) -> None:
            began = time.perf_counter()
            act()
            screen_text(frozen)
            figures.setdefault(name, []).append(time.perf_counter() - began)

        for is_by_run in (False, True):
            if is_by_run:
                measure("t", screen.action_switch)
            what = "runs" if is_by_run else "recipes"
            for typed in TYPED:
                for end in [*range(1, len(typed) + 1), *range(len(typed) - 1, -1, -1)]:
                    measure(f"a letter of the filter, {what}", partial(_type, screen, typed[:end]))
            for column in (2, 3, 4):
                screen.table.column_cursor = column
                for is_reverse in (False, True):
                    measure(f"sort, {what}", partial(screen.action_sort, is_reverse))
            for _ in range(10):
                measure(f"page down, {what}", partial(screen.table.action_page, 1))
            measure(f"last, {what}", screen.table.action_last)
            for _ in range(5):
                measure(f"mark, {what}", screen.action_mark)
        screen.action_switch()
        measure("pin, recipes", screen.action_pin)
        for end in range(1, len(TYPED[0]) + 1):
            measure("a letter of the filter beside a baseline", partial(_type, screen, TYPED[0][:end]))
    print()
    for name, seconds in figures.items():
        print(f"{name:45} median {median(seconds) * 1e3:7.1f} ms   slowest {max(seconds) * 1e3:7.1f} ms")


def _type(screen: LeaderboardScreen, text: str) -> None:
    screen._board.set_filter(text)
    if screen._board.problem is None:
        screen._fill()
